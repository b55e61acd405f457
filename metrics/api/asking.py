"""Query parameters of the number addresses: a spoilt one is refused with 400, never passed over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter

from deals.models import Deal
from lib.api.errors import invalid
from lib.api.fields import query_text
from lib.periods import BadPeriod, Period
from metrics import scopes
from metrics.models import Quota
from metrics.scopes import COMPANY, Scope
from metrics.standings import Target
from metrics.windows import read_period
from reps.models import Company, User

_SCOPE = {"type": "string", "pattern": r"^(company|team:\d{1,10}|rep:\d{1,10})$", "default": "company"}
_PERIOD = {"type": "string", "pattern": r"^\d{4}(-Q[1-4]|-W\d{2}|-\d{2})?$"}
SCOPE = OpenApiParameter("scope", _SCOPE, description="`company`, `team:7` with every team below it, or `rep:12`.")
PERIOD = OpenApiParameter(
    "period", _PERIOD, required=True,
    description="2026, 2026-Q3, 2026-09 or 2026-W38; years and quarters are the company's fiscal ones.",
)  # fmt: skip
METRIC = OpenApiParameter("metric", str, enum=Quota.Metric.values, description="What is measured; `won_value` unless given.")
DEAL_TYPE = OpenApiParameter(
    "deal_type", str, enum=Deal.Type.values, description="Wins of this type against its own quota alone."
)


def scope(params: Mapping[str, str], user: User) -> Scope:
    """The scope asked for; 400 for one that is not there or whose numbers are not the caller's to read."""
    if "scope" not in params:
        return COMPANY
    found = scopes.by_key(query_text(params, "scope"), user)
    if found is None:
        raise invalid({"scope": [_("There is no such scope: send company, team:ID or rep:ID.")]})
    return found


def period(params: Mapping[str, str], company: Company, grains: Iterable[str]) -> Period:
    """The period asked for, of one of these grains."""
    if not params.get("period"):
        raise invalid({"period": [_("Send a period: 2026, 2026-Q3 or 2026-09.")]})
    try:
        found = read_period(query_text(params, "period"), company)
    except BadPeriod as error:
        raise invalid({"period": [str(error)]}) from None
    if found.grain not in grains:
        raise invalid({"period": [_("Quotas are of months: send a month, quarter or year.")]})
    return found


def target(params: Mapping[str, str]) -> Target:
    """What is measured."""
    metric = _one_of(params, "metric", Quota.Metric.values, Quota.Metric.WON_VALUE.value)
    deal_type = _one_of(params, "deal_type", Deal.Type.values, "")
    if deal_type and metric not in Quota.BY_TYPE:
        raise invalid({"deal_type": [_("Deal types divide wins only.")]})
    return Target(metric, deal_type)


def ordering(params: Mapping[str, str], known: Mapping[str, Any]) -> str:
    """The order asked for, "-" before it for the other way; `rep` unless given."""
    names = [sign + name for name in known for sign in ("", "-")]
    return _one_of(params, "ordering", names, "rep")


def _one_of(params: Mapping[str, str], name: str, known: Iterable[str], usual: str) -> str:
    if name not in params:
        return usual
    typed, offered = query_text(params, name), list(known)
    if typed not in offered:
        raise invalid({name: [_("Choose one of: %(names)s.") % {"names": ", ".join(offered)}]})
    return typed
