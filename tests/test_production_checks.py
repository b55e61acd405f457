"""A production start refuses each weak setting by name, all at once, and says what to set."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest
from django.db import connection

from salesteam import checks, embedded
from tests import make

GOOD = {
    "SALESTEAM_MODE": "production",
    "SECRET_KEY": "kZ8v-2mQwX0rT5nB7yU1cE4hJ6gL9pA3sD_fVtRxNqWzYbMoIuGe",
    "ALLOWED_HOSTS": "sales.example.org",
    "SITE_URL": "https://sales.example.org",
    "DATABASE_URL": "postgresql://sales:s3cr3t@db.example.org:5432/sales?sslmode=verify-full",
    "REDIS_URL": "rediss://:s3cr3t@valkey.example.org:6379/0",
    "EMAIL_HOST": "mail.example.org",
}
BAD = [
    ("SECRET_KEY", None, "SECRET_KEY is missing"),
    ("SECRET_KEY", "kZ8v-2mQwX0r", "SECRET_KEY is too short"),
    ("SECRET_KEY", "abc" * 30, "SECRET_KEY is too short or too regular"),
    ("SECRET_KEY", "django-insecure-kZ8v2mQwX0rT5nB7yU1cE4hJ6gL9pA3sDfVtRxNqWz", "SECRET_KEY looks like an example"),
    ("DEBUG", "1", "DEBUG is on"),
    ("DEBUG", "yes", "DEBUG is on"),
    ("ALLOWED_HOSTS", None, "ALLOWED_HOSTS is empty"),
    ("ALLOWED_HOSTS", " , ", "ALLOWED_HOSTS is empty"),
    ("ALLOWED_HOSTS", "sales.example.org,*", r"ALLOWED_HOSTS holds \*"),
    ("SITE_URL", None, "SITE_URL is missing or not https"),
    ("SITE_URL", "http://sales.example.org", "SITE_URL is missing or not https"),
    ("DATABASE_URL", None, "DATABASE_URL is missing, and the embedded PostgreSQL"),
    ("DATABASE_URL", "sqlite:///db", "DATABASE_URL is not an address"),
    ("DATABASE_URL", "postgresql://sales@localhost/sales", "DATABASE_URL has no password"),
    ("DATABASE_URL", "postgresql://sales:s3cr3t@db.example.org/sales", "DATABASE_URL reaches another machine without TLS"),
    ("DATABASE_URL", "postgresql://sales:s3cr3t@10.0.0.7/sales?sslmode=prefer", "without TLS"),
    ("REDIS_URL", None, "REDIS_URL is missing, and the embedded Valkey"),
    ("REDIS_URL", "redis://valkey:6379/0", "REDIS_URL has no password"),
    ("EMAIL_BACKEND", "django.core.mail.backends.console.EmailBackend", "EMAIL_BACKEND does not send mail"),
    ("EMAIL_HOST", None, "EMAIL_HOST is missing"),
]


def _with(name: str, value: str | None) -> dict[str, str]:
    kept = {key: text for key, text in GOOD.items() if key != name}
    return kept if value is None else {**kept, name: value}


def test_a_good_configuration_is_accepted() -> None:
    assert checks.weak_settings(GOOD) == []


@pytest.mark.parametrize(("name", "value", "reason"), BAD)
def test_each_weak_setting_is_refused_alone_and_by_its_name(name: str, value: str | None, reason: str) -> None:
    reasons = checks.weak_settings(_with(name, value))
    assert len(reasons) == 1
    with pytest.raises(checks.WeakSettings, match=reason):
        checks.refuse_weak_settings(_with(name, value))


def test_every_reason_is_given_at_once() -> None:
    names = [reason.split()[0].rstrip(":") for reason in checks.weak_settings({"DEBUG": "1"})]
    assert names == ["SECRET_KEY", "DEBUG", "ALLOWED_HOSTS", "SITE_URL", "DATABASE_URL", "REDIS_URL", "EMAIL_HOST"]


def test_reasons_never_repeat_a_secret() -> None:
    weak = {**GOOD, "SECRET_KEY": "short-s3cr3t", "DATABASE_URL": "postgresql://sales:s3cr3t@db.example.org/sales"}
    assert "s3cr3t" not in " ".join(checks.weak_settings(weak))


@pytest.mark.parametrize(
    "url",
    ["postgresql://sales:s3cr3t@localhost/sales", "postgresql://sales:s3cr3t@[::1]/sales", "postgresql://sales:s3cr3t@/sales"],
)
def test_a_database_on_this_machine_needs_no_tls(url: str) -> None:
    assert checks.weak_settings({**GOOD, "DATABASE_URL": url}) == []


def test_a_private_network_must_be_said() -> None:
    plain = {**GOOD, "DATABASE_URL": "postgresql://sales:s3cr3t@db:5432/sales"}
    assert len(checks.weak_settings(plain)) == 1
    assert checks.weak_settings({**plain, "DATABASE_TLS": "private-network"}) == []


def test_outside_production_nothing_is_refused() -> None:
    checks.refuse_weak_settings({})
    checks.refuse_weak_settings({"SALESTEAM_MODE": "local", "DEBUG": "1"})


def test_a_database_that_trusts_anybody_and_may_lose_data_is_refused(transactional_db: None) -> None:
    # The cluster of the test-suite is exactly that.
    reasons = checks.weak_database(connection.get_connection_params())
    assert [reason for reason in reasons if "without a password (trust)" in reason]
    assert [reason for reason in reasons if "fsync off" in reason]
    assert not [reason for reason in reasons if "demo company" in reason]


def test_sign_ins_of_the_demo_company_are_refused(transactional_db: None) -> None:
    make.user(email="admin@example.com")
    reasons = checks.weak_database(connection.get_connection_params())
    assert [reason for reason in reasons if "1 sign-ins of the demo company" in reason]
    with pytest.raises(checks.WeakSettings, match="demo company"):
        checks.refuse_weak_database(GOOD, connection)


def test_a_database_that_does_not_answer_is_said_so() -> None:
    nobody: dict[str, Any] = {"host": "/nonexistent", "dbname": "sales", "user": "sales", "password": "s3cr3t"}
    reasons = checks.weak_database(nobody)
    assert len(reasons) == 1
    assert "does not answer" in reasons[0]


def _start(environment: dict[str, str], *options: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    command = [sys.executable, "manage.py", "check", *options]
    return subprocess.run(command, cwd=embedded.ROOT, env=inherited | environment, capture_output=True, text=True, timeout=60)


def test_a_weak_production_process_ends_with_the_list_and_no_trace() -> None:
    result = _start({"SALESTEAM_MODE": "production", "SECRET_KEY": "short", "DEBUG": "1"})
    assert result.returncode == 1
    assert "SECRET_KEY is too short" in result.stderr
    assert "DATABASE_URL is missing" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_good_production_process_starts_and_django_has_no_complaint() -> None:
    result = _start(GOOD, "--deploy", "--fail-level", "WARNING")
    assert (result.returncode, "Traceback" in result.stderr) == (0, False), result.stderr


def test_a_wrong_value_ends_the_start_with_its_name_and_no_trace() -> None:
    result = _start({"EMAIL_PORT": "many"})
    assert result.returncode == 1
    assert "EMAIL_PORT" in result.stderr
    assert "Traceback" not in result.stderr
