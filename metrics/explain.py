"""*Explain this number*: its value and trend, what is in it, what is left out, and the rows that add up to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from lib import periods
from lib.periods import Period
from metrics import activity, kpis
from metrics.definitions import Kind, Metric, Unit
from metrics.figures import Figure
from metrics.groups import Read, groups
from metrics.kpis import Kpis, LeftOut
from metrics.rows import PAGE_ROWS, Question, Rows, Unseen, page, unseen
from metrics.scopes import Scope, shows_parts

TREND = 8
PARTS_SHOWN = 12


@dataclass(frozen=True)
class Part:
    """A team's or rep's share of the number; `scope` explains it further where the person may read it."""

    name: str
    figure: Figure
    scope: Scope | None = None


@dataclass(frozen=True)
class Note:
    """Something about the rows: what is not in the number, or a doubt about what is. `n` is how many."""

    text: str
    n: int
    is_out: bool = True
    is_fault: bool = False


@dataclass(frozen=True)
class Explanation:
    """Everything said about one number."""

    metric: Metric
    scope: Scope
    figure: Figure
    trend: Sequence[tuple[Period, Figure]]
    parts: Sequence[Part]
    parts_more: int
    notes: Sequence[Note]
    rows: Rows
    unseen: Unseen

    @property
    def previous(self) -> tuple[Period, Figure] | None:
        """The period before, whole."""
        return self.trend[-2] if len(self.trend) > 1 else None

    @property
    def trend_values(self) -> list[float]:
        """What the line draws; periods without a value are left out."""
        return [float(figure.value) for _period, figure in self.trend if figure.value is not None]

    @property
    def adds_up(self) -> bool:
        """The parts sum to the value, as counts and sums do and rates and medians do not."""
        return self.metric.unit is Unit.COUNT or self.metric.key == "won_value"

    @property
    def left_out(self) -> list[Note]:
        """What is not in the number."""
        return [note for note in self.notes if note.is_out]

    @property
    def remarks(self) -> list[Note]:
        """What is in it and worth knowing."""
        return [note for note in self.notes if not note.is_out]


def explain(question: Question, period: Period, *, size: int = PAGE_ROWS, after: str = "") -> Explanation:
    """The explanation of one metric with a page of its rows, in four queries at most, whatever the data."""
    metric, scope, company = question.metric, question.scope, question.company
    windows = [periods.shift(period, -back, company.fiscal_start) for back in reversed(range(TREND))]
    found = _read(question, windows)
    parts, more = _parts(question, found[-1])
    return Explanation(
        metric=metric,
        scope=scope,
        figure=found[-1][metric.key],
        trend=[(window, row[metric.key]) for window, row in zip(windows, found, strict=True)],
        parts=parts,
        parts_more=more,
        notes=_notes(metric, found[-1]),
        rows=page(question, size=size, after=after),
        unseen=unseen(question),
    )


def _read(question: Question, windows: Sequence[Period]) -> Sequence[Read]:
    how: dict[str, Any] = {"as_of": question.at.day, "known_at": question.at.known_at, "company": question.company}
    if question.metric.kind is Kind.ACTIVITY:
        return activity.activity_many(question.scope, windows, **how)
    # Open deals of earlier periods cost a pass over all deals each: only where they are the number asked about.
    open_in = None if question.metric.key == "open_count" else ()
    return kpis.kpis_many(question.scope, windows, open_in=open_in, **how)


# ── What is in it ───────────────────────────────────────────────────────────────────────────────────────────────────
def _parts(question: Question, whole: Read) -> tuple[list[Part], int]:
    """The parts that have rows, largest first, and how many more there are."""
    scope, metric = question.scope, question.metric
    if scope.is_rep:
        return [], 0
    found = groups(
        scope, question.period, metric.kind, by_team=scope.is_company or scope.is_parent, at=question.at, company=question.company
    )
    parts = [Part(group.name, group.figures[metric.key], group.scope) for group in found]
    parts = sorted((part for part in parts if part.figure.n or part.figure.value), key=_largest_first)
    if metric.kind is Kind.MONEY and not shows_parts(question.user.viewer, scope):
        parts = _own_and_others(question, parts, whole[metric.key])
    return parts[:PARTS_SHOWN], max(len(parts) - PARTS_SHOWN, 0)


def _largest_first(part: Part) -> tuple[bool, Decimal | int, str]:
    return part.figure.value is None, -(part.figure.value or 0), part.name


def _own_and_others(question: Question, parts: list[Part], whole: Figure) -> list[Part]:
    """The teams whose amounts the person reads, and all others as one line that makes the sum foot."""
    viewer = question.user.viewer
    own = [part for part in parts if part.scope and shows_parts(viewer, part.scope)]
    if len(own) == len(parts):
        return parts
    if question.metric.key != "won_value" or whole.value is None:
        return own
    rest = Decimal(whole.value) - sum(Decimal(part.figure.value or 0) for part in own)
    n = whole.n - sum(part.figure.n for part in own)
    return [*own, Part(_("Other teams"), Figure(rest, n=n))]


# ── What is left out ────────────────────────────────────────────────────────────────────────────────────────────────
def _notes(metric: Metric, row: Read) -> list[Note]:
    if not isinstance(row, Kpis):
        return []
    makers = {
        "won_value": _of_value,
        "average_deal": _of_value,
        "lost_count": _of_lost,
        "win_rate": _of_rate,
        "median_cycle_days": lambda out: [Note(_("Won, without an opening day"), out.won_undated)],
        "median_cycle_days_closed": lambda out: [*_of_lost(out), Note(_("Closed, without an opening day"), out.closed_undated)],
        "open_count": lambda out: [Note(_("Opened on an unknown day"), out.open_undated, is_out=False)],
    }
    maker = makers.get(metric.key)
    return [note for note in maker(row.left_out) if note.n] if maker else []


def _of_value(out: LeftOut) -> list[Note]:
    return [
        Note(_("Won, without an exchange rate"), out.without_rate, is_fault=True),
        Note(_("Won, without an amount: adds nothing"), out.without_amount, is_out=False),
    ]


def _of_lost(out: LeftOut) -> list[Note]:
    return [
        Note(_("Not a fit, before they qualified"), out.disqualified),
        Note(_("Ended without a decision"), out.no_decision_out),
        Note(_("Ended without a decision: count as lost"), out.no_decision, is_out=False),
    ]


def _of_rate(out: LeftOut) -> list[Note]:
    return [Note(_("Lost before they qualified"), out.lost_unqualified), *_of_lost(out)]
