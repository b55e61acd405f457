"""What an address of the leaderboard asks for: scope, period of months, what is measured. Spoilt is as good as absent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from django.http import Http404

from deals.models import Deal
from lib.periods import Period
from lib.text import clean_param
from metrics import asking, scopes
from metrics.asking import Choice
from metrics.models import Quota
from metrics.scopes import Scope
from metrics.standings import Target
from metrics.windows import as_of
from reps.models import Company, User

M = Quota.Metric
# One metric at a time, what came of it apart from what was done (DOMAIN §13).
OUTCOMES = (M.WON_VALUE, M.WON_COUNT)
ACTIVITIES = (M.MEETINGS_HELD, M.MEETINGS_SCHEDULED, M.VISITS, M.LEADS_CREATED, M.CALLS_MADE)
_LONG = ("month", "quarter", "year")


@dataclass(frozen=True)
class Asked:
    """Which board: whose, when, of what, by team or by rep."""

    scope: Scope
    choice: Choice
    target: Target
    by_team: bool

    @property
    def period(self) -> Period:
        """The chosen period."""
        return self.choice.period


def asked(params: Mapping[str, str], user: User, company: Company) -> Asked:
    """The board of an address. 404 for a scope that is not theirs or is one person."""
    scope = _scope(params, user)
    return Asked(scope, _choice(params, company), target(params, "metric"), clean_param(params, "by") == "team")


def target(params: Mapping[str, str], name: str) -> Target:
    """What is measured, won value unless `?name=` says otherwise; deal types divide wins only."""
    metric, deal_type = clean_param(params, name, most=40), clean_param(params, "type", most=20)
    metric = metric if metric in M.values else M.WON_VALUE.value
    known = deal_type in Deal.Type.values and metric in Quota.BY_TYPE
    return Target(metric, deal_type if known else "")


def _scope(params: Mapping[str, str], user: User) -> Scope:
    if clean_param(params, "scope", most=40):
        scope = asking.scope(params, user)
    else:
        scope = scopes.home_of(user) if user.viewer.is_manager else scopes.COMPANY
    if scope.is_rep:
        raise Http404
    return scope


def _choice(params: Mapping[str, str], company: Company) -> Choice:
    """Months, quarters and years: quotas have no weeks. A week is read as the month its last day lies in."""
    period = asking.period(params, company)
    if period.grain not in _LONG:
        period = asking.period({"period": f"{min(period.last_on, as_of(company).day):%Y-%m}"}, company)
    choice = asking.choice(period, company)
    return replace(choice, grains=tuple(grain for grain in choice.grains if grain[0].grain in _LONG))
