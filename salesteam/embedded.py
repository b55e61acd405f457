"""The embedded PostgreSQL and Valkey, seen from the processes that use them.

Settings call `database_settings()` and `redis_url()`, which only compute. `ensure_running()` starts the servers where they
do not run yet. A *keeper* process (`salesteam/keeper.py`) owns them: each user holds a shared lock on `servers.lease` for as
long as it lives, and the keeper stops the servers once nobody holds one. The kernel drops a lock with its process, so a
`kill -9` leaves nothing behind.
"""

import contextlib
import fcntl
import hashlib
import os
import re
import signal
import stat
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from salesteam.account import Account, CannotStart, server_account
from salesteam.processes import wait_until

ROOT = Path(__file__).resolve().parent.parent
DATABASE_USER = "salesteam"
_LONGEST_SOCKET_DIRECTORY = 90  # a socket address holds 107 bytes, of which "/.s.PGSQL.5432" takes 14
_KEEPER_ATTEMPTS = 3
__all__ = ["CannotStart", "database_settings", "ensure_running", "hold_in_foreground", "is_used", "redis_url"]
_lease: IO[str] | None = None
_keepers: list["subprocess.Popen[bytes]"] = []


@dataclass(frozen=True)
class Place:
    """Where one pair of embedded servers keeps its files: `var/` for the product, `var/test/` for the test-suite."""

    home: Path
    for_tests: bool

    @property
    def sockets(self) -> Path:
        """The private directory of both sockets; under the temporary directory where `home` would not do."""
        path = self.home / "run"
        plain = re.fullmatch(r"[A-Za-z0-9_./-]+", str(path)) is not None
        if os.getuid() != 0 and plain and len(str(path)) <= _LONGEST_SOCKET_DIRECTORY:
            return path
        digest = hashlib.sha256(str(self.home).encode()).hexdigest()[:12]
        return Path("/tmp") / f"st{os.getuid()}-{digest}"  # noqa: S108  # its owner and mode are checked

    @property
    def lease(self) -> Path:
        return self.home / "servers.lease"

    @property
    def keeper(self) -> Path:
        """Locked by the keeper for as long as it lives; holds "PID starting" or "PID ready"."""
        return self.home / "servers.keeper"

    @property
    def log(self) -> Path:
        return self.home / "log" / "servers.log"


def here() -> Place:
    """The place this process uses. A test run has a cluster of its own, so that it can neither harm nor slow the real one."""
    var = Path(os.environ.get("SALESTEAM_VAR") or ROOT / "var").absolute()
    chosen = os.environ.get("SALESTEAM_SERVERS") or ("test" if "pytest" in sys.modules else "run")
    if chosen not in ("run", "test"):
        raise SystemExit(f'SALESTEAM_SERVERS is "{chosen}": set it to "run" or "test".')
    return Place(home=var / "test" if chosen == "test" else var, for_tests=chosen == "test")


def is_used() -> bool:
    """Whether this process relies on an embedded server, that is, has not been given both real ones."""
    return not (os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL"))


def database_settings() -> dict[str, Any]:
    """Connection settings of the embedded PostgreSQL for Django's `DATABASES`; starts nothing."""
    suffix = os.environ.get("TEST_DB_SUFFIX")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": _database_name(),
        "USER": DATABASE_USER,
        "HOST": str(here().sockets),
        "PORT": "",
        "TEST": {"NAME": f"test_salesteam_{suffix}" if suffix else "test_salesteam"},
    }


def redis_url() -> str:
    """Address of the embedded Valkey as Celery's broker wants it; starts nothing."""
    return f"redis+socket://{here().sockets}/valkey.sock"


def ensure_running(*, create_database: bool = True, timeout: float = 300.0) -> None:
    """Use the running servers or start them, and keep them running until this process ends.

    Raises CannotStart with the end of the log when they cannot be started.
    """
    place = here()
    prepare_directories(place)
    _hold_lease(place)
    deadline = time.monotonic() + timeout
    started: list[subprocess.Popen[bytes]] = []
    while not is_ready(place):
        if not keeper_lives(place) and all(keeper.poll() is not None for keeper in started):
            if len(started) == _KEEPER_ATTEMPTS:
                raise CannotStart(_why_not(place))
            started.append(spawn_keeper(place))
            _keepers[:] = started[-1:]
        if time.monotonic() > deadline:
            raise CannotStart(_why_not(place))
        time.sleep(0.02)
    os.environ["SALESTEAM_SERVERS"] = "test" if place.for_tests else "run"
    if create_database and not os.environ.get("DATABASE_URL"):
        _create_database(place)


def hold_in_foreground() -> None:
    """`manage.py servers`: hold the servers until Ctrl-C or SIGTERM, for a day of development.

    `SALESTEAM_SERVERS=test` holds those of the test-suite, so that each test run finds them warm.
    """
    ensure_running()
    place = here()
    print(
        f"PostgreSQL and Valkey run for {place.home}. Their sockets are in {place.sockets}. Ctrl-C lets go of them.", flush=True
    )
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt):
        while True:
            time.sleep(1)
            ensure_running(create_database=False)


def is_ready(place: Place) -> bool:
    """Whether a living keeper says that both servers answer."""
    return keeper_lives(place) and _keeper_says(place).endswith(" ready")


def keeper_lives(place: Place) -> bool:
    """Whether a keeper holds its lock. Finding it free, empties the file: no word of a dead keeper is ever believed."""
    with place.keeper.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        file.truncate(0)
        return False


def keeper_pid(place: Place) -> int | None:
    """The living keeper's process id."""
    word = _keeper_says(place).partition(" ")[0]
    return int(word) if keeper_lives(place) and word.isdigit() else None


def spawn_keeper(place: Place) -> subprocess.Popen[bytes]:
    """Start a keeper in a session of its own: it outlives the process that needed it first, and no Ctrl-C reaches it."""
    place.log.parent.mkdir(mode=0o700, exist_ok=True)
    with place.log.open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "salesteam.keeper", str(place.home), "test" if place.for_tests else "run"],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def release() -> None:
    """Give the lease back before this process ends."""
    global _lease
    if _lease is not None:
        _lease.close()
        _lease = None


def revive() -> None:
    """Start a keeper again where it was killed; returns at once. For a process that watches while it holds a lease."""
    place = here()
    if keeper_lives(place) or any(keeper.poll() is None for keeper in _keepers):
        return
    _keepers[:] = [spawn_keeper(place)]


def leave() -> None:
    """Give the lease back and see the servers stopped, unless somebody else uses them."""
    place = here()
    pid = keeper_pid(place)
    release()
    if pid is None:
        return
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)  # stop now rather than in a few seconds
    stops = wait_until(lambda: not keeper_lives(place) or _keeper_says(place).endswith(" stopping"), 1.5)
    if stops:
        wait_until(lambda: not keeper_lives(place), 30.0)


def prepare_directories(place: Place) -> None:
    """Make the private directories, refusing one that another account owns."""
    account = server_account()
    open_to_servers = 0o711 if account.is_other else 0o700
    for directory in dict.fromkeys((place.home.parent if place.for_tests else place.home, place.home)):
        _private(directory, Account(), open_to_servers)
    _private(place.sockets, account, 0o700)


def _private(directory: Path, owner: Account, mode: int) -> None:
    directory.mkdir(mode=mode, parents=False, exist_ok=True)
    found = directory.lstat()
    if stat.S_ISLNK(found.st_mode) or found.st_uid not in (os.getuid(), owner.uid):
        raise CannotStart(f"{directory} belongs to somebody else (user id {found.st_uid}). Remove it, or run as that user.")
    if found.st_uid != owner.uid:
        os.chown(directory, owner.uid, owner.gid)
    if stat.S_IMODE(found.st_mode) != mode:
        directory.chmod(mode)


def _hold_lease(place: Place) -> None:
    """Waits here while a keeper is busy stopping the servers: it holds the lease alone until they are down."""
    global _lease
    if _lease is None or _lease.name != str(place.lease):
        _lease = place.lease.open("a")
        fcntl.flock(_lease, fcntl.LOCK_SH)


def _keeper_says(place: Place) -> str:
    return place.keeper.read_text() if place.keeper.exists() else ""


def _why_not(place: Place) -> str:
    tail = "\n".join(place.log.read_text(errors="replace").splitlines()[-15:]) if place.log.exists() else ""
    return (
        f"The embedded PostgreSQL and Valkey did not start. The end of {place.log}:\n{tail}\n"
        "Or set DATABASE_URL and REDIS_URL to use servers of your own."
    )


def _database_name() -> str:
    return os.environ.get("DB_NAME") or "salesteam"


def _create_database(place: Place) -> None:
    import psycopg2  # here, since the supervisor and the keeper do without it

    name = _database_name()
    connection = psycopg2.connect(host=str(place.sockets), user=DATABASE_USER, dbname="postgres", connect_timeout=10)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
            if cursor.fetchone() is None:
                quoted = '"' + name.replace('"', '""') + '"'
                cursor.execute(f"CREATE DATABASE {quoted}")
    except psycopg2.errors.UniqueViolation:  # another process was first
        pass
    finally:
        connection.close()
