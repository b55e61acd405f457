"""A POST with an `Idempotency-Key` is done once, however often it is sent."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event
from typing import Any

import pytest
from django.db import connections

from deals.forms.book import LeadForm
from deals.models import Lead
from reps import api_tokens
from reps.models import IdempotencyKey
from tests import make
from tests.api.calling import Api
from tests.cast import Cast

pytestmark = pytest.mark.django_db
KEY = "k" * 24


def test_the_same_again_gets_the_first_answer_and_writes_nothing(cast: Cast) -> None:
    api = Api(cast.ana)
    first, second = (api.post("/leads/", {"name": "Pak Joko"}, Idempotency_Key=KEY) for _time in range(2))
    assert first == second
    assert first[0] == 201
    assert Lead.objects.count() == 1


def test_another_body_under_the_key_is_refused(cast: Cast) -> None:
    api = Api(cast.ana)
    api.post("/leads/", {"name": "Pak Joko"}, Idempotency_Key=KEY)
    status, said = api.post("/leads/", {"name": "Bu Eka"}, Idempotency_Key=KEY)
    assert (status, said["error"]["code"]) == (422, "key_reused")
    assert list(Lead.objects.values_list("name", flat=True)) == ["Pak Joko"]


def test_another_address_under_the_key_is_refused(cast: Cast) -> None:
    api = Api(cast.ana)
    api.post("/leads/", {"name": "Pak Joko"}, Idempotency_Key=KEY)
    assert api.post("/accounts/", {"name": "Pak Joko"}, Idempotency_Key=KEY)[0] == 422


def test_a_refused_one_may_be_corrected_under_its_key(cast: Cast) -> None:
    api = Api(cast.ana)
    assert api.post("/leads/", {"name": ""}, Idempotency_Key=KEY)[0] == 400
    assert api.post("/leads/", {"name": "Pak Joko"}, Idempotency_Key=KEY)[0] == 201
    assert IdempotencyKey.objects.count() == 1


def test_each_token_has_keys_of_its_own(cast: Cast) -> None:
    assert [Api(cast.ana).post("/leads/", {"name": name}, Idempotency_Key=KEY)[0] for name in ("A", "B")] == [201, 201]
    assert Api(cast.budi).post("/leads/", {"name": "C"}, Idempotency_Key=KEY)[0] == 201


def test_without_a_key_it_is_done_again(cast: Cast) -> None:
    api = Api(cast.ana)
    assert [api.post("/leads/", {"name": "Pak Joko"})[0] for _time in range(2)] == [201, 201]
    assert Lead.objects.count() == 2


@pytest.mark.parametrize("key", ["", "short", "x" * 65, "with blank in it", "ünïcödé-key", "a\tb-------"])
def test_what_is_no_key_is_refused(cast: Cast, key: str) -> None:
    status, said = Api(cast.ana).post("/leads/", {"name": "Pak Joko"}, Idempotency_Key=key)
    assert (status, list(said["error"]["fields"])) == (400, ["Idempotency-Key"])
    assert Lead.objects.count() == 0


def test_an_answer_is_not_given_again_to_who_lost_the_right(cast: Cast) -> None:
    api = Api(cast.ana)
    api.post("/leads/", {"name": "Pak Joko"}, Idempotency_Key=KEY)
    make.RoleAssignment.objects.create(rep=cast.ana.rep, role=make.role("Watcher"), valid=make.since(None))
    assert api.post("/leads/", {"name": "Pak Joko"}, Idempotency_Key=KEY)[0] == 403
    api_tokens.revoke(token=api.token, by=cast.ana)
    assert api.post("/leads/", {"name": "Pak Joko"}, Idempotency_Key=KEY)[0] == 401


def test_acts_are_done_once_too(cast: Cast) -> None:
    deal = make.deal(owner=cast.ana)
    api = Api(cast.ana)
    body = {"version": 1, "outcome": "lost"}
    first, second = (api.post(f"/deals/{deal.pk}/close/", body, Idempotency_Key=KEY) for _time in range(2))
    assert (first[0], second) == (200, first)
    assert api.post(f"/deals/{deal.pk}/close/", body)[0] == 409


# ── At once ─────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.django_db(transaction=True)
def test_sixteen_at_once_write_one(cast: Cast) -> None:
    api, barrier = Api(cast.ana), Barrier(8)

    def send(_number: int) -> tuple[int, Any]:
        barrier.wait()
        try:
            return api.post("/leads/", {"name": "Pak Joko"}, Idempotency_Key=KEY)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        answers = [*pool.map(send, range(16))]
    assert {status for status, _said in answers} == {201}
    assert len({said["id"] for _status, said in answers}) == 1
    assert Lead.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_one_that_still_runs_makes_the_next_wait_and_then_give_up(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    api, begun, go_on, create = Api(cast.ana), Event(), Event(), LeadForm.create

    def slow(form: LeadForm, by: Any) -> Lead:
        begun.set()
        go_on.wait(20)
        return create(form, by)

    monkeypatch.setattr(LeadForm, "create", slow)

    def send() -> tuple[int, Any]:
        try:
            return api.post("/leads/", {"name": "Pak Joko"}, Idempotency_Key=KEY)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(send)
        begun.wait(20)
        status, said = pool.submit(send).result(30)
        go_on.set()
        assert first.result(30)[0] == 201
    assert (status, said["error"]["code"]) == (409, "in_flight")
    assert Lead.objects.count() == 1
