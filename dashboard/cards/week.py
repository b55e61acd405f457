"""How *This week* is shown: a row for each rep, or for each team where several are chosen.

Won value and what was logged stand side by side and are never added to each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from dashboard.cards.scale import Scale, fine_scale
from dashboard.panels.open_deals import Tally
from dashboard.panels.people import CHANNELS, Crew, Person
from metrics.attainment import Attainment, Line
from metrics.standing_words import percent
from metrics.targets import attainment

# Rows that fit beside *Needs you*; the rest is one link away.
SHOWN = 6
# A rep who has logged nothing for so many days is marked.
QUIET_DAYS = 3
ZERO = Decimal(0)


@dataclass(frozen=True)
class WeekRow:
    """A rep or a team: money won in the period and open now, what was logged since Monday, and when last."""

    name: str
    rep_id: int | None
    team_id: int | None
    won: Decimal
    # None where nothing was asked of them in the period.
    quota: Decimal | None
    open: Decimal
    open_deals: int
    counts: tuple[int, ...]
    last_on: date | None
    quiet: bool
    left: bool
    members: int

    @property
    def percent(self) -> str:
        """Of the quota, as it is shown; empty without one."""
        ratio = attainment(self.won, self.quota)
        return "" if ratio is None else percent(ratio)

    @property
    def share(self) -> float:
        """Of the quota, for the bar; it ends at one and a half."""
        return min(float(attainment(self.won, self.quota) or 0), 1.5)


@dataclass(frozen=True)
class WeekCard:
    """What the template needs."""

    by_team: bool
    scale: Scale
    rows: tuple[WeekRow, ...]
    most_won: Decimal
    more: int
    # The share of the period's working days that have passed; a tick on each bar.
    pace: float | None

    @property
    def has_quota(self) -> bool:
        """Something is asked of somebody."""
        return any(row.quota for row in self.rows)


def card(crew: Crew, *, against: Attainment, open_by: Mapping[int, Tally], today: date, currency: str) -> WeekCard:
    """Rows by money won, largest first."""
    won = {line.rep_id: line for line in against.lines}
    groups = _teams(crew)
    by_team = len(groups) > 1
    rows = [_team_row(crew, team_id, people, won, open_by, today) for team_id, people in groups.items()] if by_team else [
        _rep_row(person, won, open_by, today) for person in crew.people if _has_place(person, won, open_by)
    ]  # fmt: skip
    rows.sort(key=lambda row: (-row.won, -row.open, row.name.lower()))
    return WeekCard(
        by_team=by_team,
        scale=fine_scale(max([ZERO, *(max(row.won, row.open) for row in rows)]), currency),
        rows=tuple(rows[:SHOWN]),
        most_won=max([row.won for row in rows] or [ZERO]),
        more=len(rows) - len(rows[:SHOWN]),
        pace=against.elapsed / against.total if 0 < against.elapsed < against.total else None,
    )


def _teams(crew: Crew) -> dict[int, list[Person]]:
    """People by the team directly below the chosen one that they belong to; those of the chosen one itself under its own id."""
    groups: dict[int, list[Person]] = {}
    for person in crew.people:
        below = person.team_path.removeprefix(crew.team.path)
        groups.setdefault(int(below.split("/")[0]) if below else crew.team.team_id, []).append(person)
    return groups


def _has_place(person: Person, won: Mapping[int, Line], open_by: Mapping[int, Tally]) -> bool:
    """Sellers who are here, and anyone on whom money hangs."""
    return (person.sells and person.left_on is None) or person.rep_id in won or person.rep_id in open_by


def _rep_row(person: Person, won: Mapping[int, Line], open_by: Mapping[int, Tally], today: date) -> WeekRow:
    left = person.left_on is not None and person.left_on <= today
    held = open_by.get(person.rep_id, Tally(0, ZERO))
    return WeekRow(
        name=person.name,
        rep_id=person.rep_id,
        team_id=None,
        won=won[person.rep_id].credited if person.rep_id in won else ZERO,
        quota=won[person.rep_id].quota if person.rep_id in won else None,
        open=held.amount,
        open_deals=held.deals,
        counts=tuple(person.by_channel[channel] for channel in CHANNELS),
        last_on=person.last_on,
        quiet=not left and _is_quiet(person.last_on, today),
        left=left,
        members=1,
    )


def _team_row(
    crew: Crew, team_id: int, people: Iterable[Person], won: Mapping[int, Line], open_by: Mapping[int, Tally], today: date
) -> WeekRow:
    rows = [_rep_row(person, won, open_by, today) for person in people]
    names = {choice.team_id: choice.name for choice in crew.choices}
    return WeekRow(
        name=names.get(team_id, crew.team.name),
        rep_id=None,
        team_id=team_id,
        won=sum((row.won for row in rows), ZERO),
        quota=sum((row.quota for row in rows if row.quota), ZERO) or None,
        open=sum((row.open for row in rows), ZERO),
        open_deals=sum(row.open_deals for row in rows),
        counts=tuple(sum(row.counts[at] for row in rows) for at in range(len(CHANNELS))),
        last_on=max((row.last_on for row in rows if row.last_on), default=None),
        quiet=all(row.quiet for row in rows),
        left=False,
        members=sum(not row.left for row in rows),
    )


def _is_quiet(last_on: date | None, today: date) -> bool:
    return last_on is None or (today - last_on).days >= QUIET_DAYS + (2 if today.weekday() < QUIET_DAYS else 0)
