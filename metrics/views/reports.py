"""The activity report and the quota report: each a page and a file, by day, week, month or quarter, for teams or reps."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from deals.exports import note_export
from lib import clock
from lib.csv_out import download
from lib.text import clean_param, int_param
from metrics import asking, report_asking, report_cells, report_notes, scopes
from metrics.models import NightRun, Quota
from metrics.quota_report import metrics_asked, quota_report
from metrics.reports import Asked, activity_report, reads_quotas
from metrics.scopes import Scope
from metrics.standings import Target
from metrics.views import report_words
from reps.gates import for_sales
from reps.requests import Request
from reps.sudo import recent_password_for_file


@require_GET
@for_sales
def activity_page(request: Request) -> HttpResponse:
    """What was done: every count, its rates, and what was asked of it. Never what came of it."""
    asked = _asked_activity(request)
    found = activity_report(asked, viewer=request.user.viewer, company=request.company)
    places = [asked.scope, *(line.place.scope for line in found.lines if line.place.scope)]
    notes = report_notes.notes(NightRun.Job.ACTIVITY, asked.span, report_notes.ACTIVITY_KEYS, places)
    context = {
        **_frame(request, asked, found.count),
        **report_words.notes(notes, request.company.currency),
        "columns": report_words.ACTIVITY_COLUMNS,
        "rows": [report_words.activity_row(line) for line in found.lines],
        "whole": report_words.activity_row(found.whole),
        "csv_url": _file_url(request, "metrics:activity_report_csv"),
    }
    return render(request, "metrics/activity_report.html", context)


@require_GET
@for_sales
@recent_password_for_file
def activity_csv(request: Request) -> HttpResponseBase:
    """Every line of the activity report as a file."""
    asked = _asked_activity(request, size=None)
    _may_export(request, asked)
    found = activity_report(asked, viewer=request.user.viewer, company=request.company)
    header = ["team" if asked.by_team else "rep", "part_of", "period", *report_words.ACTIVITY_FILE]
    return download(_file_name("activity", asked), header, report_words.activity_lines(found, asked))


@require_GET
@for_sales
def quota_page(request: Request) -> HttpResponse:
    """What was credited of what was asked, of those whose quotas this person reads."""
    asked, target, metrics = _asked_quota(request)
    found = quota_report(asked, target, viewer=request.user.viewer, company=request.company)
    exact = [line.place.scope for line in found.lines if line.place.scope and not line.is_withheld]
    keys = [target.metric, f"quota_{target.metric}"]
    months = report_cells.quota_months(asked.span, request.company)
    notes = report_notes.notes(NightRun.Job.QUOTA, asked.span, keys, [asked.scope, *exact])
    context = {
        **_frame(request, asked, found.count),
        **report_words.notes(notes, request.company.currency),
        "target": target,
        "metrics": [(key, Quota.Metric(key).label) for key in metrics],
        "metric_name": Quota.Metric(target.metric).label,
        "rows": [report_words.quota_row(line, target, request.company.currency) for line in found.lines],
        "whole": report_words.quota_row(found.whole, target, request.company.currency),
        "is_by_month": report_cells.is_by_month(asked.span),
        "month": report_asking.containing(months[0], "month", request.company),
        "csv_url": _file_url(request, "metrics:quota_report_csv"),
    }
    return render(request, "metrics/quota_report.html", context)


@require_GET
@for_sales
@recent_password_for_file
def quota_csv(request: Request) -> HttpResponseBase:
    """Every line of the quota report as a file."""
    asked, target, _metrics = _asked_quota(request, size=None)
    _may_export(request, asked)
    found = quota_report(asked, target, viewer=request.user.viewer, company=request.company)
    header = ["team" if asked.by_team else "rep", "part_of", "period", *report_words.QUOTA_FILE]
    return download(_file_name("quota", asked), header, report_words.quota_lines(found, asked, target, request.company.currency))


# ── What is asked for ───────────────────────────────────────────────────────────────────────────────────────────────
def _asked_activity(request: Request, **how: Any) -> Asked:
    """Yesterday of one's own team or oneself, unless the address says otherwise."""
    default = report_asking.day_of(report_asking.yesterday(request.company))
    return _asked(
        request, asking.scope(request.GET, request.user), report_asking.period(request.GET, request.company, default), how
    )


def _asked_quota(request: Request, **how: Any) -> tuple[Asked, Target, list[str]]:
    """The running month in the metric that quotas are set in; 404 for a scope whose quotas are not this person's to read."""
    scope, company = asking.scope(request.GET, request.user), request.company
    if not reads_quotas(request.user.viewer, scope):
        raise Http404
    default = report_asking.containing(clock.today(company.zone), "month", company)
    asked = _asked(request, scope, report_asking.period(request.GET, company, default), how)
    metrics = metrics_asked(scope, report_cells.quota_months(asked.span, company))
    wanted = clean_param(request.GET, "metric", most=20)
    known = wanted if wanted in Quota.Metric.values else ""
    return asked, Target(known or (metrics[0] if metrics else Quota.Metric.WON_VALUE.value)), metrics


def _asked(request: Request, scope: Scope, span: Any, how: dict[str, Any]) -> Asked:
    by_team = not scope.is_rep and clean_param(request.GET, "by") == "team"
    first = 0 if by_team else int_param(request.GET, "from", low=0, high=100_000) or 0
    return Asked(scope, span, by_team, after=first, **({"size": None} if by_team else how))


def _frame(request: Request, asked: Asked, count: int) -> dict[str, Any]:
    """What both pages show round their table."""
    following = asked.after + (asked.size or count)
    return {
        "scope": asked.scope,
        "span": asked.span,
        "period": asked.span,
        "by_team": asked.by_team,
        "choice": report_asking.choice(asked.span, request.company),
        "is_running": asked.span.end_on > clock.today(request.company.zone),
        "now": clock.now(),
        "reads_quotas": reads_quotas(request.user.viewer, asked.scope),
        "may_export": scopes.may_export(request.user.viewer, asked.scope),
        "next_url": _link(request, **{"from": str(following)}) if following < count else "",
        "first_url": _link(request) if asked.after else "",
    }


def _link(request: Request, **change: str) -> str:
    """This page with something changed, from its first line."""
    kept = {name: clean_param(request.GET, name, most=40) for name in ("scope", "period", "by", "metric")}
    return "?" + urlencode({name: value for name, value in {**kept, **change}.items() if value})


def _file_url(request: Request, name: str) -> str:
    return f"{reverse(name)}{_link(request)}"


def _may_export(request: Request, asked: Asked) -> None:
    if not scopes.may_export(request.user.viewer, asked.scope):
        raise PermissionDenied
    note_export(request, "report", {"scope": not asked.scope.is_company, "period": True})


def _file_name(kind: str, asked: Asked) -> str:
    return f"{kind}-{asked.scope.key.replace(':', '-')}-{asked.span.label}"
