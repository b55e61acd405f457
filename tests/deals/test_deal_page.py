"""One deal's page, and what can be changed on it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from deals.changes import change_deal, close_deal
from deals.models import Activity, Competitor, Credit, Deal, DealEvent
from reps.models import AuditEntry
from tests import make
from tests.cast import Cast

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]
TODAY = date(2026, 9, 16)


@pytest.fixture
def deal(cast: Cast) -> Deal:
    """Ana's open deal with a customer and a contact."""
    account = make.account("PT Anggrek", owner=cast.ana)
    contact = make.contact("Ibu Citra", account=account, phone="+628123456789", email="citra@example.com")
    return make.deal(owner=cast.ana, name="Mawar", account=account, contact=contact, expected_close_on=TODAY + timedelta(days=10))


def triggers(response: Any) -> dict[str, Any]:
    """The events an answer sends to the page."""
    return json.loads(response["HX-Trigger"])


def post(client: Client, deal: Deal, what: str, **data: Any) -> Any:
    """Send a change of the deal as seen at version 1, unless told otherwise."""
    return client.post(f"/deals/{deal.pk}/{what}/", {"version": 1, **data})


# ── Seeing ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_the_page_shows_the_deal_and_ways_to_reach_the_contact(cast: Cast, deal: Deal, signed_in: SignIn) -> None:
    page = signed_in(cast.ana).get(f"/deals/{deal.pk}/").content.decode()
    assert "https://wa.me/628123456789?text=Hello%20Ibu%20Citra" in page
    assert "tel:+628123456789" in page
    assert "mailto:citra@example.com" in page
    assert "Rp\xa010,000,000" in page


def test_a_teammate_sees_the_deal_and_no_way_to_change_it(cast: Cast, deal: Deal, signed_in: SignIn) -> None:
    page = signed_in(cast.budi).get(f"/deals/{deal.pk}/").content.decode()
    assert "/edit/" not in page
    assert "/close/" not in page


def test_the_page_costs_the_same_whatever_happened(cast: Cast, deal: Deal, signed_in: SignIn) -> None:
    client, costs = signed_in(cast.ana), []
    for _round in range(2):
        for number in range(8):
            make.activity(rep=cast.ana, deal=deal, contact=deal.contact, note="x")
            version = Deal.objects.get(pk=deal.pk).version
            change_deal(deal_id=deal.pk, version=version, by=cast.ana, amount=Decimal(number + _round * 100 + 1))
        with CaptureQueriesContext(connection) as queries:
            client.get(f"/deals/{deal.pk}/")
        costs.append(len(queries))
    assert costs == [8, 8]


# ── Time line ───────────────────────────────────────────────────────────────────────────────────────────────────────
def items(response: Any) -> list[Any]:
    return response.context["line"].items


def test_the_time_line_merges_saves_and_activities_newest_first(cast: Cast, deal: Deal, signed_in: SignIn) -> None:
    make.activity(rep=cast.ana, deal=deal, note="She likes it")
    change_deal(deal_id=deal.pk, version=1, by=cast.ana, expected_close_on=TODAY + timedelta(days=30))
    shown = items(signed_in(cast.ana).get(f"/deals/{deal.pk}/timeline/"))
    assert [item.title for item in shown] == ["Expected close: 16 Oct 2026", "Call: Reached", "Deal opened"]
    assert shown[0].lines[0].is_push
    assert shown[0].lines[0].was == "26 Sep 2026"
    assert shown[1].note == "She likes it"


@pytest.mark.parametrize(
    ("who", "reads"), [("ana", True), ("manager", True), ("auditor", True), ("budi", False), ("admin", False)]
)
def test_notes_and_contacts_are_told_to_who_may_read_them(
    cast: Cast, deal: Deal, signed_in: SignIn, who: str, reads: bool
) -> None:
    make.activity(rep=cast.ana, deal=deal, contact=make.contact("Pak Rahasia", account=deal.account), note="Secret words")
    page = signed_in(getattr(cast, who)).get(f"/deals/{deal.pk}/").content.decode()
    assert "Call: Reached" in page
    assert ("Secret words" in page, "Pak Rahasia" in page) == (reads, reads)


def test_pages_of_the_time_line_hold_each_entry_once(cast: Cast, deal: Deal, signed_in: SignIn) -> None:
    for number in range(40):
        make.activity(rep=cast.ana, deal=deal, note=str(number), at=deal.created_at - timedelta(hours=number // 3))
    client, seen, after = signed_in(cast.ana, htmx=True), [], ""
    for _page in range(4):
        line = client.get(f"/deals/{deal.pk}/timeline/", {"after": after} if after else {}).context["line"]
        seen += [item.order for item in line.items]
        after = line.next_cursor
        if not after:
            break
    assert len(seen) == len(set(seen)) == 41
    assert seen == sorted(seen, reverse=True)


def test_what_was_taken_back_is_told_as_such(cast: Cast, deal: Deal, signed_in: SignIn) -> None:
    client = signed_in(cast.ana)
    response = post(signed_in(cast.ana, htmx=True), deal, "stage", stage=cast.agreement.pk)
    client.post(triggers(response)["toast"]["undo"])
    shown = items(client.get(f"/deals/{deal.pk}/timeline/"))
    assert [(item.title, item.is_void) for item in shown] == [("Stage: Agreement", True), ("Deal opened", False)]


# ── Stage ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_one_click_moves_the_stage_and_undo_moves_it_back(cast: Cast, deal: Deal, signed_in: SignIn) -> None:
    response = post(signed_in(cast.ana, htmx=True), deal, "stage", stage=cast.agreement.pk)
    assert Deal.objects.get().stage == cast.agreement
    said = triggers(response)["toast"]
    assert said["text"] == "Moved Mawar to Agreement."
    back = signed_in(cast.ana).post(said["undo"])
    assert back.status_code == 302
    assert Deal.objects.get().stage == cast.qualified


def test_the_agreement_date_is_asked_for_on_entering_a_proposal_stage_only(cast: Cast, deal: Deal, signed_in: SignIn) -> None:
    client, question = signed_in(cast.ana, htmx=True), "When can the agreement go out?"
    assert question in post(client, deal, "stage", stage=cast.proposal.pk).content.decode()
    assert question not in client.get(f"/deals/{deal.pk}/part/").content.decode()
    assert question not in post(client, deal, "stage", version=2, stage=cast.agreement.pk).content.decode()
    change_deal(deal_id=deal.pk, version=3, by=cast.ana, agreement_ready_on=TODAY)
    assert question not in post(client, deal, "stage", version=4, stage=cast.proposal.pk).content.decode()


def test_without_script_the_same_click_ends_on_the_page(cast: Cast, deal: Deal, signed_in: SignIn) -> None:
    client = signed_in(cast.ana)
    response = client.post(f"/deals/{deal.pk}/stage/", {"version": 1, "stage": cast.proposal.pk}, follow=True)
    assert response.redirect_chain[0][0] == f"/deals/{deal.pk}/?ask=agreement"
    assert "When can the agreement go out?" in response.content.decode()
    assert "Moved Mawar to Proposal." in response.content.decode()


@pytest.mark.parametrize("stage", ["", "0", "99999", "x"])
def test_a_stage_that_is_not_there_is_refused_in_words(cast: Cast, deal: Deal, signed_in: SignIn, stage: str) -> None:
    response = post(signed_in(cast.ana, htmx=True), deal, "stage", stage=stage)
    assert response.status_code == 422
    assert "Choose another" in response.content.decode()


# ── Editing in place ────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("field", "data", "column", "value"),
    [
        ("amount", {"amount": "60 jt"}, "amount", Decimal(60_000_000)),
        ("amount", {"amount": "60.000.000"}, "amount", Decimal(60_000_000)),
        ("amount", {"amount": ""}, "amount", None),
        ("close", {"day": "2026-12-01"}, "expected_close_on", date(2026, 12, 1)),
        ("close", {"day": "2026-09-26", "quick": "2026-10-03"}, "expected_close_on", date(2026, 10, 3)),
        ("agreement", {"day": "2026-10-01"}, "agreement_ready_on", date(2026, 10, 1)),
        ("sent", {"quick": "2026-09-16"}, "agreement_sent_on", TODAY),
        ("next", {"text": "Send PKS", "quick": "2026-09-18"}, "next_action_on", date(2026, 9, 18)),
        ("name", {"name": "Melati"}, "name", "Melati"),
        ("account", {"account": "", "account_text": ""}, "account", None),
        ("close", {"day": ""}, "expected_close_on", None),
        ("close", {"day": "2026-08-17"}, "expected_close_on", date(2026, 8, 17)),
        ("contact", {"contact": ""}, "contact", None),
    ],
)
def test_each_thing_is_changed_at_its_own_address(
    cast: Cast, deal: Deal, signed_in: SignIn, field: str, data: dict[str, str], column: str, value: Any
) -> None:
    client = signed_in(cast.ana, htmx=True)
    assert client.get(f"/deals/{deal.pk}/edit/{field}/").status_code == 200
    response = post(client, deal, f"edit/{field}", **data)
    assert response.status_code == 200
    assert triggers(response)["deal-changed"] == {"deal": deal.pk}
    assert getattr(Deal.objects.get(), column) == value


def test_marking_the_agreement_as_sent_proposes_today(cast: Cast, deal: Deal, signed_in: SignIn) -> None:
    client = signed_in(cast.ana, htmx=True)
    asked = client.get(f"/deals/{deal.pk}/edit/sent/")
    assert asked.context["form"]["day"].value() == TODAY
    assert "another day" not in asked.content.decode()
    post(client, deal, "edit/sent", day="2026-09-14")
    assert client.get(f"/deals/{deal.pk}/edit/sent/").context["form"]["day"].value() == date(2026, 9, 14)


def test_money_that_can_mean_two_things_is_asked_for_once(cast: Cast, deal: Deal, signed_in: SignIn) -> None:
    client = signed_in(cast.ana, htmx=True)
    asked = post(client, deal, "edit/amount", amount="5 M")
    page = asked.content.decode()
    assert asked.status_code == 422
    assert "Rp\xa05,000,000<" in page
    assert "Rp\xa05,000,000,000<" in page
    assert 'value="5 M"' in page
    post(client, deal, "edit/amount", amount="5 M", custom="id")
    assert Deal.objects.get().amount == Decimal(5_000_000_000)
    post(client, deal, "edit/amount", version=2, amount="7 M")
    assert Deal.objects.get().amount == Decimal(7_000_000_000)


@pytest.mark.parametrize(
    ("field", "data", "says"),
    [
        ("amount", {"amount": "a lot"}, "Write an amount"),
        ("amount", {"amount": "100000000000000"}, "up to 99 trillion"),
        ("close", {"day": "soon"}, "Choose a day"),
        ("close", {"day": "9999-12-31"}, "between 1990 and 2099"),
        ("name", {"name": " "}, "required"),
        ("account", {"account": "99999", "account_text": "PT"}, "Choose an account"),
        ("account", {"account": "", "account_text": "PT Bukan"}, "Choose an account"),
        ("contact", {"contact": "99999"}, "somebody of this account"),
        ("product", {"product": "99999", "deal_type": "new"}, "on sale"),
        ("amount", {"amount": "5000000", "when": "2026-09-17"}, "still to come"),
        ("amount", {"amount": "5000000", "when": "2026-08-20"}, "Ask your manager"),
        *(
            (field, {}, "The value did not arrive")
            for field in ("amount", "close", "agreement", "sent", "next", "account", "contact")
        ),
        ("product", {"deal_type": "new"}, "The value did not arrive"),
        ("close", {"day": "1989-12-31"}, "The deal was opened later"),
        ("close", {"day": "2026-08-16"}, "The deal was opened later"),
        ("agreement", {"quick": "2026-08-16"}, "The deal was opened later"),
    ],
)
def test_what_cannot_be_saved_keeps_what_was_typed(
    cast: Cast, deal: Deal, signed_in: SignIn, field: str, data: dict[str, str], says: str
) -> None:
    response = post(signed_in(cast.ana, htmx=True), deal, f"edit/{field}", **data)
    assert (response.status_code, response["HX-Retarget"]) == (422, f"#edit-{field}")
    assert says in response.content.decode()
    assert Deal.objects.get().version == 1


def test_another_account_takes_the_contact_off(cast: Cast, deal: Deal, signed_in: SignIn) -> None:
    other = make.account("PT Baru", owner=cast.ana)
    post(signed_in(cast.ana), deal, "edit/account", account=other.pk, account_text="PT Baru")
    fresh = Deal.objects.get()
    assert (fresh.account, fresh.contact) == (other, None)


def test_a_manager_gives_a_deal_away_with_a_reason_and_a_rep_does_not(cast: Cast, deal: Deal, signed_in: SignIn) -> None:
    give = {"owner": cast.budi.rep.pk, "why": "Ana is on leave"}
    assert post(signed_in(cast.ana), deal, "edit/owner", **give).status_code == 403
    assert post(signed_in(cast.manager), deal, "edit/owner", **{**give, "why": ""}).status_code == 422
    assert post(signed_in(cast.manager), deal, "edit/owner", **{**give, "owner": cast.outsider.rep.pk}).status_code == 422
    assert Deal.objects.get().owner == cast.ana.rep
    assert post(signed_in(cast.manager), deal, "edit/owner", **give).status_code == 302
    assert Deal.objects.get().owner == cast.budi.rep
    assert AuditEntry.objects.get().detail.values == {"why": "Ana is on leave"}


# ── Somebody saved first ────────────────────────────────────────────────────────────────────────────────────────────
def test_the_second_save_gets_409_with_both_values_and_takes_either(cast: Cast, deal: Deal, signed_in: SignIn) -> None:
    change_deal(deal_id=deal.pk, version=1, by=cast.manager, amount=Decimal(75_000_000))
    client = signed_in(cast.ana, htmx=True)
    response = post(client, deal, "edit/amount", amount="60 jt")
    page = response.content.decode()
    assert (response.status_code, response["HX-Retarget"]) == (409, "#deal")
    assert "Maya saved this deal" in page
    assert "Rp\xa060,000,000" in page
    assert "Rp\xa075,000,000" in page
    assert '<input type="hidden" name="amount" value="60 jt">' in page
    assert '<input type="hidden" name="version" value="2">' in page
    assert Deal.objects.get().amount == 75_000_000
    post(client, deal, "edit/amount", version=2, amount="60 jt")
    assert Deal.objects.get().amount == 60_000_000


@pytest.mark.parametrize("htmx", [False, True])
def test_each_change_of_a_deal_that_moved_on_is_a_409(cast: Cast, deal: Deal, signed_in: SignIn, htmx: bool) -> None:
    change_deal(deal_id=deal.pk, version=1, by=cast.manager, amount=Decimal(7))
    client = signed_in(cast.ana, htmx=htmx)
    assert post(client, deal, "stage", stage=cast.agreement.pk).status_code == 409
    assert post(client, deal, "close", outcome="lost", reason="price").status_code == 409
    assert post(client, deal, "edit/next", text="Call them").status_code == 409
    assert Deal.objects.get().version == 2


# ── Ending ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_won_is_one_click_with_undo(cast: Cast, deal: Deal, signed_in: SignIn) -> None:
    response = post(signed_in(cast.ana, htmx=True), deal, "close", outcome="won")
    assert (Deal.objects.get().outcome, Credit.objects.current().get().rep) == ("won", cast.ana.rep)
    assert "Counts 100% of it" in response.content.decode()
    signed_in(cast.ana).post(triggers(response)["toast"]["undo"])
    assert Deal.objects.get().is_open
    assert Credit.objects.current().count() == 0


def test_lost_takes_a_reason_chip_and_a_competitor_by_name(cast: Cast, deal: Deal, signed_in: SignIn) -> None:
    client = signed_in(cast.ana, htmx=True)
    form = client.get(f"/deals/{deal.pk}/close/?outcome=lost").content.decode()
    assert form.count('name="reason"') == 7  # six reasons, and none
    make.competitor("Kompetitor K")
    post(client, deal, "close", outcome="lost", reason="competitor", competitor_text="kompetitor k")
    lost = Deal.objects.get()
    assert (lost.outcome, lost.outcome_reason, lost.competitor.name) == ("lost", "competitor", "Kompetitor K")
    assert Competitor.objects.count() == 1


def test_a_new_competitor_is_written_down(cast: Cast, deal: Deal, signed_in: SignIn) -> None:
    post(signed_in(cast.ana), deal, "close", outcome="lost", competitor_text="PT Saingan")
    assert Deal.objects.get().competitor.name == "PT Saingan"


@pytest.mark.parametrize(
    ("on", "says"), [("2026-09-17", "still to come"), ("2026-08-20", "Ask your manager"), ("soon", "Choose a day")]
)
def test_a_day_that_cannot_be_is_refused_on_closing(cast: Cast, deal: Deal, signed_in: SignIn, on: str, says: str) -> None:
    response = post(signed_in(cast.ana, htmx=True), deal, "close", outcome="won", on=on)
    assert (response.status_code, response["HX-Retarget"]) == (422, "#deal-sheet")
    assert says in response.content.decode()
    assert Deal.objects.get().is_open


def test_an_unknown_outcome_shows_the_form_again(cast: Cast, deal: Deal, signed_in: SignIn) -> None:
    assert "Why was it lost?" in post(signed_in(cast.ana, htmx=True), deal, "close", outcome="exploded").content.decode()
    assert Deal.objects.get().is_open


def test_a_lost_deal_is_reopened(cast: Cast, deal: Deal, signed_in: SignIn) -> None:
    close_deal(deal_id=deal.pk, version=1, outcome="lost", by=cast.ana)
    post(signed_in(cast.ana), deal, "reopen", version=2)
    assert Deal.objects.get().is_open


def test_undo_of_a_closed_month_is_refused_in_words(cast: Cast, deal: Deal, signed_in: SignIn) -> None:
    opening = DealEvent.objects.filter(deal=deal, kind="close_on").get()
    response = signed_in(cast.ana).post(f"/deals/{deal.pk}/undo/{opening.pk}/{opening.pk}/", follow=True)
    assert "Ask your manager" in response.content.decode()
    assert Deal.objects.get().expected_close_on is not None


def test_undo_goes_back_to_the_page_it_came_from_and_nowhere_else(cast: Cast, deal: Deal, signed_in: SignIn) -> None:
    client, event = signed_in(cast.ana), deal.events.latest("pk").pk
    url = f"/deals/{deal.pk}/undo/{event}/{event}/"
    assert client.post(url, headers={"Referer": "http://testserver/deals/?pushed=1"})["Location"].endswith("/deals/?pushed=1")
    assert client.post(url, headers={"Referer": "https://evil.example/"})["Location"] == f"/deals/{deal.pk}/"


# ── Several at once ─────────────────────────────────────────────────────────────────────────────────────────────────
def test_several_deals_get_a_next_step_and_undo_takes_it_from_all(cast: Cast, deal: Deal, signed_in: SignIn) -> None:
    other, foreign = make.deal(owner=cast.ana), make.deal(owner=cast.outsider)
    client = signed_in(cast.ana)
    data = {
        "deal": [deal.pk, other.pk, foreign.pk],
        "act": "next",
        "next_text": "Call",
        "next_on": "2026-09-18",
        "query": "?pushed=1",
    }
    response = client.post("/deals/bulk/", data)
    assert response["Location"] == "/deals/?pushed=1"
    assert set(Deal.objects.filter(next_action="Call").values_list("pk", flat=True)) == {deal.pk, other.pk}
    message = next(iter(client.get("/deals/").context["messages"]))
    assert str(message) == "2 deals changed."
    undo = message.extra_tags.removeprefix("undo:")
    assert signed_in(cast.manager).post(undo).status_code == 302
    assert Deal.objects.filter(next_action="Call").count() == 2
    client.post(undo)
    assert Deal.objects.filter(next_action="Call").count() == 0


def test_several_deals_are_given_away_by_a_manager_only(cast: Cast, deal: Deal, signed_in: SignIn) -> None:
    give = {"deal": [deal.pk], "act": "give", "owner": cast.budi.rep.pk, "why": "On leave"}
    assert signed_in(cast.ana).post("/deals/bulk/", give).status_code == 403
    signed_in(cast.manager).post("/deals/bulk/", {**give, "why": ""})
    assert Deal.objects.get().owner == cast.ana.rep
    signed_in(cast.manager).post("/deals/bulk/", give)
    assert Deal.objects.get().owner == cast.budi.rep
    assert [entry.verb for entry in AuditEntry.objects.all()] == ["deal.reassign"]


@pytest.mark.parametrize("data", [{}, {"deal": ["x", "-1", "99999999999999"]}, {"deal": ["1"], "act": "next"}])
def test_a_bulk_act_without_deals_or_value_says_what_to_do(cast: Cast, signed_in: SignIn, data: dict[str, Any]) -> None:
    response = signed_in(cast.ana).post("/deals/bulk/", data, follow=True)
    assert "Tick at least one deal" in response.content.decode()
    assert Activity.objects.count() == 0


def test_the_amount_in_its_form_reads_back_as_itself(cast: Cast, signed_in: SignIn) -> None:
    client = signed_in(cast.ana, htmx=True)
    for amount, currency in ((Decimal(140_240_000), "IDR"), (Decimal("1234.50"), "USD"), (Decimal(1234), "USD")):
        deal = make.deal(owner=cast.ana, amount=amount, currency=currency)
        shown = client.get(f"/deals/{deal.pk}/edit/amount/").context["form"].initial["amount"]
        assert post(client, deal, "edit/amount", amount=shown).status_code == 200
        assert Deal.objects.get(pk=deal.pk).version == 1
