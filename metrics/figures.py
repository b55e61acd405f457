"""A value with what stands behind it, and how it is written."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lib import numbers
from metrics.definitions import REASONS, Metric, Unit
from metrics.stats import THIN_BELOW, Interval, ratio, wilson


@dataclass(frozen=True)
class Figure:
    """A value, or None with its reason. `part` and `whole` are numerator and denominator where it is a ratio.

    `n` is the number of rows behind it. `known` is the sum of what can be summed where the value itself cannot.
    """

    value: Decimal | int | None
    reason: str = ""
    n: int = 0
    part: Decimal | int | None = None
    whole: Decimal | int | None = None
    known: Decimal | None = None

    @property
    def why(self) -> str:
        """The reason of an unknown value in words."""
        return str(REASONS.get(self.reason, ""))

    @property
    def is_thin(self) -> bool:
        """Too few rows to judge by."""
        return 0 < self.n < THIN_BELOW

    @property
    def interval(self) -> Interval | None:
        """Wilson's 95 % interval of a ratio of counts."""
        if isinstance(self.part, int) and isinstance(self.whole, int):
            return wilson(self.part, self.whole)
        return None


def unknown(reason: str, *, n: int = 0, known: Decimal | None = None) -> Figure:
    """A figure that cannot be given."""
    return Figure(None, reason, n=n, known=known)


def share(part: int, whole: int) -> Figure:
    """A ratio of counts; null without a denominator."""
    return Figure(ratio(part, whole), "" if whole else "no_denominator", n=whole, part=part, whole=whole)


def written(metric: Metric, value: Decimal | int | None, currency: str, lang: str, *, short: bool = True) -> str:
    """The value as people read it; a dash for None."""
    if value is None:
        return numbers.DASH
    if metric.unit is Unit.MONEY:
        return numbers.money_short(value, currency, lang) if short else numbers.money(value, currency, lang)
    if metric.unit is Unit.SHARE:
        return numbers.percent(value, lang)
    if metric.unit is Unit.DAYS:
        return _("%(days)s\u00a0d") % {"days": numbers.number(value, lang, 0 if value == int(value) else 1)}
    return numbers.number(value, lang, 0)


def of_rows(metric: Metric, figure: Figure, lang: str) -> str:
    """What a ratio or median rests on: "12 of 47", "from 238 deals"; empty where the value itself is the count."""
    if figure.part is not None and isinstance(figure.part, int) and figure.whole:
        return _("%(part)s of %(whole)s") % {
            "part": numbers.number(figure.part, lang, 0), "whole": numbers.number(figure.whole, lang, 0),
        }  # fmt: skip
    if metric.unit in (Unit.DAYS, Unit.MONEY) and figure.n:
        return ngettext("from %(n)s deal", "from %(n)s deals", figure.n) % {"n": numbers.number(figure.n, lang, 0)}
    return ""
