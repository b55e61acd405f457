"""Facts about operating-system processes: who lives where, who holds a port, who dies with whom. Standard library only."""

import contextlib
import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

PROC = Path("/proc")
_LISTEN_STATE = "0A"
_SET_PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG in <sys/prctl.h>
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def die_with_parent(death_signal: signal.Signals) -> Callable[[], None]:
    """A `preexec_fn` that makes the kernel send `death_signal` to the child when this process dies, however it dies."""
    parent = os.getpid()

    def arrange() -> None:
        if _LIBC is None:
            return
        _LIBC.prctl(_SET_PARENT_DEATH_SIGNAL, int(death_signal))
        if os.getppid() != parent:  # the parent died before the request was made
            os._exit(1)

    return arrange


def command_line(pid: int) -> list[str]:
    """The arguments of a process; empty when it is gone, a zombie, or nobody we may look at."""
    try:
        raw = (PROC / str(pid) / "cmdline").read_bytes()
    except OSError:
        return []
    return [part.decode(errors="replace") for part in raw.split(b"\0") if part]


def working_in(directory: Path, program: str) -> list[int]:
    """The processes named `program` whose working directory is `directory`.

    Servers change into their data directory, so this finds a server and its children exactly. A pid file does not: after a
    crash its number may belong to a stranger, or to a zombie that nobody reaps.
    """
    target = os.path.realpath(directory)
    return [pid for pid in _pids() if _name(pid) == program and _directory(pid) == target]


def carrying(name: str, value: str) -> list[int]:
    """The processes started with this environment variable, and so everything that descends from who was."""
    wanted = f"{name}={value}".encode()
    return [pid for pid in _pids() if pid != os.getpid() and wanted in _environment(pid)]


def end(find: Callable[[], list[int]], steps: Iterable[tuple[signal.Signals, float]]) -> bool:
    """Send each signal to what `find` finds and wait its seconds; True once nothing is left."""
    for number, seconds in steps:
        for pid in find():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        if wait_until(lambda: not find(), seconds):
            return True
    return not find()


def wait_until(condition: Callable[[], bool], seconds: float, pause: float = 0.02) -> bool:
    """Whether `condition` became true within `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
    return True


def holder_of_port(port: int) -> str | None:
    """Who listens on a TCP port, as "process 4711 (python -m http.server)"; None when it cannot be told."""
    inodes = set(_listening_inodes(port))
    for pid in _pids():
        if inodes & set(_socket_inodes(pid)):
            return f"process {pid} ({' '.join(command_line(pid))[:120]})"
    return None


def _pids() -> list[int]:
    return [int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit()] if PROC.is_dir() else []


def _name(pid: int) -> str:
    try:
        return (PROC / str(pid) / "comm").read_text(errors="replace").strip()
    except OSError:
        return ""


def _directory(pid: int) -> str:
    try:
        return str((PROC / str(pid) / "cwd").readlink())
    except OSError:
        return ""


def _environment(pid: int) -> list[bytes]:
    try:
        return (PROC / str(pid) / "environ").read_bytes().split(b"\0")
    except OSError:
        return []


def _listening_inodes(port: int) -> Iterable[str]:
    for table in ("net/tcp", "net/tcp6"):
        with contextlib.suppress(OSError):
            for line in (PROC / table).read_text().splitlines()[1:]:
                fields = line.split()
                if fields[3] == _LISTEN_STATE and int(fields[1].rsplit(":", 1)[1], 16) == port:
                    yield fields[9]


def _socket_inodes(pid: int) -> Iterable[str]:
    with contextlib.suppress(OSError):
        for entry in (PROC / str(pid) / "fd").iterdir():
            with contextlib.suppress(OSError):
                link = str(entry.readlink())
                if link.startswith("socket:["):
                    yield link[8:-1]
