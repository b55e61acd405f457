"""What a view answers to htmx: a page or its fragment, toasts with Undo, events, redirects."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render, resolve_url
from django.utils.cache import patch_vary_headers
from django_htmx.http import HttpResponseClientRedirect, trigger_client_event

# A Django message carries its undo address behind this word in its tags.
UNDO_TAG = "undo:"


def is_fragment(request: HttpRequest) -> bool:
    """True when htmx asks for a piece to put into the page (a restored history entry wants the whole page)."""
    return request.headers.get("HX-Request") == "true" and request.headers.get("HX-History-Restore-Request") != "true"


def page_or_fragment(
    request: HttpRequest, page: str, fragment: str, context: dict[str, object], status: int = 200
) -> HttpResponse:
    """The fragment for htmx, else the page that includes it. Caches keep the two apart."""
    response = render(request, fragment if is_fragment(request) else page, context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def form_status(request: HttpRequest) -> int:
    """Status of a form shown again: 422 after a POST that could not be taken, else 200."""
    return 422 if request.method == "POST" else 200


def toast(response: HttpResponse, text: str, *, undo_url: str = "", state: str = "good") -> HttpResponse:
    """Have the page say `text` after this answer arrives. `undo_url` is posted to when *Undo* is pressed."""
    return trigger_client_event(response, "toast", {"text": text, "undo": undo_url, "state": state})


def event(response: HttpResponse, name: str, **params: object) -> HttpResponse:
    """Tell every region of the page that listens for `name` to refresh itself."""
    return trigger_client_event(response, name, params)


def say(request: HttpRequest, text: str, *, undo_url: str = "", state: str = "success") -> None:
    """A toast on the next full page. `state` is a Django message level by name: success, info, warning or error."""
    level = {"success": messages.SUCCESS, "info": messages.INFO, "warning": messages.WARNING, "error": messages.ERROR}[state]
    messages.add_message(request, level, text, extra_tags=f"{UNDO_TAG}{undo_url}" if undo_url else "")


def go(request: HttpRequest, to: object, *args: object, **kwargs: object) -> HttpResponse:
    """Redirect to a URL name, model or path: a 302, or a whole-page redirect when htmx asked."""
    url = resolve_url(to, *args, **kwargs)  # type: ignore[arg-type]
    return HttpResponseClientRedirect(url) if is_fragment(request) else HttpResponseRedirect(url)
