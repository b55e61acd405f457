"""Cells of one row as values, or the reason why the row cannot be stored."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from deals.imports.context import Run
from deals.imports.customs import read_instant
from deals.imports.names import tidy
from deals.imports.report import BadRow
from deals.imports.shapes import Table
from lib.phones import normalise

MOST_WHOLE = 2**31 - 1


def full_row(table: Table, cells: list[str]) -> dict[str, str]:
    """Every known cell, tidied, by our name of its column. Raises BadRow for a row of another length than the header."""
    check_width(cells, len(table.source.header))
    return {name: tidy(cells[at]) for name, at in table.places.items()}


def full(table: Table, cells: list[str]) -> bool:
    """Whether the row is as long as the header."""
    return len(cells) >= len(table.source.header)


def check_width(cells: list[str], width: int) -> None:
    """Raise BadRow for a row with too few cells, or with something beyond the last column."""
    if len(cells) != width and (len(cells) < width or any(cells[width:])):
        raise BadRow("ragged", found=len(cells), expected=width)


def raw(table: Table, cells: list[str], field: str) -> str:
    """A cell as it stands in the file; empty where the file has no such column."""
    at = table.places.get(field)
    return cells[at] if at is not None else ""


def limited(text: dict[str, str], limits: Sequence[tuple[str, int]]) -> dict[str, str]:
    """The cells themselves. Raises BadRow for one longer than its column."""
    for name, most in limits:
        if len(text.get(name, "")) > most:
            raise BadRow("too_long", name, text[name][:80], most=most)
    return text


def phone(run: Run, text: dict[str, str]) -> str:
    """The phone in the form that call links need."""
    try:
        return normalise(text.get("phone", ""), run.company.currency)
    except ValueError:
        raise BadRow("bad_phone", "phone", text["phone"]) from None


def email(text: dict[str, str]) -> str:
    """The e-mail address."""
    typed = text.get("email", "")
    try:
        if typed:
            validate_email(typed)
    except ValidationError:
        raise BadRow("bad_email", "email", typed) from None
    return typed


def instant(run: Run, text: dict[str, str], field: str) -> datetime | None:
    """A past instant, None for an empty cell."""
    typed = text.get(field, "")
    if not typed:
        return None
    made = read_instant(typed, run.company.zone)
    if made is None:
        raise BadRow("bad_instant", field, typed)
    if made > run.now:
        raise BadRow("in_future", field, typed)
    return made


def one_of(typed: str, field: str, choices: Sequence[Any]) -> str:
    """One of our codes, or nothing."""
    text = typed.lower()
    if text and text not in choices:
        raise BadRow("bad_choice", field, typed, choices=", ".join(choices))
    return text


def whole(typed: str, field: str) -> int | None:
    """A whole number, its thousands grouped in any custom."""
    if not typed:
        return None
    digits = typed.replace(".", "").replace(",", "").replace(" ", "")
    if not (digits.isascii() and digits.isdigit()):
        raise BadRow("bad_number", field, typed)
    if int(digits) > MOST_WHOLE:
        raise BadRow("too_large", field, typed)
    return int(digits)
