"""What a program may send, and what it is told when it may not: one shape, a sentence, and never an error of ours."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from deals.models import Account, Deal, Lead
from lib.api.answers import money
from tests import make
from tests.api.calling import Api
from tests.cast import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana(cast: Cast) -> Api:
    return Api(cast.ana)


def refused(said: Any) -> dict[str, Any]:
    """What an error says; it has the one shape."""
    assert set(said) == {"error"}
    assert set(said["error"]) <= {"code", "message", "fields"}
    assert said["error"]["message"]
    return said["error"]


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"{", 400), (b"", 400), (b"[]", 400), (b'"a"', 400), (b"null", 400), (b"\xff", 400), (b"\x00", 400),
        (b'{"name": NaN}', 400), (b'{"name": Infinity}', 400), (b'{"name": "a", "name": "b"}', 400),
        (b'{"name": "a\\u0000b"}', 400), (b'{"name": "\\ud800"}', 400), (b'{"\\u0000": 1}', 400), (b'{"\\ud800": 1}', 400),
        (b'{"name": ["\\u0000"]}', 400), (b'{"name": {"a": "\\ud800"}}', 400), (b"[" * 100_000, 400),
        (b'{"name": ' + b"[" * 50_000 + b"]" * 50_000 + b"}", 400), (b'{"employees": ' + b"9" * 5000 + b', "name": "a"}', 400),
        (b'{"employees": 1e400, "name": "a"}', 400), (b'{"name": 1e999999999}', 400), (b'{"name": "' + b"x" * 2**20 + b'"}', 413),
    ],
    ids=lambda value: str(value[:24]) if isinstance(value, bytes) else None,
)  # fmt: skip
def test_what_is_no_sound_json_is_refused_and_writes_nothing(ana: Api, raw: bytes, status: int) -> None:
    response = ana.send("POST", "/accounts/", raw=raw)
    assert response.status_code == status, response.content[:300]
    refused(response.json())
    assert Account.objects.count() == 0


def test_a_body_of_one_mebibyte_is_read(ana: Api) -> None:
    body = json.dumps({"name": "x"}).encode()
    assert ana.send("POST", "/accounts/", raw=body + b" " * (2**20 - len(body))).status_code == 201
    assert ana.send("POST", "/accounts/", raw=body + b" " * (2**20 - len(body) + 1)).status_code == 413


@pytest.mark.parametrize(
    "kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain", "application/xml"]
)
def test_only_json_is_read(ana: Api, kind: str) -> None:
    response = ana.send("POST", "/accounts/", raw=b"name=x", Content_Type=kind)
    assert (response.status_code, response.json()["error"]["code"]) == (415, "unsupported_media_type")
    assert Account.objects.count() == 0


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "*/*", "nonsense"])
def test_every_answer_is_json_whatever_is_asked_for(ana: Api, accept: str) -> None:
    response = ana.send("GET", "/accounts/", Accept=accept)
    assert (response.status_code, response["Content-Type"]) == (200, "application/json")
    assert ana.send("GET", "/accounts/", query={"format": "api"}).status_code == 400


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": 5}, "name"), ({"name": True}, "name"), ({"name": None}, "name"), ({"name": []}, "name"), ({"name": {}}, "name"),
        ({"name": ""}, "name"), ({"name": "  "}, "name"), ({"name": "\u200b"}, "name"), ({"name": "x" * 161}, "name"), ({}, "name"),
        ({"name": "a", "employees": "5"}, "employees"), ({"name": "a", "employees": 5.0}, "employees"),
        ({"name": "a", "employees": True}, "employees"), ({"name": "a", "employees": -1}, "employees"),
        ({"name": "a", "employees": 2**63}, "employees"), ({"name": "a", "employees": 10**300}, "employees"),
        ({"name": "a", "parent": 0}, "parent"), ({"name": "a", "parent": 2**31}, "parent"), ({"name": "a", "parent": "1"}, "parent"),
        ({"name": "a", "parent": 999999}, "parent"), ({"name": "a", "phone": "not a phone"}, "phone"),
        ({"name": "a", "owner": 1}, "owner"), ({"name": "a", "id": 1}, "id"), ({"name": "a", "Name": "b"}, "Name"),
    ],
    ids=str,
)  # fmt: skip
def test_a_field_that_cannot_be_taken_is_named(ana: Api, body: Any, field: str) -> None:
    status, said = ana.post("/accounts/", body)
    assert (status, refused(said)["code"], list(refused(said)["fields"])) == (400, "invalid", [field])
    assert Account.objects.count() == 0


@pytest.mark.parametrize(
    "day",
    ["9999-12-31", "0001-01-01", "1989-12-31", "2100-01-01", "2026-02-30", "2026-9-1", "20260901", "٢٠٢٦-٠٩-٠١", "", 5, None],
)
def test_a_day_that_is_none_or_of_no_plan_is_refused(cast: Cast, day: Any) -> None:
    account = make.account(owner=cast.ana)
    status, said = Api(cast.ana).post("/deals/", {"account": account.pk, "expected_close_on": day})
    assert (status, list(refused(said)["fields"])) == (400, ["expected_close_on"])
    assert Deal.objects.count() == 0


@pytest.mark.parametrize(
    "at",
    [
        "2026-09-16T03:00:00",
        "9999-12-31T23:59:59-12:00",
        "0001-01-01T00:00:00+14:00",
        "2026-09-16",
        "now",
        0,
        None,
        "2026-09-16T25:00:00Z",
    ],
)
def test_an_instant_without_its_offset_is_refused(ana: Api, at: Any) -> None:
    status, said = ana.post("/activities/", {"channel": "call", "outcome": "reached", "occurred_at": at})
    assert (status, list(refused(said)["fields"])) == (400, ["occurred_at"])


@pytest.mark.parametrize("amount", [5, 5.5, "-1", "1,5", "1e3", "NaN", "1" * 15, "1.12345", "", " 1", "1\n", True])
def test_an_amount_is_text(cast: Cast, amount: Any) -> None:
    account = make.account(owner=cast.ana)
    status, said = Api(cast.ana).post("/deals/", {"account": account.pk, "expected_close_on": "2026-10-01", "amount": amount})
    assert (status, list(refused(said)["fields"])) == (400, ["amount"])
    assert Deal.objects.count() == 0


@pytest.mark.parametrize(("amount", "currency", "shown"), [("5", "IDR", "5"), ("5", "USD", "5.00"), ("5.125", "USD", "5.125"), ("0.5", "KWD", "0.500"), ("10000000", "IDR", "10000000")])  # fmt: skip
def test_an_amount_is_shown_with_the_places_of_its_currency(amount: str, currency: str, shown: str) -> None:
    assert money(Decimal(amount).quantize(Decimal("0.0001")), currency) == shown


@pytest.mark.parametrize(
    "path",
    [
        "/deals/99999999999999999999/",
        "/deals/-1/",
        "/deals/0/",
        "/deals/x/",
        "/deals/%00/",
        "/nothing",
        "/",
        "/activities/01920000-0000-7000-8000-00000000dead/",
        "/activities/x/",
    ],
)
def test_what_is_not_there_is_not_found(ana: Api, path: str) -> None:
    status, said = ana.get(path)
    assert (status, said) == (404, {"error": {"code": "not_found", "message": "There is nothing here that you may see."}})


def test_messages_are_in_the_readers_language(ana: Api) -> None:
    response = ana.send("GET", "/deals/0/", Accept_Language="id")
    assert (response["Content-Language"], response.json()["error"]["code"]) == ("id", "not_found")


def test_a_change_that_changes_nothing_is_refused(cast: Cast) -> None:
    lead = make.lead(owner=cast.ana)
    status, said = Api(cast.ana).patch(f"/leads/{lead.pk}/", {})
    assert (status, refused(said)["message"]) == (400, "Nothing to change was sent.")


def test_characters_that_nobody_sees_are_taken_out_of_names(ana: Api) -> None:
    status, said = ana.post("/leads/", {"name": " Pak\u202e  Joko\u200b "})
    assert (status, said["name"]) == (201, "Pak Joko")
    assert Lead.objects.get().name == "Pak Joko"
