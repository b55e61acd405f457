"""*Explain this number*, its rows and their file, and the list of definitions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from deals.exports import note_export
from lib import clock, htmx
from lib.csv_out import download
from lib.periods import Period
from lib.text import clean_param
from metrics import asking, cards, rows, scopes, words
from metrics.definitions import ACTIVITIES, OUTCOMES, Metric, Source
from metrics.explain import Explanation
from metrics.explain import explain as explained
from metrics.rows import Question
from metrics.standing_definitions import STANDINGS
from metrics.views import explain_standing
from metrics.views.explain_addresses import address as _address
from metrics.views.explain_addresses import picker
from reps.gates import for_sales
from reps.requests import Request
from reps.sudo import recent_password_for_file

_PANEL_ROWS = 8


@require_GET
@for_sales
def explain(request: Request) -> HttpResponse:
    """A number explained: in the side panel, or on a page of its own with more of its rows."""
    standing = asking.standing_question(request)
    if standing is not None:
        return explain_standing.answer(request, standing)
    question, period = asking.question(request)
    size = _PANEL_ROWS if htmx.is_fragment(request) else rows.PAGE_ROWS
    context = _context(request, question, period, explained(question, period, size=size))
    response = htmx.page_or_fragment(request, "metrics/explain.html", "metrics/_explain.html", context)
    response["HX-Push-Url"] = "false"  # a panel over a page is no page, also when a boosted link of a table opened it
    return response


@require_GET
@for_sales
def explain_rows(request: Request) -> HttpResponse:
    """The rows that follow: for htmx the lines alone, else the page with them."""
    question, period = asking.question(request)
    after = clean_param(request.GET, "after", most=80)
    if not htmx.is_fragment(request):
        found = explained(question, period, after=after)
        return render(request, "metrics/explain.html", _context(request, question, period, found))
    page = rows.page(question, after=after)
    context = {"lines": cards.row_lines(page, question), "more": _more(question, period, page.after)}
    return render(request, "metrics/_lines.html", context)


@require_GET
@for_sales
@recent_password_for_file
def explain_csv(request: Request) -> HttpResponseBase:
    """The rows as a file: those of the number that this person may take out."""
    question, period = asking.question(request)
    if not scopes.may_export(request.user.viewer, question.scope):
        raise PermissionDenied
    note_export(request, f"rows of {question.metric.key}", {"scope": not question.scope.is_company, "period": True})
    name = f"{question.metric.key}-{question.scope.key.replace(':', '-')}-{period.label}"
    return download(name, _header(question), _file_rows(question))


@require_GET
@for_sales
def definitions(request: Request) -> HttpResponse:
    """What every number means and where it is computed."""
    return render(request, "metrics/definitions.html", {"groups": _groups()})


def _groups() -> list[tuple[str, Sequence[Metric]]]:
    return [(_("Outcomes"), OUTCOMES), (_("Quota and attainment"), STANDINGS), (_("Activity"), ACTIVITIES)]


def _context(request: Request, question: Question, period: Period, found: Explanation) -> dict[str, Any]:
    card = cards.explanation_card(found, question)
    return {
        "x": found,
        "card": card,
        "lines": card.lines,
        "more": _more(question, period, found.rows.after),
        "period": period,
        "period_name": words.period_name(period),
        "window": words.span(period),
        "dated_by": words.dated_by(question.metric),
        "at": question.at,
        "now": clock.now(),
        "currency": question.company.currency,
        "previous_name": words.period_name(found.previous[0]) if found.previous else "",
        "previous_text": cards.value_text(question.metric, found.previous[1], question.company.currency)
        if found.previous
        else "",
        "list_url": _list_url(question, period),
        "csv_url": _address("metrics:explain_csv", question, period)
        if scopes.may_export(request.user.viewer, question.scope)
        else "",
        "page_url": _address("metrics:explain", question, period),
        "picker": picker(question),
    }


def _more(question: Question, period: Period, after: str) -> str:
    return _address("metrics:explain_rows", question, period, after=after) if after else ""


def _list_url(question: Question, period: Period) -> str:
    """The deal list cut to the same deals, as far as it can be."""
    state = {"won_value": "won", "won_count": "won", "average_deal": "won", "median_cycle_days": "won", "lost_count": "lost"}
    asked: dict[str, str] = {}
    if question.metric.key in state:
        asked = {"state": state[question.metric.key], "closes": period.label}
    elif question.metric.source is not Source.OPEN or period.last_on < clock.today(question.company.zone):
        return ""
    if not question.scope.is_company:
        asked["owner" if question.scope.is_rep else "team"] = str(question.scope.id)
    return f"{reverse('deals:list')}?{urlencode(asked)}"


def _header(question: Question) -> list[str]:
    if question.metric.source is Source.ACTIVITIES:
        return ["id", "rep", "day", "channel", "outcome"]
    if question.metric.source is Source.LEADS:
        return ["id", "name", "company", "rep", "day"]
    return ["deal", "name", "account", "rep", "day", "opened_on", "days", "outcome", "amount", "currency", "company_amount"]


def _file_rows(question: Question) -> Iterator[list[Any]]:
    source = question.metric.source
    for row in rows.every(question):
        if source is Source.ACTIVITIES:
            yield [row["id"], row["rep"], row["day"], row["channel"], row["outcome"]]
        elif source is Source.LEADS:
            yield [row["id"], row["name"], row["account"], row["rep"], row["day"]]
        else:
            yield [
                row["deal_id"], row["name"], row["account"], row["rep"], row["day"], row["opened_on"], row["days"],
                row["outcome"], row["own_amount"], row["currency"], row["amount"],
            ]  # fmt: skip
