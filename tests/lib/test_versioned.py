"""Dated facts are corrected by new rows; the past as it was known stays readable."""

from datetime import date, timedelta

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction

from lib import clock
from lib.versioned import revise, since
from reps.models import TeamMembership
from tests import make

pytestmark = pytest.mark.django_db


def _rows(rep) -> list[tuple]:
    rows = TeamMembership.objects.current().filter(rep=rep).order_by("valid")
    return [(row.valid.lower, row.valid.upper, row.team.name) for row in rows]


def test_a_move_cuts_the_old_row_and_keeps_what_was_known(cast) -> None:
    before = clock.now()
    with time_machine.travel(before + timedelta(hours=1), tick=False):
        revise(
            TeamMembership, subject={"rep": cast.ana.rep}, start=date(2026, 9, 10), values={"team": cast.south}, actor=cast.admin
        )
        assert _rows(cast.ana.rep) == [(None, date(2026, 9, 10), "North"), (date(2026, 9, 10), None, "South")]
        known = TeamMembership.objects.as_known(date(2026, 9, 12), before).get(rep=cast.ana.rep)
        assert known.team == cast.north


def test_saying_the_same_again_writes_nothing(cast) -> None:
    count = TeamMembership.objects.count()
    revise(TeamMembership, subject={"rep": cast.ana.rep}, start=date(2026, 9, 10), values={"team": cast.north}, actor=cast.admin)
    assert TeamMembership.objects.count() == count


def test_nothing_can_hold_for_a_while(cast) -> None:
    revise(
        TeamMembership, subject={"rep": cast.ana.rep}, start=date(2026, 9, 1), end=date(2026, 9, 5), values=None, actor=cast.admin
    )
    assert _rows(cast.ana.rep) == [(None, date(2026, 9, 1), "North"), (date(2026, 9, 5), None, "North")]


def test_the_database_refuses_two_teams_on_one_day(cast) -> None:
    with pytest.raises(IntegrityError, match="one_team_at_a_time"), transaction.atomic():
        TeamMembership.objects.create(rep=cast.ana.rep, team=cast.south, valid=since(date(2026, 9, 1)))


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE reps_teammembership SET reason = 'x'",
        "UPDATE reps_teammembership SET superseded_at = NULL",
        "DELETE FROM reps_teammembership",
        "DELETE FROM deals_dealevent",
        "UPDATE deals_dealevent SET code = 'x'",
        "TRUNCATE deals_dealevent CASCADE",
    ],
)
def test_the_database_refuses_to_rewrite_history(cast, sql: str) -> None:
    make.deal(owner=cast.ana)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


def test_nothing_is_recorded_ahead_of_the_clock(cast) -> None:
    with pytest.raises(IntegrityError, match="future"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        real = cursor.fetchone()[0]
        TeamMembership.objects.filter(rep=cast.ana.rep).update(superseded_at=clock.now())
        TeamMembership.objects.create(rep=cast.ana.rep, team=cast.south, valid=since(), recorded_at=real + timedelta(minutes=5))
