"""`make run`: one process that prepares, starts and watches everything, and stops it in reverse order.

Started by `salesteam/bootstrap.py`. Embedded servers belong to their keeper (`salesteam/keeper.py`); web, worker and beat
are children of this process and die with it, however it dies.
"""

import contextlib
import fcntl
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO

from salesteam import embedded, processes

MARK = "SALESTEAM_RUN"  # in the environment of every child: what an earlier run left behind is known by it
_PAUSE = 0.2
_LONGEST_BACKOFF = 30.0
_STEADY_SECONDS = 60.0  # after so long a child's earlier failures are forgotten
_WEB_STATEMENT_SECONDS = "15"
_BACKLOG = 512


class Refusal(Exception):
    """Why the product does not start; the message says what to do."""


@dataclass
class Child:
    """One long-running process, started again with growing pauses when it ends."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    patience: float  # seconds between the request to stop and force
    keep_open: tuple[int, ...] = ()
    process: "subprocess.Popen[bytes] | None" = None
    started_at: float = 0.0
    failures: int = 0
    due_at: float = field(default=0.0)

    def start(self) -> None:
        """Start it, bound to the life of this process."""
        self.started_at = time.monotonic()
        self.process = subprocess.Popen(
            self.command,
            cwd=embedded.ROOT,
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            pass_fds=self.keep_open,
            preexec_fn=processes.die_with_parent(signal.SIGTERM),
            start_new_session=True,  # Ctrl-C reaches only the supervisor, which stops the others in order
        )

    def watch(self) -> None:
        """Start it again if it has ended and its pause is over."""
        if self.process is None or self.process.poll() is None:
            return
        now = time.monotonic()
        if self.due_at < self.started_at:
            self.failures = 0 if now - self.started_at > _STEADY_SECONDS else self.failures + 1
            pause = min(2.0 ** (self.failures - 1), _LONGEST_BACKOFF) if self.failures > 1 else 0.0
            self.due_at = now + pause
            say(f"{self.name} ended ({self.process.returncode}); starting it again in {pause:.0f} s")
        if now >= self.due_at:
            self.start()

    def stop(self) -> None:
        """Ask, wait, and only then force, its whole process group."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(timeout=self.patience)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


class Supervisor:
    """The life of one run."""

    def __init__(self, home: Path, listener: socket.socket) -> None:
        self.home = home
        self.port: int = listener.getsockname()[1]
        self.stopping = False
        self.environment = os.environ | {MARK: str(home), "PORT": str(self.port), "PYTHONUNBUFFERED": "1"}
        celery = [sys.executable, "-m", "celery", "-A", "salesteam.celery", "--quiet"]
        self.web = Child(
            "web",
            [sys.executable, "-m", "gunicorn", "salesteam.wsgi", "--config", "python:salesteam.gunicorn", "--bind", f"fd://{listener.fileno()}"],
            self.environment | {"STATEMENT_TIMEOUT_S": _WEB_STATEMENT_SECONDS},
            patience=12,
            keep_open=(listener.fileno(),),
        )  # fmt: skip
        self.worker = Child(
            "worker",
            [*celery, "worker", "--concurrency", "2", "--loglevel", "WARNING", "--without-gossip", "--without-mingle"],
            self.environment,
            patience=35,
        )
        # A plain schedule in memory: what is due stands in PostgreSQL, so there is no file to lose.
        beat = [*celery, "beat", "--scheduler", "celery.beat:Scheduler", "--loglevel", "WARNING", "--pidfile="]
        self.beat = Child("beat", beat, self.environment, patience=5)
        self.children = [self.web, self.worker, self.beat]

    def run(self) -> int:
        """Prepare, start, watch until asked to stop, stop. The exit code."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self.ask_to_stop)
        try:
            self._prepare()
            self._open_web()
            if not self.stopping:
                self._announce()
                self.worker.start()
                self.beat.start()
            self._watch()
        finally:
            self._stop()
        return 0

    def ask_to_stop(self, _number: int, _frame: FrameType | None) -> None:
        """Ctrl-C or SIGTERM: stop in order. Asked again, stop at once."""
        if self.stopping:
            for child in self.children:
                child.patience = 0
        self.stopping = True

    def _prepare(self) -> None:
        if embedded.is_used():
            say("Starting PostgreSQL and Valkey")
            embedded.ensure_running()
        say("Preparing the database")
        step = subprocess.Popen(
            [sys.executable, "-m", "salesteam.prepare"], cwd=embedded.ROOT, env=self.environment, start_new_session=True
        )
        while step.poll() is None:
            if self.stopping:
                step.terminate()
            time.sleep(0.02)
        if step.returncode != 0 and not self.stopping:
            raise Refusal("The database could not be prepared; the lines above say why.")

    def _open_web(self) -> None:
        if self.stopping:
            return
        say("Starting the web server")
        self.web.start()
        while not self.stopping and not answers(self.port):
            self._look_after()
            if self.web.failures > 3:
                raise Refusal("The web server does not start; the lines above say why.")
            time.sleep(0.05)

    def _watch(self) -> None:
        while not self.stopping:
            time.sleep(_PAUSE)
            self._look_after()

    def _look_after(self) -> None:
        for child in self.children:
            child.watch()
        if embedded.is_used():
            embedded.revive()

    def _announce(self) -> None:
        print(f"\n  Salesteam is at http://localhost:{self.port}/  (Ctrl-C stops it)\n")
        sign_ins = self.home / "sign-ins"
        if sign_ins.exists():
            print("".join(f"  {line}\n" for line in sign_ins.read_text().splitlines()))
        sys.stdout.flush()

    def _stop(self) -> None:
        say("Stopping")
        for child in reversed(self.children):
            child.stop()
        if embedded.is_used():
            embedded.leave()


def answers(port: int) -> bool:
    """Whether the web process says that it lives."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/healthz/live")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def say(text: str) -> None:
    """One line of progress."""
    print(f"· {text}", flush=True)


def listen(host: str, port: int) -> socket.socket:
    """Take the port for the whole run: the web server inherits it, so that it is never free in between."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except PermissionError:
        raise Refusal(f"Port {port} needs more rights. Choose one above 1023: make run PORT=8001") from None
    except OSError:
        holder = processes.holder_of_port(port) or "another program"
        raise Refusal(f"Port {port} is taken by {holder}. Stop it, or choose another port: make run PORT={port + 1}") from None
    listener.listen(_BACKLOG)
    listener.set_inheritable(True)
    return listener


def only_one(home: Path) -> IO[str]:
    """The lock that a run holds; a second run is refused, naming the first."""
    file = (home / "supervisor.lock").open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        raise Refusal(f"Salesteam already runs here ({file.read().strip()}). Stop it first: make stop") from None
    return file


def wanted_host() -> str:
    """HOST, or this machine alone."""
    return os.environ.get("HOST") or "127.0.0.1"


def wanted_port() -> int:
    """PORT, or 8000."""
    raw = os.environ.get("PORT") or "8000"
    if not raw.isdigit() or not 1 <= int(raw) <= 65535:
        raise Refusal(f'PORT is "{raw}": set it to a number from 1 to 65535.')
    return int(raw)


def main() -> int:
    """One run, from the lock to the last stop; the exit code."""
    place = embedded.here()
    try:
        embedded.prepare_directories(place)
        with only_one(place.home) as lock:
            processes.end(
                lambda: processes.carrying(MARK, str(place.home)), [(signal.SIGTERM, 3.0), (signal.SIGKILL, 3.0)]
            )  # what a killed supervisor left
            with listen(wanted_host(), wanted_port()) as listener:
                supervisor = Supervisor(place.home, listener)
                lock.truncate(0)
                lock.write(f"process {os.getpid()}, port {supervisor.port}")
                lock.flush()
                return supervisor.run()
    except (Refusal, embedded.CannotStart) as refusal:
        print(refusal, file=sys.stderr)
        return 1


def stop() -> int:
    """`make stop`: ask the running supervisor to stop, and wait until it has."""
    place = embedded.here()
    path = place.home / "supervisor.lock"
    words = path.read_text().replace(",", "").split() if path.exists() else []
    try:
        if len(words) < 2 or not path.exists():
            raise FileNotFoundError
        only_one(place.home).close()
    except FileNotFoundError:
        print("Salesteam does not run here.")
        return 0
    except Refusal:
        os.kill(int(words[1]), signal.SIGTERM)
    else:
        print("Salesteam does not run here.")
        return 0
    gone = processes.wait_until(lambda: not processes.command_line(int(words[1])), 60, 0.1)
    print("Stopped." if gone else "It is still stopping.")
    return 0 if gone else 1


if __name__ == "__main__":
    raise SystemExit(stop() if sys.argv[1:] == ["stop"] else main())
