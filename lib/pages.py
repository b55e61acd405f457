"""Keyset pages: cost the same at row 10 and at row 10 million, and count nothing."""

from __future__ import annotations

import base64
import binascii
import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import FieldDoesNotExist
from django.db.models import F, Model, Q, QuerySet

from lib.text import is_storable

PAGE_SIZE = 50
_MOST_CURSOR = 400


@dataclass(frozen=True)
class Page:
    """Rows of one page, with the cursors of its neighbours ("" where there is none)."""

    rows: list[Any]
    next_cursor: str = ""
    previous_cursor: str = ""

    def __iter__(self) -> Any:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)


def link(asked: dict[str, str], **change: str) -> str:
    """The query string of a list with some of its filters changed; empty ones are left out."""
    return f"?{urlencode({name: value for name, value in {**asked, **change}.items() if value})}"


def as_date(text: str) -> date:
    """A date from a cursor."""
    return date.fromisoformat(text)


def as_instant(text: str) -> datetime:
    """An instant with its zone from a cursor."""
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError
    return instant


def as_number(text: str) -> Decimal:
    """A number from a cursor."""
    number = Decimal(text)
    if not number.is_finite() or abs(number) > Decimal("1e15"):
        raise ValueError
    return number


def is_cursor(cursor: str, parse: Callable[[str], Any]) -> bool:
    """Whether a cursor can be read; `keyset` takes one that cannot for none."""
    return _decode(cursor, parse)[2] is not None


def keyset(
    rows: QuerySet[Any],
    *,
    key: str,
    parse: Callable[[str], Any] = str,
    descending: bool = False,
    cursor: str = "",
    size: int = PAGE_SIZE,
    tie: str = "pk",
    nullable: bool | None = None,
) -> Page:
    """The page of `rows` in the order (key, tie) that the cursor names; the first page for a missing or spoilt cursor.

    `key` is a field or annotation; rows without a value come last either way. `parse` reads the key back from the
    cursor. `nullable` says whether such rows can be among these; the field says it unless given. Where none can, the
    order is the index's own and the page starts at its place in it. One query, no count.
    """
    backwards, value, tie_value = _decode(cursor, parse)
    empty = _may_be_empty(rows.model, key) if nullable is None else nullable
    if value is None and not empty:
        backwards, tie_value = False, None
    if tie_value is not None:
        rows = rows.filter(_beyond(key, tie, value, tie_value, descending=descending, backwards=backwards, empty=empty))
    found = list(rows.order_by(*_order(key, tie, descending=descending, backwards=backwards, empty=empty))[: size + 1])
    more, found = len(found) > size, found[:size]
    if backwards:
        found.reverse()
    first, last = (found[0], found[-1]) if found else (None, None)
    has_next = bool(found) and (more or backwards)
    has_previous = bool(found) and tie_value is not None and (more or not backwards)
    return Page(
        rows=found,
        next_cursor=_encode("n", last, key, tie) if has_next else "",
        previous_cursor=_encode("p", first, key, tie) if has_previous else "",
    )


def cursor_after(row: Any, *, key: str, tie: str = "pk") -> str:
    """The cursor of what follows a row that was read elsewhere, in the order (key, tie)."""
    return _encode("n", row, key, tie)


def _may_be_empty(model: type[Model], key: str) -> bool:
    """Whether a column may hold no value; an annotation is taken for one that may."""
    try:
        return bool(model._meta.get_field(key).null)
    except FieldDoesNotExist:
        return True


def _order(key: str, tie: str, *, descending: bool, backwards: bool, empty: bool) -> list[Any]:
    down = descending != backwards
    column = F(key)
    if not empty:
        return [column.desc() if down else column.asc(), f"-{tie}" if down else tie]
    ordered = (
        column.desc(nulls_first=backwards or None, nulls_last=not backwards or None)
        if down
        else (column.asc(nulls_first=backwards or None, nulls_last=not backwards or None))
    )
    return [ordered, f"-{tie}" if down else tie]


def _beyond(key: str, tie: str, value: Any, tie_value: Any, *, descending: bool, backwards: bool, empty: bool) -> Q:
    side = "lt" if descending != backwards else "gt"
    after_tie = Q(**{f"{tie}__{side}": tie_value})
    if value is None:
        same = Q(**{f"{key}__isnull": True}) & after_tie
        return same | Q(**{f"{key}__isnull": False}) if backwards else same
    if not empty:  # the first condition is what an index can seek by
        return Q(**{f"{key}__{side}e": value}) & (Q(**{f"{key}__{side}": value}) | after_tie)
    after = Q(**{f"{key}__{side}": value}) | (Q(**{key: value}) & after_tie)
    return after if backwards else after | Q(**{f"{key}__isnull": True})


def _encode(direction: str, row: Any, key: str, tie: str) -> str:
    value = getattr(row, key.split("__")[-1] if not hasattr(row, key) else key)
    text = value.isoformat() if isinstance(value, date | datetime) else None if value is None else str(value)
    raw = json.dumps([direction, text, str(getattr(row, tie))]).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _decode(cursor: str, parse: Callable[[str], Any]) -> tuple[bool, Any, Any]:
    if not cursor or len(cursor) > _MOST_CURSOR:
        return False, None, None
    try:
        direction, text, tie = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if direction not in ("n", "p") or not isinstance(tie, str) or len(tie) > 40 or "\0" in tie:
            return False, None, None
        tie_value: Any = int(tie) if tie.isdigit() else _as_uuid(tie)
        if isinstance(tie_value, int) and tie_value >= 2**63:
            return False, None, None
        if text is not None and not is_storable(text):
            return False, None, None
        return direction == "p", None if text is None else parse(text), tie_value
    except (ValueError, TypeError, InvalidOperation, binascii.Error, UnicodeDecodeError):
        return False, None, None


def _as_uuid(text: str) -> Any:
    return uuid.UUID(text)
