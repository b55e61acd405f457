"""The log sheet: two taps save; the rest may be said before or after."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from deals.models import Activity, Deal, Lead
from lib.ids import uuid7
from tests import make
from tests.cast import NOW, Cast

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]


@pytest.fixture
def deal(cast: Cast) -> Deal:
    """Ana's open deal with a contact."""
    account = make.account("PT Anggrek", owner=cast.ana)
    return make.deal(
        owner=cast.ana, name="Mawar", account=account, contact=make.contact("Ibu Citra", account=account, phone="+62812345")
    )


def triggers(response: Any) -> dict[str, Any]:
    return json.loads(response["HX-Trigger"])


# ── Saving ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_channel_and_outcome_are_enough(cast: Cast, signed_in: SignIn) -> None:
    response = signed_in(cast.ana, htmx=True).post("/log/", {"channel": "call", "outcome": "no_answer"})
    activity = Activity.objects.get()
    assert (activity.rep, activity.channel, activity.outcome, activity.deal) == (cast.ana.rep, "call", "no_answer", None)
    assert "Not tied to a deal yet" in response.content.decode()
    assert "activity-logged" in triggers(response)


def test_a_log_from_a_deal_is_about_it_and_its_contact(cast: Cast, deal: Deal, signed_in: SignIn) -> None:
    response = signed_in(cast.ana, htmx=True).post("/log/", {"channel": "visit", "outcome": "held", "about": f"deal:{deal.pk}"})
    activity = Activity.objects.get()
    assert (activity.deal, activity.account, activity.contact) == (deal, deal.account, deal.contact)
    assert triggers(response)["deal-changed"] == {"deal": deal.pk}
    assert Deal.objects.get().last_contact_on == date(2026, 9, 16)


def test_the_next_step_is_saved_with_the_outcome(cast: Cast, deal: Deal, signed_in: SignIn) -> None:
    data = {
        "channel": "call",
        "outcome": "reached",
        "about": f"deal:{deal.pk}",
        "next_text": "Send PKS",
        "next_day": "2026-09-18",
    }
    signed_in(cast.ana, htmx=True).post("/log/", data)
    fresh = Deal.objects.get()
    assert (fresh.next_action, fresh.next_action_on, fresh.version) == ("Send PKS", date(2026, 9, 18), 2)


def test_the_same_key_twice_is_one_entry(cast: Cast, deal: Deal, signed_in: SignIn) -> None:
    client, sent = signed_in(cast.ana, htmx=True), {"channel": "call", "outcome": "reached", "key": str(uuid7())}
    assert client.post("/log/", sent).status_code == 200
    assert client.post("/log/", sent).status_code == 200
    assert Activity.objects.count() == 1


def test_somebody_elses_key_is_refused(cast: Cast, signed_in: SignIn) -> None:
    taken = make.activity(rep=cast.budi)
    response = signed_in(cast.ana, htmx=True).post("/log/", {"channel": "call", "outcome": "reached", "key": str(taken.pk)})
    assert response.status_code == 422
    assert Activity.objects.count() == 1


def test_a_log_costs_at_most_ten_queries(cast: Cast, deal: Deal, signed_in: SignIn) -> None:
    client = signed_in(cast.ana, htmx=True)
    data = {
        "channel": "call",
        "outcome": "reached",
        "about": f"deal:{deal.pk}",
        "key": str(uuid7()),
        "idempotency_key": "a-key-of-this-sheet",
    }
    with CaptureQueriesContext(connection) as queries:
        assert client.post("/log/", data).status_code == 200
    asked = [query["sql"] for query in queries if query["sql"].split()[0] in ("SELECT", "INSERT", "UPDATE", "DELETE")]
    assert len(asked) <= 10


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({}, "Choose what you did"),
        ({"channel": "smoke"}, "Choose what you did"),
        ({"channel": "call"}, "Choose how it went"),
        ({"channel": "call", "outcome": "held"}, "one of the outcomes"),
        ({"channel": "note", "note": " "}, "Write the note first"),
        ({"channel": "meeting", "outcome": "book"}, "still to come"),
        ({"channel": "meeting", "outcome": "book", "book_at": "2026-09-16T09:59"}, "still to come"),
        ({"channel": "note", "outcome": "book", "book_at": "2026-09-18T10:00"}, "Write the note first"),
        ({"channel": "call", "outcome": "reached", "next_text": "x", "next_on": "2099-99-99"}, None),
    ],
)
def test_what_is_missing_is_said_and_the_sheet_stays(
    cast: Cast, signed_in: SignIn, data: dict[str, str], says: str | None
) -> None:
    response = signed_in(cast.ana, htmx=True).post("/log/", data)
    assert (response.status_code, Activity.objects.count()) == ((422, 0) if says else (200, 1))
    assert (says or "Saved.") in response.content.decode()


def test_nothing_is_logged_about_what_one_does_not_see(cast: Cast, signed_in: SignIn) -> None:
    hidden = make.deal(owner=cast.outsider)
    response = signed_in(cast.ana).post("/log/", {"channel": "call", "outcome": "reached", "about": f"deal:{hidden.pk}"})
    assert (response.status_code, Activity.objects.count()) == (404, 0)


def test_a_teammates_deal_takes_a_log_and_keeps_its_next_step(cast: Cast, deal: Deal, signed_in: SignIn) -> None:
    data = {"channel": "call", "outcome": "reached", "about": f"deal:{deal.pk}", "next_text": "Mine now"}
    signed_in(cast.budi, htmx=True).post("/log/", data)
    assert Activity.objects.get().rep == cast.budi.rep
    assert Deal.objects.get().next_action == ""


def test_a_meeting_is_booked_ahead(cast: Cast, deal: Deal, signed_in: SignIn) -> None:
    data = {"channel": "meeting", "outcome": "book", "book_at": "2026-09-18T14:30", "about": f"deal:{deal.pk}"}
    signed_in(cast.ana, htmx=True).post("/log/", data)
    booked = Activity.objects.get()
    assert (booked.outcome, booked.booked_at, booked.occurred_at.isoformat()) == ("", NOW, "2026-09-18T07:30:00+00:00")


def test_log_then_lead_makes_a_lead_and_no_activity(cast: Cast, signed_in: SignIn) -> None:
    client = signed_in(cast.ana, htmx=True)
    assert client.post("/log/", {"channel": "lead", "outcome": "lead"}).status_code == 422
    data = {
        "channel": "lead",
        "lead-name": "Pak Joko",
        "lead-company_name": "CV Dahlia",
        "lead-phone": "0812 3456 7890",
        "lead-source": "referral",
    }
    assert client.post("/log/", data).status_code == 200
    lead = Lead.objects.get()
    assert (lead.owner, lead.created_by, lead.team, lead.phone) == (cast.ana.rep, cast.ana.rep, cast.north, "+6281234567890")
    assert Activity.objects.count() == 0


# ── The sheet ───────────────────────────────────────────────────────────────────────────────────────────────────────
def test_the_sheet_knows_the_open_page(cast: Cast, deal: Deal, signed_in: SignIn) -> None:
    page = signed_in(cast.ana, htmx=True).get(f"/log/?deal={deal.pk}&channel=whatsapp").content.decode()
    assert f'name="about" value="deal:{deal.pk}"' in page
    assert "from the open page" in page
    assert "https://wa.me/62812345" in page
    assert "data-wa-ask hidden" in page


def test_back_from_whatsapp_it_asks_whether_it_was_sent(cast: Cast, deal: Deal, signed_in: SignIn) -> None:
    page = signed_in(cast.ana, htmx=True).get(f"/log/?deal={deal.pk}&channel=whatsapp&wrote=1").content.decode()
    assert "data-wa-ask>" in page


def test_without_a_page_the_latest_deals_are_one_tap_away(cast: Cast, deal: Deal, signed_in: SignIn) -> None:
    closed = make.won(owner=cast.ana)
    make.activity(rep=cast.ana, deal=closed, channel="visit", outcome="held")
    make.activity(rep=cast.ana, deal=deal, at=NOW.replace(hour=1))
    response = signed_in(cast.ana, htmx=True).get("/log/")
    assert [each.value for each in response.context["recent"]] == [f"deal:{deal.pk}"]
    assert response.context["channel"] == "visit"


def test_a_rep_who_logged_nothing_is_offered_own_open_deals(cast: Cast, deal: Deal, signed_in: SignIn) -> None:
    make.deal(owner=cast.budi)
    assert [each.name for each in signed_in(cast.ana, htmx=True).get("/log/").context["recent"]] == ["Mawar"]


def test_the_picker_finds_deals_accounts_and_leads_one_sees(cast: Cast, deal: Deal, signed_in: SignIn) -> None:
    make.deal(owner=cast.outsider, name="Mawar Selatan")
    lead = make.lead("Pak Mawar", owner=cast.ana)
    page = signed_in(cast.ana).get("/log/options/?q=mawar").content.decode()
    assert f'data-value="deal:{deal.pk}"' in page
    assert f'data-value="lead:{lead.pk}"' in page
    assert "Selatan" not in page


# ── Afterwards ──────────────────────────────────────────────────────────────────────────────────────────────────────
def test_more_can_be_said_after_saving(cast: Cast, deal: Deal, signed_in: SignIn) -> None:
    activity, client = make.activity(rep=cast.ana), signed_in(cast.ana, htmx=True)
    assert client.get(f"/log/{activity.pk}/").status_code == 200
    data = {
        "about": f"deal:{deal.pk}", "note": "Likes it", "purpose": "demo", "touch": "cold", "direction": "in", "outcome": "left_message",
        "at": "2026-09-15T08:00", "next_text": "Send PKS", "next_on": "2026-09-18",
    }  # fmt: skip
    response = client.post(f"/log/{activity.pk}/", data)
    saved = Activity.objects.get()
    assert response.status_code == 204
    assert {"close-log", "activity-logged", "deal-changed", "toast"} <= set(triggers(response))
    assert (saved.deal, saved.note.text, saved.purpose, saved.is_cold) == (deal, "Likes it", "demo", True)
    assert (saved.direction, saved.outcome, saved.occurred_on) == ("in", "left_message", date(2026, 9, 15))
    assert (Deal.objects.get().next_action, Deal.objects.get().last_contact_on) == ("Send PKS", None)


def test_what_the_form_does_not_carry_stays(cast: Cast, deal: Deal, signed_in: SignIn) -> None:
    activity = make.activity(rep=cast.ana, deal=deal, note="Old words", purpose="demo", is_cold=True)
    signed_in(cast.ana, htmx=True).post(f"/log/{activity.pk}/", {"direction": "in"})
    saved = Activity.objects.get()
    assert (saved.note.text, saved.purpose, saved.is_cold, saved.deal, saved.direction) == ("Old words", "demo", True, deal, "in")


def test_a_time_to_come_is_refused_and_the_words_stay(cast: Cast, signed_in: SignIn) -> None:
    activity = make.activity(rep=cast.ana)
    response = signed_in(cast.ana, htmx=True).post(f"/log/{activity.pk}/", {"at": "2026-09-17T10:00", "note": "Kept words"})
    assert response.status_code == 422
    assert "still to come" in response.content.decode()
    assert "Kept words" in response.content.decode()


def test_undo_takes_the_entry_back(cast: Cast, deal: Deal, signed_in: SignIn) -> None:
    client = signed_in(cast.ana, htmx=True)
    client.post("/log/", {"channel": "call", "outcome": "reached", "about": f"deal:{deal.pk}"})
    response = client.post(f"/log/{Activity.objects.get().pk}/undo/")
    assert "close-log" in triggers(response)
    assert Activity.objects.standing().count() == 0
    assert Deal.objects.get().last_contact_on is None


# ── Activities ──────────────────────────────────────────────────────────────────────────────────────────────────────
def shown(response: Any) -> list[Any]:
    return [row.activity.pk for row in response.context["rows"]]


def test_the_list_is_own_for_a_rep_and_the_teams_for_a_manager(cast: Cast, signed_in: SignIn) -> None:
    mine, mates = make.activity(rep=cast.ana), make.activity(rep=cast.budi)
    make.activity(rep=cast.outsider)
    assert shown(signed_in(cast.ana).get("/activities/")) == [mine.pk]
    assert set(shown(signed_in(cast.ana).get("/activities/?whose=all"))) == {mine.pk, mates.pk}
    assert set(shown(signed_in(cast.manager).get("/activities/"))) == {mine.pk, mates.pk}


def test_channel_person_and_day_narrow_the_list(cast: Cast, signed_in: SignIn) -> None:
    visit = make.activity(rep=cast.ana, channel="visit", outcome="held", at=datetime(2026, 9, 15, 3, tzinfo=NOW.tzinfo))
    call, client = make.activity(rep=cast.budi), signed_in(cast.manager)
    assert shown(client.get("/activities/?channel=visit")) == [visit.pk]
    assert shown(client.get(f"/activities/?rep={cast.budi.rep.pk}")) == [call.pk]
    assert shown(client.get("/activities/?when=yesterday")) == shown(client.get("/activities/?on=2026-09-15")) == [visit.pk]
    assert len(shown(client.get("/activities/?channel=zzz&when=zzz&on=zzz&rep=zzz"))) == 2


def test_a_mates_note_stays_closed_in_list_and_file(cast: Cast, signed_in: SignIn) -> None:
    make.activity(rep=cast.budi, note="Budi's secret", contact=make.contact("Pak Rahasia"))
    client = signed_in(cast.ana)
    assert "secret" not in client.get("/activities/?whose=all").content.decode()
    taken = b"".join(client.get("/activities.csv?whose=all").streaming_content).decode()
    assert "secret" not in taken
    assert "Rahasia" not in taken
    read = b"".join(signed_in(cast.manager).get("/activities.csv").streaming_content).decode()
    assert "Budi's secret" in read


def test_the_list_costs_the_same_for_many(cast: Cast, signed_in: SignIn) -> None:
    client, costs = signed_in(cast.manager), []
    for _round in range(2):
        for _ in range(8):
            make.activity(rep=cast.ana, deal=make.deal(owner=cast.ana), note="x", lead=make.lead())
        with CaptureQueriesContext(connection) as queries:
            client.get("/activities/")
        costs.append(len(queries))
    assert costs == [6, 6]


# ── Booked meetings ─────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture
def meeting(cast: Cast, deal: Deal) -> Activity:
    """Ana's meeting of this morning, without an outcome."""
    return make.activity(rep=cast.ana, deal=deal, channel="meeting", outcome="", booked_at=NOW, at=NOW.replace(hour=1))


def test_a_booked_meeting_waits_for_its_outcome(cast: Cast, meeting: Activity, signed_in: SignIn) -> None:
    client = signed_in(cast.ana)
    assert client.get("/activities/").context["booked"] == [meeting]
    assert client.post(f"/activities/{meeting.pk}/outcome/", {"outcome": "held"})["Location"] == f"/deals/{meeting.deal_id}/"
    assert Activity.objects.get().outcome == "held"
    assert client.get("/activities/").context["booked"] == []


def test_nobody_came(cast: Cast, meeting: Activity, signed_in: SignIn) -> None:
    signed_in(cast.ana).post(f"/activities/{meeting.pk}/outcome/", {"outcome": "no_show"})
    assert (Activity.objects.get().outcome, Deal.objects.get().last_contact_on) == ("no_show", None)


def test_a_moved_meeting_counts_once(cast: Cast, meeting: Activity, signed_in: SignIn) -> None:
    signed_in(cast.ana).post(f"/activities/{meeting.pk}/outcome/", {"outcome": "rescheduled", "to": "2026-09-18T10:00"})
    moved = Activity.objects.exclude(pk=meeting.pk).get()
    assert (moved.root, moved.outcome, moved.deal) == (meeting, "", meeting.deal)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"outcome": "rescheduled", "to": ""}, "Choose the new day"),
        ({"outcome": "rescheduled", "to": "2026-09-15T10:00"}, "still to come"),
        ({"outcome": ""}, "Choose how it went"),
        ({"outcome": "sent"}, "Choose how it went"),
    ],
)
def test_an_outcome_that_cannot_be_is_said(
    cast: Cast, meeting: Activity, signed_in: SignIn, data: dict[str, str], says: str
) -> None:
    response = signed_in(cast.ana).post(f"/activities/{meeting.pk}/outcome/", data, follow=True)
    assert says in response.content.decode()
    assert Activity.objects.get().outcome == ""


def test_a_meeting_to_come_is_called_off(cast: Cast, meeting: Activity, signed_in: SignIn) -> None:
    signed_in(cast.ana).post(f"/activities/{meeting.pk}/outcome/", {"outcome": "cancel"})
    assert Activity.objects.get().cancelled_at == NOW


def test_the_bookings_are_those_of_the_rep_looked_at(cast: Cast, meeting: Activity, signed_in: SignIn) -> None:
    Activity.objects.update(contact=make.contact("Ibu Citra"))
    address = f"/activities/?rep={cast.ana.rep.pk}"
    led = signed_in(cast.manager).get(address)
    assert led.context["booked"] == [meeting]
    assert "Ibu Citra" in led.content.decode()
    assert f"/activities/{meeting.pk}/outcome/" not in led.content.decode()
    mate = signed_in(cast.budi).get(address)
    assert mate.context["booked"] == [meeting]
    assert "Ibu Citra" not in mate.content.decode()
    assert signed_in(cast.outsider).get(address).context["booked"] == []
    ana = signed_in(cast.ana)
    assert f"/activities/{meeting.pk}/outcome/" in ana.get(address).content.decode()
    assert ana.get(f"/activities/?rep={cast.budi.rep.pk}").context["booked"] == []
