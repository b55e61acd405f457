"""How numbers are laid out for the templates: figure cells, the explanation, its rows. Nothing is computed here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from deals.models import Activity, Deal
from lib import numbers
from metrics.definitions import METRICS, Metric, Unit
from metrics.explain import Explanation
from metrics.figures import Figure, of_rows, written
from metrics.rows import Question, Rows
from metrics.scopes import Scope

# What stands above and below the line of a metric that is a fraction.
_FRACTIONS: dict[str, tuple[Promise, Promise]] = {
    "win_rate": (gettext_lazy("Deals won"), gettext_lazy("Won or lost")),
    "average_deal": (gettext_lazy("Won value"), gettext_lazy("Deals won")),
    "connect_rate": (gettext_lazy("Calls answered"), gettext_lazy("Calls made")),
    "show_rate": (gettext_lazy("Meetings held"), gettext_lazy("Held, missed or cancelled late")),
}
# Their rows did not all end the same way.
_MIXED = {"lost_count", "win_rate", "median_cycle_days_closed"}
_STATES = {"won": "good", "lost": "bad"}


def lang() -> str:
    """The custom numbers are written in for this reader."""
    return numbers.language(get_language())


@dataclass(frozen=True)
class Cell:
    """One figure in words: value, what it rests on, and the same figure of an earlier window."""

    metric: Metric
    figure: Figure
    text: str
    rests_on: str
    before: str = ""


def cell(key: str, figure: Figure, currency: str, before: Figure | None = None) -> Cell:
    """The figure of a metric for a card."""
    metric = METRICS[key]
    earlier = written(metric, before.value, currency, lang()) if before is not None and before.value is not None else ""
    return Cell(metric, figure, value_text(metric, figure, currency), of_rows(metric, figure, lang()), earlier)


def value_text(metric: Metric, figure: Figure, currency: str, *, short: bool = True) -> str:
    """The value; where a sum lacks rates, what is known of it, marked as a lower bound."""
    if figure.value is None and figure.known is not None:
        return f"≥\u00a0{written(metric, figure.known, currency, lang(), short=short)}"
    return written(metric, figure.value, currency, lang(), short=short)


# ── Explanation ─────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True)
class PartLine:
    """A team or rep in the explanation, with the width of its bar from 0 to 1."""

    name: str
    note: str
    text: str
    width: float
    figure: Figure
    scope: Scope | None


@dataclass(frozen=True)
class Fraction:
    """Numerator over denominator, in words and figures, and what comes out."""

    above: str
    part: str
    below: str
    whole: str
    result: str


@dataclass(frozen=True)
class RowLine:
    """A row in words. `pk` links to the deal; `chip` is (words, state)."""

    title: str
    sub: str
    day: str
    text: str
    pk: int | None = None
    chip: tuple[str, str] | None = None


@dataclass(frozen=True)
class ExplanationCard:
    """What the template needs besides the explanation itself."""

    value: str
    exact: str
    rests_on: str
    fraction: Fraction | None
    parts: Sequence[PartLine]
    total: str
    unseen: str
    lines: Sequence[RowLine]


def explanation_card(found: Explanation, question: Question) -> ExplanationCard:
    """The explanation laid out."""
    metric, figure, currency = found.metric, found.figure, question.company.currency
    exact = value_text(metric, figure, currency, short=False)
    return ExplanationCard(
        value=value_text(metric, figure, currency),
        exact=exact,
        rests_on=of_rows(metric, figure, lang()),
        fraction=_fraction(metric, figure, currency),
        parts=_part_lines(found, currency),
        total=exact if found.adds_up else "",
        unseen=_unseen(found, currency),
        lines=row_lines(found.rows, question),
    )


def _fraction(metric: Metric, figure: Figure, currency: str) -> Fraction | None:
    if metric.key not in _FRACTIONS or figure.part is None or figure.whole is None:
        return None
    above, below = _FRACTIONS[metric.key]
    is_money = metric.unit is Unit.MONEY
    part = numbers.money(figure.part, currency, lang()) if is_money else numbers.number(figure.part, lang(), 0)
    exact = written(metric, figure.value, currency, lang(), short=False) if is_money else numbers.percent(figure.value, lang(), 2)
    return Fraction(str(above), part, str(below), numbers.number(figure.whole, lang(), 0), exact)


def _part_lines(found: Explanation, currency: str) -> list[PartLine]:
    top = max((abs(Decimal(part.figure.value or 0)) for part in found.parts), default=Decimal(0)) or Decimal(1)
    if found.metric.unit is Unit.SHARE:
        top = Decimal(1)
    return [
        PartLine(
            name=part.name,
            note=_part_note(found.metric, part.figure),
            text=value_text(found.metric, part.figure, currency, short=found.metric.key != "won_value"),
            width=float(Decimal(part.figure.value or 0) / top),
            figure=part.figure,
            scope=part.scope,
        )
        for part in found.parts
    ]


def _part_note(metric: Metric, figure: Figure) -> str:
    if metric.key == "won_value":
        return ngettext("%(n)s win", "%(n)s wins", figure.n) % {"n": numbers.number(figure.n, lang(), 0)}
    return of_rows(metric, figure, lang())


def _unseen(found: Explanation, currency: str) -> str:
    """The line for rows that count and are not listed."""
    n = found.unseen.n
    if not n:
        return ""
    words = ngettext("%(n)s more row that you do not read", "%(n)s more rows that you do not read", n) % {
        "n": numbers.number(n, lang(), 0)
    }
    return f"{words}: {numbers.money(found.unseen.amount, currency, lang())}" if found.metric.key == "won_value" else words


# ── Rows ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def row_lines(rows: Rows, question: Question) -> list[RowLine]:
    """The rows of a page in words."""
    make = {"happened": _activity_line, "booked": _activity_line, "leads": _lead_line}.get(question.listing.part, _deal_line)
    return [make(row, question) for row in rows.rows]


def _deal_line(row: dict[str, Any], question: Question) -> RowLine:
    text, chip = "", None
    if question.listing.part == "credits":
        text = _credit(row, question)
    elif question.listing.by == "days":
        text = written(question.metric, row["days"], "", lang())
    if question.metric.key in _MIXED:
        chip = (str(Deal.Outcome(row["outcome"]).label), _STATES.get(row["outcome"], "neutral"))
    account = "" if not row["account"] or row["account"] in row["name"] else row["account"]
    sub = " · ".join(part for part in (row["rep"], account) if part)
    return RowLine(row["name"], sub, _day(row["day"]), text, row["deal_id"], chip)


def _credit(row: dict[str, Any], question: Question) -> str:
    if row["amount"] is None:
        return _("%(amount)s, no rate") % {"amount": numbers.money(row["own_amount"], row["currency"], lang())}
    return numbers.money(row["amount"], question.company.currency, lang())


def _activity_line(row: dict[str, Any], question: Question) -> RowLine:
    outcome = str(Activity.Outcome(row["outcome"]).label) if row["outcome"] else ""
    return RowLine(row["rep"], str(Activity.Channel(row["channel"]).label), _day(row["day"]), outcome)


def _lead_line(row: dict[str, Any], question: Question) -> RowLine:
    return RowLine(row["account"] or row["name"], row["rep"], _day(row["day"]), "")


def _day(day: Any) -> str:
    return date_format(day, "j M Y") if day else _("day unknown")
