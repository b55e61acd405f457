"""What the frame around every page needs."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest


def frame(request: HttpRequest) -> dict[str, Any]:
    """The company, the person's relations and the entries of the rail."""
    company = getattr(request, "company", None)
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"company": company, "nav": [], "bottom_nav": []}
    return {"company": company, "viewer": user.viewer, "nav": [], "bottom_nav": []}
