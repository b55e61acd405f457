"""What every test stands on: the test database, the frozen day, the cast, and the guards."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.db import connection
from django.test import Client
from django.utils import translation

from reps.models import User
from salesteam import celery
from salesteam.assets import build_translations
from tests import cast as cast_module
from tests import database, guards, inventions
from tests.world import World, opened

guards.NETWORK.install()
database.allow_flush()
inventions.use()
celery.app.set_default()  # what pages enqueue goes to the test cluster's broker, which no worker reads


def pytest_configure(config: pytest.Config) -> None:
    """Markers that change what this file does to a test."""
    config.addinivalue_line("markers", "real_clock: lives in the present instead of on the frozen day")
    config.addinivalue_line("markers", "expects_server_error: breaks a page on purpose")


@pytest.fixture(scope="session", autouse=True)
def _compiled_words() -> None:
    """Pages in Indonesian need the compiled catalogue."""
    build_translations()


# ── Database ────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Before Django connects: a database for each worker of a parallel run, and the servers."""
    database.start_servers()


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    """Leave the database for the next run, which then starts a second earlier."""
    return True


@pytest.fixture(scope="session")
def django_db_createdb(django_db_modify_db_settings: None, request: pytest.FixtureRequest) -> bool:
    """Make the database anew when asked to (`--create-db`), when its schema is old or when a killed run left rows."""
    return bool(request.config.getvalue("create_db")) or not database.is_fresh()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """Remember the schema of the database that was just made or found."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        database.mark_fresh(cursor)


# ── Every test ──────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture(autouse=True)
def _frozen_day(request: pytest.FixtureRequest) -> Iterator[None]:
    """Wednesday 2026-09-16, 10:00 in Jakarta; browser tests and those marked `real_clock` live in the present."""
    if request.node.get_closest_marker("browser") or request.node.get_closest_marker("real_clock"):
        yield
        return
    with time_machine.travel(cast_module.NOW, tick=False):
        yield


@pytest.fixture(autouse=True)
def _watched(request: pytest.FixtureRequest) -> Iterator[None]:
    """A page that broke or a connection off this machine fails the test; `expects_server_error` allows the first."""
    catcher, logger = guards.ErrorCatcher(), logging.getLogger("django.request")
    logger.addHandler(catcher)
    guards.NETWORK.attempts.clear()
    yield
    logger.removeHandler(catcher)
    assert not guards.NETWORK.attempts, f"Connections left this machine: {guards.NETWORK.attempts}"
    if not request.node.get_closest_marker("expects_server_error"):
        assert not catcher.lines, f"A page broke: {catcher.lines}"


@pytest.fixture(autouse=True)
def _no_language_left_over() -> Iterator[None]:
    """A page read in Indonesian leaves that language on; the next test begins in the default one."""
    translation.deactivate()
    yield
    translation.deactivate()


# ── People and clients ──────────────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture
def cast(db: None) -> cast_module.Cast:
    """PT Contoh and its people (tests/cast.py)."""
    return cast_module.build()


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """The cast with things to look at, once per file (tests/world.py). Tests that use it carry the mark `django_db`."""
    with opened(django_db_blocker.unblock) as made:
        yield made


@pytest.fixture
def signed_in() -> Callable[..., Client]:
    """`signed_in(user)` is a client of that person; `htmx=True` makes each request one for a fragment."""

    def sign_in(user: User, *, htmx: bool = False, **options: Any) -> Client:
        client = Client(**({"headers": {"HX-Request": "true"}} if htmx else {}), **options)
        client.force_login(user)
        return client

    return sign_in


@pytest.fixture
def mailbox() -> list[mail.EmailMessage]:
    """Mails sent in this test."""
    return mail.outbox
