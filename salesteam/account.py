"""The account that the embedded servers run as.

PostgreSQL refuses to run as root. Started by root, both servers run as a system user of their own, made when first needed;
started by anybody else, as that user.
"""

import os
import pwd
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import IO, Any

SYSTEM_USER = "salesteam-servers"
SHARED_HOME = Path("/var/lib/salesteam")


class CannotStart(Exception):
    """The embedded servers cannot be started; the message says why and what to do."""


@dataclass(frozen=True)
class Account:
    """A user and group; the caller's own unless given."""

    uid: int = field(default_factory=os.getuid)
    gid: int = field(default_factory=os.getgid)

    @property
    def is_other(self) -> bool:
        """Whether this is not the account of this process."""
        return self.uid != os.getuid()

    def run(self, command: Sequence[str | Path], **options: Any) -> "subprocess.CompletedProcess[str]":
        """Run to the end as this account, in a directory that everybody can enter."""
        return subprocess.run(command, cwd="/", text=True, check=False, **self._identity(), **options)

    def start(
        self,
        command: Sequence[str | Path],
        *,
        log: IO[bytes],
        environment: Mapping[str, str],
        before: Callable[[], None],
    ) -> "subprocess.Popen[bytes]":
        """Start as this account, in a process group of its own, all output into `log`."""
        return subprocess.Popen(
            command,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=dict(environment),
            preexec_fn=before,
            start_new_session=True,
            **self._identity(),
        )

    def can_enter(self, directory: Path) -> bool:
        """Whether this account can reach `directory`, asked of the system itself."""
        return self.run(["test", "-x", directory]).returncode == 0

    def make_directory(self, directory: Path) -> Path:
        """A directory of mode 0700 that belongs to this account."""
        directory.mkdir(mode=0o700, exist_ok=True)
        if self.is_other:
            os.chown(directory, self.uid, self.gid)
        return directory

    def _identity(self) -> dict[str, Any]:
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.is_other else {}


@cache
def server_account() -> Account:
    """The servers' account; makes the system user when root needs it for the first time."""
    if os.getuid() != 0:
        return Account()
    try:
        entry = pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        _make_system_user()
        entry = pwd.getpwnam(SYSTEM_USER)
    return Account(entry.pw_uid, entry.pw_gid)


def _make_system_user() -> None:
    options = ["--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin"]
    program = shutil.which("useradd", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    result = subprocess.run([program, *options, SYSTEM_USER], capture_output=True, text=True) if program else None
    already_there = 9  # useradd's exit code when another process was first
    if result is None or result.returncode not in (0, already_there):
        raise CannotStart(
            f"PostgreSQL does not run as root, and the system user {SYSTEM_USER} could not be made"
            f" ({result.stderr.strip() if result else 'there is no useradd'}). Make it, start as another user,"
            " or set DATABASE_URL and REDIS_URL to servers of your own."
        )
