"""Lists of holidays as CSV: those shipped by year in reps/holidays/, and those a company uploads."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from django.utils.translation import gettext as _

from lib.text import clean_line
from reps.models import Holiday

SHIPPED = Path(__file__).parent / "holidays"
COUNTRIES = {"id": "Indonesia"}
_FILE = re.compile(r"^(?P<country>[a-z]{2})-(?P<year>\d{4})\.csv$")
_DAY_FIRST = re.compile(r"^(\d{1,2})[./-](\d{1,2})[./-](\d{4})$")
_MOST_ROWS = 2000
# What a row may call its kind, in English, Indonesian and our own code.
_KINDS = {
    "": Holiday.Kind.PUBLIC,
    "public": Holiday.Kind.PUBLIC,
    "national": Holiday.Kind.PUBLIC,
    "libur nasional": Holiday.Kind.PUBLIC,
    "joint_leave": Holiday.Kind.JOINT_LEAVE,
    "joint leave": Holiday.Kind.JOINT_LEAVE,
    "cuti bersama": Holiday.Kind.JOINT_LEAVE,
    "company": Holiday.Kind.COMPANY,
    "libur perusahaan": Holiday.Kind.COMPANY,
}
_COLUMNS = {"day": "day", "date": "day", "tanggal": "day", "day_on": "day", "name": "name", "nama": "name", "keterangan": "name",
            "kind": "kind", "type": "kind", "jenis": "kind", "name_en": "name_en"}  # fmt: skip


@dataclass(frozen=True)
class Day:
    """One day of a list."""

    day_on: date
    name: str
    kind: str


@dataclass(frozen=True)
class DayList:
    """What a file holds: its days, where it comes from, and a sentence for each row that could not be read."""

    days: tuple[Day, ...]
    source: str = ""
    faults: tuple[str, ...] = field(default_factory=tuple)


@dataclass(frozen=True, order=True)
class Shipped:
    """A file of this repository."""

    year: int
    country: str

    @property
    def key(self) -> str:
        """How it is named in an address: "id-2026"."""
        return f"{self.country}-{self.year}"

    @property
    def label(self) -> str:
        """How people call it: "Indonesia 2026"."""
        return f"{COUNTRIES[self.country]} {self.year}"

    def read(self, language: str) -> DayList:
        """Its days, named in that language."""
        return read((SHIPPED / f"{self.key}.csv").read_text("utf-8"), language)


def shipped() -> list[Shipped]:
    """The years that come with the product, the latest first."""
    names = (_FILE.match(path.name) for path in SHIPPED.glob("*.csv"))
    return sorted((Shipped(int(match["year"]), match["country"]) for match in names if match), reverse=True)


def read(text: str, language: str = "en") -> DayList:
    """Days from CSV text with a header row: day, name and, if need be, kind. Lines that start with # may name the source."""
    lines = text.lstrip("\ufeff").splitlines()
    notes = [line.lstrip("# ") for line in lines if line.startswith("#")]
    source = next((note.partition(":")[2].strip() for note in notes if note.casefold().startswith("source:")), "")
    table = "\n".join(line for line in lines if line.strip() and not line.startswith("#"))
    header = table.partition("\n")[0]
    delimiter = max(",;\t", key=header.count)
    reader = csv.DictReader(io.StringIO(table), delimiter=delimiter)
    columns = {name: _COLUMNS.get(clean_line(name or "").casefold(), "") for name in reader.fieldnames or []}
    missing = {"day", "name"} - set(columns.values())
    if missing:
        return DayList(days=(), faults=(_("The first row must name the columns “day” and “name”."),))
    days: dict[date, Day] = {}
    faults: list[str] = []
    for number, row in enumerate(reader, 2):
        if number > _MOST_ROWS:
            faults.append(_("Only the first %(count)d rows were read.") % {"count": _MOST_ROWS})
            break
        found = _day({columns[key]: clean_line(str(value or "")) for key, value in row.items() if columns.get(key)}, language)
        if isinstance(found, Day):
            days[found.day_on] = found
        else:
            faults.append(_("Row %(row)d: %(fault)s") % {"row": number, "fault": found})
    return DayList(days=tuple(days[day] for day in sorted(days)), source=source[:200], faults=tuple(faults))


def _day(cells: dict[str, str], language: str) -> Day | str:
    """The row as a day, or what is wrong with it."""
    day_on = read_day(cells.get("day", ""))
    name = (cells.get("name_en") if language != "id" else "") or cells.get("name", "")
    kind = _KINDS.get(cells.get("kind", "").casefold())
    if day_on is None:
        return _("write the day as 2026-03-19 or 19/03/2026.")
    if not name:
        return _("give the day a name.")
    if kind is None:
        return _("the kind is public, joint_leave or company.")
    return Day(day_on=day_on, name=name[:120], kind=kind)


def read_day(text: str) -> date | None:
    """A date written 2026-03-19, 19/03/2026, 19.03.2026 or 19-03-2026, between 1990 and 2100."""
    match = _DAY_FIRST.match(text)
    try:
        found = date(int(match[3]), int(match[2]), int(match[1])) if match else date.fromisoformat(text)
    except ValueError:
        return None
    return found if 1990 <= found.year <= 2100 else None
