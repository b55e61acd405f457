"""What people see when something cannot be done. Each says what to do next."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string


def _page(request: HttpRequest, status: int) -> HttpResponse:
    return render(request, f"{status}.html", status=status)


def bad_request(request: HttpRequest, exception: Any = None) -> HttpResponse:
    """400."""
    return _page(request, 400)


def forbidden(request: HttpRequest, exception: Any = None) -> HttpResponse:
    """403: visible, but not for this person to do."""
    return _page(request, 403)


def not_found(request: HttpRequest, exception: Any = None) -> HttpResponse:
    """404, the same bytes whether it does not exist or is not theirs to see."""
    return _page(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """500, without a trace. Nothing is read for it: what broke the page might break this one too."""
    return HttpResponse(render_to_string("500.html", {}), status=500)


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 of a page that was open too long: typed text stays, the page offers to reload."""
    response = render(request, "403_csrf.html", status=403)
    response["HX-Reswap"] = "none"
    response["HX-Trigger"] = "stale-page"
    return response
