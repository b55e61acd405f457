"""The leaderboard: one thing measured against its target, reps or teams, as each person may read them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from deals.exports import note_export
from deals.models import Deal
from lib import clock
from lib.csv_out import download
from lib.text import clean_param, int_param
from metrics import board_rows, scopes, standing_cards
from metrics.attainment import PAGE_ROWS, Attainment, attainment, leaderboard
from metrics.board_rows import Row
from metrics.definitions import METRICS
from metrics.models import Quota
from metrics.quotas import is_money
from metrics.standing_asking import ACTIVITIES, OUTCOMES, Asked, asked
from metrics.standing_cards import Sheet
from metrics.team_totals import team_totals
from metrics.windows import AsOf, as_of
from reps.gates import for_sales
from reps.requests import Request
from reps.sudo import recent_password_for_file

# More lines than any company has.
_ALL = 1_000_000


@require_GET
@for_sales
def board(request: Request) -> HttpResponse:
    """A page of the board with the whole of its scope above it."""
    chosen, company = asked(request.GET, request.user, request.company), request.company
    sheet, at = Sheet(chosen, request.user.viewer, company), as_of(company)
    context: dict[str, Any] = {
        "asked": chosen,
        "scope": chosen.scope,
        "choice": chosen.choice,
        "period": chosen.period,
        "sheet": sheet,
        "tabs": _tabs(request, chosen),
        "types": _types(request, chosen),
        "now": clock.now(),
        "may_export": scopes.may_export(request.user.viewer, chosen.scope),
        "csv_url": f"{reverse('metrics:leaderboard_csv')}{_link(request)}",
        **(_teams(sheet, at) if chosen.by_team else _reps(request, sheet, at)),
    }
    return render(request, "metrics/leaderboard.html", context)


@require_GET
@for_sales
@recent_password_for_file
def board_csv(request: Request) -> HttpResponseBase:
    """Every line of the board as a file, with what this person reads of it."""
    chosen, company, viewer = asked(request.GET, request.user, request.company), request.company, request.user.viewer
    if not scopes.may_export(viewer, chosen.scope):
        raise PermissionDenied
    rows = _team_rows(chosen, viewer, as_of(company), company)[0] if chosen.by_team else _every_rep(chosen, viewer, company)
    note_export(request, "leaderboard", {"scope": not chosen.scope.is_company, "period": True})
    name = f"leaderboard-{chosen.scope.key.replace(':', '-')}-{chosen.period.label}"
    unit = company.currency if is_money(chosen.target.metric) else "count"
    return download(name, _HEADER, _file_rows(rows, chosen, unit))


_HEADER = ["rank", "name", "team", "metric", "deal_type", "band", "attainment", "credited", "quota", "gap", "pace", "unit"]


def _file_rows(rows: list[Row], chosen: Asked, unit: str) -> Iterator[list[Any]]:
    target = chosen.target
    for row in rows:
        yield [
            row.rank, row.scope.name, row.note, target.metric, target.deal_type, row.band, _short(row.ratio), row.credited, row.quota,
            row.gap, _short(row.pace), unit,
        ]  # fmt: skip


def _short(ratio: Any) -> Any:
    return None if ratio is None else round(ratio, 6)


def _every_rep(chosen: Asked, viewer: Any, company: Any) -> list[Row]:
    at = as_of(company)
    found = leaderboard(chosen.scope, chosen.period, viewer=viewer, at=at, company=company, target=chosen.target, size=_ALL)
    return board_rows.rep_rows(found.rows, viewer=viewer, scope=chosen.scope, target=chosen.target)


# ── Reps and teams ──────────────────────────────────────────────────────────────────────────────────────────────────
def _reps(request: Request, sheet: Sheet, at: AsOf) -> dict[str, Any]:
    chosen, viewer = sheet.asked, sheet.viewer
    after = int_param(request.GET, "from", low=0, high=1_000_000) or 0
    found = leaderboard(
        chosen.scope, chosen.period, viewer=viewer, at=at, company=sheet.company, target=chosen.target, after=after
    )
    rows = board_rows.rep_rows(found.rows, viewer=viewer, scope=chosen.scope, target=chosen.target)
    near = board_rows.rep_rows(found.around, viewer=viewer, scope=chosen.scope, target=chosen.target)
    return {
        **_shown(sheet, rows),
        "whole": standing_cards.whole(sheet, found.whole),
        "near": standing_cards.lines(sheet, near),
        "my_band": standing_cards.my_band(sheet, found),
        "reads": standing_cards.reads(sheet, found),
        "count": found.count,
        "first": after + 1,
        "last": after + len(rows),
        "next_url": _link(request, **{"from": str(found.next_after)}) if found.next_after else "",
        "previous_url": _link(request, **{"from": str(max(after - PAGE_ROWS, 0) or "")}) if after else "",
    }


def _teams(sheet: Sheet, at: AsOf) -> dict[str, Any]:
    rows, found = _team_rows(sheet.asked, sheet.viewer, at, sheet.company)
    return {
        **_shown(sheet, rows),
        "whole": standing_cards.whole(sheet, found),
        "reads": standing_cards.reads_teams(sheet),
        "count": len(rows),
    }


def _team_rows(chosen: Asked, viewer: Any, at: AsOf, company: Any) -> tuple[list[Row], Attainment]:
    """The teams of the scope, and its whole."""
    totals = team_totals(chosen.scope, chosen.period, at=at, company=company, target=chosen.target)
    found = attainment(chosen.scope, chosen.period, at=at, company=company, target=chosen.target)
    return board_rows.team_rows(totals, viewer=viewer, scope=chosen.scope, target=chosen.target), found


def _shown(sheet: Sheet, rows: list[Row]) -> dict[str, Any]:
    """The lines, and which columns have anything in them for this reader."""
    return {
        "lines": standing_cards.lines(sheet, rows),
        "with_rank": any(row.rank is not None for row in rows),
        "with_ratio": any(row.ratio is not None for row in rows),
        "with_amounts": any(row.quota is not None for row in rows),
        "with_credited": any(row.credited is not None for row in rows),
        "withheld": any(row.hides for row in rows),
    }


# ── Links ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def _tabs(request: Request, chosen: Asked) -> list[tuple[bool, list[tuple[str, Any, bool]]]]:
    """Outcomes and activity apart: (is activity, [(address, title, chosen)])."""
    return [
        (group is ACTIVITIES, [(_tab(request, key), METRICS[key].title, key == chosen.target.metric) for key in group])
        for group in (OUTCOMES, ACTIVITIES)
    ]


def _tab(request: Request, key: str) -> str:
    return _link(request, metric=key, **({} if key in Quota.BY_TYPE else {"type": ""}))


def _types(request: Request, chosen: Asked) -> list[tuple[str, Any, bool]]:
    """The deal types a board of wins may be cut to."""
    if chosen.target.metric not in Quota.BY_TYPE:
        return []
    return [(_link(request, type=value), label, value == chosen.target.deal_type) for value, label in Deal.Type.choices]


def _link(request: Request, **change: str) -> str:
    """This page with something changed, from its first line."""
    names = ("scope", "period", "metric", "type", "by")
    kept = {name: clean_param(request.GET, name, most=40) for name in names}
    return "?" + urlencode({name: value for name, value in {**kept, **change}.items() if value})
