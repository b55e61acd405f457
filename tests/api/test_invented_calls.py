"""Thousands of calls that schemathesis makes up from the API's own schema, sound ones and faulty ones, as each person.

None may end in an error of ours, and each answer must be one that the schema names, in the form it says (TRUST 18).
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, seed
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup, ServerError
from schemathesis.openapi.checks import JsonSchemaError
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from deals.api.accounts import Accounts
from lib.api.answers import answer
from reps.api.schema_view import described
from tests import authz
from tests.api.calling import Api
from tests.inventions import invented
from tests.world import World, taken_back

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
CALLS = 5000
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
MODES = (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE)
# What stands in addresses and bodies, by the names of tests/authz_world.py, so that calls get further than "not there".
IN_ADDRESS = {
    "accounts": ("account", "account_of_nobody"), "contacts": ("contact",), "leads": ("lead", "lead_of_nobody"),
    "deals": ("deal", "won_deal"), "activities": ("activity", "booking"), "reps": ("rep", "budi", "outsider"),
    "teams": ("team", "south", "below_north"), "roles": ("role",),
}  # fmt: skip
IN_BODY = {
    "account": ("account", "account_of_nobody"), "parent": ("account", "team", "south"), "contact": ("contact",), "lead": ("lead",),
    "deal": ("deal", "won_deal"), "owner": ("ana", "budi"), "rep": ("ana", "budi"), "product": ("product",),
    "stage": ("stage", "stage_ahead"), "team": ("below_north", "team"), "role": ("role",), "calendar": ("calendar",),
}  # fmt: skip


def operations() -> list[Any]:
    """Every operation of the schema; the token is ours to give."""
    schema = json.loads(json.dumps(described()))
    for path in schema["paths"].values():
        for operation in path.values():
            operation.pop("security", None)
    loaded = schemathesis.openapi.from_dict(schema)
    loaded.app = WSGIHandler()
    return [found.ok() for found in loaded.get_all_operations()]


OPERATIONS = operations()
EACH = -(-CALLS // (len(OPERATIONS) * len(authz.API_ACTORS) * len(MODES)))


def aim(case: Any, chance: random.Random, things: dict[str, Any]) -> None:
    """Have most ids be such as there are, most days be of these years and most versions the present one."""
    resource = case.operation.path.split("/")[3]
    if resource in IN_ADDRESS and "id" in (case.path_parameters or {}) and chance.random() < 0.85:
        case.path_parameters["id"] = str(things[chance.choice(IN_ADDRESS[resource])])
    if isinstance(case.body, dict):
        for name, value in case.body.items():
            if isinstance(value, int) and not isinstance(value, bool) and chance.random() < 0.85:
                case.body[name] = things[chance.choice(IN_BODY[name])] if name in IN_BODY else 1 if name == "version" else value
            elif isinstance(value, str) and name.endswith("_on") and chance.random() < 0.85:
                case.body[name] = f"2026-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"


@pytest.fixture(autouse=True)
def _unhurried(settings: Any) -> Iterator[None]:
    """Nobody has to wait; and a request does not close the connection whose transaction the test will take back."""
    settings.API_PER_MINUTE = 1_000_000
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.parametrize("code", authz.API_ACTORS)
def test_no_call_breaks_the_api_or_its_word(world: World, code: str) -> None:
    name = authz.API_ACTORS[code]
    api = Api(getattr(world.cast, name) if name else None, writes=code != "RT")
    headers = {"Authorization": f"Bearer {api.secret}"} if api.secret else {}
    statuses: list[int] = []
    for operation in OPERATIONS:
        for mode in MODES:

            @seed(20260916)
            @invented(EACH, database=None, derandomize=False, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
            @given(operation.as_strategy(generation_mode=mode), st.integers(0, 2**32))
            def call(case: Any, number: int) -> None:
                aim(case, random.Random(number), world.things)
                with taken_back():
                    response = case.call(headers=headers)
                statuses.append(response.status_code)
                case.validate_response(response, checks=CHECKS)

            call()
    assert max(statuses) < 500
    assert len(statuses) >= CALLS / len(authz.API_ACTORS)
    print(code, len(statuses), {status: statuses.count(status) for status in sorted(set(statuses))})  # told when it fails


def test_the_calls_are_as_many_as_promised() -> None:
    """TRUST 18: at least 5,000 in every run."""
    assert len(OPERATIONS) * len(authz.API_ACTORS) * len(MODES) * EACH >= CALLS


@pytest.mark.expects_server_error
@pytest.mark.parametrize(
    ("breaks", "kind"),
    [({"rows": lambda self: 1 / 0}, ServerError), ({"listed": lambda self, *_: answer({"results": [{}], "next": None})}, JsonSchemaError)],
)  # fmt: skip
def test_an_answer_that_breaks_its_word_would_be_noticed(
    world: World, monkeypatch: pytest.MonkeyPatch, breaks: dict[str, Any], kind: type[Exception]
) -> None:
    """The control."""
    for name, method in breaks.items():
        monkeypatch.setattr(Accounts, name, method)
    headers = {"Authorization": f"Bearer {Api(world.cast.ana).secret}"}
    case = next(each for each in OPERATIONS if each.label == "GET /api/v1/accounts/").Case()
    with taken_back():
        response = case.call(headers=headers)
    with pytest.raises(FailureGroup) as noticed:
        case.validate_response(response, checks=CHECKS)
    assert kind in {type(failure) for failure in noticed.value.exceptions}
