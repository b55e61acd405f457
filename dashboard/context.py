"""What the frame around every page needs. It asks the database nothing that the request has not asked already."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from dashboard import navigation
from reps.access import viewer_of


@dataclass(frozen=True)
class Me:
    """The signed-in person as the frame shows them."""

    name: str
    rep_id: int | None
    can_log: bool


def frame(request: HttpRequest) -> dict[str, Any]:
    """The company, the person, their relations and the entries of rail and phone bar."""
    company, user = getattr(request, "company", None), getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"company": company, "nav": [], "bottom_nav": []}
    viewer = viewer_of(user)
    return {
        "company": company,
        "viewer": viewer,
        "me": Me(name=user.name, rep_id=viewer.rep_id, can_log=viewer.may("activity.log")),
        "nav": navigation.items(navigation.entries_for(viewer), request.path),
        "bottom_nav": navigation.items(navigation.phone_entries_for(viewer), request.path),
    }
