"""`/metrics/…`: the numbers of a scope and period, as the pages show them to the same person."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, ClassVar

from django.http import HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from lib.api import schema
from lib.api.answers import answer
from lib.api.errors import invalid
from lib.api.fields import Ref
from lib.money import quantize
from lib.periods import GRAINS
from metrics import scopes
from metrics import standing_rights as rights
from metrics.api import asking
from metrics.attainment import Line, attainment
from metrics.definitions import METRICS, PRINTED, Unit
from metrics.figures import Figure
from metrics.kpis import kpis, without_money
from metrics.quotas import is_money
from metrics.scopes import Scope, ScopeKind
from metrics.targets import Band, shown_percent
from metrics.windows import as_of
from reps.access import Viewer, viewer_of
from reps.api.base import ApiView, company_of, sales
from reps.models import Company

TAG = "metrics"
_RATIO_DIGITS = Decimal("0.000001")
_ORDERS: Mapping[str, Callable[[Line], Any]] = {
    "rep": lambda line: (line.name.lower(), line.rep_id),
    "credited": lambda line: (line.credited, line.rep_id),
    "attainment": lambda line: (line.attainment or Decimal(0), line.rep_id),
    "quota": lambda line: (line.quota or Decimal(0), line.rep_id),
}


_ORDER = OpenApiParameter(
    "ordering", str, enum=[sign + name for name in _ORDERS for sign in ("", "-")],
    description="`rep` unless given. By what is not yours to read of every row: 400.",
)  # fmt: skip


class KpisOut(serializers.Serializer[Any]):
    """Counts, money as text, ratios as text with six decimals, cycles in days. What is null has its reason in `reasons`."""

    scope = serializers.CharField()
    period = serializers.CharField()
    start_on = serializers.DateField(help_text="The first day.")
    end_on = serializers.DateField(help_text="The day after the last one.")
    as_of = serializers.DateField()
    currency = serializers.CharField()
    won_count = serializers.IntegerField(allow_null=True)
    lost_count = serializers.IntegerField(allow_null=True)
    open_count = serializers.IntegerField(allow_null=True)
    won_value = serializers.CharField(allow_null=True, required=False)
    average_deal = serializers.CharField(allow_null=True, required=False)
    win_rate = serializers.CharField(allow_null=True)
    median_cycle_days = serializers.CharField(allow_null=True)
    median_cycle_days_closed = serializers.CharField(allow_null=True)
    reasons = serializers.DictField(child=serializers.CharField())


class AttainmentRow(serializers.Serializer[Any]):
    """A rep. Amounts and ratios that are not the caller's to read are left out; `band` stands for the ratio where it is."""

    rep = Ref()
    team = Ref(allow_null=True)
    quota = serializers.CharField(allow_null=True, required=False)
    credited = serializers.CharField(required=False)
    attainment = serializers.CharField(allow_null=True, required=False, help_text="A fraction: 0.923400 is 92.34 %.")
    percent = serializers.CharField(allow_null=True, required=False, help_text="As pages show it: one decimal, rounded down.")
    band = serializers.ChoiceField(choices=[band.value for band in Band], allow_null=True, required=False)
    pace = serializers.CharField(allow_null=True, required=False)


class AttainmentWhole(serializers.Serializer[Any]):
    """The scope asked for. `manager_quota` is the number its manager answers for, `street_quota` the sum of the reps'."""

    scope = serializers.CharField()
    quota = serializers.CharField(allow_null=True, required=False)
    manager_quota = serializers.CharField(allow_null=True, required=False)
    street_quota = serializers.CharField(allow_null=True, required=False)
    credited = serializers.CharField(required=False)
    attainment = serializers.CharField(allow_null=True, required=False)
    percent = serializers.CharField(allow_null=True, required=False)
    band = serializers.ChoiceField(choices=[band.value for band in Band], allow_null=True, required=False)
    pace = serializers.CharField(allow_null=True, required=False)


class AttainmentOut(serializers.Serializer[Any]):
    """Each rep of the scope with a quota or a credit, and the whole."""

    period = serializers.CharField()
    metric = serializers.CharField()
    deal_type = serializers.CharField()
    currency = serializers.CharField(help_text="Empty for counts.")
    as_of = serializers.DateField()
    elapsed_days = serializers.IntegerField()
    total_days = serializers.IntegerField()
    rows = AttainmentRow(many=True)
    company = AttainmentWhole()


class KpisView(ApiView):
    """The outcome figures."""

    gates: ClassVar = {"GET": sales}
    parameters = ("scope", "period")

    @schema.shows_figures(KpisOut, [asking.SCOPE, asking.PERIOD], TAG)
    def get(self, request: Any) -> HttpResponse:
        """Show the outcome figures of a scope and period, with the reason of each that cannot be told."""
        user, company = request.user, company_of(request)
        scope = asking.scope(request.GET, user)
        period = asking.period(request.GET, company, GRAINS)
        found = kpis(scope, period, company=company)
        with_money = scopes.shows_money(viewer_of(user), scope)
        shown = found if with_money else without_money(found)
        keys = [key for key in PRINTED if shown[key].reason != "other_team"]
        return answer({
            "scope": scope.key, "period": period.label, "start_on": period.start_on, "end_on": period.end_on,
            "as_of": as_of(company).day, "currency": company.currency,
            **{key: _value(key, shown[key], company) for key in keys},
            "reasons": {key: shown[key].reason for key in keys if shown[key].value is None},
        })  # fmt: skip


class AttainmentView(ApiView):
    """Quota and attainment."""

    gates: ClassVar = {"GET": sales}

    parameters = ("scope", "period", "metric", "deal_type", "ordering")

    @schema.shows_figures(AttainmentOut, [asking.SCOPE, asking.PERIOD, asking.METRIC, asking.DEAL_TYPE, _ORDER], TAG)
    def get(self, request: Any) -> HttpResponse:
        """Show what each rep of a scope reached of what was asked, and the whole scope."""
        user, company = request.user, company_of(request)
        viewer, scope = viewer_of(user), asking.scope(request.GET, user)
        period = asking.period(request.GET, company, ("month", "quarter", "year"))
        target = asking.target(request.GET)
        found = attainment(scope, period, at=as_of(company), company=company, target=target)
        lines = _ordered(found.lines, asking.ordering(request.GET, _ORDERS), viewer, target.metric)
        write = _writer(company, target.metric)
        roll_up, at = found.roll_up, found.pace
        how = rights.sees(viewer, scope, rights.setting_of(scope, found.lines))
        whole: dict[str, Any] = {"scope": scope.key}
        if how == rights.EXACT:
            whole |= {
                "quota": write(roll_up.quota),
                "manager_quota": write(roll_up.manager_quota),
                "street_quota": write(roll_up.street_quota),
            }
        whole |= _shown(how, found.band, roll_up.attainment, at.ratio)
        if rights.shows_credited(viewer, scope, target.metric):
            whole["credited"] = write(roll_up.actual)
        return answer({
            "period": period.label, "metric": target.metric, "deal_type": target.deal_type,
            "currency": company.currency if is_money(target.metric) else "", "as_of": as_of(company).day,
            "elapsed_days": found.elapsed, "total_days": found.total,
            "rows": [_row(line, viewer, target.metric, write) for line in lines],
            "company": whole,
        })  # fmt: skip


def _row(line: Line, viewer: Viewer, metric: str, write: Callable[[Decimal | None], str | None]) -> dict[str, Any]:
    scope = _scope_of(line)
    how = rights.sees(viewer, scope, line.standing)
    row: dict[str, Any] = {
        "rep": {"id": line.rep_id, "name": line.name},
        "team": {"id": line.team_id, "name": line.team_name} if line.team_id else None,
    }
    if how == rights.EXACT:
        row["quota"] = write(line.quota)
    if rights.shows_credited(viewer, scope, metric):
        row["credited"] = write(line.credited)
    return row | _shown(how, line.band, line.attainment, line.pace.ratio)


def _shown(how: str, band: Band | None, ratio: Decimal | None, pace_ratio: Decimal | None) -> dict[str, Any]:
    """What of an attainment is the caller's to read."""
    shown: dict[str, Any] = {"band": band.value if band else None} if rights.shows_band(how) else {}
    if rights.shows_ratio(how):
        shown |= {
            "attainment": _ratio(ratio), "percent": None if ratio is None else f"{shown_percent(ratio)}", "pace": _ratio(pace_ratio),
        }  # fmt: skip
    return shown


def _ordered(lines: Any, asked: str, viewer: Viewer, metric: str) -> list[Line]:
    """In the order asked for; one that would tell what the caller may not read of somebody is refused."""
    name = asked.removeprefix("-")
    hidden = {
        "rep": False,
        "credited": not all(rights.shows_credited(viewer, _scope_of(line), metric) for line in lines),
    }.get(name, not all(rights.shows_quota(viewer, _scope_of(line)) for line in lines))
    if hidden:
        raise invalid({"ordering": [_("You may not read this of everybody in the scope, so it gives no order.")]})
    return sorted(lines, key=_ORDERS[name], reverse=asked.startswith("-"))


def _scope_of(line: Line) -> Scope:
    return Scope(ScopeKind.REP, line.rep_id, line.name)


def _writer(company: Company, metric: str) -> Callable[[Decimal | None], str | None]:
    """Amounts as text: money in the company's decimals, counts without needless ones."""

    def write(value: Decimal | None) -> str | None:
        if value is None:
            return None
        return f"{quantize(value, company.currency):f}" if is_money(metric) else f"{value.normalize():f}"

    return write


def _ratio(value: Decimal | None) -> str | None:
    return None if value is None else f"{value.quantize(_RATIO_DIGITS):f}"


def _value(key: str, figure: Figure, company: Company) -> int | str | None:
    if figure.value is None:
        return None
    unit, value = METRICS[key].unit, Decimal(figure.value)
    if unit is Unit.MONEY:
        return f"{quantize(value, company.currency):f}"
    if unit is Unit.SHARE:
        return _ratio(value)
    return f"{value.normalize():f}" if unit is Unit.DAYS else int(value)
