"""Dated facts: whatever moves are made in whatever order, days never overlap and what was known stays known."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from lib import clock
from lib.versioned import revise, since
from reps.models import Rep, Team, TeamMembership
from tests import make
from tests.cast import NOW
from tests.inventions import invented

FIRST = date(2026, 1, 1)
SPAN = 12
# The days in question, with one before and one after that stand for "ever".
DAYS = [FIRST + timedelta(days=offset) for offset in range(-1, SPAN + 1)]

bounds = st.none() | st.integers(0, SPAN - 1)
moves = st.lists(st.tuples(bounds, bounds, st.none() | st.integers(0, 2)), min_size=1, max_size=8)


def known(rep: Rep, instant: object) -> list[int | None]:
    """The team of each day, as it was known then."""
    rows = [TeamMembership.objects.filter(rep=rep).as_known(day, instant).values_list("team_id", flat=True) for day in DAYS]  # type: ignore[arg-type]
    assert all(len(row) <= 1 for row in rows)
    return [row[0] if row else None for row in rows]


@invented(60)
@given(moves=moves)
def test_any_sequence_of_moves(db: None, moves: list[tuple[int | None, int | None, int | None]]) -> None:
    teams = [make.team() for _ in range(3)]
    rep = make.rep()
    expected: list[int | None] = [None] * len(DAYS)
    history = []
    for step, (low, high, choice) in enumerate(moves):
        start = None if low is None else DAYS[low + 1]
        end = None if high is None else DAYS[high + 1] + timedelta(days=1)
        if start and end and end <= start:
            continue
        team = None if choice is None else teams[choice]
        with time_machine.travel(NOW + timedelta(seconds=step), tick=False):
            revise(
                TeamMembership, subject={"rep": rep}, start=start, end=end, values={"team": team} if team else None, actor=None
            )
            for at, day in enumerate(DAYS):
                if (start is None or day >= start) and (end is None or day < end):
                    expected[at] = team.pk if team else None
            history.append((clock.now(), list(expected)))
    for instant, then in history:
        assert known(rep, instant) == then
    for day, team_id in zip(DAYS, expected, strict=True):
        assert list(TeamMembership.objects.on(day).filter(rep=rep).values_list("team_id", flat=True)) == (
            [team_id] if team_id else []
        )


@pytest.fixture
def rep_in_north(db: None) -> tuple[Rep, Team]:
    north = make.team("North")
    return make.rep("Ana", team=north), north


def test_a_move_that_changes_nothing_writes_nothing(rep_in_north: tuple[Rep, Team]) -> None:
    rep, north = rep_in_north
    revise(TeamMembership, subject={"rep": rep}, start=FIRST, values={"team": north}, actor=None)
    assert TeamMembership.objects.filter(rep=rep).count() == 1


def test_the_database_refuses_two_teams_on_one_day(rep_in_north: tuple[Rep, Team]) -> None:
    rep, _ = rep_in_north
    with pytest.raises(IntegrityError, match="one_team_at_a_time"), transaction.atomic():
        TeamMembership.objects.create(rep=rep, team=make.team(), valid=since(FIRST))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE reps_teammembership SET team_id = team_id + 1",
        "UPDATE reps_teammembership SET valid = '(,2020-01-01)'",
        "DELETE FROM reps_teammembership",
    ],
)
def test_the_database_refuses_to_rewrite_a_version(rep_in_north: tuple[Rep, Team], statement: str) -> None:
    with pytest.raises(IntegrityError, match="may only be superseded"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
