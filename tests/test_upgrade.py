"""From the last main to this one: with rows in it, forward and back again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from random import Random
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.models import F
from django.urls import reverse

from deals.days import Refused
from deals.models import Activity, Deal, DealEvent
from deals.replay import owner_at, standing
from metrics.models import RepDay, RepPeriod
from metrics.models.rollups import COLUMNS
from reps.models import Company
from tests import cast as cast_module
from tests import database, make
from tests.cast import Cast
from tests.metrics.proving import differences
from tests.metrics.test_rollups import apply

pytestmark = pytest.mark.slow
STEPS = 700
# What the last main had of our own tables.
BEFORE: list[tuple[str, str | None]] = [("reps", "0002_guards"), ("deals", "0002_guards"), ("metrics", None)]
TODAY = date(2026, 9, 16)
PAGES = ("dashboard:home", "metrics:numbers", "metrics:activity_report", "metrics:quota_report", "deals:list", "reps:people")
# Everything that makes up the tables: columns, constraints, indexes, triggers and functions of ours.
SCHEMA = """
SELECT 'column ' || table_name || '.' || column_name || ' ' || udt_name || ' ' || is_nullable FROM information_schema.columns
WHERE table_schema = 'public'
UNION ALL SELECT 'constraint ' || conrelid::regclass || ' ' || pg_get_constraintdef(oid) FROM pg_constraint
WHERE connamespace = 'public'::regnamespace AND contype <> 'n'
UNION ALL SELECT 'index ' || indexdef FROM pg_indexes WHERE schemaname = 'public'
UNION ALL SELECT 'trigger ' || tgrelid::regclass || ' ' || tgname FROM pg_trigger WHERE NOT tgisinternal
UNION ALL SELECT 'function ' || proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
  AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')
ORDER BY 1
"""


@contextmanager
def _scratch(name: str) -> Iterator[None]:
    """A database of this test alone behind the default connection."""
    settings = connections["default"].settings_dict
    usual = settings["NAME"]
    scratch = f"{database.name()}_{name}"
    with connection._nodb_cursor() as server:
        server.execute(f'DROP DATABASE IF EXISTS "{scratch}" WITH (FORCE)')
        server.execute(f'CREATE DATABASE "{scratch}"')
    connection.close()
    settings["NAME"] = scratch
    try:
        yield
    finally:
        connection.close()
        settings["NAME"] = usual
        with connection._nodb_cursor() as server:
            server.execute(f'DROP DATABASE IF EXISTS "{scratch}" WITH (FORCE)')


@pytest.fixture
def scratch(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """One database for the old tables and the new ones."""
    with django_db_blocker.unblock(), _scratch("upgrade"):
        yield


def migrate(targets: list[tuple[str, str | None]]) -> None:
    """Bring the database there, forwards or backwards."""
    MigrationExecutor(connection).migrate(targets)


def head() -> list[tuple[str, str | None]]:
    """The last migration of every app."""
    return list(MigrationExecutor(connection).loader.graph.leaf_nodes())


def then() -> list[tuple[str, str | None]]:
    """The last main with today's tables of others."""
    return [*(key for key in head() if key[0] not in dict(BEFORE)), *BEFORE]


def schema() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(SCHEMA)
        return [row[0] for row in cursor.fetchall()]


def rolled_up() -> set[tuple[Any, ...]]:
    """What the roll-ups keep, without rows of nothing."""
    days = RepDay.objects.values_list("rep", "team", "day", *COLUMNS)
    periods = RepPeriod.objects.values_list("rep", "team", "start_on", "grain", *COLUMNS)
    return {row for row in (*days, *periods) if any(isinstance(value, int) and value for value in row[-len(COLUMNS) :])}


# ── What was there ──────────────────────────────────────────────────────────────────────────────────────────────────
def live(cast: Cast, rnd: Random) -> None:
    """Months of work: deals that closed, opened again and changed hands, entries taken back, people who moved."""
    deals: list[Deal] = []
    activities: list[Activity] = []
    for _ in range(STEPS):
        try:
            with transaction.atomic():
                apply(cast, _step(rnd), deals, activities)
        except Refused:
            continue


def _step(rnd: Random) -> tuple[str, Any, Any, int]:
    name = rnd.choice(
        ("open", "open", "close", "close", "close", "reopen", "give", "give", "void", "log", "book", "cancel", "lead", "move")
    )
    people, number = rnd.choice(("ana", "budi", "outsider")), rnd.randrange(1000)
    asked: dict[str, tuple[Any, Any]] = {
        "open": (people, rnd.choice(("new", "renewal"))),
        "close": (number, rnd.choice(("won", "won", "lost", "no_decision", "disqualified"))),
        "give": (number, people),
        "void": (number, rnd.randrange(20)),
        "log": (people, rnd.choice(("call", "visit", "meeting"))),
        "book": (people, "meeting"),
        "lead": (people, rnd.random() < 0.2),
        "move": (people, rnd.choice(("north", "south"))),
    }
    return (name, *asked.get(name, (number, None)), rnd.randint(0, 90))


def whose() -> dict[int, int | None]:
    """The rep each closed deal counts for, by its events."""
    found = {}
    for deal in Deal.objects.exclude(outcome=""):
        events = list(deal.events.select_related("stage", "text"))
        ended = [event for event in standing(events) if event.kind == DealEvent.Kind.OUTCOME][-1]
        found[deal.pk] = owner_at(events, ended)
    return found


def different() -> list[dict[str, Any]]:
    """Roll-ups that are not what the rows behind them say."""
    with transaction.atomic():
        return differences(Company.load())


# ── Back and forth ──────────────────────────────────────────────────────────────────────────────────────────────────
def test_rows_of_the_last_main_come_through_and_every_step_has_a_way_back(scratch: None, signed_in: Any) -> None:
    """The tables of the last main are made by going back, and are the very ones that its migrations made."""
    migrate(then())
    tables = schema()
    migrate(head())
    cast = cast_module.build()
    live(cast, Random(20260916))
    known, kept = whose(), rolled_up()
    moved_on = Deal.objects.exclude(outcome="").exclude(closing_owner=F("owner")).count()
    assert len(known) >= 20
    assert len(kept) >= 100
    assert moved_on >= 3

    migrate(then())
    assert schema() == tables
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), count(*) FILTER (WHERE has_history) FROM deals_deal WHERE outcome <> ''")
        assert cursor.fetchone()[0] == len(known)

    migrate(head())
    assert dict(Deal.objects.exclude(outcome="").values_list("pk", "closing_owner")) == known
    assert rolled_up() == kept
    assert different() == []
    for who in (cast.admin, cast.vp, cast.ana):
        client = signed_in(who)
        assert {page: client.get(reverse(page)).status_code for page in PAGES} == dict.fromkeys(PAGES, 200)
    make.won(owner=cast.ana, amount=5_000_000, on=TODAY)
    assert different() == []


def test_each_migration_since_goes_back_alone(scratch: None) -> None:
    migrate(head())
    made = [key for key in MigrationExecutor(connection).loader.graph.nodes if _is_new(key)]
    for app in ("metrics", "deals", "reps"):
        names = sorted(name for of, name in made if of == app)
        for name, before in zip(reversed(names), [*reversed(names[:-1]), _oldest(app)], strict=True):
            with_it = schema()
            migrate([(app, before)])
            migrate(head())
            assert schema() == with_it, name


def _is_new(key: tuple[str, str]) -> bool:
    oldest = dict(BEFORE)
    return key[0] in oldest and key[1] > (oldest[key[0]] or "")


def _oldest(app: str) -> str | None:
    return dict(BEFORE)[app]
