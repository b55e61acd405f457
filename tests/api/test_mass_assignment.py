"""No body sets what it may not: every field of the model, of its neighbours and of the answer is tried on every write."""

from __future__ import annotations

from itertools import cycle
from typing import Any

import pytest
from django.apps import apps
from django.db import models

from reps.api.schema_view import described
from tests import authz
from tests.api.calling import Api
from tests.world import World, taken_back, written

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
MODELS = {
    "reps": "reps.Rep", "rep": "reps.Rep", "teams": "reps.Team", "team": "reps.Team", "roles": "reps.Role", "role": "reps.Role",
    "accounts": "deals.Account", "account": "deals.Account", "contacts": "deals.Contact", "contact": "deals.Contact",
    "leads": "deals.Lead", "lead": "deals.Lead", "deals": "deals.Deal", "deal": "deals.Deal", "activities": "deals.Activity",
    "activity": "deals.Activity", "quotas": "metrics.Quota", "quota": "metrics.Quota",
}  # fmt: skip
# What somebody would try besides.
TEMPTING = (
    "is_admin", "is_staff", "is_superuser", "kind", "user", "user_id", "owner_id", "pk", "scopes", "actor", "by", "batch", "_state",
    "__class__", "csrfmiddlewaretoken", "really", "remove",
)  # fmt: skip
# The fullest body of each write that goes through: what is tried beside it must spoil it.
WRITES = [
    (row, method, next(code for code, cell in row.asks[method].cells.items() if cell in ("200", "201")))
    for row in authz.api_rows()
    for method in ("POST", "PATCH")
    if method in row.asks and {"200", "201"} & set(row.asks[method].cells.values())
]


@pytest.fixture(autouse=True)
def _unhurried(settings: Any) -> None:
    settings.API_PER_MINUTE = 1_000_000


@pytest.fixture(scope="module")
def bodies() -> dict[tuple[str, str], set[str]]:
    """(route, method) → the fields its body takes, read off the serializers of the views."""
    schema, found = described(), {}
    patterns = dict(authz.routes())
    for name, pattern in patterns.items():
        if not name.startswith(authz.API) or "schema" in name or name in ("api:nothing", "api:root"):
            continue
        path = "/api/v1/" + str(pattern.pattern).replace("<int:pk>", "{id}").replace("<uuid:pk>", "{id}")
        for method, operation in schema["paths"][path].items():
            content = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
            if content is not None:
                component = schema["components"]["schemas"][content["$ref"].rpartition("/")[2]]
                assert component["additionalProperties"] is False
                found[name, method.upper()] = set(component.get("properties", {}))
    return found


def columns_of(route: str) -> set[str]:
    """Every field of the model behind a route, and what points to it."""
    name = route.removeprefix(authz.API).partition("_")[0]
    assert name in MODELS, f"Say in MODELS which model {route} writes."
    model: type[models.Model] = apps.get_model(MODELS[name])
    return {name for field in model._meta.get_fields() for name in (field.name, getattr(field, "attname", field.name))}


@pytest.mark.parametrize(("row", "method", "code"), WRITES, ids=lambda value: getattr(value, "id", value))
def test_no_other_field_is_taken(
    world: World, bodies: dict[tuple[str, str], set[str]], row: authz.Row, method: str, code: str
) -> None:
    api = Api(getattr(world.cast, authz.API_ACTORS[code] or ""))
    api.get("/reps/")
    sound = authz.filled_in(row.asks[method].data, world.things)
    address = authz.address(row, world.things)
    columns = columns_of(row.route)
    with taken_back():
        status, answer = api(method, address, sound)
        assert status in (200, 201), answer
        shown = set(answer)
    wrong = []
    tried = sorted((columns | shown | set(TEMPTING)) - bodies.get((row.route, method), set()))
    for field, value in zip(tried, cycle((1, "x", None, world.things["budi"])), strict=False):
        with taken_back():
            before = written()
            status, said = api(method, address, {**sound, field: value})
            if status != 400 or list(said["error"]["fields"]) != [field] or written() != before:
                wrong.append(f"{field}={value!r}: {status}")
    assert wrong == []


def test_something_is_tried_on_every_write() -> None:
    tried = {(row.route, method) for row, method, _code in WRITES}
    all_writes = {(row.route, method) for row in authz.api_rows() for method in ("POST", "PATCH") if method in row.asks} - {
        ("api:nothing", "POST"),
        ("api:nothing", "PATCH"),
        ("api:root", "POST"),
        ("api:root", "PATCH"),
    }
    assert tried == all_writes
