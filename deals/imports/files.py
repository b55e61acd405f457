"""CSV files from any spreadsheet: how they are encoded and divided, and what is no CSV at all."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO
from pathlib import Path, PurePath

from django.conf import settings

from deals.imports.messages import BadFile
from lib.text import clean_line

MOST_ROWS = 500_000
MOST_COLUMNS = 200
MOST_HEADER = 64 * 1024
MOST_CELL = 32_767  # what a spreadsheet cell holds
_BLOCK = 1024 * 1024
_MOST_BLANK = 20
DELIMITERS = (",", ";", "\t", "|")
# What an empty row of a spreadsheet may consist of.
_EMPTY = "".join(DELIMITERS) + " \r\n\ufeff"
# First bytes of what people upload by mistake.
_NOT_TEXT = {
    b"PK\x03\x04": "workbook", b"PK\x05\x06": "workbook", b"\xd0\xcf\x11\xe0": "workbook", b"%PDF": "not_text", b"\x1f\x8b": "zipped",
    b"7z\xbc\xaf": "zipped", b"Rar!": "zipped", b"\x89PNG": "not_text", b"\xff\xd8\xff": "not_text", b"GIF8": "not_text",
    b"\x7fELF": "not_text", b"SQLite": "not_text",
}  # fmt: skip
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
)  # fmt: skip


@dataclass(frozen=True)
class Source:
    """A readable CSV file. `name` is what people call it, without any folder; `skip` lines precede the header, of
    which a spreadsheet shows `above` as empty rows."""

    path: Path
    name: str
    encoding: str
    delimiter: str
    header: tuple[str, ...]
    skip: int = 0
    above: int = 0

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Each row with its number as a spreadsheet counts it (the header is row 1, or follows the empty ones); blank rows are left out.

        Raises BadFile where the file cannot be read on, or has more rows than one import takes.
        """
        with self.path.open(encoding=self.encoding, newline="") as stream:
            for _ in range(self.skip):
                stream.readline()
            reader = csv.reader(stream, delimiter=self.delimiter, strict=True)
            header, read = self.above + 1, 0
            number = self.above
            try:
                for number, row in enumerate(reader, start=header):
                    if number == header or not any(row):
                        continue
                    read += 1
                    if read > MOST_ROWS:
                        raise BadFile("too_many_rows", file=self.name, most=MOST_ROWS)
                    yield number, row
            except csv.Error as error:
                raise _broken(error, self.name, number + 1) from None
            except UnicodeError:
                raise BadFile("bad_encoding", file=self.name) from None


def display_name(name: str) -> str:
    """The file's own name: folders in it are dropped, whichever system wrote them."""
    own = clean_line(PurePath(name.replace("\\", "/")).name)[:120]
    return own if own.strip(".") else "file.csv"


def inspect(path: Path, name: str = "") -> Source:
    """Find out how the file is written. Raises BadFile, in plain words, for what is no CSV file that can be read."""
    name = display_name(name or path.name)
    size = path.stat().st_size
    if size > settings.IMPORT_MAX_BYTES:
        raise BadFile("too_big", file=name, most=settings.IMPORT_MAX_BYTES // 1024**2)
    encoding = _encoding(path, name)
    skip, above, delimiter, header = _header(path, name, encoding)
    return Source(path, name, encoding, delimiter, header, skip, above)


def _encoding(path: Path, name: str) -> str:
    with path.open("rb") as stream:
        start = stream.read(4096)
    if not start.strip():
        raise BadFile("empty", file=name)
    for mark, problem in _NOT_TEXT.items():
        if start.startswith(mark):
            raise BadFile(problem, file=name)
    encoding = next((known for bom, known in _BOMS if start.startswith(bom)), None) or _wide(start)
    return _proved(path, name, encoding) if encoding else _narrow(path, name)


def _wide(start: bytes) -> str | None:
    """UTF-16 without its mark: every second byte of plain letters is zero."""
    even, odd = start[0::2].count(0), start[1::2].count(0)
    enough = len(start) // 5
    if odd > enough and not even:
        return "utf-16-le"
    return "utf-16-be" if even > enough and not odd else None


def _narrow(path: Path, name: str) -> str:
    try:
        return _proved(path, name, "utf-8")
    except BadFile as problem:
        if problem.code != "bad_encoding":
            raise
    return _proved(path, name, "cp1252")


def _proved(path: Path, name: str, encoding: str) -> str:
    """The encoding, once the whole file has been decoded with it; also finds zero bytes and lines without an end."""
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            try:
                text = decoder.decode(block, final=len(block) < _BLOCK)
            except UnicodeError:
                raise BadFile("bad_encoding", file=name) from None
            if "\0" in text:
                raise BadFile("nul", file=name)
            if len(block) == _BLOCK and "\n" not in text and "\r" not in text:
                raise BadFile("endless_line" if stream.tell() > _BLOCK else "too_many_columns", file=name, most=MOST_COLUMNS)
    return encoding


def _header(path: Path, name: str, encoding: str) -> tuple[int, int, str, tuple[str, ...]]:
    """How many lines precede the header and how many of them are empty, the delimiter, and the names of the columns."""
    with path.open(encoding=encoding, newline="") as stream:
        line, above = stream.readline(MOST_HEADER), 0
        while line and not line.strip(_EMPTY) and above < _MOST_BLANK:
            line, above = stream.readline(MOST_HEADER), above + 1
        skip = above
        if line.lower().startswith("sep=") and len(line.strip()) <= 5:
            line, skip = stream.readline(MOST_HEADER), skip + 1
    if len(line) >= MOST_HEADER:
        raise BadFile("too_many_columns", file=name, most=MOST_COLUMNS)
    if line.lstrip().startswith("<"):
        raise BadFile("html", file=name)
    if not line.strip():
        raise BadFile("no_header", file=name)
    delimiter = max(DELIMITERS, key=lambda mark: len(_cells(line, mark, name, above + 1)))
    cells = tuple(clean_line(cell).removeprefix("\ufeff") for cell in _cells(line, delimiter, name, above + 1))
    while cells and not cells[-1]:
        cells = cells[:-1]
    _check_header(cells, name)
    return skip, above, delimiter, cells


def _cells(line: str, delimiter: str, name: str, row: int) -> list[str]:
    try:
        return next(csv.reader(StringIO(line, newline=""), delimiter=delimiter), [])
    except csv.Error as error:
        raise _broken(error, name, row) from None


def _check_header(cells: tuple[str, ...], name: str) -> None:
    if len(cells) > MOST_COLUMNS:
        raise BadFile("too_many_columns", file=name, most=MOST_COLUMNS)
    seen: set[str] = set()
    for position, cell in enumerate(cells, start=1):
        if not cell:
            raise BadFile("unnamed_column", file=name, position=position, letter=_letter(position))
        if cell.casefold() in seen:
            raise BadFile("column_twice", file=name, column=cell[:60])
        seen.add(cell.casefold())


def _letter(position: int) -> str:
    """The column as a spreadsheet names it: A, B … Z, AA."""
    before, last = divmod(position - 1, 26)
    return (_letter(before) if before else "") + chr(ord("A") + last)


def _broken(error: csv.Error, name: str, row: int) -> BadFile:
    if "field limit" in str(error) or "field larger" in str(error):
        return BadFile("huge_cell", file=name, row=row)
    return BadFile("open_quote", file=name, row=row)
