"""COPY: rows as the text PostgreSQL takes in fastest."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from io import StringIO
from typing import Any
from uuid import UUID


def as_copy_text(rows: Iterable[Sequence[Any]]) -> str:
    """The rows in the text format of COPY."""
    return "".join(["\t".join([_AS.get(type(value), _text)(value) for value in row]) + "\n" for row in rows])


def statement(table: str, columns: Sequence[str]) -> str:
    """The statement that takes such rows in."""
    return f"COPY {table} ({', '.join(columns)}) FROM STDIN"


def copy(raw: Any, texts: Sequence[tuple[str, str]]) -> None:
    """Send texts, each with its statement, over a raw connection."""
    with raw.cursor() as cursor:
        for command, text in texts:
            cursor.copy_expert(command, StringIO(text))


def fresh_keys(raw: Any, table: str, count: int) -> list[int]:
    """So many keys from the table's own sequence."""
    with raw.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [table, count])
        return [pk for (pk,) in cursor.fetchall()]


def _text(value: Any) -> str:
    text = str(value)
    if text.isprintable() and "\\" not in text:
        return text
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


_AS: dict[type, Any] = {
    type(None): lambda value: "\\N",
    bool: lambda value: "t" if value else "f",
    int: str,
    date: str,
    datetime: str,
    Decimal: lambda value: format(value, "f"),
    UUID: str,
    dict: lambda value: _text(json.dumps(value)) if value else "{}",
}
