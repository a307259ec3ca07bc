"""Pages of the house itself: the component sampler, and what a public site owes its readers."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import TemplateDoesNotExist
from django.template.loader import select_template
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from versants.core.access.classes import Role
from versants.core.web.access import public
from versants.core.web.samples import samples


@public
@require_safe
def components(request: HttpRequest) -> HttpResponse:
    """Every component, in both directions of writing."""
    return render(request, "pages/components.html", {"samples": samples(request)})


@public
@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    """Where accessibility stands, what is not good yet, whom to tell."""
    return render(request, "pages/accessibility.html")


@public
@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """What is written down, who reads it, and how to take it back."""
    return render(request, "pages/privacy.html")


@public
@require_safe
def legal(request: HttpRequest) -> HttpResponse:
    """Who publishes, under which licence, with whose data."""
    from versants.core.web.build import commit, engine
    from versants.launch.version import version

    return render(request, "pages/legal.html", {"version": version(), "commit": commit(), "engine": engine()})


@public
@require_safe
def guide(request: HttpRequest, role: str) -> HttpResponse:
    """The guide page of a role in the reader's language, else in French. 404 for a role that has none."""
    if role not in Role.values:
        raise Http404
    try:
        page = select_template([f"help/{role}.{get_language()}.html", f"help/{role}.fr.html"])
    except TemplateDoesNotExist:
        raise Http404 from None
    return HttpResponse(page.render({"role": Role(role)}, request))
