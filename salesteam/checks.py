"""A production start refuses every weak setting, all at once, each by its name and with what to set instead.

`weak_settings()` looks at the environment and runs whenever settings are read. `weak_database()` asks the database and runs
before the web, the worker and beat start.
"""

import secrets
from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Any
from urllib.parse import SplitResult, parse_qs, urlsplit

import psycopg2
from django.db.backends.base.base import BaseDatabaseWrapper

MODE = "SALESTEAM_MODE"
_KEY_LENGTH = 50
_KEY_LETTERS = 15  # different ones; a repeated word is long but not secret
_DEFAULT_KEYS = ("django-insecure", "change", "secret", "example", "salesteam", "local")
_TLS_MODES = ("require", "verify-ca", "verify-full")
_NEAR = ("localhost", "127.0.0.1", "::1", "")
_UNSENT_MAIL = ("console", "locmem", "dummy", "filebased")
_DEMO_ADDRESSES = "%@example.com"


class WeakSettings(SystemExit):
    """Why production does not start: ends the process, printing every reason and no trace."""

    def __init__(self, reasons: list[str]) -> None:
        lines = "\n".join(f"  - {reason}" for reason in reasons)
        super().__init__(f"Salesteam does not start in production with these settings:\n{lines}\nSee docs/install.md.")


def refuse_weak_settings(environment: Mapping[str, str]) -> None:
    """Raise WeakSettings in production when the environment is weak; do nothing in any other mode."""
    if environment.get(MODE) == "production" and (reasons := weak_settings(environment)):
        raise WeakSettings(reasons)


def refuse_weak_database(environment: Mapping[str, str], connection: BaseDatabaseWrapper) -> None:
    """Raise WeakSettings in production when the database behind this connection is weak."""
    if environment.get(MODE) == "production" and (reasons := weak_database(connection.get_connection_params())):
        raise WeakSettings(reasons)


def weak_settings(environment: Mapping[str, str]) -> list[str]:
    """What a production environment must not hold, as sentences; empty when it is fit."""
    return [reason for check in (_secret_key, _web, _database, _broker, _mail) for reason in check(environment)]


def weak_database(parameters: Mapping[str, Any]) -> list[str]:
    """What is weak about a database, found by asking it; empty when it is fit."""
    reasons = []
    try:
        with closing(psycopg2.connect(**parameters)) as connection, connection.cursor() as cursor:
            reasons += list(_durability(cursor))
            reasons += list(_demo_people(cursor))
    except psycopg2.OperationalError as error:
        return [f"DATABASE_URL: the database does not answer ({str(error).strip().splitlines()[0]}). Start it first."]
    if _lets_in_anybody(parameters):
        reasons.append(
            "DATABASE_URL: the database lets this user in without a password (trust). Set scram-sha-256 in pg_hba.conf."
        )
    return reasons


def _secret_key(environment: Mapping[str, str]) -> Iterator[str]:
    key = environment.get("SECRET_KEY", "")
    how = f"Set it to {_KEY_LENGTH} or more random characters, for example from `openssl rand -base64 48`."
    if not key:
        yield f"SECRET_KEY is missing. {how}"
    elif any(word in key.lower() for word in _DEFAULT_KEYS):
        yield f"SECRET_KEY looks like an example. {how}"
    elif len(key) < _KEY_LENGTH or len(set(key)) < _KEY_LETTERS:
        yield f"SECRET_KEY is too short or too regular. {how}"


def _web(environment: Mapping[str, str]) -> Iterator[str]:
    if environment.get("DEBUG", "").strip().lower() not in ("", "0", "false", "no", "off"):
        yield "DEBUG is on and would show source and settings to visitors. Remove it."
    hosts = [host.strip() for host in environment.get("ALLOWED_HOSTS", "").split(",") if host.strip()]
    if not hosts:
        yield "ALLOWED_HOSTS is empty. Set it to the host names people use, separated by commas."
    elif any(host.startswith("*") for host in hosts):
        yield "ALLOWED_HOSTS holds *, so links in mails could be forged. List the host names people use."
    site = urlsplit(environment.get("SITE_URL", ""))
    if site.scheme != "https" or not site.hostname:
        yield "SITE_URL is missing or not https. Set it to the address people open, for example https://sales.example.org."


def _database(environment: Mapping[str, str]) -> Iterator[str]:
    raw = environment.get("DATABASE_URL", "")
    if not raw:
        yield (
            "DATABASE_URL is missing, and the embedded PostgreSQL is for trying out only."
            " Set postgresql://USER:PASSWORD@HOST:5432/NAME?sslmode=verify-full."
        )
        return
    url = _split(raw)
    if url is None or url.scheme not in ("postgresql", "postgres"):
        yield "DATABASE_URL is not an address. Set postgresql://USER:PASSWORD@HOST:5432/NAME?sslmode=verify-full."
        return
    if not url.password:
        yield "DATABASE_URL has no password. Give the database user one and put it into the address."
    mode = parse_qs(url.query).get("sslmode", [""])[0]
    private = environment.get("DATABASE_TLS") == "private-network"
    if (url.hostname or "") not in _NEAR and mode not in _TLS_MODES and not private:
        yield (
            "DATABASE_URL reaches another machine without TLS. Add ?sslmode=verify-full,"
            " or set DATABASE_TLS=private-network where nobody else can listen."
        )


def _broker(environment: Mapping[str, str]) -> Iterator[str]:
    raw = environment.get("REDIS_URL", "")
    if not raw:
        yield "REDIS_URL is missing, and the embedded Valkey is for trying out only. Set redis://:PASSWORD@HOST:6379/0."
        return
    url = _split(raw)
    if url is None or not url.password:
        yield "REDIS_URL has no password. Set one in the server (requirepass) and put it into the address."


def _mail(environment: Mapping[str, str]) -> Iterator[str]:
    backend = environment.get("EMAIL_BACKEND", "")
    if any(word in backend for word in _UNSENT_MAIL):
        yield "EMAIL_BACKEND does not send mail, so nobody could be invited or reset a password. Remove it and set EMAIL_HOST."
    elif not backend and not environment.get("EMAIL_HOST"):
        yield "EMAIL_HOST is missing, so nobody could be invited or reset a password. Set your mail server's name."


def _split(address: str) -> SplitResult | None:
    try:
        return urlsplit(address)
    except ValueError:
        return None


def _durability(cursor: Any) -> Iterator[str]:
    for name, harm in (("fsync", "a power cut can destroy the data"), ("full_page_writes", "a power cut can tear pages")):
        cursor.execute("SELECT current_setting(%s)", [name])
        if cursor.fetchone()[0] != "on":
            yield f"DATABASE_URL: the database runs with {name} off, so {harm}. Set {name} = on."


def _demo_people(cursor: Any) -> Iterator[str]:
    cursor.execute("SELECT to_regclass('reps_user') IS NOT NULL")
    if not cursor.fetchone()[0]:
        return
    cursor.execute("SELECT count(*) FROM reps_user WHERE is_active AND email LIKE %s", [_DEMO_ADDRESSES])
    if people := cursor.fetchone()[0]:
        yield f"DATABASE_URL: the database holds {people} sign-ins of the demo company. Use an empty database."


def _lets_in_anybody(parameters: Mapping[str, Any]) -> bool:
    """Whether a password that nobody can have chosen opens the door."""
    try:
        psycopg2.connect(**{**parameters, "password": secrets.token_hex(16)}).close()
    except psycopg2.OperationalError:
        return False
    return True
