"""Beside the grid of quotas: pasting without script, filling a row, its history, the file, the choice of a team."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from deals.exports import note_export
from lib import clock
from lib.csv_out import download
from lib.htmx import page_or_fragment
from lib.text import clean_param, fold
from metrics import quota_asking, quota_fill, quota_history, quota_sheet
from metrics.quota_asking import Opened
from metrics.quota_sheet import Row, cell_key
from metrics.views.quotas import for_quotas, pasted, show, told_of
from reps.gates import for_those_who_may
from reps.requests import Request
from reps.sudo import recent_password_for_file

_MOST_OPTIONS = 12


@require_http_methods(["GET", "POST"])
@for_quotas
def quota_paste(request: Request) -> HttpResponse:
    """A box for a table from a spreadsheet. The answer is the grid with what was read; nothing is saved yet."""
    opened = _editable(request)
    if request.method != "POST":
        return _tool(request, opened, "metrics/quota_paste.html")
    texts, said = pasted(request, opened.sheet)
    grid = quota_asking.grid(request, opened.sheet, texts, pasted=texts.keys())
    return show(request, opened, grid, pasted=told_of(grid, len(texts), said))


@require_http_methods(["GET", "POST"])
@for_quotas
def quota_fill_row(request: Request) -> HttpResponse:
    """A number for every month of a row at once. The answer is the grid with it; nothing is saved yet."""
    opened = _editable(request)
    row = _row(request, opened)
    if row is None and "row" in request.GET:
        raise Http404
    row = row or next(row for row in opened.sheet.rows if row.editable)
    if not row.editable:
        raise PermissionDenied
    page: dict[str, Any] = {"row": row, "hows": quota_fill.HOWS}
    if request.method != "POST":
        return _tool(request, opened, "metrics/quota_fill.html", **page)
    lang = quota_asking.lang(request)
    typed, how = clean_param(request.POST, "fill_amount"), clean_param(request.POST, "fill_how")
    try:
        texts = quota_fill.fill(opened.sheet, row_key=row.key, typed=typed, how=how, lang=lang)
    except ValidationError as error:
        fault = " ".join(error.messages)
        return _tool(request, opened, "metrics/quota_fill.html", status=422, fault=fault, typed=typed, how=how, **page)
    return show(request, opened, quota_asking.grid(request, opened.sheet, texts))


@require_GET
@for_quotas
def quota_history_of(request: Request) -> HttpResponse:
    """Who changed what when: of the whole sheet, of a row, or of a cell."""
    opened = quota_asking.open_sheet(request)
    row = _row(request, opened)
    grid = quota_asking.grid(request, opened.sheet, {})
    months = opened.sheet.asked.months
    month = next((month for month in months if f"{month:%Y-%m}" == clean_param(request.GET, "month", most=7)), None)
    changes = quota_history.of(grid, [row] if row else opened.sheet.rows, [month] if month else months)
    return _tool(request, opened, "metrics/quota_history.html", row=row, month=month, changes=changes)


@require_GET
@for_quotas
def quota_teams(request: Request) -> HttpResponse:
    """Teams whose name holds what was typed, as links that keep the year and the metric."""
    every = quota_sheet.teams_for(request.user, clock.today(request.company.zone))
    wanted = fold(clean_param(request.GET, "q", most=80))
    mine = [team for team in quota_sheet.open_to(request.user.viewer, every.values()) if wanted in fold(team.name)]
    kept = {name: value for name in ("year", "metric", "type") if (value := clean_param(request.GET, name, most=20))}
    options = [
        {"name": team.name, "icon": "people", "url": f"{reverse('metrics:quotas')}?{urlencode({'team': team.pk, **kept})}"}
        for team in mine[:_MOST_OPTIONS]
    ]
    return page_or_fragment(request, "metrics/scopes.html", "metrics/_scopes.html", {"options": options})


@require_GET
@for_quotas
@for_those_who_may("deal.export")
@recent_password_for_file
def quotas_csv(request: Request) -> HttpResponseBase:
    """The sheet as a file: what is set, and in the second line of a rep what counts where months are cut short."""
    opened = quota_asking.open_sheet(request)
    sheet = opened.sheet
    note_export(request, "quotas", sheet.asked.as_query)
    header = [
        "row",
        "name",
        "value",
        *(f"{month:%Y-%m}" for month in sheet.asked.months),
        "year",
        "metric",
        "deal_type",
        "currency",
    ]
    name = f"quotas-{sheet.asked.team.pk}-{sheet.asked.year.label}"
    return download(name, header, [line for row in sheet.rows for line in _file_lines(row, opened)])


def _file_lines(row: Row, opened: Opened) -> list[list[Any]]:
    asked = opened.sheet.asked
    end = [asked.metric, asked.deal_type, asked.currency]
    base = [row.base.get(month) for month in asked.months]
    whole = [amount for amount in base if amount is not None]
    kind = "rep" if row.kind == quota_sheet.REP else "team"
    lines: list[list[Any]] = [[kind, row.name, "set", *base, sum(whole) if whole else None, *end]]
    if any(not row.part(month).is_whole for month in asked.months):
        counted = [None if month not in row.base else _counted(row, month, opened) for month in asked.months]
        lines.append([kind, row.name, "counts", *counted, sum(amount for amount in counted if amount is not None), *end])
    return lines


def _counted(row: Row, month: date, opened: Opened) -> Decimal:
    asked = opened.sheet.asked
    return asked.major(row.part(month).of(asked.minor(row.base[month])))


def _editable(request: Request) -> Opened:
    opened = quota_asking.open_sheet(request)
    if not opened.sheet.is_editable:
        raise PermissionDenied
    return opened


def _row(request: Request, opened: Opened) -> Row | None:
    wanted = clean_param(request.GET, "row", most=20)
    return next((row for row in opened.sheet.rows if row.key == wanted), None)


def _tool(request: Request, opened: Opened, page: str, *, status: int = 200, **more: Any) -> HttpResponse:
    asked = opened.sheet.asked
    context = {"asked": asked, "sheet": opened.sheet, "address": urlencode(asked.as_query), "first": _first(opened), **more}
    fragment = page.replace("metrics/", "metrics/_")
    return page_or_fragment(request, "metrics/quota_tool.html", fragment, {**context, "fragment": fragment}, status=status)


def _first(opened: Opened) -> str:
    """The cell that a table is laid at when none is chosen."""
    asked = opened.sheet.asked
    open_rows = [row for row in opened.sheet.rows if row.editable]
    return cell_key(open_rows[0].key, asked.months[0]) if open_rows else ""
