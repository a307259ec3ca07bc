"""What a request is about, what the person knows of it, why it was refused: the team's own knowledge, never logistics.

The row of the request is read by the coordination of every team and by the desks; what stands here by those who may
read its words. A reader who may not finds an empty matter: row security decides, nobody has to ask first.
"""

from __future__ import annotations

from typing import Any

from versants.core.crypto import vault
from versants.mobile.models import Request, RequestMatter
from versants.people.models import Team

LONGEST_WHY = 120


def of(request: Request) -> RequestMatter:
    """What the request's own team knows; an empty one, not saved, for a reader who may not see it."""
    for one in request.matters.all():  # prefetched for lists
        if one.team_id == request.team_id:
            return one
    return RequestMatter(request=request, team_id=request.team_id)


def write(request: Request, team: Team, *, why_not: str | None = None, **said: Any) -> RequestMatter:
    """Write what is known now; what was said before and is not said again stays. The actor is the team."""
    matter = RequestMatter.objects.filter(request=request, team=team).select_related("key").first()
    if matter is None:
        matter = RequestMatter(request=request, team=team, key=request.key)
    for name, value in said.items():
        setattr(matter, name, value)
    if why_not is not None:
        vault.write(matter, "why_not", why_not.strip()[:LONGEST_WHY])
    matter.save()
    return matter


def why_not(request: Request) -> str:
    """Why the person was not asked yet, opened; empty for a reader who may not."""
    matter = of(request)
    return vault.left(matter, "why_not") if matter.pk and matter.why_not else ""
