"""Real embedded servers and supervisors in throw-away places, for the launcher's tests."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path

import psycopg2

from salesteam import embedded, processes
from salesteam.account import SHARED_HOME

HOLD = "import sys; from salesteam import embedded; embedded.ensure_running(); print('up', flush=True); sys.stdin.read()"


class Stage:
    """A `var` folder of its own, with helpers to use its servers and to see what runs."""

    def __init__(self, var: Path) -> None:
        self.var = var
        self.place = embedded.Place(home=var, for_tests=False)
        self.started: list[subprocess.Popen[str]] = []
        self.log = var.parent / "supervisor.log"

    @property
    def storage(self) -> Path:
        """Where the servers keep their data."""
        token = self.var / "storage-id"
        return SHARED_HOME / token.read_text() if token.exists() else self.var

    def environment(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        """The environment of a process on this stage."""
        own = {"SALESTEAM_VAR": str(self.var), "SALESTEAM_SERVERS": "run", "DEMO": "0"}
        inherited = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL", "DB_NAME")}
        return inherited | own | dict(more or {})

    def user(self) -> subprocess.Popen[str]:
        """A process that uses the servers until its input ends."""
        process = subprocess.Popen(
            [sys.executable, "-c", HOLD],
            cwd=embedded.ROOT,
            env=self.environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.started.append(process)
        return process

    def supervisor(self, port: int) -> subprocess.Popen[str]:
        """A run of the whole product."""
        with self.log.open("a") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "salesteam.supervisor"],
                cwd=embedded.ROOT,
                env=self.environment({"PORT": str(port)}),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                text=True,
                start_new_session=True,
            )
        self.started.append(process)
        return process

    def postgres(self) -> list[int]:
        """Process ids of PostgreSQL on this stage."""
        return processes.working_in(self.storage / "pg", "postgres")

    def valkey(self) -> list[int]:
        """Process ids of Valkey on this stage."""
        return processes.working_in(self.storage / "valkey", "valkey-server")

    def postmaster(self) -> int:
        """The one PostgreSQL process that the others descend from."""
        return int((self.storage / "pg" / "postmaster.pid").read_text().split()[0])

    def children(self, word: str = "") -> list[int]:
        """Process ids of what a supervisor on this stage started, whose command line holds `word`."""
        return [
            pid for pid in processes.carrying("SALESTEAM_RUN", str(self.var)) if word in " ".join(processes.command_line(pid))
        ]

    def is_quiet(self) -> bool:
        """Whether nothing is left running."""
        return not (self.children() or self.postgres() or self.valkey())

    def query(self, sql: str) -> str:
        """The first value that a statement gives."""
        connection = psycopg2.connect(host=str(self.place.sockets), user=embedded.DATABASE_USER, dbname="salesteam")
        connection.autocommit = True
        with contextlib.closing(connection), connection.cursor() as cursor:
            cursor.execute(sql)
            return str(cursor.fetchone()[0])

    def clear(self) -> None:
        """End everything that this stage started and remove its files."""
        for process in self.started:
            process.kill()
            process.wait()
        if self.place.keeper.exists() and (keeper := embedded.keeper_pid(self.place)):
            os.kill(keeper, signal.SIGTERM)  # not to wait for somebody who might still come
        processes.wait_until(self.is_quiet, 20, 0.1)
        kill(*self.children(), *self.postgres(), *self.valkey())
        if self.storage != self.var:
            shutil.rmtree(self.storage, ignore_errors=True)
        shutil.rmtree(self.place.sockets, ignore_errors=True)


@contextlib.contextmanager
def stage(*below: str, mode: int = 0o755) -> Iterator[Stage]:
    """A stage in a new folder of this mode; `below` names more folders on the way to it."""
    root = Path(tempfile.mkdtemp(prefix="st-stage-"))
    root.chmod(mode)
    folder = root.joinpath(*below)
    folder.mkdir(parents=True, exist_ok=True)
    found = Stage(folder / "var")
    try:
        yield found
    finally:
        found.clear()
        shutil.rmtree(root, ignore_errors=True)


def kill(*pids: int) -> None:
    """SIGKILL, to whom it still reaches."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def answer(port: int, path: str, timeout: float = 10, headers: Mapping[str, str] | None = None) -> tuple[int, str]:
    """Status and body of a page; status 0 when nobody answers."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=dict(headers or {}))
    try:
        with urllib.request.urlopen(request, timeout=timeout) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError as error:
        return 0, str(error)
