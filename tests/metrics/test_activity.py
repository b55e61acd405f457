"""The activity figures on hand-made activities and leads, with exact values."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from deals.models import Activity
from lib import clock, periods
from lib.versioned import revise
from metrics import scopes
from metrics.activity import activity, activity_many, aggregates, of_row
from metrics.definitions import Kind
from metrics.sql import read
from metrics.windows import Window, as_of
from reps import org
from reps.models import TeamMembership
from tests import make
from tests.cast import NOW, Cast
from tests.inventions import invented
from tests.metrics.reading import by_rep, by_team

TODAY = date(2026, 9, 16)

SEPTEMBER = periods.named("2026-09")
START = datetime(2026, 9, 10, 3, tzinfo=UTC)


def meeting(cast: Cast, outcome: str = "", **fields: Any) -> Activity:
    given = {"at": START, "booked_at": START - timedelta(days=5), "booked_by": cast.ana.rep, **fields}
    return make.activity(rep=cast.ana, channel="meeting", outcome=outcome, **given)


def test_nothing_done_is_zero_and_its_rates_are_unknown(cast: Cast) -> None:
    found = activity(scopes.COMPANY, SEPTEMBER)

    assert (found.calls_made.value, found.leads_created.value, found.meetings_held.value) == (0, 0, 0)
    assert (found.connect_rate.value, found.connect_rate.reason) == (None, "no_denominator")
    assert (found.show_rate.value, found.show_rate.reason) == (None, "no_denominator")


def test_calls_are_outbound_human_and_over_and_connect_from_thirty_seconds(cast: Cast) -> None:
    make.activity(rep=cast.ana, channel="call", outcome="no_answer")
    make.activity(rep=cast.ana, channel="call", outcome="reached")
    make.activity(rep=cast.ana, channel="call", at=START, ended_at=START + timedelta(seconds=30))
    make.activity(rep=cast.ana, channel="call", outcome="reached", at=START, ended_at=START + timedelta(seconds=29))
    make.activity(rep=cast.ana, channel="call", direction="in", outcome="reached")
    make.activity(rep=cast.ana, channel="call", is_human=False)
    make.activity(rep=cast.ana, channel="call", cancelled_at=clock.now())
    make.activity(rep=cast.ana, channel="call", at=clock.now() + timedelta(hours=2))

    found = activity(scopes.COMPANY, SEPTEMBER)

    assert (found.calls_made.value, found.connects.value) == (4, 2)
    assert found.connect_rate.value == Decimal("0.5")


def test_whatsapp_and_mails_count_when_sent_by_a_person_and_visits_when_they_took_place(cast: Cast) -> None:
    make.activity(rep=cast.ana, channel="whatsapp", outcome="sent")
    make.activity(rep=cast.ana, channel="whatsapp", direction="in", outcome="replied")
    make.activity(rep=cast.ana, channel="whatsapp", is_human=False)
    make.activity(rep=cast.ana, channel="email", outcome="sent")
    make.activity(rep=cast.ana, channel="visit", outcome="held")
    make.activity(rep=cast.ana, channel="visit")
    make.activity(rep=cast.ana, channel="visit", outcome="no_show")
    make.activity(rep=cast.ana, channel="visit", outcome="rescheduled")

    found = activity(scopes.COMPANY, SEPTEMBER)

    assert (found.whatsapp_sent.value, found.emails_sent.value, found.visits.value) == (1, 1, 2)


def test_meetings_booked_held_and_the_share_that_took_place(cast: Cast) -> None:
    """30 rows: 26 bookings and 4 that only moved one; 18 held, 4 no-shows, 1 cancelled late, 3 early."""
    for _ in range(14):
        meeting(cast, "held")
    for _ in range(4):
        moved = meeting(cast, "rescheduled")
        meeting(cast, "held", root=moved, booked_at=START - timedelta(days=1))
    for _ in range(4):
        meeting(cast, "no_show")
    meeting(cast, cancelled_at=START - timedelta(hours=23))
    for _ in range(3):
        meeting(cast, cancelled_at=START - timedelta(hours=24))

    found = activity(scopes.COMPANY, SEPTEMBER)

    assert Activity.objects.count() == 30
    assert (found.meetings_scheduled.value, found.meetings_held.value) == (26, 18)
    assert (found.show_rate.part, found.show_rate.whole) == (18, 23)
    assert round(found.show_rate.value, 4) == Decimal("0.7826")


def test_an_entry_taken_back_afterwards_counts_nowhere(cast: Cast) -> None:
    meeting(cast, "held", cancelled_at=START + timedelta(hours=3))
    meeting(cast, cancelled_at=START + timedelta(hours=3))

    found = activity(scopes.COMPANY, SEPTEMBER)

    assert (found.meetings_held.value, found.show_rate.whole) == (0, 0)


def test_a_booking_counts_for_the_booker_and_the_meeting_for_who_attended(cast: Cast) -> None:
    meeting(cast, "held", booked_by=cast.budi.rep)
    meeting(cast, "held", booked_by=None)

    rows = by_rep(scopes.COMPANY, SEPTEMBER, Kind.ACTIVITY)

    assert (rows[cast.ana.rep.pk].meetings_held.value, rows[cast.ana.rep.pk].meetings_scheduled.value) == (2, 1)
    assert (rows[cast.budi.rep.pk].meetings_held.value, rows[cast.budi.rep.pk].meetings_scheduled.value) == (0, 1)


def test_leads_count_once_for_their_creator_imports_and_merged_ones_not(cast: Cast) -> None:
    kept = make.lead(owner=cast.budi, created_by=cast.ana.rep)
    make.lead(created_by=cast.ana.rep, merged_into=kept)
    make.lead(created_by=cast.ana.rep, is_import=True)
    make.lead(owner=cast.ana)

    rows = by_rep(scopes.COMPANY, SEPTEMBER, Kind.ACTIVITY)

    assert {rep: row.leads_created.value for rep, row in rows.items()} == {cast.ana.rep.pk: 1}


def test_the_day_is_the_companys_and_not_utc(cast: Cast) -> None:
    """17:30 UTC on 31 August is half past midnight on 1 September in Jakarta."""
    midnight = datetime(2026, 8, 31, 17, 30, tzinfo=UTC)
    make.activity(rep=cast.ana, channel="call", at=midnight)
    make.lead(created_by=cast.ana.rep, created_at=midnight)
    meeting(cast, booked_at=midnight)

    found = activity(scopes.COMPANY, SEPTEMBER)

    assert (found.calls_made.value, found.leads_created.value, found.meetings_scheduled.value) == (1, 1, 1)


def test_work_before_a_change_of_team_stays_with_the_old_team(cast: Cast) -> None:
    make.activity(rep=cast.ana, channel="call", at=START - timedelta(days=3))
    make.activity(rep=cast.ana, channel="call", at=START + timedelta(days=3))
    revise(TeamMembership, subject={"rep": cast.ana.rep}, start=date(2026, 9, 10), values={"team": cast.south}, actor=None)

    rows = by_team(scopes.COMPANY, SEPTEMBER, Kind.ACTIVITY)

    assert {team: row.calls_made.value for team, row in rows.items()} == {cast.north.pk: 1, cast.south.pk: 1}
    assert activity(scopes.of_team(cast.north), SEPTEMBER).calls_made.value == 1
    assert activity(scopes.of_team(cast.whole), SEPTEMBER).calls_made.value == 2


def test_as_of_and_known_at_leave_out_what_came_later(cast: Cast) -> None:
    make.activity(rep=cast.ana, channel="call", at=START, recorded_at=START + timedelta(days=2))
    make.activity(rep=cast.ana, channel="call", at=START + timedelta(days=3))

    assert activity(scopes.COMPANY, SEPTEMBER, as_of=date(2026, 9, 10)).calls_made.value == 1
    assert activity(scopes.COMPANY, SEPTEMBER, known_at=START + timedelta(days=1)).calls_made.value == 0
    assert activity(scopes.COMPANY, SEPTEMBER, known_at=START + timedelta(days=2)).calls_made.value == 1


def test_several_windows_are_one_query(cast: Cast) -> None:
    make.activity(rep=cast.ana, channel="call", at=START)

    with CaptureQueriesContext(connection) as asked:
        found = activity_many(scopes.of_rep(cast.ana.rep), [periods.named("2026-08"), SEPTEMBER], company=cast.company)

    assert len(asked) == 1
    assert [row.calls_made.value for row in found] == [0, 1]


# ── Summed up already, and counted row by row ───────────────────────────────────────────────────────────────────────
days_ago = st.integers(-20, 120)
windows = st.tuples(days_ago, st.integers(1, 120))


@pytest.mark.slow
@invented(30)
@given(
    done=st.lists(st.tuples(st.sampled_from(["ana", "budi", "outsider"]), st.sampled_from(["call", "visit", "meeting", "email"]), days_ago,
                            st.sampled_from(["", "held", "no_show"])), max_size=25),
    asked=st.lists(windows, min_size=1, max_size=4),
    move=st.integers(0, 60),
)  # fmt: skip
def test_roll_ups_say_what_the_rows_say(cast: Cast, done: list[Any], asked: list[tuple[int, int]], move: int) -> None:
    org.place(rep=cast.ana.rep, team=cast.south, start=TODAY - timedelta(days=move), by=None)
    for who, channel, ago, outcome in done:
        make.activity(rep=getattr(cast, who), channel=channel, outcome=outcome, at=NOW - timedelta(days=ago, hours=ago % 7 - 3))
    spans = [
        Window(TODAY - timedelta(days=start), TODAY - timedelta(days=start) + timedelta(days=length)) for start, length in asked
    ]
    now = as_of(cast.company)
    rows = replace(now, is_now=False)
    for scope in (scopes.COMPANY, scopes.of_team(cast.whole), scopes.of_team(cast.south), scopes.of_rep(cast.ana.rep)):
        for group in ("0", "rep_id", "coalesce(team_id, 0)"):
            found = [
                {
                    (row["k"], row["g"]): of_row(row)
                    for row in read(*aggregates(scope, spans, at, cast.company, group=group, teams=True))
                }
                for at in (now, rows)
            ]
            nothing = of_row({})
            keys = {key for side in found for key in side}
            assert [found[0].get(key, nothing) for key in keys] == [found[1].get(key, nothing) for key in keys]
