"""*Explain this number* for quota, attainment and what follows from them."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.urls import reverse

from lib import clock, htmx
from lib.text import clean_param
from metrics import rows, scopes, words
from metrics.rows import Question
from metrics.standing_asking import target as asked_target
from metrics.standing_explain import NotTheirs, Standing, explain_standing, numerator_of
from metrics.standing_panel import card
from metrics.standing_words import of_target
from metrics.standings import Target
from metrics.views.explain_addresses import address, picker
from reps.requests import Request

_PANEL_ROWS = 6


def answer(request: Request, question: Question) -> HttpResponse:
    """The number in the side panel, or on a page of its own with more of its rows."""
    target = asked_target(request.GET, "of")
    size = _PANEL_ROWS if htmx.is_fragment(request) else rows.PAGE_ROWS
    try:
        found = explain_standing(question, target, size=size, after=clean_param(request.GET, "after", most=80))
    except NotTheirs:
        raise Http404 from None
    context = _context(request, question, target, found)
    response = htmx.page_or_fragment(request, "metrics/explain_standing.html", "metrics/_explain_standing.html", context)
    response["HX-Push-Url"] = "false"
    return response


def _context(request: Request, question: Question, target: Target, found: Standing) -> dict[str, Any]:
    numerator, more = numerator_of(question, target), of_target(target)
    after = found.rows.after if found.rows else ""
    may_export = found.rows is not None and scopes.may_export(request.user.viewer, question.scope)
    board = {"scope": question.scope.key, "period": question.span.label, "metric": str(target.metric), "type": target.deal_type}
    return {
        "x": found,
        "card": card(found, question, target),
        "scope": question.scope,
        "more": address("metrics:explain_rows", numerator, question.span, after=after) if after else "",
        "period": question.span,
        "period_name": words.period_name(question.span),
        "window": words.span(question.span),
        "dated_by": words.dated_by(numerator.metric),
        "at": question.at,
        "now": clock.now(),
        "csv_url": address("metrics:explain_csv", numerator, question.span) if may_export else "",
        "page_url": address("metrics:explain", question, question.span, **more),
        "board_url": "" if question.scope.is_rep else f"{reverse('metrics:leaderboard')}?{_query(board)}",
        "picker": picker(question, **more),
    }


def _query(asked: dict[str, str]) -> str:
    return urlencode({name: value for name, value in asked.items() if value})
