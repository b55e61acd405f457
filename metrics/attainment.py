"""Attainment, pace and the leaderboard of a scope and period (DOMAIN §3), each in one query (metrics/standings.py)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from lib.periods import Period
from metrics import targets
from metrics.scopes import Scope
from metrics.sql import document
from metrics.standings import Target, lines, units
from metrics.targets import Band, Pace, RollUp
from metrics.windows import AsOf
from reps.access import Viewer
from reps.models import Company, Team

PAGE_ROWS = 50
# Who stands how near around me on a board: two above and two below.
AROUND = 2
_COLUMNS = (
    "'rep_id', rep_id, 'name', name, 'team_id', team_id, 'team_name', team_name, 'credited', credited, 'quota', quota, "
    "'elapsed', elapsed, 'total', total, 'standing', standing"
)
_AROUND_COLUMNS = _COLUMNS.replace("'standing', standing", "'standing', p.standing")
# What `of_document` reads, for documents that hold more than this.
FIELDS = f"""
    'own', (SELECT CASE WHEN partly THEN NULL ELSE value END FROM own),
    'lines', (SELECT json_agg(json_build_object({_COLUMNS}) ORDER BY lower(name), rep_id) FROM lines)
"""
_ALL = f"WITH {{lines}} SELECT json_build_object({FIELDS})::text"
# Where a person reads the band only, the order inside a band says nothing but the name; ranks stand in a part of their own.
_BOARD = f"""
WITH {{lines}}, ranked AS (
    SELECT l.*, l.credited::numeric / nullif(l.quota, 0) AS ratio,
           CASE WHEN l.quota IS NULL OR l.quota = 0 THEN NULL WHEN l.credited * 5 >= l.quota * 6 THEN 5
                WHEN l.credited >= l.quota THEN 4 WHEN l.credited * 5 >= l.quota * 4 THEN 3
                WHEN l.credited * 2 >= l.quota THEN 2 ELSE 1 END AS band,
           CASE WHEN l.quota > 0 THEN rank() OVER (ORDER BY l.credited::numeric / nullif(l.quota, 0) DESC NULLS LAST) END AS rank,
           CASE WHEN %(all)s OR l.rep_id = ANY(%(exact)s) THEN 'exact' ELSE coalesce(l.standing, 'band') END AS sees
    FROM lines l
), standing_at AS (
    -- Among colleagues of whom only the rank is read, one stands at one's own.
    SELECT r.*, row_number() OVER (
        ORDER BY (way = 'rank'), CASE WHEN way <> 'rank' THEN band END DESC NULLS LAST,
                 CASE WHEN way IN ('exact', 'share') THEN ratio END DESC NULLS LAST,
                 CASE WHEN way = 'rank' THEN rank END, lower(name), rep_id) AS place
    FROM (SELECT *, CASE WHEN rep_id = %(me)s AND NOT %(all)s AND standing = 'rank' THEN 'rank' ELSE sees END AS way FROM ranked) r
), me AS (SELECT rank, band, sees, standing FROM ranked WHERE rep_id = %(me)s AND rank IS NOT NULL)
SELECT json_build_object(
    'own', (SELECT CASE WHEN partly THEN NULL ELSE value END FROM own),
    'actual', (SELECT coalesce(sum(credited), 0) FROM lines), 'street', (SELECT coalesce(sum(quota), 0) FROM lines),
    'elapsed', (SELECT max(elapsed) FROM lines), 'total', (SELECT max(total) FROM lines),
    'count', (SELECT count(*) FROM lines), 'ranked', (SELECT count(*) FROM ranked WHERE rank IS NOT NULL),
    'rows', (SELECT json_agg(json_build_object({_COLUMNS}, 'rank', rank, 'band', band, 'sees', sees) ORDER BY place)
             FROM standing_at WHERE place > %(after)s AND place <= %(after)s + %(size)s),
    'me', (SELECT json_build_object({_COLUMNS}, 'rank', rank, 'band', band, 'sees', sees) FROM standing_at WHERE rep_id = %(me)s),
    'in_band', (SELECT count(*) FROM ranked r, me WHERE r.band = me.band AND (r.sees <> 'rank' OR r.rep_id = %(me)s)),
    'around', (SELECT json_agg(json_build_object({_AROUND_COLUMNS}, 'rank', p.rank, 'band', p.band, 'sees', p.sees) ORDER BY p.rank, lower(name))
               FROM standing_at p, me WHERE abs(p.rank - me.rank) <= {AROUND} AND (%(all)s OR me.standing <> 'band')
                 AND (p.sees <> 'band' OR p.rep_id = %(me)s))
)::text
"""
BANDS = {5: Band.OVER, 4: Band.MET, 3: Band.NEAR, 2: Band.UNDER, 1: Band.CRITICAL}


@dataclass(frozen=True)
class Line:
    """A rep: what was credited and asked, in money or counts; working days gone and in all. `quota` None: none was set."""

    rep_id: int
    name: str
    team_id: int | None
    team_name: str
    credited: Decimal
    quota: Decimal | None
    elapsed: int
    total: int
    # What colleagues read of the team's attainments (Team.Standing).
    standing: str = ""

    @property
    def gap(self) -> Decimal | None:
        """What is missing; None without a quota, never negative."""
        return targets.gap(self.credited, self.quota)

    @property
    def attainment(self) -> Decimal | None:
        """Unrounded; None without a quota."""
        return targets.attainment(self.credited, self.quota)

    @property
    def band(self) -> Band | None:
        """How it stands."""
        return targets.band(self.credited, self.quota)

    @property
    def pace(self) -> Pace:
        """Against what was to be expected by now."""
        return targets.pace(self.credited, self.quota, elapsed=self.elapsed, total=self.total)


@dataclass(frozen=True)
class Attainment:
    """A scope: the sum of what its reps were credited and asked, and each of them."""

    target: Target
    roll_up: RollUp
    elapsed: int
    total: int
    lines: Sequence[Line]

    @property
    def pace(self) -> Pace:
        """Of the whole scope."""
        return targets.pace(self.roll_up.actual, self.roll_up.quota, elapsed=self.elapsed, total=self.total)

    @property
    def gap(self) -> Decimal | None:
        """What is missing; None without a quota, never negative."""
        return targets.gap(self.roll_up.actual, self.roll_up.quota)

    @property
    def band(self) -> Band | None:
        """How the scope stands."""
        return targets.band(self.roll_up.actual, self.roll_up.quota)


@dataclass(frozen=True)
class Place:
    """A line of a leaderboard as this person may read it: `sees` is exact, share, band or rank."""

    line: Line
    sees: str
    band: Band | None
    rank: int | None

    @property
    def shows_ratio(self) -> bool:
        """The percentage is theirs to read."""
        return self.sees in ("exact", Team.Standing.SHARE)

    @property
    def shows_band(self) -> bool:
        """The band is."""
        return self.sees != Team.Standing.RANK

    @property
    def shows_rank(self) -> bool:
        """The place among all is."""
        return self.sees != Team.Standing.BAND

    @property
    def shows_amounts(self) -> bool:
        """Quota and gap are."""
        return self.sees == "exact"


@dataclass(frozen=True)
class Board:
    """One page of a leaderboard; `around` are those next to the reader, where the team's setting lets ranks be seen.

    `me` is the reader's own line and `in_band` how many stand in the same band, themselves included.
    """

    whole: Attainment
    rows: Sequence[Place]
    around: Sequence[Place]
    count: int
    ranked: int
    after: int
    me: Place | None = None
    in_band: int = 0

    @property
    def next_after(self) -> int | None:
        """Where the next page begins."""
        following = self.after + PAGE_ROWS
        return following if following < self.count else None


def attainment(scope: Scope, period: Period, *, at: AsOf, company: Company, target: Target | None = None) -> Attainment:
    """What each rep of the scope reached of what was asked, in one query. `period` is a month, quarter or year.

    Quotas are those of the whole period, effective after leave; credits up to `at`. As known earlier with `at.known_at`.
    """
    target = target or Target()
    text, params = lines(scope, period, target, at, company)
    return of_document(document(_ALL.replace("{lines}", text), params), target, company)


def of_document(found: Mapping[str, Any], target: Target, company: Company) -> Attainment:
    """The attainment that a document with FIELDS tells."""
    unit = target.unit(company)
    read = [_line(row, unit) for row in found["lines"] or ()]
    street = sum((line.quota or Decimal(0) for line in read), Decimal(0))
    actual = sum((line.credited for line in read), Decimal(0))
    elapsed, total = max((line.elapsed for line in read), default=0), max((line.total for line in read), default=0)
    return Attainment(target, RollUp(actual, units(found["own"], unit), street), elapsed, total, read)


def leaderboard(
    scope: Scope, period: Period, *, viewer: Viewer, at: AsOf, company: Company, target: Target | None = None, after: int = 0,
    size: int = PAGE_ROWS,
) -> Board:  # fmt: skip
    """Fifty lines of the scope by attainment as this person may read them, in one query.

    Managers read those below them exactly, admins and auditors everyone; colleagues what each team's setting lets them:
    percentage, band or rank. What is not theirs to read does not decide the order either.
    """
    target = target or Target()
    text, params = lines(scope, period, target, at, company)
    exact = list(viewer.own_ids | viewer.subtree_rep_ids)
    asked = {"all": viewer.reads_everything, "exact": exact, "me": viewer.rep_id, "after": after, "size": size}
    found = document(_BOARD.replace("{lines}", text), {**params, **asked})
    unit = target.unit(company)
    roll_up = RollUp(
        units(found["actual"], unit) or Decimal(0), units(found["own"], unit), units(found["street"], unit) or Decimal(0)
    )
    return Board(
        whole=Attainment(target, roll_up, found["elapsed"] or 0, found["total"] or 0, ()),
        rows=[_place(row, unit) for row in found["rows"] or ()],
        around=[_place(row, unit) for row in found["around"] or ()],
        count=found["count"],
        ranked=found["ranked"],
        after=after,
        me=_place(found["me"], unit) if found["me"] else None,
        in_band=found["in_band"],
    )


def _line(row: Mapping[str, Any], unit: int) -> Line:
    return Line(
        rep_id=row["rep_id"], name=row["name"], team_id=row["team_id"], team_name=row["team_name"] or "",
        credited=units(row["credited"], unit) or Decimal(0), quota=units(row["quota"], unit), elapsed=row["elapsed"] or 0,
        total=row["total"] or 0, standing=row["standing"] or "",
    )  # fmt: skip


def _place(row: Mapping[str, Any], unit: int) -> Place:
    return Place(_line(row, unit), row["sees"], BANDS.get(row["band"]), row["rank"])
