"""The *Numbers* page, its table as a file, its scope picker, and figures for other pages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.views.decorators.http import require_GET

from deals.exports import note_export
from lib import clock, htmx
from lib.csv_out import download
from lib.text import clean_param, int_param
from metrics import asking, board, cards, scopes, standing_cards, tables
from metrics.definitions import Kind, Metric, Unit
from metrics.figures import Figure, of_rows
from metrics.groups import Group
from metrics.reports import reads_quotas
from metrics.tables import Asked
from metrics.windows import AsOf, as_of
from reps.gates import for_sales
from reps.requests import Request
from reps.sudo import recent_password_for_file

PAGE_LINES = 25
# The pages that the scope picker leads to, by the word in its address.
PICKS_FOR = {"activity": "metrics:activity_report", "quota": "metrics:quota_report", "board": "metrics:leaderboard"}


@require_GET
@for_sales
def numbers(request: Request) -> HttpResponse:
    """The figures of a scope and period, its chart, and the table of its teams or reps."""
    scope, company, viewer = asking.scope(request.GET, request.user), request.company, request.user.viewer
    period, at = asking.period(request.GET, company), as_of(company)
    with_money = scopes.shows_money(viewer, scope)
    context: dict[str, Any] = {
        "scope": scope,
        "choice": asking.choice(period, company),
        "period": period,
        "found": board.outcomes(scope, period, at=at, company=company, with_money=with_money),
        "activities": board.activities(scope, period, at=at, company=company),
        "with_money": with_money,
        "may_export": scopes.may_export(viewer, scope),
        "now": clock.now(),
        "currency": company.currency,
    }
    if not scope.is_rep:
        context["table"] = _table(request, context, at)
    return render(request, "metrics/numbers.html", context)


@require_GET
@for_sales
@recent_password_for_file
def table_csv(request: Request) -> HttpResponseBase:
    """The table as a file, every line of it."""
    scope, company = asking.scope(request.GET, request.user), request.company
    if scope.is_rep:
        raise Http404
    if not scopes.may_export(request.user.viewer, scope):
        raise PermissionDenied
    period, asked = asking.period(request.GET, company), _asked(request, with_money=True)
    found = tables.lines(scope, period, asked, at=as_of(company), company=company, viewer=request.user.viewer)
    note_export(request, "numbers", {"scope": not scope.is_company, "period": True})
    header = ["team" if asked.by_team else "rep", "part_of", *(metric.key for metric in asked.columns), "currency"]
    name = f"numbers-{scope.key.replace(':', '-')}-{period.label}"
    return download(name, header, _file_lines(found, asked, company.currency))


@require_GET
@for_sales
def scope_options(request: Request) -> HttpResponse:
    """Companies, teams and reps whose name holds what was typed, as links that keep the period."""
    context: dict[str, Any] = {"options": _options(request, clean_param(request.GET, "q", most=80))}
    return htmx.page_or_fragment(request, "metrics/scopes.html", "metrics/_scopes.html", context)


@require_GET
@for_sales
def figures(request: Request) -> HttpResponse:
    """The outcome figures of a scope and period, for the pages of lower floors."""
    scope, company = asking.scope(request.GET, request.user), request.company
    period = asking.period(request.GET, company)
    with_money = scopes.shows_money(request.user.viewer, scope)
    found = board.outcomes(scope, period, at=as_of(company), company=company, with_money=with_money)
    context = {"scope": scope, "period": period, "found": found, "choice": asking.choice(period, company)}
    return htmx.page_or_fragment(request, "metrics/figures.html", "metrics/_figures.html", context)


@require_GET
@for_sales
def rep_panel(request: Request, pk: int) -> HttpResponse:
    """A rep's figures, quota, activity and last periods, for the rep's own page."""
    scope, company = scopes.by_key(f"rep:{pk}", request.user), request.company
    if scope is None:
        raise Http404
    period, at = asking.period(request.GET, company), as_of(company)
    with_money = scopes.shows_money(request.user.viewer, scope)
    choice = asking.choice(period, company)
    context = {
        "scope": scope,
        "period": period,
        "choice": choice,
        "found": board.outcomes(scope, period, at=at, company=company, with_money=with_money),
        "activities": board.activities(scope, period, at=at, company=company),
        "standing": standing_cards.of_rep(scope, choice, viewer=request.user.viewer, at=at, company=company),
    }
    return htmx.page_or_fragment(request, "metrics/rep.html", "metrics/_rep.html", context)


# ── The table ───────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True)
class _Column:
    """A header that sorts: its words, its address, and whether it is in force (then "up" or "down")."""

    metric: Metric
    title: str | Promise
    url: str
    sorted: str


@dataclass(frozen=True)
class _Cell:
    """A figure of a line; `hint` says what it rests on, or why it is not known. A thin one looks thin."""

    key: str
    title: str
    text: str
    hint: str
    is_known: bool
    is_thin: bool


@dataclass(frozen=True)
class _Row:
    """A line in words, with the width of its bar from 0 to 1."""

    line: Group
    cells: list[_Cell]
    width: float


def _asked(request: Request, *, with_money: bool) -> Asked:
    kind = Kind.ACTIVITY if clean_param(request.GET, "show") == Kind.ACTIVITY else Kind.OUTCOME
    keys = tables.ACTIVITY_COLUMNS if kind is Kind.ACTIVITY else tables.OUTCOME_COLUMNS
    sort, first = clean_param(request.GET, "sort"), keys[0] if with_money or kind is Kind.ACTIVITY else "won_count"
    if sort not in (*keys, "name"):
        sort = first
    order = clean_param(request.GET, "order")
    descending = order == "down" if order in ("up", "down") else sort != "name"
    return Asked(by_team=clean_param(request.GET, "by") == "team", kind=kind, sort=sort, descending=descending)


def _table(request: Request, page: dict[str, Any], at: AsOf) -> dict[str, Any]:
    company, scope, period = request.company, page["scope"], page["period"]
    asked = _asked(request, with_money=page["with_money"])
    found = tables.lines(scope, period, asked, at=at, company=company, viewer=request.user.viewer)
    first = min(int_param(request.GET, "from", low=0, high=100_000) or 0, len(found))
    shown = found[first : first + PAGE_LINES]
    lead = asked.columns[0]
    whole = page["activities"].now if asked.kind is Kind.ACTIVITY else page["found"].now
    top = max((float(line.figures[lead.key].value or 0) for line in found), default=0.0) or 1.0
    return {
        "asked": asked,
        "columns": [_column(request, metric, asked) for metric in asked.columns],
        "name_url": _link(request, sort="name", order="down" if asked.sort == "name" and not asked.descending else "up"),
        "rows": [
            _Row(line, _cells(line, asked, company.currency), float(line.figures[lead.key].value or 0) / top) for line in shown
        ],
        "whole": _cells(Group(scope.title, "", scope, whole), asked, company.currency),
        "withheld": any(line.figures[metric.key].reason == "other_team" for line in shown for metric in asked.columns),
        "next_url": _link(request, **{"from": str(first + PAGE_LINES)}) if first + PAGE_LINES < len(found) else "",
        "first_url": _link(request) if first else "",
        "csv_url": f"{reverse('metrics:table_csv')}{_link(request)}",
        "explain_url": reverse("metrics:explain"),
    }


def _cells(line: Group, asked: Asked, currency: str) -> list[_Cell]:
    return [_cell(metric, line.figures[metric.key], currency) for metric in asked.columns]


def _cell(metric: Metric, figure: Figure, currency: str) -> _Cell:
    is_rate = metric.unit in (Unit.SHARE, Unit.DAYS) or metric.key == "average_deal"
    rests_on = of_rows(metric, figure, cards.lang()) if is_rate else ""
    return _Cell(
        key=metric.key,
        title=str(metric.title),
        text=cards.value_text(metric, figure, currency),
        hint=figure.why if figure.value is None else rests_on,
        is_known=figure.reason in ("", "missing_fx"),
        is_thin=is_rate and figure.is_thin,
    )


def _column(request: Request, metric: Metric, asked: Asked) -> _Column:
    on = asked.sort == metric.key
    order = "up" if on and asked.descending else "down"
    direction = ("down" if asked.descending else "up") if on else ""
    return _Column(metric, metric.title, _link(request, sort=metric.key, order=order), direction)


def _link(request: Request, **change: str) -> str:
    """This page with something changed, from the table's first line."""
    names = ("scope", "period", "by", "show", "sort", "order")
    kept = {name: clean_param(request.GET, name, most=40) for name in names}
    return "?" + urlencode({name: value for name, value in {**kept, **change}.items() if value})


def _options(request: Request, text: str) -> list[dict[str, str]]:
    period, page = clean_param(request.GET, "period", most=12), clean_param(request.GET, "for", most=20)
    kept = {"period": period} if period else {}
    found = scopes.options(text, request.user)
    if page == "quota":
        found = [scope for scope in found if reads_quotas(request.user.viewer, scope)]
    elif page == "board":
        found = [scope for scope in found if not scope.is_rep]
    return [
        {
            "name": scope.title,
            "icon": {"company": "building", "team": "people", "rep": "person"}[scope.kind.value],
            "url": f"{reverse(PICKS_FOR.get(page, 'metrics:numbers'))}?{urlencode({'scope': scope.key, **kept})}",
        }
        for scope in found
    ]


def _file_lines(found: list[Group], asked: Asked, currency: str) -> Iterator[list[Any]]:
    for line in found:
        yield [line.name, line.note, *(line.figures[metric.key].value for metric in asked.columns), currency]
