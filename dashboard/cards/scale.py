"""The unit a card writes its sums in, named once in its header, and changes against an earlier figure."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.utils.formats import date_format
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from lib import numbers
from lib.periods import Period, fiscal
from metrics.definitions import Direction, Metric, Unit


@dataclass(frozen=True)
class Scale:
    """Ten to the `power` of a currency: a card that holds billions writes 7.62 and says "Rp bn" in its header."""

    currency: str
    power: int
    digits: int

    @property
    def unit(self) -> str:
        """As the header names it."""
        return numbers.unit_name(self.power, self.currency, lang())

    def write(self, amount: Decimal | None) -> str:
        """The bare figure."""
        return numbers.money_scaled(amount, self.currency, lang(), self.power, self.digits)

    def tick(self, amount: Decimal) -> str:
        """A round level of an axis, without needless decimals."""
        return numbers.number(amount.scaleb(-self.power), lang(), 1 if amount.scaleb(-self.power) % 1 else 0)

    def signed(self, amount: Decimal) -> str:
        """The bare figure with its sign, also a plus."""
        text = self.write(amount)
        return f"+{text}" if amount > 0 else text


def scale_for(largest: Decimal, currency: str) -> Scale:
    """The unit in which the largest amount of a card has one to four digits before the point."""
    size = abs(largest)
    for power in (12, 9, 6, 3):
        if size >= Decimal(1).scaleb(power):
            shown = size.scaleb(-power)
            return Scale(currency, power, 2 if shown < 100 else 0)
    return Scale(currency, 0, 0)


def fine_scale(largest: Decimal, currency: str) -> Scale:
    """The unit of a column in which small amounts stand beside the largest: whole millions rather than 0.14 billion."""
    coarse = scale_for(largest, currency)
    if coarse.power < 3 or abs(largest) >= Decimal(100).scaleb(coarse.power):
        return Scale(currency, coarse.power, 0)
    return Scale(currency, coarse.power - 3, 0)


def lang() -> str:
    """The custom numbers are written in."""
    return numbers.language(get_language())


@dataclass(frozen=True)
class Change:
    """A figure against an earlier one: its sign, its words, and which direction is the good one."""

    value: Decimal
    text: str
    good: str


def change(metric: Metric, now: Decimal | int | None, then: Decimal | int | None) -> Change | None:
    """The difference as people say it: points for shares, days for durations, per cent for the rest; None where unknown."""
    if now is None or then is None:
        return None
    difference = Decimal(now) - Decimal(then)
    if not difference:
        return Change(difference, "", "none")
    good = {Direction.UP: "up", Direction.DOWN: "down"}.get(metric.direction, "none")
    if metric.unit is Unit.SHARE:
        points = numbers.number(abs(difference * 100), lang(), 1)
        return Change(difference, _("%(points)s points") % {"points": points}, good)
    if metric.unit is Unit.DAYS:
        days = abs(difference)
        shown = numbers.number(days, lang(), 0 if days == int(days) else 1)
        return Change(difference, ngettext("%(days)s day", "%(days)s days", int(days) or 1) % {"days": shown}, good)
    if not then:
        return None
    return Change(difference, numbers.percent(abs(difference) / Decimal(then), lang(), _percent_digits(difference, then)), good)


def _percent_digits(difference: Decimal, then: Decimal | int) -> int:
    """No decimal from 10 % on: 214%, but 3.4%."""
    return 0 if abs(difference) * 10 >= abs(Decimal(then)) else 1


def name_of(period: Period, fiscal_start: int, *, year: bool = True) -> str:
    """Q4 2026, Nov 2026, 2026; without the year, Q4 and Nov."""
    if period.grain == "year":
        return period.label
    if period.grain == "month":
        return date_format(period.start_on, "M Y" if year else "M")
    fiscal_year, quarter = fiscal(period.start_on, fiscal_start)
    return (_("Q%(quarter)s %(year)s") if year else _("Q%(quarter)s")) % {"quarter": quarter, "year": fiscal_year}
