"""A fiscal year of quotas of one team, as kept: who stands in which row, what stands in each month, how much of it counts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.db.models import Count, Q
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from lib import periods
from lib.money import minor_units
from lib.periods import Period
from lib.versioned import since
from metrics.models import EffectiveQuota, Quota
from metrics.quota_presence import WHOLE, Calendars, Part, parts
from metrics.quotas import Key, is_money, may_set
from reps.access import Viewer
from reps.models import Company, Leave, Rep, Team, TeamMembership, User

REP, TEAM = "r", "t"


@dataclass(frozen=True)
class Asked:
    """Which sheet: the team, the fiscal year, of what, of which type of deals ("" for all)."""

    team: Team
    year: Period
    metric: str
    deal_type: str
    currency: str

    @property
    def months(self) -> list[date]:
        """The twelve firsts of the fiscal year."""
        return [periods.add_months(self.year.start_on, at) for at in range(12)]

    @property
    def as_query(self) -> dict[str, str]:
        """As it stands in an address."""
        pairs = {"team": str(self.team.pk), "year": self.year.label, "metric": self.metric, "type": self.deal_type}
        return {name: value for name, value in pairs.items() if value}

    def minor(self, amount: Decimal) -> int:
        """In the units that effective quotas are kept in."""
        return minor_units(amount, self.currency) if self.currency else int(amount.scaleb(EffectiveQuota.COUNT_PLACES))

    def major(self, minor: int) -> Decimal:
        """Back from those units."""
        return Decimal(minor) / self.minor(Decimal(1))


@dataclass
class Row:
    """A rep or a team, with what is set for each month."""

    kind: str
    id: int
    name: str
    editable: bool
    marks: tuple[str, ...] = ()
    base: dict[date, Decimal] = field(default_factory=dict)
    parts: Mapping[date, Part] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """As it stands in the names of its cells: r12 or t3."""
        return f"{self.kind}{self.id}"

    def part(self, month: date) -> Part:
        """How much of that month counts in this sheet."""
        return self.parts.get(month, WHOLE)

    def takes(self, month: date) -> bool:
        """Whether a number may be typed there."""
        return self.editable and not self.part(month).is_out

    def number_of(self, month: date) -> Key:
        """As the verbs know it."""
        return (self.id, None, month) if self.kind == REP else (None, self.id, month)


def cell_key(row: str, month: date) -> str:
    """The name of a cell: r12-2026-01."""
    return f"{row}-{month:%Y-%m}"


@dataclass
class Sheet:
    """The rows of a team's year: its reps, the teams below it, and the team's own number last."""

    asked: Asked
    reps: list[Row]
    teams: list[Row]
    own: Row
    lead: str

    @property
    def rows(self) -> list[Row]:
        """In the order of the page."""
        return [*self.reps, *self.teams, self.own]

    @property
    def street(self) -> list[Row]:
        """Those whose numbers are summed against the team's own."""
        return [*self.reps, *self.teams]

    @cached_property
    def cells(self) -> dict[str, tuple[Row, date]]:
        """Every cell by its name."""
        return {cell_key(row.key, month): (row, month) for row in self.rows for month in self.asked.months}

    @property
    def is_editable(self) -> bool:
        """Whether this person may type anything here."""
        return any(row.editable for row in self.rows)


# ── Reading ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def teams_for(user: User, today: date) -> dict[int, Team]:
    """Every team by id, with its lead and how many sellers it has today: for the choice, the calendars and the rows below."""
    seats = Q(memberships__superseded_at=None, memberships__valid__contains=today, memberships__rep__sells=True)
    here = seats & (Q(memberships__rep__left_on=None) | Q(memberships__rep__left_on__gte=today))
    found = Team.objects.visible_to(user).led_on(today).annotate(sellers=Count("memberships", filter=here, distinct=True))
    return {team.pk: team for team in found.order_by("name", "pk")}


def open_to(viewer: Viewer, teams: Iterable[Team]) -> list[Team]:
    """The teams whose sheet this person may read: all for who reads everything, those below for a manager."""
    return [team for team in teams if viewer.reads_everything or team.pk in viewer.subtree_team_ids]


def read(asked: Asked, *, viewer: Viewer, teams: Mapping[int, Team], company: Company) -> Sheet:
    """The sheet as it stands now. Four queries, one more for each calendar of holidays."""
    seats = _seats(asked)
    reps = _sellers(seats, asked)
    below = [team for team in teams.values() if team.parent_id == asked.team.pk and not _is_closed(team, asked)]
    amounts = _amounts(asked, [*reps], [asked.team.pk, *(team.pk for team in below)])
    counted = _parts(asked, reps, seats, teams, company)
    rows = [_rep_row(rep, asked, viewer, seats[rep.pk], amounts, counted[rep.pk], teams) for rep in reps.values()]
    shown = [row for row in rows if not all(row.part(month).is_out for month in asked.months)]
    return Sheet(
        asked=asked,
        reps=sorted(shown, key=lambda row: (row.name.casefold(), row.id)),
        teams=[_team_row(team, viewer, amounts) for team in below],
        own=_team_row(asked.team, viewer, amounts),
        lead=getattr(teams[asked.team.pk], "lead_name", "") or "",
    )


def _seats(asked: Asked) -> dict[int, list[TeamMembership]]:
    """Where those sat in and around the year who sat in this team in it."""
    year = since(asked.year.start_on, asked.year.end_on)
    mine = TeamMembership.objects.current().filter(team=asked.team, valid__overlap=year).values("rep_id")
    found: dict[int, list[TeamMembership]] = defaultdict(list)
    for seat in TeamMembership.objects.current().filter(rep_id__in=mine).select_related("rep"):
        found[seat.rep_id].append(seat)
    return found


def _sellers(seats: Mapping[int, Sequence[TeamMembership]], asked: Asked) -> dict[int, Rep]:
    reps = {pk: rows[0].rep for pk, rows in seats.items()}
    return {
        pk: rep for pk, rep in reps.items()
        if rep.sells and (rep.left_on is None or rep.left_on >= asked.year.start_on)
        and (rep.joined_on is None or rep.joined_on < asked.year.end_on)
    }  # fmt: skip


def _amounts(asked: Asked, reps: list[int], teams: list[int]) -> dict[str, dict[date, Decimal]]:
    year = {"month_on__gte": asked.year.start_on, "month_on__lt": asked.year.end_on}
    whose = Q(rep__in=reps) | Q(team__in=teams)
    rows = Quota.objects.current().filter(whose, metric=asked.metric, deal_type=asked.deal_type, **year)
    found: dict[str, dict[date, Decimal]] = defaultdict(dict)
    for rep, team, month, amount in rows.values_list("rep_id", "team_id", "month_on", "amount"):
        found[f"{REP}{rep}" if rep else f"{TEAM}{team}"][month] = amount
    return found


def _parts(
    asked: Asked, reps: Mapping[int, Rep], seats: Mapping[int, list[TeamMembership]], teams: Mapping[int, Team], company: Company
) -> dict[int, dict[date, Part]]:
    first, stop = asked.year.start_on, asked.year.end_on
    calendars = Calendars.around(company, teams, first, stop)
    leaves: dict[int, list[Leave]] = defaultdict(list)
    for leave in Leave.objects.current().filter(rep__in=[*reps], valid__overlap=calendars.span):
        leaves[leave.rep_id].append(leave)
    return {
        pk: parts(
            rep, team_id=asked.team.pk, months=asked.months, stop=stop, seats=seats[pk], leaves=leaves[pk], calendars=calendars
        )
        for pk, rep in reps.items()
    }


def _rep_row(
    rep: Rep, asked: Asked, viewer: Viewer, seats: Sequence[TeamMembership], amounts: Mapping[str, dict[date, Decimal]],
    counted: Mapping[date, Part], teams: Mapping[int, Team],
) -> Row:  # fmt: skip
    may = may_set(viewer, rep_id=rep.pk)
    # What is asked of somebody in another team is not for those who read this one.
    mine = {month: amount for month, amount in amounts.get(f"{REP}{rep.pk}", {}).items() if not counted[month].is_out}
    return Row(REP, rep.pk, rep.name, may, _marks(rep, asked, seats, teams), mine, counted)


def _team_row(team: Team, viewer: Viewer, amounts: Mapping[str, dict[date, Decimal]]) -> Row:
    return Row(TEAM, team.pk, team.name, may_set(viewer, team_id=team.pk), (), dict(amounts.get(f"{TEAM}{team.pk}", {})))


def _marks(rep: Rep, asked: Asked, seats: Iterable[TeamMembership], teams: Mapping[int, Team]) -> tuple[str, ...]:
    """What happened to the rep in that year, in words."""
    found: list[tuple[date, str]] = []
    if rep.joined_on and rep.joined_on in asked.year:
        found.append((rep.joined_on, _("joined %(day)s")))
    if rep.left_on and rep.left_on in asked.year:
        found.append((rep.left_on, _("left %(day)s")))
    ordered = sorted(seats, key=lambda seat: seat.valid.lower or date.min)
    for seat in ordered:
        if seat.team_id != asked.team.pk:
            continue
        before = next((other for other in ordered if other.valid.upper and other.valid.upper == seat.valid.lower), None)
        after = next((other for other in ordered if other.valid.lower and other.valid.lower == seat.valid.upper), None)
        if seat.valid.lower and seat.valid.lower in asked.year and seat.valid.lower != rep.joined_on:
            found.append((seat.valid.lower, _from_words(before, teams)))
        if seat.valid.upper and seat.valid.upper in asked.year:
            found.append((seat.valid.upper, _to_words(after, teams)))
    return tuple(words % {"day": date_format(day, "j M")} for day, words in sorted(found))


def _from_words(seat: Any, teams: Mapping[int, Team]) -> str:
    team = teams.get(seat.team_id) if seat else None
    return _("from %(team)s on %(day)s").replace("%(team)s", _escaped(team.name)) if team else _("here since %(day)s")


def _to_words(seat: Any, teams: Mapping[int, Team]) -> str:
    team = teams.get(seat.team_id) if seat else None
    return _("to %(team)s on %(day)s").replace("%(team)s", _escaped(team.name)) if team else _("here until %(day)s")


def _escaped(name: str) -> str:
    return name.replace("%", "%%")


def _is_closed(team: Team, asked: Asked) -> bool:
    return team.closed_on is not None and team.closed_on <= asked.year.start_on


def is_of_types(metric: str) -> bool:
    """Whether deal types divide this metric."""
    return metric in Quota.BY_TYPE


def currency_of(metric: str, company: Company) -> str:
    """The currency of its numbers, empty for counts."""
    return company.currency if is_money(metric) else ""
