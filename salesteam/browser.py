"""Find a browser for the tests, or install one: CHROMIUM=, a system Chromium, Playwright's own, Debian's package when root.

`make test` runs this as `python -m salesteam.browser` before the tests and passes on the path it prints.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

PROGRAMS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
# Quiet and alone: no call home, no shared memory of a small container, no sandbox where root could not have one.
ARGUMENTS = (
    "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run", "--disable-quic",
)  # fmt: skip
REMEDY = """No browser was found for the browser tests, and none could be installed. Do one of these:
  - install Chromium (on Debian: apt-get install chromium) and run the command again
  - name one: make test CHROMIUM=/path/to/chromium
  - run the tests that need none: make test-fast"""


class NoBrowser(Exception):
    """No browser can be had; the message says what to do."""


def arguments() -> list[str]:
    """The command-line options to start the browser with. Root has no sandbox."""
    return [*ARGUMENTS, "--no-sandbox"] if os.getuid() == 0 else list(ARGUMENTS)


def find() -> str:
    """The path of a browser that starts, installing one where that is possible. Raises NoBrowser."""
    named = os.environ.get("CHROMIUM")
    if named:
        if starts(named):
            return named
        raise NoBrowser(f"CHROMIUM is {named}, which does not start. Set it to the path of a Chromium, or leave it out.")
    for look in (_on_this_machine, _of_playwright, _installed_by_playwright, _installed_by_debian):
        found = look()
        if found and starts(found):
            return found
    raise NoBrowser(REMEDY)


def starts(path: str) -> bool:
    """Whether this program runs at all and says its version."""
    return _succeeds([path, "--version", *(["--no-sandbox"] if os.getuid() == 0 else [])], seconds=30)


def _on_this_machine() -> str | None:
    return next((found for name in PROGRAMS if (found := shutil.which(name))), None)


def _of_playwright() -> str | None:
    roots = (os.environ.get("PLAYWRIGHT_BROWSERS_PATH"), Path.home() / ".cache" / "ms-playwright")
    patterns = ("chromium-*/chrome-linux*/chrome", "chromium-*/chrome-mac*/Chromium.app/Contents/MacOS/Chromium")
    files = (file for root in roots if root for pattern in patterns for file in sorted(Path(root).glob(pattern), reverse=True))
    return next((str(file) for file in files), None)


def _installed_by_playwright() -> str | None:
    return _after([sys.executable, "-m", "playwright", "install", "chromium"], _of_playwright)


def _installed_by_debian() -> str | None:
    if os.getuid() != 0 or not shutil.which("apt-get"):
        return None
    _succeeds(["apt-get", "update", "-q"], seconds=300)
    return _after(["apt-get", "install", "-y", "-q", "--no-install-recommends", "chromium"], _on_this_machine)


def _after(command: list[str], look: Callable[[], str | None]) -> str | None:
    print(f"No browser yet: {' '.join(command[-3:])} …", file=sys.stderr, flush=True)
    return look() if _succeeds(command, seconds=900) else None


def _succeeds(command: list[str], *, seconds: float) -> bool:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    try:
        return subprocess.run(command, capture_output=True, env=environment, timeout=seconds, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


if __name__ == "__main__":
    try:
        print(find())
    except NoBrowser as error:
        print(error, file=sys.stderr)
        raise SystemExit(1) from None
