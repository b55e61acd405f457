"""On an installation without anyone, every page leads to the first-run page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from dashboard import first_run

GetResponse = Callable[[HttpRequest], HttpResponse]


class FirstRunMiddleware:
    """Sends visitors to /welcome/ instead of the sign-in page while nobody exists who could sign in."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, *_: Any) -> HttpResponse | None:
        """Pages that want a sign-in, and the sign-in page itself. A fragment has a page around it, which goes first."""
        match = request.resolver_match
        wants_sign_in = getattr(view, "login_required", True) or (match is not None and match.view_name == "account_login")
        if request.method != "GET" or request.user.is_authenticated or not wants_sign_in:
            return None
        return redirect("dashboard:first_run") if first_run.is_open() else None
