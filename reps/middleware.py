"""What every request passes through: log line, language, company, sign-in, no caching of private pages."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import structlog
from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.utils import timezone, translation
from django.utils.functional import SimpleLazyObject

from lib.htmx import go, is_fragment
from reps import second_factor, sessions
from reps.access import viewer_of
from reps.models import Company
from reps.preferences import LANGUAGE_COOKIE

GetResponse = Callable[[HttpRequest], HttpResponse]
log = structlog.get_logger("request")

# Parts of a path that are long enough to be the secret of a mailed link.
_SECRET = re.compile(r"[^/]{25,}")


class RequestLogMiddleware:
    """One line per request: method, path, status, milliseconds, user id. Never a query string, a body or a link's secret."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=uuid.uuid4().hex[:12])
        started = time.perf_counter()
        response = self.get_response(request)
        if not request.path.startswith(("/static/", "/healthz")):
            user = getattr(request, "user", None)
            log.info(
                "request",
                method=request.method,
                path=_SECRET.sub("…", request.path),
                status=response.status_code,
                ms=round((time.perf_counter() - started) * 1000),
                user=user.pk if user is not None and user.is_authenticated else None,
            )
        return response


class LanguageMiddleware:
    """The language before sign-in: the visitor's choice, else the browser's; PersonMiddleware refines it."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        chosen = request.COOKIES.get(LANGUAGE_COOKIE, "")
        known = dict(settings.LANGUAGES)
        translation.activate(chosen if chosen in known else translation.get_language_from_request(request))
        request.LANGUAGE_CODE = translation.get_language()
        response = self.get_response(request)
        response.headers.setdefault("Content-Language", translation.get_language() or settings.LANGUAGE_CODE)
        return response


class SessionAgeMiddleware:
    """Ends a session that was unused too long or is too old for this person; notes that a living one is used."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            if sessions.has_run_out(request.session, viewer_of(request.user)):
                logout(request)
                request.session_ran_out = True  # type: ignore[attr-defined]
            else:
                sessions.touch(request.session)
        return self.get_response(request)


class PersonMiddleware:
    """`request.company` (read when first asked for), and the signed-in person's language and zone."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.company = SimpleLazyObject(Company.load)  # type: ignore[attr-defined]
        if request.user.is_authenticated:
            language = request.user.language or request.COOKIES.get(LANGUAGE_COOKIE) or request.company.language  # type: ignore[attr-defined]
            if language in dict(settings.LANGUAGES):
                translation.activate(language)
                request.LANGUAGE_CODE = language
            timezone.activate(request.company.zone)  # type: ignore[attr-defined]
        try:
            return self.get_response(request)
        finally:
            timezone.deactivate()


class SignInRequiredMiddleware:
    """Every page asks for a sign-in unless its view is marked `login_not_required`.

    A page sends the visitor to sign in and back; a fragment gets 401 with `HX-Redirect`, since htmx would otherwise
    put the sign-in page inside the page.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, *_: Any) -> HttpResponse | None:
        """Stop a request by someone who has not signed in."""
        if request.user.is_authenticated or not getattr(view, "login_required", True):
            return None
        where = resolve_url(settings.LOGIN_URL)
        if getattr(request, "session_ran_out", False):
            where += "?ended=1"
        if getattr(request, "htmx", False):
            response = HttpResponse(status=401)
            response["HX-Redirect"] = where
            return response
        if request.method not in ("GET", "HEAD"):
            return HttpResponseRedirect(where)
        return HttpResponseRedirect(f"{where}{'&' if '?' in where else '?'}{urlencode({'next': request.get_full_path()})}")


class SecondFactorMiddleware:
    """Who must have a second factor and has none sets it up before anything else (SECOND_FACTOR in the settings)."""

    OPEN = frozenset({"reps:second_factor", "reps:confirm", "account_logout"})

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, *_: Any) -> HttpResponse | None:
        """Lead to the page that sets it up; signing out stays possible."""
        user = request.user
        if not user.is_authenticated or not getattr(view, "login_required", True) or not second_factor.is_missing(user):
            return None
        match = request.resolver_match
        if match is not None and match.view_name in self.OPEN:
            return None
        onward = urlencode({"next": request.get_full_path()}) if request.method == "GET" and not is_fragment(request) else ""
        return go(request, f"{resolve_url('reps:second_factor')}{'?' if onward else ''}{onward}")


class NoStoreMiddleware:
    """Pages of a signed-in person stay out of every cache (TRUST 12)."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.user.is_authenticated and not response.has_header("Cache-Control"):
            response["Cache-Control"] = "no-store"
        if "HX-Request" in request.headers or request.user.is_authenticated:
            response.headers["Vary"] = ", ".join(filter(None, [response.headers.get("Vary"), "HX-Request"]))
        return response
