"""The lines of a leaderboard with nothing in them that this person may not read: for the page and for the file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from metrics import standing_rights as rights
from metrics import targets
from metrics.attainment import BANDS, Place
from metrics.quotas import is_money
from metrics.scopes import Scope, ScopeKind, shows_parts
from metrics.standings import Target
from metrics.targets import Band
from metrics.team_totals import TeamTotal
from reps.access import Viewer
from reps.models import Team

_ORDER = {band: place for place, band in BANDS.items()}


@dataclass(frozen=True)
class Row:
    """A rep or a team; what is not this reader's is None. `hides` says that something is, `asked` that a quota was set.

    `street` is the sum of a team's quotas, `depth` how far below the scope it stands.
    """

    scope: Scope
    note: str
    how: str
    asked: bool
    rank: int | None = None
    ratio: Decimal | None = None
    band: Band | None = None
    credited: Decimal | None = None
    quota: Decimal | None = None
    gap: Decimal | None = None
    pace: Decimal | None = None
    elapsed_share: float | None = None
    street: Decimal | None = None
    reps: int = 0
    is_me: bool = False
    depth: int = 0

    @property
    def hides(self) -> bool:
        """More is known of it than this person reads."""
        return self.how != rights.EXACT


def rep_rows(places: Iterable[Place], *, viewer: Viewer, scope: Scope, target: Target) -> list[Row]:
    """Reps as their team's setting and the reader's place allow."""
    open_credits = not is_money(target.metric) or shows_parts(viewer, scope)
    return [_of_rep(place, viewer, open_credits=open_credits) for place in places]


def _of_rep(place: Place, viewer: Viewer, *, open_credits: bool) -> Row:
    line = place.line
    pace = line.pace if place.shows_ratio else None
    credited = open_credits or viewer.reads_everything or line.rep_id in viewer.readable_rep_ids
    return Row(
        scope=Scope(ScopeKind.REP, line.rep_id, line.name),
        note=line.team_name,
        how=place.sees,
        asked=bool(line.quota),
        rank=place.rank if shows_rank(viewer, place) else None,
        ratio=line.attainment if place.shows_ratio else None,
        band=place.band if place.shows_band else None,
        credited=line.credited if credited else None,
        quota=line.quota if place.shows_amounts else None,
        gap=line.gap if place.shows_amounts else None,
        pace=pace.ratio if pace else None,
        elapsed_share=line.elapsed / line.total if pace and 0 < line.elapsed < line.total else None,
        is_me=line.rep_id == viewer.rep_id,
    )


def shows_rank(viewer: Viewer, place: Place) -> bool:
    """The place among all; one's own only where the team opened more than bands, since inside a band there are no places."""
    if place.line.rep_id != viewer.rep_id or viewer.reads_everything:
        return place.shows_rank
    return place.line.standing in (Team.Standing.SHARE, Team.Standing.RANK)


def team_rows(totals: Sequence[TeamTotal], *, viewer: Viewer, scope: Scope, target: Target) -> list[Row]:
    """The teams of a scope as a tree, each with all below it: by band and percentage where they may be read, else by name."""
    below: dict[int | None, list[tuple[Row, TeamTotal]]] = {}
    here = {total.scope.id for total in totals}
    for total in totals:
        parent = total.parent_id if total.parent_id in here and total.scope.id != scope.id else None
        below.setdefault(parent, []).append((_of_team(total, viewer, target, _depth(total, scope)), total))
    found: list[Row] = []

    def take(parent: int | None) -> None:
        for row, total in sorted(below.get(parent, ()), key=lambda pair: best_first(pair[0])):
            found.append(row)
            take(total.scope.id)

    take(None)
    return found


def _of_team(total: TeamTotal, viewer: Viewer, target: Target, depth: int) -> Row:
    how = rights.sees(viewer, total.scope, total.scope.standing)
    exact, open_ratio = how == rights.EXACT, rights.shows_ratio(how)
    roll_up = total.roll_up
    return Row(
        scope=total.scope,
        note="",
        how=how,
        asked=bool(roll_up.quota),
        ratio=roll_up.attainment if open_ratio else None,
        band=total.band if rights.shows_band(how) else None,
        credited=roll_up.actual if not is_money(target.metric) or shows_parts(viewer, total.scope) else None,
        quota=roll_up.quota if exact else None,
        gap=targets.gap(roll_up.actual, roll_up.quota) if exact else None,
        pace=total.pace.ratio if open_ratio else None,
        elapsed_share=total.elapsed / total.total if open_ratio and 0 < total.elapsed < total.total else None,
        street=roll_up.street_quota if exact else None,
        reps=total.reps,
        is_me=total.scope.id in viewer.team_ids,
        depth=depth,
    )


def _depth(total: TeamTotal, scope: Scope) -> int:
    steps = total.scope.path.count("/") - (scope.path.count("/") if scope.is_team else 2)
    return max(steps, 0)


def best_first(row: Row) -> tuple[int, bool, Decimal, str]:
    """By what may be read of each: band, percentage, else the name alone."""
    return -_ORDER.get(row.band, 0) if row.band else 0, row.ratio is None, -(row.ratio or Decimal(0)), row.scope.name.casefold()
