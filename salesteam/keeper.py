"""The keeper: owns the embedded servers while somebody uses them. Run as `python -m salesteam.keeper HOME run|test`.

It starts both, starts one again that dies, and stops both when the last lease is gone. Should the keeper itself be killed,
the kernel tells the servers to stop, and the next user starts a new keeper.
"""

import fcntl
import os
import secrets
import shutil
import signal
import sys
import time
from pathlib import Path
from types import FrameType
from typing import IO

from salesteam.account import SHARED_HOME, Account, CannotStart, server_account
from salesteam.embedded import Place
from salesteam.servers import Postgres, Server, Valkey

_PAUSE = 0.25
_LINGER_SECONDS = 3.0  # so that one command after another finds the servers still running
_LARGEST_LOG = 5_000_000
_LONGEST_BACKOFF = 30.0


class Keeper:
    """Holds the keeper lock while it lives, and says in that file whether the servers answer."""

    def __init__(self, place: Place, lock: IO[str]) -> None:
        self.place = place
        self.lock = lock
        self.linger = _LINGER_SECONDS
        account = server_account()
        storage = storage_for(place, account)
        self.servers: list[Server] = [Postgres(place, account, storage), Valkey(place, account, storage)]

    def run(self) -> None:
        """Keep the servers up until nobody has held a lease for a while, then stop them in reverse order."""
        signal.signal(signal.SIGTERM, self.hurry)
        signal.signal(signal.SIGINT, self.hurry)
        with self.place.lease.open("a") as lease:
            try:
                self._start_all()
                self._watch(lease)
            finally:
                self._say("stopping")
                for server in reversed(self.servers):
                    server.stop()

    def hurry(self, _number: int, _frame: FrameType | None) -> None:
        """A signal asks to stop at once when the last user leaves; it does not take the servers from their users."""
        self.linger = 0.0

    def _watch(self, lease: IO[str]) -> None:
        last_used, failures = time.monotonic(), 0
        while True:
            time.sleep(_PAUSE)
            if not _is_free(lease):
                last_used = time.monotonic()
            elif time.monotonic() - last_used >= self.linger:
                return  # holding the lease alone: whoever comes now waits until all is down
            else:
                fcntl.flock(lease, fcntl.LOCK_UN)
            if all(server.is_alive() for server in self.servers):
                continue
            failures += 1
            time.sleep(min(0.2 * 2**failures, _LONGEST_BACKOFF) if failures > 1 else 0)
            self._start_all()

    def _start_all(self) -> None:
        self._say("starting")
        for server in self.servers:
            if not server.is_alive():
                server.start()
        self._say("ready")

    def _say(self, word: str) -> None:
        self.lock.seek(0)
        self.lock.truncate()
        self.lock.write(f"{os.getpid()} {word}")
        self.lock.flush()


def storage_for(place: Place, account: Account) -> Path:
    """Where the data lives: `place.home`, or a folder below /var/lib where the server account cannot reach that.

    The folder is named by a token kept in `place.home`, so that it moves with a project that moves, and a deleted project's
    data never turns up in a new one. A copied project is given a token of its own.
    """
    if not account.is_other or account.can_enter(place.home):
        return place.home
    token_file = place.home / "storage-id"
    token = token_file.read_text().strip() if token_file.exists() else ""
    folder = SHARED_HOME / token
    if not token or _belongs_elsewhere(folder, token_file, token):
        token = secrets.token_hex(8)
        token_file.write_text(token)
        folder = SHARED_HOME / token
    SHARED_HOME.mkdir(mode=0o755, parents=True, exist_ok=True)
    SHARED_HOME.chmod(0o755)
    folder.mkdir(mode=0o711, exist_ok=True)
    folder.chmod(0o711)
    (folder / "owner").write_text(str(token_file))
    _move_in(place.home, folder)
    return folder


def _belongs_elsewhere(folder: Path, token_file: Path, token: str) -> bool:
    owner = folder / "owner"
    other = Path(owner.read_text()) if owner.exists() else token_file
    return other != token_file and other.exists() and other.read_text().strip() == token


def _move_in(home: Path, folder: Path) -> None:
    """Take along data that an earlier start left in `home`, when a parent folder has been closed since."""
    for name in ("pg", "valkey"):
        if (home / name).exists() and not (folder / name).exists():
            shutil.move(home / name, folder / name)


def _is_free(lease: IO[str]) -> bool:
    try:
        fcntl.flock(lease, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _lock(path: Path) -> IO[str] | None:
    """The keeper lock; tried for a moment, since others take it briefly to see whether it is free."""
    file = path.open("r+")
    for _ in range(20):
        if _is_free(file):
            return file
        time.sleep(0.05)
    return None


def main(home: str, profile: str) -> int:
    """Keep the servers of one place, unless another keeper does already; the exit code."""
    place = Place(home=Path(home), for_tests=profile == "test")
    lock = _lock(place.keeper)
    if lock is None:
        return 0  # another keeper was first
    if place.log.stat().st_size > _LARGEST_LOG:
        place.log.replace(place.log.with_suffix(".old.log"))
    try:
        Keeper(place, lock).run()
    except CannotStart as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
