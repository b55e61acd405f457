"""Dates and money as people write them, and which custom a column follows."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from lib.money import Reading, read_money

_ISO = re.compile(r"^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[ T]00:00(?::00(?:\.0+)?)?)?$")
_NUMBERS = re.compile(r"^(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4}|\d{2})(?:[ T]0?0[:.]00(?:[:.]00)?)?$")
_WORDS = re.compile(r"^(\d{1,2})[-/. ]+([a-zA-Z]{3,9})\.?[-/., ]+(\d{4}|\d{2})$")
_INSTANT = re.compile(r"^(\d{4}-\d{2}-\d{2})[T ](\d{1,2}[:.]\d{2}(?:[:.]\d{2}(?:[.,]\d{1,6})?)?) ?(Z|[+-]\d{2}:?\d{2})?$")
_MONTHS = {
    name: month
    for month, names in enumerate(
        ("jan", "feb pe", "mar", "apr", "may mei", "jun", "jul", "aug agu ags", "sep", "oct okt", "nov", "dec des"), start=1
    )
    for name in names.split()
}
EARLIEST, LATEST = date(1900, 1, 1), date(2100, 1, 1)


@dataclass(frozen=True)
class DateReading:
    """What a typed day means with the day first and with the month first; ISO dates and names of months read one way."""

    day_first: date | None = None
    month_first: date | None = None

    @property
    def custom(self) -> str | None:
        """The custom the text itself shows."""
        if self.day_first == self.month_first:
            return None
        if self.day_first is None:
            return "mdy"
        return "dmy" if self.month_first is None else None

    @property
    def unclear(self) -> bool:
        """Both customs read it, and differ."""
        return None not in (self.day_first, self.month_first) and self.day_first != self.month_first

    def under(self, custom: str | None) -> date | None:
        """The day under a custom; where only one custom reads it, that one."""
        if custom == "mdy":
            return self.month_first or self.day_first
        return self.day_first or self.month_first


@lru_cache(maxsize=50_000)
def read_date(typed: str) -> DateReading:
    """A day as typed: 2026-11-30, 30/11/2026, 11/30/2026, 30.11.26, 30 Nov 2026. Nothing readable gives two Nones."""
    if match := _ISO.match(typed):
        day = _day(int(match[1]), int(match[2]), int(match[3]))
        return DateReading(day, day)
    if match := _NUMBERS.match(typed):
        first, second, year = int(match[1]), int(match[2]), _year(match[3])
        return DateReading(_day(year, second, first), _day(year, first, second))
    if match := _WORDS.match(typed):
        month = _MONTHS.get(match[2].lower()[:3]) or 0
        day = _day(_year(match[3]), month, int(match[1]))
        return DateReading(day, day)
    return DateReading()


def _year(text: str) -> int:
    return int(text) if len(text) == 4 else 2000 + int(text)


def _day(year: int, month: int, day: int) -> date | None:
    try:
        made = date(year, month, day)
    except ValueError:
        return None
    return made if EARLIEST <= made < LATEST else None


def read_instant(typed: str, zone: ZoneInfo) -> datetime | None:
    """An instant as typed: 2026-11-30T14:00:00+07:00, or 2026-11-30 14:00 in the company's zone, or a day (its start)."""
    if match := _INSTANT.match(typed):
        clock_time = match[2].replace(",", ".").replace(".", ":", 1) if ":" not in match[2] else match[2].replace(",", ".")
        try:
            made = datetime.fromisoformat(f"{match[1]}T{clock_time.zfill(5)}{match[3] or ''}")
        except ValueError:
            return None
        made = made if made.tzinfo else made.replace(tzinfo=zone)
        return made if EARLIEST <= made.date() < LATEST else None
    day = read_date(typed).under(None)
    return datetime.combine(day, time(), tzinfo=zone) if day else None


@lru_cache(maxsize=50_000)
def money_reading(typed: str, currency: str) -> Reading:
    """Money as typed, in both customs (lib.money)."""
    return read_money(typed, currency=currency)


@lru_cache(maxsize=50_000)
def read_amount(typed: str, currency: str, custom: str | None) -> Reading:
    """Money as typed under the custom of its column."""
    if typed.isascii() and typed.isdigit():
        return Reading(Decimal(typed))
    return read_money(typed, currency=currency, custom=custom)


@dataclass
class Evidence:
    """What the cells of one column show about its custom."""

    shown: dict[str, str]  # custom → a cell that can be read no other way
    unclear: str = ""  # a cell that can be read both ways

    @property
    def settled(self) -> str | None:
        """The custom, when the unmistakable cells agree on one."""
        return next(iter(self.shown)) if len(self.shown) == 1 else None


def money_evidence(cells: Iterable[str], currency: str) -> Evidence:
    """What these amounts show."""
    found = Evidence({})
    for cell in cells:
        if cell.isascii() and cell.isdigit():
            continue
        reading = money_reading(cell, currency)
        if reading.unclear:
            found.unclear = found.unclear or cell
        elif reading.custom:
            found.shown.setdefault(reading.custom, cell)
    return found


def date_evidence(cells: Iterable[str]) -> Evidence:
    """What these days show."""
    found = Evidence({})
    for cell in cells:
        reading = read_date(cell)
        if reading.unclear:
            found.unclear = found.unclear or cell
        elif reading.custom:
            found.shown.setdefault(reading.custom, cell)
    return found
