"""Everything between a started database and the first page, in one process: migrate, collect static files, demo company.

Run as `python -m salesteam.prepare` by the supervisor. What is already done is skipped.
"""

import hashlib
import io
import os
import secrets
from pathlib import Path

import django
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor

from lib import env
from salesteam import embedded

DEMO_PEOPLE = ("admin@example.com", "manager@example.com", "rep@example.com", "finance@example.com", "auditor@example.com")
_READABLE = "abcdefghjkmnpqrstuvwxyz23456789"  # no letters that look alike


def migrate() -> None:
    """Apply the migrations that are missing."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        print("· Updating the tables", flush=True)
        call_command("migrate", interactive=False, verbosity=0)


def collect_static() -> None:
    """Put static files under their hashed names, unless none has changed since the last time."""
    root = Path(settings.STATIC_ROOT)
    stamp, state = root / ".stamp", _static_state()
    if stamp.exists() and stamp.read_text() == state:
        return
    call_command("collectstatic", interactive=False, clear=root.exists(), verbosity=0)
    stamp.write_text(state)


def seed_once() -> None:
    """Build the demo company in an empty installation, unless DEMO=0 asks for an empty one."""
    if env.flag("DEMO", default=True) and not settings.PRODUCTION and _is_empty():
        print("· Building the demo company (DEMO=0 starts with an empty one)", flush=True)
        call_command("seed_demo", stdout=io.StringIO())


def keep_sign_ins() -> None:
    """Passwords of the demo people, kept in a file that its owner alone can read.

    Set anew whenever that file is missing: it may have been removed, or a start cut short before it was written.
    """
    file = embedded.here().home / "sign-ins"
    if file.exists() or settings.PRODUCTION:
        return
    users = apps.get_model(settings.AUTH_USER_MODEL)
    lines = []
    with transaction.atomic():
        for user in users.objects.filter(email__in=DEMO_PEOPLE).order_by("id"):
            password = "-".join("".join(secrets.choice(_READABLE) for _ in range(5)) for _ in range(3))
            user.set_password(password)
            user.save(update_fields=["password"])
            lines.append((user.email, password))
    if lines:
        _write_privately(file, "".join(f"{address:<22} {password}\n" for address, password in _in_order(lines)))


def _in_order(lines: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return sorted(lines, key=lambda line: DEMO_PEOPLE.index(line[0]))


def _write_privately(file: Path, text: str) -> None:
    unfinished = file.with_suffix(".new")
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
        handle.write(text)
    unfinished.rename(file)


def _is_empty() -> bool:
    return not any(apps.get_model("reps", name).objects.exists() for name in ("Company", "User", "Rep"))


def _static_state() -> str:
    """Names, sizes and times of our static files, and the lock that decides everybody else's."""
    total = hashlib.sha256((settings.BASE_DIR / "requirements.lock").read_bytes())
    total.update(str(settings.STORAGES["staticfiles"]).encode())
    for folder in settings.STATICFILES_DIRS:
        for file in sorted(Path(folder).rglob("*")):
            found = file.stat()
            total.update(f"{file} {found.st_size} {found.st_mtime_ns}".encode())
    return total.hexdigest()


def main() -> None:
    """All steps, in order."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "salesteam.settings")
    if embedded.is_used():
        embedded.ensure_running()
    django.setup()
    migrate()
    collect_static()
    seed_once()
    keep_sign_ins()


if __name__ == "__main__":
    main()
