"""Is everything well? `/healthz` tells web, database, broker, worker and beat apart; `/healthz/live` only that the web answers.

Also the answer to every page while the database is away: 503 and a page that says so, until it is back.
"""

import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from enum import StrEnum
from threading import Lock
from typing import Any, TypeVar

import psycopg2
import structlog
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import AnonymousUser
from django.db import InterfaceError, OperationalError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from dashboard import errors
from salesteam import seen

log = structlog.get_logger("health")
Response = TypeVar("Response", bound=HttpResponse)
_PATIENCE_S = 0.8  # for one part; they are asked side by side
_FRESH_S = 1.0  # a crowd asking for health does not multiply connections
# PostgreSQL's words for "not now": a lock or the time ran out, or another transaction won.
_BUSY = {"55P03", "57014", "40P01", "40001"}
# Two questions may hang at a time; others then count as down without waiting for a thread.
_askers = ThreadPoolExecutor(max_workers=2, thread_name_prefix="health")


class State(StrEnum):
    """Of one part. UNKNOWN: it can only be asked through another part that is down."""

    OK = "ok"
    STALE = "stale"
    DOWN = "down"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Part:
    """A part's state, and for worker and beat the seconds since they were last seen."""

    state: State
    age_seconds: int | None = None


@dataclass
class Probe:
    """A question asked at most once a second, and never waited for longer than the patience. None means no answer."""

    ask: Callable[[], Any]
    answer: Any = None
    asked_at: float = -_FRESH_S
    lock: Lock = field(default_factory=Lock)

    def __call__(self) -> Any:
        with self.lock:
            if time.monotonic() - self.asked_at >= _FRESH_S:
                try:
                    self.answer = _askers.submit(self.ask).result(timeout=_PATIENCE_S)
                except Exception as error:  # whatever goes wrong with a part, too slow or broken, that part is down
                    log.warning("health", part=self.ask.__name__, error=type(error).__name__)
                    self.answer = None
                self.asked_at = time.monotonic()
            return self.answer


def _database_answers() -> bool:
    parameters = connection.get_connection_params() | {"connect_timeout": 2}
    parameters.pop("cursor_factory", None)
    with closing(psycopg2.connect(**parameters)) as asked, asked.cursor() as cursor:
        cursor.execute("SELECT 1")
    return True


def _marks() -> dict[str, float]:
    return seen.ages()


database = Probe(_database_answers)
broker = Probe(_marks)


def parts() -> dict[str, Part]:
    """Every part and its state."""
    ages = broker()
    return {
        "web": Part(State.OK),
        "database": Part(State.OK if database() else State.DOWN),
        "broker": Part(State.DOWN if ages is None else State.OK),
        "worker": _seen("worker", ages),
        "beat": _seen("beat", ages),
    }


def _seen(part: str, ages: dict[str, float] | None) -> Part:
    if ages is None:
        return Part(State.UNKNOWN)
    if part not in ages:
        return Part(State.DOWN)
    return Part(State.OK if ages[part] <= seen.LATE_AFTER_S else State.STALE, round(ages[part]))


@require_safe
@login_not_required
def live(request: HttpRequest) -> HttpResponse:
    """The web process answers. Asks nothing else, so that a database that is down does not get the web restarted."""
    return HttpResponse("ok", content_type="text/plain")


@require_safe
@login_not_required
def healthz(request: HttpRequest) -> JsonResponse:
    """200 when every part is well, else 503. Admins and auditors see states and ages, everybody else ok or degraded."""
    found = parts()
    detailed = found["database"].state == State.OK and _may_see_detail(request)
    return _report(found, detailed=detailed)


def _may_see_detail(request: HttpRequest) -> bool:
    user = request.user
    return user.is_authenticated and (user.is_admin or user.is_auditor)


def _report(found: dict[str, Part], *, detailed: bool) -> JsonResponse:
    well = all(part.state == State.OK for part in found.values())
    body: dict[str, Any] = {"status": "ok" if well else "degraded"}
    if detailed:
        body["parts"] = {name: {"state": part.state, "age_seconds": part.age_seconds} for name, part in found.items()}
    else:
        body["parts"] = {name: "ok" if part.state == State.OK else "degraded" for name, part in found.items()}
    response = JsonResponse(body, status=200 if well else 503)
    response["Cache-Control"] = "no-store"
    return _logged(response)


def _logged(response: Response) -> Response:
    """Django would log every 503 as an error of its own; a health page asked each second would fill the log."""
    response._has_been_logged = True  # type: ignore[attr-defined]
    return response


class DatabaseDownMiddleware:
    """Outermost: answers liveness before anything else can fail, and turns a failing database into 503."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path == "/healthz/live" and request.method in ("GET", "HEAD"):
            return live(request)
        if request.path == "/healthz" and not database():  # the middleware below would ask the database who this is
            return _report(parts(), detailed=False)
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """A view met a failing database."""
        return unavailable(request, exception) if is_database_failure(exception) else None


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's handler of whatever no view and no middleware caught."""
    exception = sys.exc_info()[1]
    return unavailable(request, exception) if is_database_failure(exception) else errors.server_error(request)


def is_database_failure(exception: BaseException | None) -> bool:
    """The database could not be asked or gave up; not: it was asked something wrong."""
    return isinstance(exception, (OperationalError, InterfaceError))


def unavailable(request: HttpRequest, exception: BaseException | None) -> HttpResponse:
    """503 with a page that needs no database, no company and no signed-in person."""
    code = getattr(exception.__cause__, "pgcode", None) if exception else None
    log.error("database", error=type(exception).__name__, code=code, path=request.path)
    request.user = AnonymousUser()  # middleware on the way out asks who it is; the database must not be waited for again
    response = HttpResponse(render_to_string("503.html", {"busy": code in _BUSY}), status=503)
    response["Retry-After"] = "5"
    response["Cache-Control"] = "no-store"
    if "HX-Request" in request.headers:
        response["HX-Reswap"] = "none"  # what is on the page stays, typed text too
    return _logged(response)
