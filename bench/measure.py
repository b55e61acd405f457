"""Measures one size: the database, then pages under the production server, then the night."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import django
import psycopg2
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from salesteam import embedded

embedded.ensure_running(create_database=False)
django.setup()

# Models can only be named from here on.
from bench import nights, pages, world  # noqa: E402
from lib import clock  # noqa: E402
from reps.models import Company  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Write what was measured to the file given; without a file only build."""
    size = world.SIZES[sys.argv[1]]
    _prepare(size)
    if len(sys.argv) < 3:
        return
    call_command("collectstatic", interactive=False, verbosity=0)
    found: dict[str, Any] = {"size": size.name}
    with _served() as (port, pid):
        found["rows"] = pages.measure(port, size)
        found["memory_mb"] = _memory(pid)
    found["rows"] |= nights.measure()
    Path(sys.argv[2]).write_text(json.dumps(found, indent=1))


# ── The database ────────────────────────────────────────────────────────────────────────────────────────────────────
def _prepare(size: world.Size) -> None:
    """The database of this size, made anew when its schema or its day is old."""
    stamp, name = _stamp(), settings.DATABASES["default"]["NAME"]
    with contextlib.closing(_server()) as server, server.cursor() as cursor:
        cursor.execute("SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", [name])
        if cursor.fetchone() == (stamp,):
            return
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        cursor.execute(f'CREATE DATABASE "{name}"')
    call_command("migrate", verbosity=0)
    world.build(size)
    with connection.cursor() as cursor:
        cursor.execute(f'COMMENT ON DATABASE "{name}" IS %s', [stamp])


def _stamp() -> str:
    """Changes with any migration, with how the company is made, and with the day."""
    files = [*sorted(ROOT.glob("*/migrations/*.py")), ROOT / "bench" / "world.py"]
    schema = hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()[:16]
    return f"{schema} {clock.today(Company().zone)}"


def _server() -> Any:
    configured = settings.DATABASES["default"]
    made = psycopg2.connect(dbname="postgres", user=configured["USER"], host=configured["HOST"])
    made.autocommit = True
    return made


# ── The server ──────────────────────────────────────────────────────────────────────────────────────────────────────
@contextlib.contextmanager
def _served() -> Iterator[tuple[int, int]]:
    """Port and process of the production server, started as `make run` starts it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "salesteam.wsgi",
        "--config",
        "python:salesteam.gunicorn",
        "--bind",
        f"127.0.0.1:{port}",
    ]
    server = subprocess.Popen(command, cwd=ROOT, env=os.environ | {"PORT": str(port), "STATEMENT_TIMEOUT_S": "15"})
    try:
        for _ in range(200):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            time.sleep(0.1)
        yield port, server.pid
    finally:
        server.terminate()
        server.wait(20)


def _memory(pid: int) -> float:
    """Of the server and its workers, each shared page counted once (PSS), in MB."""
    workers = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False).stdout.split()
    kilobytes = 0
    for process in [str(pid), *workers]:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
        kilobytes += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return round(kilobytes / 1024, 1)


if __name__ == "__main__":
    main()
