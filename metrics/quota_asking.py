"""Which sheet of quotas an address asks for, and what a form of it brings. What is spoilt is as good as absent."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404

from deals.models import Deal
from lib import clock, periods
from lib.numbers import language
from lib.periods import BadPeriod, Period
from lib.text import clean, clean_param, int_param
from metrics import quota_sheet
from metrics.models import Quota
from metrics.quota_grid import Grid, build
from metrics.quota_reading import LONGEST, exact
from metrics.quota_sheet import Asked, Sheet
from metrics.quotas import Key
from metrics.windows import FIRST_YEAR, LAST_YEAR
from reps.models import Company, Team
from reps.requests import Request

# Of the last quarter of a year on, the next one is planned.
_PLANS_AHEAD_FROM = 9
MOST_TYPED = 20_000


@dataclass(frozen=True)
class Opened:
    """The sheet that was asked for, and the teams there are to choose from."""

    sheet: Sheet
    teams: list[Team]
    all_teams: Mapping[int, Team]


def lang(request: Request) -> str:
    """The custom in which this person writes numbers."""
    return language(getattr(request, "LANGUAGE_CODE", None))


def open_sheet(request: Request) -> Opened:
    """The sheet of the address; 403 for who has none to read, 404 for a team that is not theirs."""
    today, viewer = clock.today(request.company.zone), request.user.viewer
    every = quota_sheet.teams_for(request.user, today)
    mine = quota_sheet.open_to(viewer, every.values())
    if not mine:
        if viewer.kind in ("admin", "auditor"):
            raise Http404
        raise PermissionDenied
    asked = _asked(request, mine, today)
    return Opened(quota_sheet.read(asked, viewer=viewer, teams=every, company=request.company), mine, every)


def _asked(request: Request, teams: Sequence[Team], today: date) -> Asked:
    metric = clean_param(request.GET, "metric")
    metric = metric if metric in Quota.Metric.values else Quota.Metric.WON_VALUE
    deal_type = clean_param(request.GET, "type")
    deal_type = deal_type if deal_type in Deal.Type.values and quota_sheet.is_of_types(metric) else ""
    currency = quota_sheet.currency_of(metric, request.company)
    return Asked(_team(request, teams), _year(request, request.company, today), metric, deal_type, currency)


def _team(request: Request, teams: Sequence[Team]) -> Team:
    """The team asked for; of itself that which the person leads with the most sellers, for others the largest."""
    if "team" in request.GET:
        wanted = int_param(request.GET, "team")
        found = next((team for team in teams if team.pk == wanted), None)
        if found is None:
            raise Http404
        return found
    led = [team for team in teams if team.pk in request.user.viewer.led_team_ids]
    open_now = [team for team in led or teams if team.closed_on is None] or list(teams)
    return max(open_now, key=lambda team: (getattr(team, "sellers", 0), -team.pk))


def _year(request: Request, company: Company, today: date) -> Period:
    start = company.fiscal_start
    try:
        found = periods.named(clean_param(request.GET, "year", most=4), start)
        if found.grain == "year" and found.start_on.year > FIRST_YEAR and found.end_on.year < LAST_YEAR:
            return found
    except BadPeriod:
        pass
    running = periods.containing(today, "year", start)
    ahead = (today.year - running.start_on.year) * 12 + today.month - running.start_on.month >= _PLANS_AHEAD_FROM
    return periods.shift(running, 1, start) if ahead else running


def years(asked: Asked, fiscal_start: int) -> list[Period]:
    """The year before, the year, the year after."""
    return [periods.shift(asked.year, by, fiscal_start) for by in (-1, 0, 1)]


# ── What a form brings ──────────────────────────────────────────────────────────────────────────────────────────────
def typed(request: Request, sheet: Sheet) -> dict[str, str]:
    """The texts by cell: from the script in one field, else each cell in its own. 403 for a cell that is not theirs."""
    found = {}
    for key, text in _brought(request, sheet).items():
        if key not in sheet.cells:
            continue
        row, month = sheet.cells[key]
        if not row.editable:
            raise PermissionDenied
        if row.takes(month):
            found[key] = clean(text)[: LONGEST + 1]
    return found


def _brought(request: Request, sheet: Sheet) -> dict[str, str]:
    if "typed" in request.POST:
        return texts_of(request.POST["typed"])
    shown = texts_of(request.POST.get("was", ""))
    texts = {key: str(text) for key, text in request.POST.items() if key in sheet.cells}
    return {key: text for key, text in texts.items() if text.strip() != _as_shown(shown.get(key), request)}


def _as_shown(text: str | None, request: Request) -> str:
    amount = _decimal(text)
    return "" if amount is None else exact(amount, lang(request))


def texts_of(raw: str) -> dict[str, str]:
    """A JSON object of texts; anything else in it is left out."""
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    pairs = found.items() if isinstance(found, dict) else ()
    return {key: text for key, text in list(pairs)[:MOST_TYPED] if isinstance(text, str)}


def seen(request: Request, sheet: Sheet) -> dict[Key, Decimal | None]:
    """What stood in each cell when the page was made."""
    shown = texts_of(request.POST.get("was", ""))
    return {row.number_of(month): _decimal(shown.get(key)) for key, (row, month) in sheet.cells.items()}


def _decimal(text: str | None) -> Decimal | None:
    try:
        found = Decimal(text) if text else None
    except InvalidOperation:
        return None
    return found if found is not None and found.is_finite() else None


def grid(request: Request, sheet: Sheet, texts: Mapping[str, str], **more: Any) -> Grid:
    """The sheet with these texts over it."""
    return build(sheet, texts, lang=lang(request), kept=texts_of(request.POST.get("kept", "")), **more)


def was(sheet: Sheet) -> str:
    """What stands in each cell, to be sent back with the form."""
    amounts = {key: f"{row.base[month]:f}" for key, (row, month) in sheet.cells.items() if month in row.base and row.editable}
    return json.dumps({key: text.rstrip("0").rstrip(".") if "." in text else text for key, text in amounts.items()})
