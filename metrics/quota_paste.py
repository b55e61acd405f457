"""A block copied from a spreadsheet, laid over a sheet of quotas: by names and months where it brings them, else by place.

Nothing is lost in silence: what finds no row or no month is said.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lib.money import read_money
from lib.text import clean, clean_line, fold, has_letter
from metrics.quota_sheet import Row, Sheet, cell_key

MOST_CELLS, MOST_CHARACTERS = 20_000, 400_000
_MONTHS = (
    ("jan", "january", "januari"), ("feb", "february", "februari", "peb"), ("mar", "march", "maret"), ("apr", "april"),
    ("may", "mei"), ("jun", "june", "juni"), ("jul", "july", "juli"), ("aug", "august", "agu", "agt", "agustus", "ags"),
    ("sep", "sept", "september"), ("oct", "october", "okt", "oktober"), ("nov", "november", "nop", "nopember"),
    ("dec", "december", "des", "desember"),
)  # fmt: skip
_BY_NAME = {name: at for at, names in enumerate(_MONTHS, 1) for name in names}
_NAMED = re.compile(r"^(?P<name>[a-z]{3,9})\.?(?:[ /'-]*(?P<year>\d{4}|\d{2}))?$")
_NUMBERED = re.compile(r"^(?:(?P<year>\d{4})[-/.](?P<month>\d{1,2})|(?P<month2>\d{1,2})[-/](?P<year2>\d{4}))(?:[-/.]0?1)?$")
_SHOWN = 5


@dataclass
class Laid:
    """What goes into which cell, and what is said about the rest."""

    texts: dict[str, str] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    # Cells that take no number: somebody not here in that month, or a row that is not this person's to set.
    closed: list[str] = field(default_factory=list)


def table(text: str) -> list[list[str]]:
    """The block as rows of cells: between tabs as spreadsheets copy it, else between semicolons, else commas in quotes."""
    text = clean(text[:MOST_CHARACTERS]).replace("\r\n", "\n").strip("\n")
    delimiter = next((mark for mark in ("\t", ";") if mark in text), "," if '"' in text else "\t")
    try:
        rows = list(csv.reader(io.StringIO(text), delimiter=delimiter))
    except csv.Error:
        rows = [line.split(delimiter) for line in text.split("\n")]
    return [[clean_line(cell) for cell in row] for row in rows if any(cell.strip() for cell in row)]


def lay(text: str, sheet: Sheet, *, at: str = "") -> Laid:
    """The block over the sheet: by names and months it brings along, else from the cell `at` on, right and down."""
    rows, laid = table(text), Laid()
    if not rows:
        return laid
    if len(text) > MOST_CHARACTERS or sum(map(len, rows)) > MOST_CELLS:
        laid.said.append(_("That is more than a year of a team: only the first part was read."))
        rows = rows[: max(1, MOST_CELLS // max(map(len, rows)))]
    columns, named = _header(rows[0], sheet, laid)
    if columns is not None:
        rows = rows[1:]
    has_names = named or _has_names(rows)
    first_row, first_month = _place(at, sheet)
    if columns is None:
        columns = _by_place(rows, sheet, 0 if has_names else first_month, skip=1 if has_names else 0, laid=laid)
    targets = _by_name(rows, sheet, laid) if has_names else _down(rows, sheet, first_row, laid)
    for cells, row in zip(rows, targets, strict=True):
        if row is not None:
            _fill(cells, row, columns, laid)
    if laid.closed:
        laid.said.append(_closed_words(laid.closed))
    return laid


def month_of(text: str, months: Sequence[date]) -> tuple[date | None, bool]:
    """The month of the sheet that a heading names, and whether it names a month at all (of another year, then)."""
    word = text.strip().casefold()
    if match := _NAMED.match(word):
        number, year = _BY_NAME.get(match["name"], 0), match["year"]
    elif match := _NUMBERED.match(word):
        number, year = int(match["month"] or match["month2"]), match["year"] or match["year2"]
    else:
        return None, False
    if not 1 <= number <= 12:
        return None, False
    found = next(month for month in months if month.month == number)
    return (found if not year or found.year % 100 == int(year) % 100 else None), True


# ── Columns ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def _header(cells: Sequence[str], sheet: Sheet, laid: Laid) -> tuple[dict[int, date] | None, bool]:
    """Column → month where the first row names months, and whether the first column then holds names."""
    found = {at: month_of(cell, sheet.asked.months) for at, cell in enumerate(cells)}
    named = [at for at, (_month, is_month) in found.items() if is_month]
    if len(named) < 2 and not (len(named) == 1 and len(cells) <= 2):
        return None, False
    columns = {at: month for at, (month, _is) in found.items() if month is not None}
    other_year = [cells[at] for at in named if at not in columns]
    if other_year:
        laid.said.append(_("Left out, since they lie in another year: %(names)s.") % {"names": _few(other_year)})
    first = min(named)
    loose = [cells[at] for at in range(first, len(cells)) if at not in named and cells[at]]
    if loose:
        laid.said.append(_("Left out, since they are no month: %(names)s.") % {"names": _few(loose)})
    return columns, first > 0


def _by_place(rows: Sequence[Sequence[str]], sheet: Sheet, first: int, *, skip: int, laid: Laid) -> dict[int, date]:
    months = sheet.asked.months[first:]
    width = max((len(row) for row in rows), default=0) - skip
    extra = [cell for row in rows for cell in row[skip + len(months) :] if cell]
    if extra:
        words = ngettext(
            "%(count)d column does not fit into the year and was left out: %(values)s.",
            "%(count)d columns do not fit into the year and were left out: %(values)s.",
            width - len(months),
        )
        laid.said.append(words % {"count": width - len(months), "values": _few(extra)})
    return {skip + at: month for at, month in enumerate(months)}


# ── Rows ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def _has_names(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first column holds names: most of it has letters and is no amount."""
    firsts = [row[0] for row in rows if row and row[0]]
    if not firsts or max(map(len, rows)) < 2:
        return False
    names = [text for text in firsts if has_letter(text) and not _is_amount(text)]
    return 2 * len(names) > len(firsts)


def _is_amount(text: str) -> bool:
    read = read_money(text[:60], currency="")
    return read.english is not None or read.indonesian is not None


def _by_name(rows: Sequence[Sequence[str]], sheet: Sheet, laid: Laid) -> list[Row | None]:
    found: list[Row | None] = []
    missing, twice = [], []
    for cells in rows:
        name = cells[0] if cells else ""
        row = _named(name, sheet)
        if row is None and name:
            missing.append(name)
        if row is not None and row in found:
            twice.append(name)
            row = None
        found.append(row)
    if missing:
        words = ngettext("No row here is called %(names)s.", "No rows here are called %(names)s.", len(missing))
        laid.said.append(words % {"names": _few(missing)})
    if twice:
        laid.said.append(_("Only the first row of a name was taken; it stands twice: %(names)s.") % {"names": _few(twice)})
    return found


def _named(name: str, sheet: Sheet) -> Row | None:
    """The one row of that name, whatever its case and accents; part of a name counts when only one row has it."""
    wanted = fold(name)
    if not wanted:
        return None
    same = [row for row in sheet.rows if fold(row.name) == wanted]
    if same:
        return same[0] if len(same) == 1 else None
    words = [fold(word) for word in name.split()]
    near = [row for row in sheet.rows if set(words) <= {fold(word) for word in row.name.split()}]
    return near[0] if len(near) == 1 else None


def _down(rows: Sequence[Sequence[str]], sheet: Sheet, first: int, laid: Laid) -> list[Row | None]:
    # The team's own number takes only what is pasted onto it: a last row is rather the sum of the others.
    street = sheet.street
    takers: list[Row | None] = list(street[first:]) if first < len(street) else [sheet.own]
    if len(rows) > len(takers):
        left = len(rows) - len(takers)
        extra = [next((cell for cell in row if cell), "") for row in rows[len(takers) :]]
        words = ngettext(
            "%(count)d row found no place below the last one and was left out: %(values)s.",
            "%(count)d rows found no place below the last one and were left out: %(values)s.",
            left,
        )
        laid.said.append(words % {"count": left, "values": _few(extra)})
    return [takers[at] if at < len(takers) else None for at in range(len(rows))]


def _place(at: str, sheet: Sheet) -> tuple[int, int]:
    found = sheet.cells.get(at)
    if found is None:
        return 0, 0
    return sheet.rows.index(found[0]), sheet.asked.months.index(found[1])


def _fill(cells: Sequence[str], row: Row, columns: dict[int, date], laid: Laid) -> None:
    for at, month in columns.items():
        text = cells[at] if at < len(cells) else ""
        if not text:
            continue
        key = cell_key(row.key, month)
        if row.takes(month):
            laid.texts[key] = text
        else:
            laid.closed.append(key)


def _closed_words(keys: Sequence[str]) -> str:
    words = ngettext(
        "%(count)d value stands where nothing can be entered and was left out.",
        "%(count)d values stand where nothing can be entered and were left out.",
        len(keys),
    )
    return words % {"count": len(keys)}


def _few(values: Sequence[str]) -> str:
    """The first of them, and how many more."""
    shown = ", ".join(value[:40] for value in values[:_SHOWN])
    more = len(values) - _SHOWN
    return shown if more <= 0 else _("%(values)s and %(count)d more") % {"values": shown, "count": more}
