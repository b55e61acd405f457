"""What an address of this app asks for: scope, period, metric, as of when. What is spoilt is as good as absent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.http import Http404
from django.utils.functional import Promise

from deals.models import Deal
from lib import clock, periods
from lib.periods import GRAINS, BadPeriod, Period, midnight
from lib.text import clean_param
from metrics import scopes
from metrics.definitions import METRICS, Metric
from metrics.models import Quota
from metrics.rows import Question
from metrics.scopes import Scope
from metrics.standing_definitions import STANDING_METRICS
from metrics.windows import FIRST_YEAR, LAST_YEAR, as_of, read_day, read_period
from metrics.words import GRAIN_NAMES, period_name
from reps.models import Company, User
from reps.requests import Request


@dataclass(frozen=True)
class Choice:
    """The chosen period, its neighbours, and the same day in the other grains."""

    period: Period
    name: str
    grains: tuple[tuple[Period, Promise, bool], ...]
    earlier: Period | None
    later: Period | None


def scope(params: Mapping[str, str], user: User) -> Scope:
    """The scope that `?scope=` names, the person's own where it names none; 404 for one they may not read."""
    key = clean_param(params, "scope", most=40)
    found = scopes.by_key(key, user) if key else scopes.home_of(user)
    if found is None:
        raise Http404
    return found


def period(params: Mapping[str, str], company: Company, *, default: Period | None = None) -> Period:
    """The period that `?period=` names (a grain names the running one), else the default, else this quarter."""
    text, today = clean_param(params, "period", most=12), clock.today(company.zone)
    if text in GRAINS:
        return periods.containing(today, text, company.fiscal_start)
    try:
        return read_period(text, company)
    except BadPeriod:
        return default or periods.containing(today, "quarter", company.fiscal_start)


def choice(chosen: Period, company: Company) -> Choice:
    """The periods to choose from beside the chosen one."""
    start, anchor = company.fiscal_start, min(chosen.last_on, clock.today(company.zone))
    anchor = max(anchor, chosen.start_on)
    earlier, later = periods.shift(chosen, -1, start), periods.shift(chosen, 1, start)
    return Choice(
        period=chosen,
        name=period_name(chosen),
        grains=tuple((periods.containing(anchor, grain, start), GRAIN_NAMES[grain], grain == chosen.grain) for grain in GRAINS),
        earlier=earlier if earlier.start_on.year >= FIRST_YEAR else None,
        later=later if later.start_on <= clock.today(company.zone) and later.end_on.year <= LAST_YEAR else None,
    )


def question(request: Request) -> tuple[Question, Period]:
    """The number asked about; 404 where there is none of that name, scope, period or day, or it is not theirs to read."""
    asked, span = _question(request, METRICS)
    if not scopes.shows(request.user.viewer, asked.metric, asked.scope):
        raise Http404
    return asked, span


def standing_question(request: Request) -> Question | None:
    """The same for quota, attainment and what follows; None where another number is meant. Who reads it is asked later."""
    if clean_param(request.GET, "metric", most=40) not in STANDING_METRICS:
        return None
    asked, span = _question(request, STANDING_METRICS)
    if span.grain == "week":
        raise Http404
    return asked


def _question(request: Request, known: Mapping[str, Metric]) -> tuple[Question, Period]:
    metric, company = known.get(clean_param(request.GET, "metric", most=40)), request.company
    if metric is None:
        raise Http404
    whose = scope(request.GET, request.user)
    try:
        span = read_period(clean_param(request.GET, "period", most=12), company)
        at = as_of(company, _day(request.GET), _instant(request.GET, company))
    except (BadPeriod, ValueError):
        raise Http404 from None
    deal_type = clean_param(request.GET, "type", most=20)
    typed = deal_type in Deal.Type.values and metric.key in Quota.BY_TYPE
    return Question(metric, whose, span, at, company, request.user, deal_type if typed else ""), span


def _day(params: Mapping[str, str]) -> date | None:
    text = clean_param(params, "as_of", most=12)
    return read_day(text) if text else None


def _instant(params: Mapping[str, str], company: Company) -> datetime | None:
    """`known_at`, an instant; or `known_on`, the end of that day. A day that is not over is now."""
    text = clean_param(params, "known_at", most=40).replace(" ", "+")
    if not text:
        day = clean_param(params, "known_on", most=12)
        end = midnight(read_day(day) + timedelta(days=1), company.zone) if day else None
        return end if end and end <= clock.now() else None
    instant = datetime.fromisoformat(text)
    if not FIRST_YEAR <= instant.year <= LAST_YEAR:
        raise ValueError
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
