"""The access table of the API (tests/authz_api.yaml): every person × route × method, and tokens that only read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from django.http import HttpResponse

from tests import authz, authz_world
from tests.api.calling import Api
from tests.world import World, taken_back, written

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
ROWS = authz.api_rows()
ONCE = list({row.route: row for row in reversed(ROWS)}.values())[::-1]
DENIALS = {401, 403, 404, 405}
WRITES = ("POST", "PUT", "PATCH", "DELETE")


@pytest.fixture(scope="module")
def tokens(world: World) -> dict[str, Api]:
    """A token for each column, used once so that its use is noted."""
    made = {
        code: Api(getattr(world.cast, name) if name else None, writes=code != "RT") for code, name in authz.API_ACTORS.items()
    }
    for api in made.values():
        api.get("/reps/")
    return made


@pytest.fixture(autouse=True)
def _unhurried(settings: Any) -> None:
    settings.API_PER_MINUTE = 1_000_000


def ask(world: World, api: Api, row: authz.Row, method: str, *, missing: bool = False) -> tuple[HttpResponse, int]:
    """The answer, and how many rows it wrote; what was written is taken back."""
    nothing = {
        thing: authz_world.MISSING[UUID if isinstance(value, UUID) else type(value)] for thing, value in world.things.items()
    }
    data = authz.filled_in(row.asks[method].data, world.things) if method in row.asks else {}
    with taken_back():
        before = written()
        address = authz.address(row, nothing if missing else world.things)
        response = api.client.generic(
            method,
            address,
            *_sent(data, method),
            query_params=authz.filled_in(row.query, world.things) or None,
            headers={"Authorization": f"Bearer {api.secret}"} if api.secret else {},
        )
        return response, written() - before


def _sent(data: Any, method: str) -> Iterator[Any]:
    yield b"" if method == "GET" else json.dumps(data).encode()
    yield "application/json"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_each_person_gets_what_the_table_says(world: World, tokens: dict[str, Api], row: authz.Row) -> None:
    wrong = []
    for method, asked in row.asks.items():
        for code, cell in asked.cells.items():
            response, wrote = ask(world, tokens[code], row, method)
            said = "" if response.status_code == int(cell) else f"{response.status_code}, not {cell}: {response.content[:200]!r}"
            if wrote and (method == "GET" or response.status_code in DENIALS or response.status_code == 400):
                said += f" wrote {wrote} rows"
            if not said and cell == "404":
                missing, _ = ask(world, tokens[code], row, method, missing=True)
                same = (missing.content, missing.status_code) == (response.content, 404)
                said = "" if same else "tells itself apart from a missing id"
            if said:
                wrong.append(f"{method} {code} ({authz.API_ACTORS[code]}): {said}")
    assert not wrong, "\n".join(["", *wrong])


@pytest.mark.parametrize("row", ONCE, ids=lambda row: row.id)
def test_methods_outside_the_table_are_refused(world: World, tokens: dict[str, Api], row: authz.Row) -> None:
    named = {method for other in ROWS if other.route == row.route for method in other.asks}
    answers = {
        f"{method} {code}": (response.status_code, wrote)
        for method in authz.METHODS
        if method not in named
        for code in ("AN", "RO", "AD")
        for response, wrote in [ask(world, tokens[code], row, method)]
    }
    assert answers == {key: (401 if key.endswith("AN") else 405, 0) for key in answers}


@pytest.fixture(scope="module")
def readers(world: World, tokens: dict[str, Api]) -> dict[str, Api]:
    """A read-only token for everyone who has another."""
    made = {code: Api(getattr(world.cast, name), writes=False) for code, name in authz.ACTORS.items() if name}
    for api in made.values():
        api.get("/reps/")
    return made


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_a_read_only_token_reads_as_its_owner_and_changes_nothing(world: World, readers: dict[str, Api], row: authz.Row) -> None:
    wrong = []
    for method, asked in row.asks.items():
        for code, api in readers.items():
            response, wrote = ask(world, api, row, method)
            expected = int(asked.cells[code]) if method == "GET" else 403
            if (response.status_code, wrote) != (expected, 0):
                wrong.append(f"{method} {code}: {response.status_code}, {wrote} rows written")
    assert not wrong, "\n".join(["", *wrong])


@pytest.mark.parametrize("row", [row for row in ONCE if "schema" not in row.route], ids=lambda row: row.id)
def test_a_session_opens_nothing(world: World, row: authz.Row) -> None:
    """So nothing here needs a token against forged requests."""
    for method in authz.METHODS:
        with taken_back():
            response = world.clients["AD"].generic(method, authz.address(row, world.things), b"{}", "application/json")
        assert response.status_code == 401, method
        assert response["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("kind", ["schema/", "schema.yaml"])
def test_whoever_is_signed_in_reads_the_schema(world: World, kind: str) -> None:
    assert {code: client.get(f"/api/v1/{kind}").status_code for code, client in world.clients.items()} == {
        code: 401 if code == "AN" else 200 for code in world.clients
    }


def test_every_route_has_a_row_and_every_row_a_route() -> None:
    exist = {name for name, _ in authz.routes() if name.startswith(authz.API)}
    assert exist == {row.route for row in ROWS}


def test_only_the_api_goes_without_a_token_against_forged_requests() -> None:
    exempt = {name for name, pattern in authz.routes() if getattr(pattern.callback, "csrf_exempt", False)}
    assert {name for name in exempt if not name.startswith(authz.API)} == set(authz.exempt_from_csrf())
