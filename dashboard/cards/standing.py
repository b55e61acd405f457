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
from lib import charts, numbers
from lib.bullets import Bullet, Mark, bullet
from lib.periods import Period
from metrics import figures
from metrics.attainment import Attainment
from metrics.definitions import METRICS, Metric
from metrics.standing_words import percent
from metrics.targets import is_over_assigned

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
class TargetCell:
    """One figure against the quota: its name, value, a line below it and how that line stands."""

    key: str
    title: str
    text: str
    note: str
    state: str = ""


@dataclass(frozen=True)
class TargetCard:
    """Where a quota is set: what is reached of it, what is missing, the pace, and the picture of the three."""

    cells: tuple[TargetCell, ...]
    bullet: SafeString
    over: str


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
    # None where nothing was asked.
    target: TargetCard | None


def card(standing: Standing, *, currency: str, fiscal_start: int, height: int = 150) -> StandingCard:
    """The card of a standing."""
    spans = (standing.now, standing.before, standing.year_ago)
    quota = standing.against.roll_up.quota
    scale = scale_for(max([*(span.total for span in spans), quota or Decimal(0)]), currency)
    names = [name_of(span.period, fiscal_start) for span in spans]
    return StandingCard(
        cells=tuple(_cell(METRICS[key], standing, currency) for key in SHOWN),
        unit=scale.unit,
        chart=_chart(standing, scale, names, height) if any(span.total for span in spans) else SafeString(""),
        before_words="" if standing.before.figures.is_empty else _against(names[1], standing),
        year_ago_words="" if standing.is_one_back or standing.year_ago.figures.is_empty else _against(names[2], standing),
        target=None if quota is None else _target(standing.against, quota, scale, currency, is_running=standing.is_running),
    )


# ── Against the quota ───────────────────────────────────────────────────────────────────────────────────────────────
def _target(found: Attainment, quota: Decimal, scale: Scale, currency: str, *, is_running: bool) -> TargetCard:
    won, pace = found.roll_up.actual, found.pace
    cells = [_reached(found, quota, currency), _gap(found, currency)]
    if is_running:
        cells += [_pace(found, currency), _run_rate(found, currency)]
    marks = [Mark(float(quota), _("Quota %(amount)s") % {"amount": scale.write(quota)})]
    if is_running and pace.expected is not None:
        marks.append(Mark(float(pace.expected), _("Pace today %(amount)s") % {"amount": scale.write(pace.expected)}, "pace"))
    picture = bullet(Bullet(float(won), _("Won %(amount)s") % {"amount": scale.write(won)}, marks))
    return TargetCard(tuple(cells), picture, _over(found))


def _reached(found: Attainment, quota: Decimal, currency: str) -> TargetCell:
    ratio = found.roll_up.attainment or Decimal(0)
    note = _("%(percent)s of %(quota)s") % {
        "percent": percent(ratio), "quota": numbers.money_short(quota, currency, lang()),
    }  # fmt: skip
    return TargetCell("won_value", _("Won"), numbers.money_short(found.roll_up.actual, currency, lang()), note)


def _gap(found: Attainment, currency: str) -> TargetCell:
    gap, left = found.gap or Decimal(0), found.total - found.elapsed
    if not gap:
        return TargetCell("gap", _("Gap to quota"), numbers.money_short(gap, currency, lang()), _("quota is met"), "good")
    note = ""
    if left:
        note = _("%(amount)s a working day") % {"amount": numbers.money_short(gap / left, currency, lang())}
    return TargetCell("gap", _("Gap to quota"), numbers.money_short(gap, currency, lang()), note)


def _pace(found: Attainment, currency: str) -> TargetCell:
    pace = found.pace
    if pace.ratio is None or pace.expected is None:
        return TargetCell("pace", _("Pace"), numbers.DASH, _("no working day has passed"))
    text = percent(pace.ratio)
    apart = found.roll_up.actual - pace.expected
    amount = numbers.money_short(abs(apart), currency, lang())
    if apart < 0:
        return TargetCell("pace", _("Pace"), text, _("▼ %(amount)s behind") % {"amount": amount}, "bad")
    return TargetCell("pace", _("Pace"), text, _("▲ %(amount)s ahead") % {"amount": amount}, "good")


def _run_rate(found: Attainment, currency: str) -> TargetCell:
    rate = found.pace.run_rate
    text = numbers.DASH if rate is None else numbers.money_short(rate, currency, lang())
    days = _("day %(day)s of %(days)s") % {"day": found.elapsed, "days": found.total}
    return TargetCell("run_rate", _("At this pace"), text, days)


def _over(found: Attainment) -> str:
    """A warning where the reps were asked for far more than the team."""
    roll_up = found.roll_up
    if not is_over_assigned(roll_up.street_quota, roll_up.manager_quota) or roll_up.over_assignment is None:
        return ""
    percent = numbers.percent(roll_up.over_assignment, lang(), 1)
    return _("The reps' quotas ask for %(percent)s more than the team's.") % {"percent": percent}


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
