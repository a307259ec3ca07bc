"""Acting under another of one's memberships."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from versants.core import audit
from versants.core.access.scope import Actor
from versants.core.web.returning import back
from versants.people.middleware import SESSION_KEY
from versants.people.models import Membership


@require_POST
def switch(request: HttpRequest) -> HttpResponse:
    """Only one's own, and only while its dates hold; nothing of the former role stays open."""
    try:
        uid = UUID(request.POST.get("membership", ""))
    except ValueError:
        return redirect("/")
    chosen = get_object_or_404(Membership.objects.active().filter(account_id=request.user.pk), uid=uid)
    request.session[SESSION_KEY] = chosen.pk
    audit.record("membership.switched", subject=chosen, actor=Actor.for_membership(chosen))
    return back(request, request.POST.get("next", "/"))
