"""The password once more, for what takes data out or changes rights: it has to have been given within ten minutes (TRUST 7).

    @require_http_methods(["GET", "POST"])
    @for_admins
    @recent_password            # below the gate of its people, above @idempotent
    @idempotent
    def role_edit(request, pk): ...

A page that is asked for leads to the question and comes back. A form that is sent is asked about with everything that was
typed in hidden fields, and is done once the password is right: the view sees it as it was sent. A fragment shows the
question in the side panel. A view that answers with a file takes `recent_password_for_file`, so that the page which asked
does not stay behind the download; a view that asks only sometimes calls `ask`.

Files that were chosen in a form are not kept: such a view should ask when its form is opened, which the decorator does.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import resolve, reverse
from django.utils.translation import gettext as _

from lib.htmx import is_fragment
from reps import sessions
from reps.addresses import is_own_path
from reps.models import User
from reps.signin import TOO_MANY, AccountAdapter

FIELD = "confirm_password"
_NOT_CARRIED = (FIELD, "csrfmiddlewaretoken")
_NOT_TYPED = (*_NOT_CARRIED, "idempotency_key")
_FILE = "file"
_PANEL = "panel-body"
View = Callable[..., HttpResponseBase]


def recent_password(view: View) -> View:
    """Ask for the password before the view, unless it was given within ten minutes."""
    return _asking(view, "page")


def recent_password_for_file(view: View) -> View:
    """The same for a view that answers with a file."""
    return _asking(view, _FILE)


def _asking(view: View, what: str) -> View:
    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return ask(request) or view(request, *args, **kwargs)

    answer.asks_password = what  # type: ignore[attr-defined]
    return answer


def ask(request: HttpRequest) -> HttpResponse | None:
    """The question, or None when it need not be asked, or was just answered rightly."""
    fault: ValidationError | None = None
    if request.method == "POST" and FIELD in request.POST:
        password = request.POST[FIELD]
        _take_out(request)
        fault = check(request, password)
        if fault is None:
            return None
    elif sessions.is_proven(request.session):
        return None
    if request.method == "POST":
        return _carry(request, fault)
    if is_fragment(request):
        return _in_panel(request)
    return HttpResponseRedirect(f"{reverse('reps:confirm')}?{urlencode({'next': request.get_full_path(), **_way_back(request)})}")


def check(request: HttpRequest, password: str) -> ValidationError | None:
    """Whether this is the password of who is signed in; counted and slowed down like a sign-in. Notes the time if so.

    Returns what is wrong; its code is TOO_MANY when they have to wait.
    """
    user = request.user
    assert isinstance(user, User)
    try:
        found = AccountAdapter().authenticate(request, email=user.email, password=password)
    except ValidationError as refused:
        return refused
    if found is None or found.pk != user.pk:
        return ValidationError(_("This is not your password."))
    sessions.prove(request.session)
    return None


def status_of(fault: ValidationError | None) -> int:
    """The status of a page that shows the fault."""
    if fault is None:
        return HTTPStatus.OK
    return HTTPStatus.TOO_MANY_REQUESTS if fault.code == TOO_MANY else HTTPStatus.UNPROCESSABLE_ENTITY


def is_file(path: str) -> bool:
    """Whether a page of ours is a file that asks for the password."""
    try:
        return getattr(resolve(urlsplit(path).path).func, "asks_password", "") == _FILE
    except Http404:
        return False


def own_path(address: str) -> str:
    """The page of ours that an address names, with its query; "" when it names none."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    return path if is_own_path(path) else ""


def _way_back(request: HttpRequest) -> dict[str, str]:
    """Where the question was met, for who changes their mind and after a download."""
    back = own_path(request.headers.get("HX-Current-URL") or request.headers.get("Referer", ""))
    return {"back": back} if back and back != request.get_full_path() else {}


def _take_out(request: HttpRequest) -> None:
    """Leave in the request what was typed into the form itself, so that the view and @idempotent see it as it was sent."""
    typed = request.POST.copy()
    del typed[FIELD]
    typed._mutable = False
    request.POST = typed  # type: ignore[assignment]


def _carry(request: HttpRequest, fault: ValidationError | None) -> HttpResponse:
    """The question with everything that was typed. A fragment's goes on from the panel as a page."""
    context = {
        "action": request.get_full_path(),
        "carried": [(name, value) for name, values in request.POST.lists() if name not in _NOT_CARRIED for value in values],
        "has_files": bool(request.FILES),
        "fault": fault,
        "back": _way_back(request).get("back", "/"),
        "is_typed": any(name not in _NOT_TYPED for name in request.POST),
    }
    if is_fragment(request):
        return _to_panel(render(request, "reps/_confirm.html", context))
    return render(request, "reps/confirm.html", context, status=status_of(fault))


def _in_panel(request: HttpRequest) -> HttpResponse:
    """The question in the side panel; for what opens there, the answer follows in its place."""
    stays = request.headers.get("HX-Target") == _PANEL
    back = _way_back(request).get("back", "/")
    context = {
        "action": reverse("reps:confirm"),
        "carried": [("next", request.get_full_path() if stays else back), ("back", back)],
        "back": back,
        "stays": stays,
    }
    return _to_panel(render(request, "reps/_confirm.html", context))


def _to_panel(response: HttpResponse) -> HttpResponse:
    response["HX-Retarget"], response["HX-Reswap"] = f"#{_PANEL}", "innerHTML"
    return response
