"""Writing down what a rep did, and what it moves."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from deals.activities import OUTCOMES, cancel_activity, edit_activity, log_activity, move_meeting
from deals.days import Refused
from deals.models import Activity, Deal
from lib.ids import uuid7
from reps.models import AuditEntry
from tests import make
from tests.cast import NOW, Cast

pytestmark = pytest.mark.django_db
Channel, Outcome = Activity.Channel, Activity.Outcome


def last_contact(deal: Deal) -> date | None:
    return Deal.objects.get(pk=deal.pk).last_contact_on


def test_a_log_about_a_deal_counts_for_its_account_too(cast: Cast) -> None:
    account = make.account(owner=cast.ana)
    deal = make.deal(owner=cast.ana, account=account)
    activity = log_activity(
        by=cast.ana, rep=cast.ana.rep, channel=Channel.VISIT, outcome=Outcome.HELD, deal=deal, note=" Hi\x00 "
    )
    assert (activity.account, activity.occurred_at, activity.occurred_on) == (account, NOW, date(2026, 9, 16))
    assert activity.note.text == "Hi"


def test_the_day_is_the_companys_day(cast: Cast) -> None:
    at = datetime(2026, 9, 14, 17, 30, tzinfo=UTC)  # 00:30 on the 15th in Jakarta
    assert log_activity(by=cast.ana, rep=cast.ana.rep, channel=Channel.CALL, occurred_at=at).occurred_on == date(2026, 9, 15)


@pytest.mark.parametrize(("outcome", "moves"), [("reached", True), ("no_answer", False), ("left_message", False)])
def test_only_a_touch_with_the_customer_in_it_resets_last_contact(cast: Cast, outcome: str, moves: bool) -> None:
    deal = make.deal(owner=cast.ana)
    log_activity(by=cast.ana, rep=cast.ana.rep, channel=Channel.CALL, outcome=outcome, deal=deal)
    assert last_contact(deal) == (date(2026, 9, 16) if moves else None)


def test_an_older_touch_moves_last_contact_not_back(cast: Cast) -> None:
    deal = make.deal(owner=cast.ana)
    for back in (1, 5):
        log_activity(
            by=cast.ana,
            rep=cast.ana.rep,
            channel=Channel.CALL,
            outcome=Outcome.REACHED,
            deal=deal,
            occurred_at=NOW - timedelta(days=back),
        )
    assert last_contact(deal) == date(2026, 9, 15)


def test_cancelling_and_correcting_take_the_contact_back(cast: Cast) -> None:
    deal, other = make.deal(owner=cast.ana), make.deal(owner=cast.ana)
    log = {"by": cast.ana, "rep": cast.ana.rep, "channel": Channel.CALL, "outcome": Outcome.REACHED, "deal": deal}
    first = log_activity(**log, occurred_at=NOW - timedelta(days=4))
    second = log_activity(**log)
    cancel_activity(activity=second, by=cast.ana)
    assert last_contact(deal) == date(2026, 9, 12)
    edit_activity(activity=first, by=cast.ana, deal=other)
    assert (last_contact(deal), last_contact(other)) == (None, date(2026, 9, 12))
    edit_activity(activity=first, by=cast.ana, outcome=Outcome.NO_ANSWER, note="Nobody there")
    assert last_contact(other) is None
    assert Activity.objects.get(pk=first.pk).note.text == "Nobody there"


def test_the_same_key_logs_once(cast: Cast) -> None:
    key = uuid7()
    log = {"by": cast.ana, "rep": cast.ana.rep, "channel": Channel.WHATSAPP, "outcome": Outcome.SENT, "key": key}
    assert log_activity(**log) == log_activity(**log)
    assert Activity.objects.count() == 1
    with pytest.raises(Refused, match="somebody else"):
        log_activity(**{**log, "rep": cast.budi.rep, "by": cast.budi})


def test_what_is_still_to_come_is_booked_and_not_logged(cast: Cast) -> None:
    tomorrow = NOW + timedelta(days=1)
    with pytest.raises(Refused, match="still to come"):
        log_activity(by=cast.ana, rep=cast.ana.rep, channel=Channel.MEETING, outcome=Outcome.HELD, occurred_at=tomorrow)
    booked = log_activity(by=cast.ana, rep=cast.ana.rep, channel=Channel.MEETING, occurred_at=tomorrow, booked=True)
    assert (booked.booked_at, booked.booked_by, booked.outcome) == (NOW, cast.ana.rep, "")


def test_an_outcome_of_another_channel_is_refused(cast: Cast) -> None:
    with pytest.raises(Refused, match="outcomes shown"):
        log_activity(by=cast.ana, rep=cast.ana.rep, channel=Channel.EMAIL, outcome=Outcome.HELD)


def test_a_closed_month_needs_the_manager_and_a_reason(cast: Cast) -> None:
    old = datetime(2026, 8, 31, 3, tzinfo=UTC)
    with pytest.raises(Refused, match="Ask your manager"):
        log_activity(by=cast.ana, rep=cast.ana.rep, channel=Channel.CALL, occurred_at=old)
    activity = log_activity(by=cast.manager, rep=cast.ana.rep, channel=Channel.CALL, occurred_at=old, why="She forgot")
    with pytest.raises(Refused, match="Ask your manager"):
        cancel_activity(activity=activity, by=cast.ana)
    assert [entry.verb for entry in AuditEntry.objects.all()] == ["activity.past_edit"]


def test_a_moved_meeting_keeps_its_root(cast: Cast) -> None:
    meeting = log_activity(
        by=cast.ana, rep=cast.ana.rep, channel=Channel.MEETING, occurred_at=NOW + timedelta(days=1), booked=True
    )
    moved = move_meeting(activity=meeting, by=cast.ana, to=NOW + timedelta(days=2))
    again = move_meeting(activity=moved, by=cast.ana, to=NOW + timedelta(days=3))
    meeting.refresh_from_db()
    assert (meeting.outcome, moved.root, again.root) == (Outcome.RESCHEDULED, meeting, meeting)
    with pytest.raises(Refused, match="moved already"):
        move_meeting(activity=meeting, by=cast.ana, to=NOW + timedelta(days=4))
    with pytest.raises(Refused, match="still to come"):
        move_meeting(activity=again, by=cast.ana, to=NOW)


def test_every_channel_has_its_outcomes() -> None:
    assert set(OUTCOMES) == set(Channel)
    assert {outcome for group in OUTCOMES.values() for outcome in group} == set(Outcome)


def test_a_start_moved_past_the_end_is_refused_before_the_database_does(cast: Cast) -> None:
    at = NOW - timedelta(hours=3)
    activity = make.activity(rep=cast.ana, at=at, ended_at=at + timedelta(hours=1))
    with pytest.raises(Refused) as refusal:
        edit_activity(activity=activity, by=cast.ana, occurred_at=at + timedelta(hours=2))
    assert refusal.value.field == "ended_at"
