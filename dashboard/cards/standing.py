"""How *Where we stand* is shown: five figures, each against two earlier ones, and the line of won value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from dashboard.cards.scale import Change, Scale, change, lang, name_of, scale_for
from dashboard.panels.standing import Span, Standing
from lib import charts
from lib.periods import Period
from metrics import figures
from metrics.definitions import METRICS, Metric

SHOWN = ("won_value", "won_count", "win_rate", "average_deal", "median_cycle_days")
# A year has more days than a line needs points.
POINTS = 95


@dataclass(frozen=True)
class FigureCell:
    """One figure: its name, its value in words, what it rests on, and its two comparisons."""

    metric: Metric
    title: str
    text: str
    why: str
    rests_on: str
    before: Change | None
    year_ago: Change | None


@dataclass(frozen=True)
class StandingCard:
    """What the template needs."""

    cells: tuple[FigureCell, ...]
    unit: str
    # Empty where nothing was won in any of the periods.
    chart: SafeString
    # Empty where there is nothing to compare with.
    before_words: str
    year_ago_words: str


def card(standing: Standing, *, currency: str, fiscal_start: int, height: int = 150) -> StandingCard:
    """The card of a standing."""
    spans = (standing.now, standing.before, standing.year_ago)
    scale = scale_for(max(span.total for span in spans), currency)
    names = [name_of(span.period, fiscal_start) for span in spans]
    return StandingCard(
        cells=tuple(_cell(METRICS[key], standing, currency) for key in SHOWN),
        unit=scale.unit,
        chart=_chart(standing, scale, names, height) if any(span.total for span in spans) else SafeString(""),
        before_words="" if standing.before.figures.is_empty else _against(names[1], standing),
        year_ago_words="" if standing.is_one_back or standing.year_ago.figures.is_empty else _against(names[2], standing),
    )


def _against(name: str, standing: Standing) -> str:
    """What a figure is compared with: a whole period, or as many days of it as have been of this one."""
    if not standing.is_running:
        return _("on %(period)s") % {"period": name}
    return _("on %(period)s, day %(day)s") % {"period": name, "day": standing.day}


def _cell(metric: Metric, standing: Standing, currency: str) -> FigureCell:
    now = standing.now.figures[metric.key]
    return FigureCell(
        metric=metric,
        title=pgettext("short name of a figure", "Cycle") if metric.key == "median_cycle_days" else str(metric.title),
        text=figures.written(metric, now.value, currency, lang()),
        why=now.why,
        rests_on=figures.of_rows(metric, now, lang()),
        before=change(metric, now.value, standing.before.figures[metric.key].value),
        year_ago=change(metric, now.value, standing.year_ago.figures[metric.key].value),
    )


def _chart(standing: Standing, scale: Scale, names: Sequence[str], height: int) -> SafeString:
    """This period, the one before and the one a year ago, added up day by day."""
    kinds = ("actual", "earlier", "pace")
    spans = (standing.now, standing.before, standing.year_ago)
    step = max(1, -(-standing.days // POINTS))
    shown = zip(spans, kinds, names, strict=True)
    kept = [
        (span, kind, name)
        for span, kind, name in shown
        if kind == "actual" or (span.total and not (kind == "pace" and standing.is_one_back))
    ]
    lines = [
        charts.Line(_points(span, standing.days, step), f"{name} {scale.write(span.total)}", kind) for span, kind, name in kept
    ]
    top = max(span.total for span, _kind, _name in kept)
    ticks = [(value, scale.tick(Decimal(value))) for value in charts.nice_ticks(float(top))]
    said = "; ".join(line.label for line in lines)
    return charts.lines(
        list(reversed(lines)),
        names=_under(standing.now.period),
        ticks=ticks,
        height=height,
        today=(standing.day - 1) // step if standing.is_running and standing.day else None,
        today_label=_("Today"),
        label=_("Won value added up day by day: %(lines)s") % {"lines": said},
    )


def _points(span: Span, days: int, step: int) -> list[float | None]:
    """The running sum at every `step` days; nothing after the last day that has been."""
    values = [float(value) for value in span.running[:days]]
    sampled: list[float | None] = [values[at] for at in range(0, len(values), step)]
    if sampled:
        sampled[-1] = values[-1]
    return sampled + [None] * (-(-days // step) - len(sampled))


def _under(period: Period) -> list[str]:
    """Words under the plot, spread evenly."""
    parts = {"month": 4, "quarter": 3, "year": 12}[period.grain]
    days = (period.end_on - period.start_on).days
    shape = "j M" if period.grain == "month" else "M"
    return [
        date_format(period.start_on + timedelta(days=round(days * at / parts) + (period.grain != "month")), shape)
        for at in range(parts)
    ]
