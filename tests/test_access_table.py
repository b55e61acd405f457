"""The access table (tests/authz.yaml): every person × route × method, as a page and as a fragment."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock
from urllib.parse import urlencode
from uuid import UUID

import pytest
import time_machine
from django.db import connection, transaction
from django.http import HttpResponse, StreamingHttpResponse
from django.test import Client, override_settings
from django.urls import include, path, reverse
from django.views.decorators.http import require_GET

from salesteam import health
from salesteam.urls import urlpatterns as real_urlpatterns
from tests import authz, authz_world
from tests import cast as cast_module

pytestmark = pytest.mark.django_db
ROWS = authz.rows()
CHANNELS = {"page": {}, "fragment": {"HX-Request": "true"}}
DENIALS = {401, 403, 404, 405}
# Sessions are kept by signing in; an audit entry is how a read of something guarded is remembered.
KEPT_BY_READING = ("django_session", "reps_auditentry", "reps_auditdetail")
_FORM = "application/x-www-form-urlencoded"
_ONE_TIME = re.compile(
    rb'(csrfmiddlewaretoken" value="|nonce="|nonce-|"X-CSRFToken": ?"|&quot;X-CSRFToken&quot;: ?&quot;|csrf-token" content=")[^"&]+'
)
_WRITTEN = """
SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0)::bigint FROM pg_stat_xact_user_tables WHERE relname <> ALL(%s)
"""


class World:
    """The cast, their clients and the things in addresses, once for this file."""

    def __init__(self) -> None:
        self.cast = cast_module.build()
        self.things = authz_world.build(self.cast)
        self.clients = {code: self.client(code) for code in authz.ACTORS}

    def client(self, code: str, **options: Any) -> Client:
        """A client of that person."""
        made, name = Client(**options), authz.ACTORS[code]
        if name:
            made.force_login(getattr(self.cast, name))
        return made

    def address(self, row: authz.Row, *, missing: bool = False) -> str:
        """The row's address, with ids that exist or with such as nothing has."""
        known = {name: self.things[thing] for name, thing in row.at.items()}
        if missing:
            known = {name: authz_world.MISSING[UUID if isinstance(value, UUID) else type(value)] for name, value in known.items()}
        return reverse(row.route, kwargs=known)

    def ask(self, row: authz.Row, method: str, code: str, channel: str, *, missing: bool = False) -> tuple[HttpResponse, int]:
        """The answer, and how many rows it wrote; what was written is taken back."""
        data = {
            key: self.things[value[1:]] if isinstance(value, str) and value.startswith("=") else value
            for key, value in (row.asks[method].data if method in row.asks else {}).items()
        }
        with _taken_back():
            before = _written()
            response = self.clients[code].generic(
                method,
                self.address(row, missing=missing),
                urlencode(data, doseq=True).encode() if method != "GET" else b"",
                content_type=_FORM,
                query_params=row.query or None,
                headers=CHANNELS[channel],
            )
            if isinstance(response, StreamingHttpResponse):
                response.content = b"".join(response.streaming_content)
            return response, _written() - before


@contextmanager
def _taken_back() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def _written() -> int:
    with connection.cursor() as cursor:
        cursor.execute(_WRITTEN, [list(KEPT_BY_READING)])
        return int(cursor.fetchone()[0])


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    well = {part: health.Part(health.State.OK) for part in ("web", "database", "broker", "worker", "beat")}
    with (
        django_db_blocker.unblock(),
        time_machine.travel(cast_module.NOW, tick=False),
        mock.patch.object(health, "parts", return_value=well),
        _taken_back(),
    ):
        yield World()


def mismatch(cell: str, response: HttpResponse, channel: str) -> str:
    """What is wrong with an answer to that cell; empty when it is right."""
    status, fragment = response.status_code, channel == "fragment"
    moved = fragment and status in (200, 204) and ("HX-Redirect" in response or "HX-Trigger" in response)
    if cell == "in":
        where = response.get("HX-Redirect" if fragment else "Location", "")
        right = status == (401 if fragment else 302) and where.startswith(reverse("account_login"))
    elif cell == "ok":
        right = status in (200, 201, 204, 302, 303)
    elif cell == "form":
        right = status in (200, 400, 422)
    elif cell in ("302", "303"):
        right = moved if fragment else status == int(cell)
    else:
        right = status == int(cell)
    return "" if right else f"{status}{' to ' + response['Location'] if 'Location' in response else ''}, not {cell}"


def normal(response: HttpResponse) -> bytes:
    """The answer without what differs between any two answers."""
    headers = sorted(f"{name}: {value}" for name, value in response.items() if name != "Content-Length")
    return _ONE_TIME.sub(rb"\1", "\n".join(headers).encode() + b"\n\n" + response.content)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_each_person_gets_what_the_table_says(world, row):
    wrong = []
    for method, ask in row.asks.items():
        for channel in ["page"] if row.pages_only else CHANNELS:
            for code, cell in ask.cells.items():
                response, written = world.ask(row, method, code, channel)
                said = mismatch(cell, response, channel)
                if written and (method == "GET" or cell == "in" or response.status_code in DENIALS):
                    said += f" wrote {written} rows"
                if not said and cell == "404" and row.at:
                    missing, _ = world.ask(row, method, code, channel, missing=True)
                    said = "" if normal(missing) == normal(response) else "tells itself apart from a missing id"
                if said:
                    wrong.append(f"{method} {channel} {code} ({authz.ACTORS[code]}): {said}")
    assert not wrong, "\n".join(["", *wrong])


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_methods_outside_the_table_are_refused(world, row):
    named = {method for other in ROWS if other.route == row.route for method in other.asks}
    wrong = []
    for method in [method for method in authz.METHODS if method not in named]:
        for code in ("RO", "AD"):
            response, written = world.ask(row, method, code, "page")
            if response.status_code != 405 or written:
                wrong.append(f"{method} {code}: {response.status_code}, {written} rows written")
    assert not wrong, "\n".join(["", *wrong])


@pytest.mark.parametrize("row", [row for row in ROWS if row.route not in authz.exempt_from_csrf()], ids=lambda row: row.id)
def test_no_unsafe_request_passes_without_a_token(world, row):
    strict = world.client("AD", enforce_csrf_checks=True)
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        for headers in CHANNELS.values():
            with _taken_back():
                before = _written()
                assert strict.generic(method, world.address(row), headers=headers).status_code == 403, method
                assert _written() == before


def uncovered(rows: list[authz.Row]) -> tuple[set[str], set[str]]:
    """Routes without a row, and rows without a route."""
    exist, spoken_of = {name for name, _ in authz.routes()}, {row.route for row in rows}
    return exist - spoken_of, spoken_of - exist


def test_every_route_has_a_row_and_every_row_a_route():
    without_row, without_route = uncovered(ROWS)
    assert not without_row, f"Add them to tests/authz.yaml: {sorted(without_row)}"
    assert not without_route, f"Take them out of tests/authz.yaml: {sorted(without_route)}"


# ── The table itself: what it must catch ────────────────────────────────────────────────────────────────────────────
@require_GET
def _open_to_all(request: Any) -> HttpResponse:
    return HttpResponse("a secret")


urlpatterns = [*real_urlpatterns, path("planted/", include(([path("leak", _open_to_all, name="leak")], "planted")))]


@override_settings(ROOT_URLCONF=__name__)
def test_a_new_route_without_a_row_is_caught():
    assert "planted:leak" in uncovered(ROWS)[0]


def test_a_row_without_a_route_is_caught():
    stale = authz.read_row("deals:gone", {"GET": "everyone"}, {"everyone": "in " + "200 " * 8})
    assert uncovered([stale])[1] == {"deals:gone"}


@override_settings(ROOT_URLCONF=__name__)
def test_a_view_that_answers_too_many_is_caught(world):
    row = authz.read_row("planted:leak", {"GET": "403 " * 9}, {})
    response, _ = world.ask(row, "GET", "RO", "page")
    assert mismatch("403", response, "page") == "200, not 403"


@pytest.mark.parametrize(
    ("body", "why"),
    [({"GET": "in 200"}, "nine cells"), ({"GET": "maybe " * 9}, "maybe"), ({"get": "x"}, "not known"), ({}, "no method")],
)
def test_a_table_that_cannot_be_read_says_why(body, why):
    with pytest.raises(authz.BadTable, match=why):
        authz.read_row("deals:list", body, {})
