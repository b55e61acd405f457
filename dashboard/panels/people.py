"""Which teams a person may look at, who is in the chosen one, and what those people logged this week. One query."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from dashboard.reading import day, document
from deals.models import Activity
from lib import clock
from metrics.activity_facts import counted
from metrics.scopes import Scope, ScopeKind

# Channels with a column of their own.
CHANNELS = (
    Activity.Channel.WHATSAPP,
    Activity.Channel.CALL,
    Activity.Channel.VISIT,
    Activity.Channel.MEETING,
    Activity.Channel.EMAIL,
)

# The roll-up column of each: the same figures as on every page of numbers.
_ROLLED = {
    "whatsapp": "whatsapp_sent",
    "call": "calls_made",
    "visit": "visits",
    "meeting": "meetings_held",
    "email": "emails_sent",
}
_SUMS = ", ".join(f"sum(d.{column}) AS {channel}" for channel, column in _ROLLED.items())

# The chosen team, or the one highest in the tree. Those who left stay in it as long as something hangs on them.
_READ = f"""
WITH teams AS (
    SELECT id, name, path FROM reps_team WHERE id = ANY(%(teams)s) AND (closed_on IS NULL OR closed_on > %(today)s)
), chosen AS (
    SELECT * FROM teams WHERE %(team)s IS NULL OR id = %(team)s ORDER BY length(path), lower(name), id LIMIT 1
), members AS (
    SELECT r.id, r.name, r.sells, r.left_on, t.id AS team, t.path
    FROM chosen JOIN reps_team t ON t.path LIKE chosen.path || '%%'
    JOIN reps_teammembership m ON m.team_id = t.id AND m.superseded_at IS NULL AND m.valid @> %(today)s::date
    JOIN reps_rep r ON r.id = m.rep_id
), counts AS (
    SELECT d.rep_id, {_SUMS} FROM metrics_repday d JOIN members ON members.id = d.rep_id
    WHERE d.day BETWEEN %(monday)s AND %(today)s GROUP BY d.rep_id
), to_come AS (
    -- Calls and visits booked for later today stand in the roll-up already.
    SELECT a.rep_id, count(*) FILTER (WHERE {counted("calls_made")}) AS call,
           count(*) FILTER (WHERE {counted("visits")}) AS visit
    FROM deals_activity a JOIN members ON members.id = a.rep_id
    WHERE a.occurred_at > %(now)s AND a.occurred_on = %(today)s
    GROUP BY a.rep_id
), rows AS (
    SELECT m.*, c.whatsapp, c.call - coalesce(f.call, 0) AS call, c.visit - coalesce(f.visit, 0) AS visit, c.meeting, c.email, (
        SELECT a.occurred_on FROM deals_activity a
        WHERE a.rep_id = m.id AND a.occurred_on <= %(today)s AND a.cancelled_at IS NULL
        ORDER BY a.occurred_on DESC LIMIT 1
    ) AS last_on
    FROM members m LEFT JOIN counts c ON c.rep_id = m.id LEFT JOIN to_come f ON f.rep_id = m.id
)
SELECT json_build_object(
    'teams', (SELECT json_agg(t ORDER BY t.path) FROM teams t),
    'chosen', (SELECT row_to_json(c) FROM chosen c),
    'reps', (SELECT json_agg(r ORDER BY lower(r.name), r.id) FROM rows r)
)::text
"""  # noqa: S608 - built of constants


@dataclass(frozen=True)
class TeamChoice:
    """A team that may be looked at; `depth` counts from the highest of them."""

    team_id: int
    name: str
    path: str
    depth: int


@dataclass(frozen=True)
class Person:
    """A member of the chosen team: how often they logged on each channel this week, and when they last did."""

    rep_id: int
    name: str
    team_id: int
    team_path: str
    sells: bool
    left_on: date | None
    by_channel: dict[str, int]
    last_on: date | None


@dataclass(frozen=True)
class Crew:
    """The chosen team with its people, and the teams to choose from."""

    team: TeamChoice
    choices: tuple[TeamChoice, ...]
    people: tuple[Person, ...]

    @property
    def rep_ids(self) -> list[int]:
        """Whose deals count: everyone in the team today, those who left included."""
        return [person.rep_id for person in self.people]

    @property
    def scope(self) -> Scope:
        """The team as metrics know it."""
        return Scope(ScopeKind.TEAM, self.team.team_id, self.team.name, self.team.path)


def read(*, team_ids: Collection[int], team_id: int | None, today: date) -> Crew | None:
    """The chosen team among `team_ids`, the highest one when none is named; None when it is not among them."""
    monday = today - timedelta(days=today.weekday())
    found = document(_READ, {"teams": list(team_ids), "team": team_id, "today": today, "monday": monday, "now": clock.now()})
    if found["chosen"] is None:
        return None
    top = min(_level(row["path"]) for row in found["teams"])
    choices = tuple(TeamChoice(row["id"], row["name"], row["path"], _level(row["path"]) - top) for row in found["teams"])
    chosen = next(choice for choice in choices if choice.team_id == found["chosen"]["id"])
    return Crew(chosen, choices, tuple(_person(row) for row in found["reps"] or ()))


def _level(path: str) -> int:
    return path.count("/") - 2


def _person(row: dict[str, Any]) -> Person:
    return Person(
        rep_id=row["id"],
        name=row["name"],
        team_id=row["team"],
        team_path=row["path"],
        sells=row["sells"],
        left_on=day(row["left_on"]),
        by_channel={channel.value: row[channel.value] or 0 for channel in CHANNELS},
        last_on=day(row["last_on"]),
    )
