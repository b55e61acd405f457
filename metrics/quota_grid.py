"""The sheet of quotas with what was typed over it: readings, sums that say what they leave out, over-assignment, what to look at."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lib import numbers
from lib.money import places
from metrics import quota_reading, targets
from metrics.quota_reading import Offer, Read, exact
from metrics.quota_sheet import REP, Row, Sheet, cell_key
from metrics.quotas import NewQuota

# A cell is as wide as so many characters; more decimals than these are not shortened away but shown.
_WIDEST = 8
_POWERS = (0, 6, 9, 3)
_USUAL = Decimal("0.20")


@dataclass(frozen=True)
class Cell:
    """A cell as it is shown: the text to edit, the same in the sheet's unit, what came of it, and how much of it counts."""

    key: str
    label: str
    text: str
    shown: str
    short: str
    state: str = ""
    note: str = ""
    is_open: bool = False
    is_out: bool = False
    share: str = ""
    words: str = ""
    ends_quarter: bool = False


@dataclass(frozen=True)
class Total:
    """A sum in the sheet's unit, to the last digit, and how many cells it leaves out."""

    text: str
    title: str
    without: int = 0


@dataclass(frozen=True)
class Line:
    """A row with its cells and its year."""

    row: Row
    cells: list[Cell]
    year: Total


@dataclass(frozen=True)
class Over:
    """The reps' quotas against the team's own in a quarter or the year."""

    name: str
    ratio: Decimal | None
    text: str
    warns: bool = False
    why: str = ""
    sentence: str = ""


@dataclass(frozen=True)
class Look:
    """A cell to be looked at before it is saved."""

    key: str
    title: str
    state: str
    note: str
    offers: tuple[Offer, ...]
    may_keep: bool


@dataclass(frozen=True)
class PartMonth:
    """A month of a rep of which only some days count."""

    title: str
    words: str


@dataclass
class Grid:
    """Everything the page shows of a sheet."""

    sheet: Sheet
    lang: str
    power: int
    reads: dict[str, Read]
    lines: list[Line] = field(default_factory=list)
    own: Line | None = None
    sums: list[Total] = field(default_factory=list)
    overs: list[Over] = field(default_factory=list)
    looks: list[Look] = field(default_factory=list)
    part_months: list[PartMonth] = field(default_factory=list)

    @property
    def unit(self) -> str:
        """The unit in words, for the head of the sheet; empty for counts."""
        return numbers.unit_name(self.power, self.sheet.asked.currency, self.lang) if self.sheet.asked.currency else ""

    @property
    def warnings(self) -> list[Over]:
        """Quarters that ask for far more than the team owes; the year where no quarter does."""
        found = [over for over in self.overs[:-1] if over.warns]
        return found or [over for over in self.overs[-1:] if over.warns]

    def changes(self) -> list[NewQuota]:
        """The numbers to save: typed, readable and different from what stands there."""
        found = []
        for key, read in self.reads.items():
            row, month = self.sheet.cells[key]
            if read.counts and read.amount != row.base.get(month):
                found.append(
                    NewQuota(month, read.amount, row.id if row.kind == REP else None, None if row.kind == REP else row.id)
                )
        return found

    @property
    def save_words(self) -> str:
        """What the button says."""
        count = len(self.changes())
        return ngettext("Save %(count)d quota", "Save %(count)d quotas", count) % {"count": count} if count else _("Save")


def build(
    sheet: Sheet, typed: Mapping[str, str], *, lang: str, kept: Mapping[str, str] | None = None,
    conflicts: Mapping[str, Read] | None = None, pasted: Collection[str] = (),
) -> Grid:  # fmt: skip
    """The grid for these typed texts by cell; `kept` are texts that somebody looked at and wants as they are.

    What was `pasted` together shows by itself in which custom it is written; what was typed cell by cell does not.
    """
    reads = _read_all(sheet, typed, lang, kept or {}, pasted)
    reads.update(conflicts or {})
    grid = Grid(sheet, lang, _power(sheet, lang), reads)
    grid.lines = [_line(grid, row) for row in sheet.street]
    grid.own = _line(grid, sheet.own)
    grid.sums = [_sum(grid, sheet.street, months) for months in _spans(sheet)]
    grid.overs = [_over(grid, at, months) for at, months in enumerate(_spans(sheet))]
    grid.looks = [look for key, read in reads.items() if read.needs_a_look for look in [_look(grid, key, read)]]
    grid.part_months = list(_part_months(grid))
    return grid


# ── Reading ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def _read_all(
    sheet: Sheet, typed: Mapping[str, str], lang: str, kept: Mapping[str, str], pasted: Collection[str]
) -> dict[str, Read]:
    currency = sheet.asked.currency
    texts = {key: text for key, text in typed.items() if key in sheet.cells and _is_changed(sheet, key, text, lang)}
    shown = quota_reading.custom_of((text for key, text in texts.items() if key in pasted), currency)
    reads = {
        key: quota_reading.read(text, currency=currency, custom=lang, settled=shown if key in pasted else None)
        for key, text in texts.items()
    }
    whole = _amounts(sheet, reads)
    everyone = [amount for key, amount in whole.items() if sheet.cells[key][0] in sheet.reps]
    for key, read in reads.items():
        if kept.get(key) == read.text:
            continue
        row = sheet.cells[key][0]
        mine = [whole[other] for month in sheet.asked.months if (other := cell_key(row.key, month)) in whole and other != key]
        reads[key] = quota_reading.compare(read, mine, everyone if row in sheet.reps else (), lang)
    return reads


def _is_changed(sheet: Sheet, key: str, text: str, lang: str) -> bool:
    row, month = sheet.cells[key]
    base = row.base.get(month)
    return text.strip() != ("" if base is None else exact(base, lang))


def _amounts(sheet: Sheet, reads: Mapping[str, Read]) -> dict[str, Decimal]:
    """What stands in each cell that has a number, typed or kept; what cannot be read is left out."""
    found = {}
    for key, (row, month) in sheet.cells.items():
        amount = row.base.get(month) if key not in reads else reads[key].amount
        if amount is not None:
            found[key] = amount
    return found


# ── Sums ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def _spans(sheet: Sheet) -> list[list[date]]:
    """The months of the four quarters, and of the year."""
    months = sheet.asked.months
    return [*(months[at : at + 3] for at in range(0, 12, 3)), months]


def _added(grid: Grid, rows: Sequence[Row], months: Sequence[date]) -> tuple[Decimal, int]:
    """The sum of what counts in this team, and how many typed cells it leaves out."""
    asked, minor, without = grid.sheet.asked, 0, 0
    for row in rows:
        for month in months:
            read = grid.reads.get(cell_key(row.key, month))
            without += read is not None and not read.counts
            amount = read.amount if read is not None else row.base.get(month)
            if amount is not None:
                minor += row.part(month).of(asked.minor(amount))
    return asked.major(minor), without


def _sum(grid: Grid, rows: Sequence[Row], months: Sequence[date]) -> Total:
    amount, without = _added(grid, rows, months)
    if not any(_stands(grid, row, month) for row in rows for month in months):
        return Total(numbers.DASH, _("No quotas here yet."), without)
    return Total(_scaled(grid, amount), written(grid, amount), without)


def _stands(grid: Grid, row: Row, month: date) -> bool:
    """Whether a number stands there, typed or kept."""
    read = grid.reads.get(cell_key(row.key, month))
    return (row.base.get(month) if read is None else read.amount) is not None


def _over(grid: Grid, at: int, months: Sequence[date]) -> Over:
    name = f"Q{at + 1}" if at < 4 else _("Year")
    street, _without = _added(grid, grid.sheet.street, months)
    own, _without = _added(grid, [grid.sheet.own], months)
    numbered = _amounts(grid.sheet, grid.reads)
    missing = [month for month in months if cell_key(grid.sheet.own.key, month) not in numbered]
    if not street or not own or missing:
        why = _("The team has no quota of its own here yet.") if not own or missing else _("No quotas here yet.")
        return Over(name, None, numbers.DASH, why=why)
    ratio = targets.over_assignment(street, own)
    warns = targets.is_over_assigned(street, own)
    return Over(name, ratio, numbers.percent(ratio, grid.lang), warns, sentence=_cut(grid, name, street, own) if warns else "")


def _cut(grid: Grid, name: str, street: Decimal, own: Decimal) -> str:
    words = {"period": name, "more": _short(grid, street - own), "cut": _short(grid, street - own * (1 + _USUAL))}
    if name == _("Year"):
        return _("The year asks reps for %(more)s more than the team owes. Cut %(cut)s to get to 20%%.") % words
    return _("%(period)s asks reps for %(more)s more than the team owes. Cut %(cut)s to get to 20%%.") % words


# ── As it is shown ──────────────────────────────────────────────────────────────────────────────────────────────────
def _power(sheet: Sheet, lang: str) -> int:
    """The unit in which every number fits its cell with all of its digits; the full numbers where none does."""
    if not sheet.asked.currency:
        return 0
    amounts = [amount for row in sheet.rows for amount in row.base.values() if amount]
    if not amounts:
        return 6 if places(sheet.asked.currency) == 0 else 0
    longest = {power: max(len(exact(amount.scaleb(-power), lang)) for amount in amounts) for power in _POWERS}
    return next((power for power in _POWERS if longest[power] <= _WIDEST), min(longest, key=lambda power: longest[power]))


def _scaled(grid: Grid, amount: Decimal) -> str:
    """In the unit of the sheet, to two decimals."""
    return numbers.number(amount.scaleb(-grid.power), grid.lang)


def written(grid: Grid, amount: Decimal) -> str:
    """To the last digit."""
    currency = grid.sheet.asked.currency
    return numbers.money(amount, currency, grid.lang) if currency else exact(amount, grid.lang)


def _short(grid: Grid, amount: Decimal) -> str:
    currency = grid.sheet.asked.currency
    return numbers.money_short(amount, currency, grid.lang) if currency else numbers.number(amount, grid.lang)


def _line(grid: Grid, row: Row) -> Line:
    cells = [_cell(grid, row, month, at) for at, month in enumerate(grid.sheet.asked.months)]
    return Line(row, cells, _sum(grid, [row], grid.sheet.asked.months))


def _cell(grid: Grid, row: Row, month: date, at: int) -> Cell:
    key, base, part = cell_key(row.key, month), row.base.get(month), row.part(month)
    read, shown = grid.reads.get(key), "" if base is None else exact(base, grid.lang)
    is_part = not part.is_whole and not part.is_out
    return Cell(
        key=key, label=f"{row.name}, {date_format(month, 'M')}",
        text=shown if read is None else written_out(read, grid.lang), shown=shown, short=short_of(grid, key),
        state=str(read.state) if read else "", note=read.note if read else "",
        is_open=row.takes(month), is_out=part.is_out, ends_quarter=at % 3 == 2,
        share=numbers.percent(part.present / part.workdays, grid.lang, 0) if is_part and part.workdays else "",
        words=_days(grid, row, month) if is_part else "",
    )  # fmt: skip


def written_out(read: Read, lang: str) -> str:
    """What stands in the field of a cell: the number as this person writes it, or the text that is no number yet."""
    return exact(read.amount, lang) if read.counts and read.amount is not None else read.text


def short_of(grid: Grid, key: str) -> str:
    """What a cell shows while nobody edits it: its number in the sheet's unit with every digit, or the text as typed."""
    row, month = grid.sheet.cells[key]
    read = grid.reads.get(key)
    if read is not None and (not read.counts or read.amount is None):
        return read.text
    amount = read.amount if read is not None else row.base.get(month)
    return "" if amount is None else exact(amount.scaleb(-grid.power), grid.lang)


def _days(grid: Grid, row: Row, month: date) -> str:
    part = row.part(month)
    words = {"days": numbers.number(part.present, grid.lang), "of": part.workdays}
    return _("%(days)s of %(of)s working days") % words


def _look(grid: Grid, key: str, read: Read) -> Look:
    row, month = grid.sheet.cells[key]
    return Look(key, f"{row.name}, {date_format(month, 'M')}", str(read.state), read.note, read.offers, read.counts)


def _part_months(grid: Grid) -> Iterator[PartMonth]:
    amounts = _amounts(grid.sheet, grid.reads)
    for row in grid.sheet.reps:
        for month in grid.sheet.asked.months:
            part, amount = row.part(month), amounts.get(cell_key(row.key, month))
            if part.is_whole or part.is_out or amount is None:
                continue
            asked = grid.sheet.asked
            counted = asked.major(part.of(asked.minor(amount)))
            words = {"days": _days(grid, row, month), "part": _short(grid, counted), "whole": _short(grid, amount)}
            yield PartMonth(f"{row.name}, {date_format(month, 'M')}", _("%(days)s: %(part)s of %(whole)s count here") % words)
