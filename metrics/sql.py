"""Running the set-based reads of this app."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet


def read(sql: str, params: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows of a query with named parameters, as dictionaries."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def ids_of(rows: QuerySet[Any], prefix: str) -> tuple[str, dict[str, Any]]:
    """A query set's primary keys as a subquery with named parameters, so that `visible_to(user)` rules SQL as well."""
    try:
        sql, positional = rows.order_by().values("pk").query.sql_with_params()
    except EmptyResultSet:
        return "SELECT NULL WHERE FALSE", {}
    names = iter(f"{prefix}{at}" for at in range(len(positional)))
    named = re.sub(r"%s", lambda _: f"%({next(names)})s", sql)
    return named, {f"{prefix}{at}": value for at, value in enumerate(positional)}


def document(sql: str, params: Mapping[str, Any]) -> Any:
    """The one JSON document that a query builds, numbers exact; several small reads then cost one."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        (value,) = cursor.fetchone()
    return json.loads(value, parse_float=Decimal) if isinstance(value, str) else value
