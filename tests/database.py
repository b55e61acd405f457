"""The test database: made anew when migrations changed or a killed run left rows, and emptied despite append-only tables."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg2
from django.conf import settings
from django.db.backends.postgresql.operations import DatabaseOperations

from salesteam import embedded

ROOT = Path(__file__).resolve().parent.parent


def start_servers() -> None:
    """Start the embedded servers of the test-suite, unless real ones are given."""
    if embedded.is_used():
        embedded.ensure_running(create_database=False)


def schema_digest() -> str:
    """Changes whenever a migration, or what migrations call, changes."""
    files = [*sorted(ROOT.glob("*/migrations/*.py")), ROOT / "lib" / "triggers.py"]
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()[:32]


def name() -> str:
    """Name of the test database."""
    configured = settings.DATABASES["default"]
    return str(configured.get("TEST", {}).get("NAME") or f"test_{configured['NAME']}")


def is_fresh() -> bool:
    """Whether the database of an earlier run has today's schema and no rows left over."""
    try:
        with _connect("postgres") as server, server.cursor() as cursor:
            cursor.execute("SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", [name()])
            found = cursor.fetchone()
        if found is None or found[0] != schema_digest():
            return False
        with _connect(name()) as database, database.cursor() as cursor:
            cursor.execute("SELECT EXISTS (SELECT FROM reps_user) OR EXISTS (SELECT FROM reps_company)")
            return not cursor.fetchone()[0]
    except psycopg2.Error:
        return False


def mark_fresh(cursor: Any) -> None:
    """Remember which schema this database has."""
    cursor.execute(f"COMMENT ON DATABASE \"{name()}\" IS '{schema_digest()}'")


def allow_flush() -> None:
    """Let the flush after a transactional test empty append-only tables: their TRUNCATE triggers rest for that one transaction.

    Only the emptying between tests goes this way. What a test itself does still meets the triggers.
    """
    original = DatabaseOperations.execute_sql_flush

    def execute_sql_flush(self: DatabaseOperations, sql_list: Iterable[str]) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname LIKE '%\\_no\\_truncate'")
            guarded = [table for (table,) in cursor.fetchall()]
        rest = [f"ALTER TABLE {table} DISABLE TRIGGER {table}_no_truncate" for table in guarded]
        wake = [f"ALTER TABLE {table} ENABLE TRIGGER {table}_no_truncate" for table in guarded]
        original(self, [*rest, *sql_list, *wake])

    DatabaseOperations.execute_sql_flush = execute_sql_flush  # type: ignore[method-assign]


@contextmanager
def _connect(database: str) -> Iterator[Any]:
    """A short connection, each statement its own transaction."""
    configured = settings.DATABASES["default"]
    connection = psycopg2.connect(
        dbname=database,
        user=configured.get("USER"),
        password=configured.get("PASSWORD") or None,
        host=configured.get("HOST"),
        port=configured.get("PORT") or None,
    )
    connection.autocommit = True
    try:
        yield connection
    finally:
        connection.close()
