"""The access table (tests/authz.yaml): every person × route × method, as a page and as a fragment."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import pytest
from django.http import HttpResponse, StreamingHttpResponse
from django.test import override_settings
from django.urls import include, path, reverse
from django.views.decorators.http import require_GET

from salesteam.urls import urlpatterns as real_urlpatterns
from tests import authz, authz_world
from tests.world import World, as_before, taken_back, written

pytestmark = pytest.mark.django_db
ROWS = authz.rows()
ONCE = list({row.route: row for row in reversed(ROWS)}.values())[::-1]
CHANNELS = {"page": {}, "fragment": {"HX-Request": "true"}}
DENIALS = {401, 403, 404, 405}
_ONE_TIME = re.compile(
    rb'(csrfmiddlewaretoken" value="|nonce="|nonce-|"X-CSRFToken": ?"|&quot;X-CSRFToken&quot;: ?&quot;|csrf-token" content=")[^"&]+'
)


def address(world: World, row: authz.Row, *, missing: bool = False) -> str:
    """The row's address, with ids that exist or with such as nothing has."""
    nothing = {
        thing: authz_world.MISSING[UUID if isinstance(value, UUID) else type(value)] for thing, value in world.things.items()
    }
    return authz.address(row, nothing if missing else world.things)


def ask(world: World, row: authz.Row, method: str, code: str, channel: str, *, missing: bool = False) -> tuple[HttpResponse, int]:
    """The answer, and how many rows it wrote; what was written is taken back."""
    data = authz.filled_in(row.asks[method].data, world.things) if method in row.asks else {}
    client = world.clients[code]
    with as_before(client):
        before = written()
        response = client.generic(
            method,
            address(world, row, missing=missing),
            urlencode(data, doseq=True).encode() if method != "GET" else b"",
            content_type="application/x-www-form-urlencoded",
            query_params=authz.filled_in(row.query, world.things) or None,
            headers=CHANNELS[channel],
        )
        if isinstance(response, StreamingHttpResponse):
            response = HttpResponse(
                b"".join(response.streaming_content), status=response.status_code, headers=dict(response.items())
            )
        return response, written() - before


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
    """The answer without what differs between any two answers: one-time tokens, and the page's own address."""
    headers = sorted(f"{name}: {value}" for name, value in response.items() if name != "Content-Length")
    said = _ONE_TIME.sub(rb"\1", "\n".join(headers).encode() + b"\n\n" + response.content)
    return said.replace(response.wsgi_request.path.encode(), b"")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_each_person_gets_what_the_table_says(world, row):
    wrong = []
    for method, asked in row.asks.items():
        for channel in ["page"] if row.pages_only else CHANNELS:
            for code, cell in asked.cells.items():
                response, written = ask(world, row, method, code, channel)
                said = mismatch(cell, response, channel)
                if written and (method == "GET" or cell == "in" or response.status_code in DENIALS):
                    said += f" wrote {written} rows"
                if not said and cell == "404" and row.at:
                    missing, _ = ask(world, row, method, code, channel, missing=True)
                    said = "" if normal(missing) == normal(response) else "tells itself apart from a missing id"
                if said:
                    wrong.append(f"{method} {channel} {code} ({authz.ACTORS[code]}): {said}")
    assert not wrong, "\n".join(["", *wrong])


@pytest.mark.parametrize("row", ONCE, ids=lambda row: row.id)
def test_methods_outside_the_table_are_refused(world, row):
    named = {method for other in ROWS if other.route == row.route for method in other.asks}
    wrong = []
    for method in [method for method in authz.METHODS if method not in named]:
        for code in ("RO", "AD"):
            response, written = ask(world, row, method, code, "page")
            if response.status_code != 405 or written:
                wrong.append(f"{method} {code}: {response.status_code}, {written} rows written")
    assert not wrong, "\n".join(["", *wrong])


@pytest.mark.parametrize("row", [row for row in ONCE if row.route not in authz.exempt_from_csrf()], ids=lambda row: row.id)
def test_no_unsafe_request_passes_without_a_token(world, row):
    strict = world.client("AD", enforce_csrf_checks=True)
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        for headers in CHANNELS.values() if method == "POST" else [{}]:
            with taken_back():
                before = written()
                assert strict.generic(method, address(world, row), headers=headers).status_code == 403, method
                assert written() == before


def uncovered(rows: list[authz.Row]) -> tuple[set[str], set[str]]:
    """Routes without a row, and rows without a route."""
    exist = {name for name, _ in authz.routes() if not name.startswith(authz.API)}  # tests/api/test_access.py covers the rest
    spoken_of = {row.route for row in rows}
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
    response, _ = ask(world, row, "GET", "RO", "page")
    assert mismatch("403", response, "page") == "200, not 403"


@pytest.mark.parametrize(
    ("body", "why"),
    [({"GET": "in 200"}, "nine cells"), ({"GET": "maybe " * 9}, "maybe"), ({"get": "x"}, "not known"), ({}, "no method")],
)
def test_a_table_that_cannot_be_read_says_why(body, why):
    with pytest.raises(authz.BadTable, match=why):
        authz.read_row("deals:list", body, {})
