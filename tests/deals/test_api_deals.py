"""`/deals/` and `/activities/`: exact answers, who reads what, and changes by the verbs of the pages."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from deals.models import Activity, Credit, Deal, DealEvent
from reps.models import AuditEntry
from tests import make
from tests.api.calling import Api, names
from tests.cast import NOW, Cast

pytestmark = pytest.mark.django_db


def events(deal: Deal) -> int:
    return DealEvent.objects.filter(deal=deal).count()


# ── Reading ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_deal_is_shown_whole(cast: Cast) -> None:
    account = make.account("PT Anggrek", owner=cast.ana)
    contact = make.contact("Ibu Citra", account=account)
    lead, product = make.lead("Pak Dedi", owner=cast.ana), make.product("Paket A")
    deal = make.deal(
        owner=cast.ana, account=account, contact=contact, lead=lead, product=product, name="Anggrek renewal", stage=cast.proposal,
        amount=Decimal("12345678.50"), currency="USD", deal_type="renewal", expected_close_on=date(2026, 10, 1),
        next_action="Call", next_action_on=date(2026, 9, 20), external_id="D-1", extra={"Region": "West"},
    )  # fmt: skip
    assert Api(cast.ana).get(f"/deals/{deal.pk}/") == (
        200,
        {
            "id": deal.pk, "version": 1, "name": "Anggrek renewal", "account": {"id": account.pk, "name": "PT Anggrek"},
            "contact": {"id": contact.pk, "name": "Ibu Citra"}, "lead": {"id": lead.pk, "name": "Pak Dedi"},
            "owner": {"id": cast.ana.rep.pk, "name": "Ana"}, "product": {"id": product.pk, "name": "Paket A"},
            "deal_type": "renewal", "pipeline": {"id": cast.pipeline.pk, "name": "Sales"},
            "stage": {"id": cast.proposal.pk, "name": "Proposal"}, "stage_since": "2026-08-17", "currency": "USD",
            "amount": "12345678.50", "opened_on": "2026-08-17", "expected_close_on": "2026-10-01", "push_count": 0,
            "agreement_ready_on": None, "agreement_sent_on": None, "next_action": "Call", "next_action_on": "2026-09-20",
            "qualified_on": "2026-08-17", "is_qualified": True, "last_contact_on": None, "outcome": "", "outcome_reason": "",
            "competitor": None, "closed_on": None, "external_id": "D-1", "extra": {"Region": "West"},
            "created_at": "2026-09-16T03:00:00Z",
        },
    )  # fmt: skip


def test_each_lists_the_deals_they_read_in_full(cast: Cast) -> None:
    for person in (cast.ana, cast.budi, cast.outsider):
        make.deal(owner=person, name=person.name)
    found = {
        who: names(Api(getattr(cast, who)).get("/deals/", ordering="id")[1])
        for who in ("ana", "outsider", "manager", "vp", "admin", "auditor")
    }
    assert found == {
        "ana": ["Ana", "Budi"], "outsider": ["Oki"], "manager": ["Ana", "Budi"], "vp": ["Ana", "Budi", "Oki"],
        "admin": ["Ana", "Budi", "Oki"], "auditor": ["Ana", "Budi", "Oki"],
    }  # fmt: skip


def test_notes_of_a_source_are_the_owners_their_managers_and_auditors(cast: Cast) -> None:
    account = make.account(owner=cast.ana, extra={"Notes": "a secret"})
    deal = make.deal(owner=cast.ana, account=account, extra={"Notes": "a secret"})
    lead = make.lead(owner=cast.ana, extra={"Notes": "a secret"})
    paths = (f"/deals/{deal.pk}/", f"/accounts/{account.pk}/", f"/leads/{lead.pk}/", "/deals/", "/accounts/", "/leads/")
    found = {who: {"a secret" in str(Api(getattr(cast, who)).get(path)) for path in paths} for who in cast.people()}
    assert {who for who, told in found.items() if told == {True}} == {"ana", "manager", "vp", "auditor"}
    assert {who for who, told in found.items() if told == {False}} == {"budi", "outsider", "south_manager", "admin", "finance"}
    assert "extra" not in Api(cast.budi).get(f"/deals/{deal.pk}/")[1]


def test_a_lead_that_is_not_theirs_to_see_is_not_named(cast: Cast) -> None:
    deal = make.deal(owner=cast.ana, lead=make.lead("Pak Rahasia", owner=cast.outsider))
    assert Api(cast.ana).get(f"/deals/{deal.pk}/")[1]["lead"] is None
    assert Api(cast.auditor).get(f"/deals/{deal.pk}/")[1]["lead"]["name"] == "Pak Rahasia"


# ── Opening ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_deal_opens_with_its_history(cast: Cast) -> None:
    account, product = make.account("PT Anggrek", owner=cast.ana), make.product("Paket A")
    lead = make.lead(owner=cast.ana)
    body = {
        "account": account.pk, "product": product.pk, "lead": lead.pk, "expected_close_on": "2026-10-01", "amount": "2500000",
        "next_action": " Call  them ", "next_action_on": "2026-09-18",
    }  # fmt: skip
    status, said = Api(cast.ana).post("/deals/", body)
    assert status == 201
    shown = {
        name: said[name]
        for name in ("name", "version", "amount", "currency", "deal_type", "next_action", "opened_on", "stage", "owner")
    }
    assert shown == {
        "name": "PT Anggrek, Paket A", "version": 1, "amount": "2500000", "currency": "IDR", "deal_type": "new",
        "next_action": "Call them", "opened_on": "2026-09-16", "stage": {"id": cast.lead_in.pk, "name": "Lead"},
        "owner": {"id": cast.ana.rep.pk, "name": "Ana"},
    }  # fmt: skip
    deal = Deal.objects.get()
    kinds = DealEvent.objects.filter(deal=deal).order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["stage", "owner", "amount", "close_on", "next_action"]
    lead.refresh_from_db()
    assert lead.state == "converted"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"expected_close_on": "2026-09-15"}, "expected_close_on"), ({"agreement_ready_on": "2026-09-15"}, "agreement_ready_on"),
        ({"opened_on": "2026-09-17"}, "expected_close_on"), ({"opened_on": "2026-08-31", "why": "late"}, "opened_on"),
        ({"account": "theirs"}, "account"), ({"contact": "theirs"}, "contact"), ({"lead": "theirs"}, "lead"),
        ({"owner": "theirs"}, "owner"), ({"product": "off"}, "product"), ({"stage": "off"}, "stage"), ({"currency": "XXX"}, "currency"),
        ({"name": "\u200b"}, "name"), ({"outcome": "won"}, "outcome"), ({"version": 3}, "version"),
    ],
    ids=str,
)  # fmt: skip
def test_what_a_page_refuses_of_a_new_deal_the_api_does_too(cast: Cast, change: dict[str, Any], field: str) -> None:
    hidden = make.account(owner=cast.outsider)
    cast.agreement.is_active = False
    cast.agreement.save()
    ids = {
        ("account", "theirs"): hidden.pk, ("contact", "theirs"): make.contact(account=hidden).pk,
        ("lead", "theirs"): make.lead(owner=cast.outsider).pk, ("owner", "theirs"): cast.outsider.rep.pk,
        ("product", "off"): make.product(is_active=False).pk, ("stage", "off"): cast.agreement.pk,
    }  # fmt: skip
    body = {"account": make.account(owner=cast.ana).pk, "expected_close_on": "2026-09-16"}
    body |= {name: ids.get((name, value), value) for name, value in change.items()}
    status, said = Api(cast.ana).post("/deals/", body)
    assert (status, list(said["error"]["fields"])) == (400, [field])
    assert Deal.objects.count() == 0


def test_a_manager_opens_deals_for_their_reps(cast: Cast) -> None:
    account = make.account(owner=cast.ana)
    body = {"account": account.pk, "expected_close_on": "2026-10-01"}
    assert Api(cast.manager).post("/deals/", body)[1]["error"]["fields"] == {"owner": ["Choose who works on it."]}
    status, said = Api(cast.manager).post("/deals/", body | {"owner": cast.budi.rep.pk})
    assert (status, said["owner"]["name"]) == (201, "Budi")


def test_a_manager_dates_back_into_a_closed_month_with_a_reason(cast: Cast) -> None:
    account = make.account(owner=cast.ana)
    body = {"account": account.pk, "expected_close_on": "2026-10-01", "owner": cast.ana.rep.pk, "opened_on": "2026-08-03"}
    api = Api(cast.manager)
    assert list(api.post("/deals/", body)[1]["error"]["fields"]) == ["why"]
    assert api.post("/deals/", body | {"why": "Forgotten"})[1]["opened_on"] == "2026-08-03"
    assert AuditEntry.objects.filter(verb="deal.past_edit", actor=cast.manager).count() == 1


# ── Changing ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_each_changed_field_becomes_an_event(cast: Cast) -> None:
    deal = make.deal(owner=cast.ana)
    before = events(deal)
    body = {"version": 1, "amount": "7", "stage": cast.agreement.pk, "agreement_sent_on": "2026-09-16", "name": "Renamed"}
    status, said = Api(cast.ana).patch(f"/deals/{deal.pk}/", body)
    assert (status, said["version"], said["amount"], said["stage"]["name"], said["name"]) == (200, 2, "7", "Agreement", "Renamed")
    assert events(deal) - before == 4
    assert DealEvent.objects.filter(deal=deal, actor=cast.ana).count() == 4


def test_a_stale_change_is_refused_with_both_values(cast: Cast) -> None:
    deal = make.deal(owner=cast.ana, amount=5)
    Api(cast.manager).patch(
        f"/deals/{deal.pk}/", {"version": 1, "amount": "6", "next_action_on": "2026-09-20", "next_action": "x"}
    )
    body = {"version": 1, "amount": "7", "next_action_on": None, "stage": cast.agreement.pk, "deal_type": "renewal"}
    status, said = Api(cast.ana).patch(f"/deals/{deal.pk}/", body)
    assert (status, said["error"]["code"], said["error"]["version"]) == (409, "stale", 2)
    assert said["error"]["conflict"] == {
        "amount": {"yours": "7", "current": "6"}, "next_action_on": {"yours": None, "current": "2026-09-20"},
        "stage": {"yours": str(cast.agreement.pk), "current": str(cast.qualified.pk)},
        "deal_type": {"yours": "renewal", "current": "new"},
    }  # fmt: skip
    assert Deal.objects.get().amount == 6


def test_a_change_without_its_version_is_refused(cast: Cast) -> None:
    deal = make.deal(owner=cast.ana)
    status, said = Api(cast.ana).patch(f"/deals/{deal.pk}/", {"amount": "7"})
    assert (status, list(said["error"]["fields"])) == (400, ["version"])
    assert Api(cast.ana).patch(f"/deals/{deal.pk}/", {"version": 1, "why": "x"})[0] == 400


def test_only_who_may_gives_a_deal_away_and_says_why(cast: Cast) -> None:
    deal = make.deal(owner=cast.ana)
    body = {"version": 1, "owner": cast.budi.rep.pk, "why": "On leave"}
    assert Api(cast.ana).patch(f"/deals/{deal.pk}/", body)[1]["error"]["fields"] == {"owner": ["You may not set this."]}
    manager = Api(cast.manager)
    assert list(manager.patch(f"/deals/{deal.pk}/", {**body, "why": ""})[1]["error"]["fields"]) == ["why"]
    assert list(manager.patch(f"/deals/{deal.pk}/", {**body, "owner": cast.outsider.rep.pk})[1]["error"]["fields"]) == ["owner"]
    assert Deal.objects.get().owner == cast.ana.rep
    assert manager.patch(f"/deals/{deal.pk}/", body)[1]["owner"]["name"] == "Budi"
    assert AuditEntry.objects.filter(verb="deal.reassign", actor=cast.manager).count() == 1


def test_a_contact_goes_with_its_customer(cast: Cast) -> None:
    old, new = make.account(owner=cast.ana), make.account(owner=cast.ana)
    theirs, ours = make.contact(account=old), make.contact(account=new)
    deal = make.deal(owner=cast.ana, account=old, contact=theirs)
    api = Api(cast.ana)
    assert list(api.patch(f"/deals/{deal.pk}/", {"version": 1, "contact": ours.pk})[1]["error"]["fields"]) == ["contact"]
    assert api.patch(f"/deals/{deal.pk}/", {"version": 1, "account": new.pk})[1]["contact"] is None
    assert api.patch(f"/deals/{deal.pk}/", {"version": 2, "contact": ours.pk})[1]["contact"]["id"] == ours.pk


def test_a_plan_before_the_opening_is_refused(cast: Cast) -> None:
    deal = make.deal(owner=cast.ana, opened_on=date(2026, 9, 10))
    status, said = Api(cast.ana).patch(f"/deals/{deal.pk}/", {"version": 1, "expected_close_on": "2026-09-09"})
    assert (status, list(said["error"]["fields"])) == (400, ["expected_close_on"])


def test_a_win_writes_its_credit_and_reopening_takes_it(cast: Cast) -> None:
    deal = make.deal(owner=cast.ana, amount=900)
    api = Api(cast.ana)
    status, said = api.post(f"/deals/{deal.pk}/close/", {"version": 1, "outcome": "won", "on": "2026-09-15"})
    assert (status, said["outcome"], said["closed_on"], said["version"]) == (200, "won", "2026-09-15", 2)
    assert Credit.objects.current().get(deal=deal).amount == 900
    assert api.patch(f"/deals/{deal.pk}/", {"version": 2, "stage": cast.agreement.pk})[0] == 400
    assert api.post(f"/deals/{deal.pk}/reopen/", {"version": 2})[1]["outcome"] == ""
    assert not Credit.objects.current().filter(deal=deal).exists()


def test_a_loss_names_its_reason_and_competitor(cast: Cast) -> None:
    deal = make.deal(owner=cast.ana)
    body = {"version": 1, "outcome": "lost", "reason": "competitor", "competitor": " PT  Saingan "}
    said = Api(cast.ana).post(f"/deals/{deal.pk}/close/", body)[1]
    assert (said["outcome_reason"], said["competitor"]["name"]) == ("competitor", "PT Saingan")


@pytest.mark.parametrize("on", ["2026-09-17", "2026-08-16", "2026-08-31"])
def test_a_deal_closes_on_no_day_that_cannot_be(cast: Cast, on: str) -> None:
    deal = make.deal(owner=cast.ana)
    status, said = Api(cast.ana).post(f"/deals/{deal.pk}/close/", {"version": 1, "outcome": "won", "on": on})
    assert (status, list(said["error"]["fields"])) == (400, ["on"])
    assert Deal.objects.get().outcome == ""


# ── Activities ──────────────────────────────────────────────────────────────────────────────────────────────────────
def test_content_is_shown_to_the_writer_those_above_and_auditors_alone(cast: Cast) -> None:
    account = make.account(owner=cast.ana)
    activity = make.activity(
        rep=cast.ana, account=account, contact=make.contact("Ibu Citra", account=account), note="They said no"
    )
    found = {
        who: Api(getattr(cast, who)).get(f"/activities/{activity.pk}/")
        for who in ("ana", "budi", "outsider", "manager", "admin", "auditor")
    }
    assert {who: (status, said.get("note"), said.get("contact", {}).get("name")) for who, (status, said) in found.items()} == {
        "ana": (200, "They said no", "Ibu Citra"), "budi": (200, None, None), "outsider": (404, None, None),
        "manager": (200, "They said no", "Ibu Citra"), "admin": (200, None, None), "auditor": (200, "They said no", "Ibu Citra"),
    }  # fmt: skip
    assert {"note", "contact"} & set(found["budi"][1]) == set()
    assert "They said no" not in str(Api(cast.budi).get("/activities/"))


def test_an_act_is_logged_about_a_deal(cast: Cast) -> None:
    account = make.account(owner=cast.ana)
    deal = make.deal(owner=cast.ana, account=account, contact=make.contact("Ibu Citra", account=account))
    body = {
        "channel": "call",
        "outcome": "reached",
        "deal": deal.pk,
        "note": " Yes \n",
        "occurred_at": "2026-09-16T08:30:00+07:00",
    }
    status, said = Api(cast.ana).post("/activities/", body)
    assert status == 201
    shown = ("channel", "outcome", "occurred_at", "occurred_on", "note", "deal", "account", "contact", "rep")
    assert {name: said[name] for name in shown} == {
        "channel": "call", "outcome": "reached", "occurred_at": "2026-09-16T01:30:00Z", "occurred_on": "2026-09-16", "note": "Yes",
        "deal": {"id": deal.pk, "name": deal.name}, "account": {"id": account.pk, "name": account.name},
        "contact": {"id": deal.contact_id, "name": "Ibu Citra"}, "rep": {"id": cast.ana.rep.pk, "name": "Ana"},
    }  # fmt: skip
    assert Deal.objects.get().last_contact_on == date(2026, 9, 16)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"channel": "call"}, "outcome"), ({"channel": "call", "outcome": "held"}, "outcome"), ({"channel": "note"}, "note"),
        ({"channel": "note", "note": "  "}, "note"), ({"channel": "email", "booked": True, "occurred_at": "2026-09-20T03:00:00Z"}, "booked"),
        ({"channel": "call", "booked": True}, "occurred_at"),
        ({"channel": "call", "booked": True, "outcome": "reached", "occurred_at": "2026-09-20T03:00:00Z"}, "occurred_at"),
        ({"channel": "call", "outcome": "reached", "occurred_at": "2026-09-16T03:00:01Z"}, "occurred_at"),
        ({"channel": "call", "outcome": "reached", "occurred_at": "2026-08-31T03:00:00Z"}, "occurred_at"),
        ({"channel": "call", "outcome": "reached", "ended_at": "2026-09-16T02:00:00Z"}, "ended_at"),
        ({"channel": "call", "outcome": "reached", "deal": 999999}, "deal"), ({"channel": "call", "outcome": "reached", "rep": 1}, "rep"),
    ],
    ids=str,
)  # fmt: skip
def test_an_act_that_cannot_be_is_refused(cast: Cast, body: dict[str, Any], field: str) -> None:
    status, said = Api(cast.ana).post("/activities/", body)
    assert (status, list(said["error"]["fields"])) == (400, [field])
    assert Activity.objects.count() == 0


def test_an_act_sent_twice_under_its_own_key_is_written_once(cast: Cast) -> None:
    body = {"id": "01920000-0000-7000-8000-000000000001", "channel": "call", "outcome": "reached"}
    assert [Api(cast.ana).post("/activities/", body)[0] for _time in range(2)] == [201, 201]
    assert Activity.objects.count() == 1
    assert Api(cast.budi).post("/activities/", body)[0] == 400


def test_a_meeting_is_booked_moved_and_held(cast: Cast) -> None:
    api = Api(cast.ana)
    booked = api.post("/activities/", {"channel": "meeting", "booked": True, "occurred_at": "2026-09-18T03:00:00Z"})[1]
    assert (booked["outcome"], booked["booked_at"]) == ("", "2026-09-16T03:00:00Z")
    moved = api.post(f"/activities/{booked['id']}/move/", {"to": "2026-09-19T03:00:00Z"})[1]
    assert moved["occurred_at"] == "2026-09-19T03:00:00Z"
    assert api.get(f"/activities/{booked['id']}/")[1]["outcome"] == "rescheduled"
    assert api.post(f"/activities/{booked['id']}/move/", {"to": "2026-09-20T03:00:00Z"})[0] == 400
    held = api.patch(f"/activities/{moved['id']}/", {"outcome": "held"})[1]
    assert (held["outcome"], held["occurred_at"]) == ("held", "2026-09-16T03:00:00Z")


def test_only_the_writer_corrects_and_cancels(cast: Cast) -> None:
    activity = make.activity(rep=cast.ana, note="Old")
    path = f"/activities/{activity.pk}/"
    for person, status in ((cast.budi, 403), (cast.manager, 403), (cast.outsider, 404), (cast.admin, 403), (cast.auditor, 403)):
        assert Api(person).patch(path, {"note": "New"})[0] == status
        assert Api(person).delete(path)[0] == status
    api = Api(cast.ana)
    assert api.patch(path, {"note": "New", "outcome": "no_answer"})[1]["note"] == "New"
    assert api.patch(path, {"ended_at": (NOW - timedelta(hours=2)).isoformat()})[0] == 400
    assert (api.delete(path), api.get(path)[0], api.delete(path)[0]) == ((204, None), 404, 404)
    assert Activity.objects.get().cancelled_at == NOW
