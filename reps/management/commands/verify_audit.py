"""`manage.py verify_audit`: is the audit trail whole?"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from reps import audit


class Command(BaseCommand):
    """Reads the whole chain; ends with an error where it does not hold."""

    help = "Check that no row of the audit trail was changed, removed or added."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the last hash, to keep elsewhere, or every break."""
        report = audit.verify()
        if not report.whole:
            for fault in report.breaks[:50]:
                where = f"row {fault.entry_id}" if fault.entry_id else "end of the trail"
                self.stderr.write(f"{where}: {fault.why}")
            raise CommandError(f"The audit trail does not hold in {len(report.breaks)} places of {report.rows} rows.")
        self.stdout.write(f"The audit trail is whole: {report.rows} rows, last hash {report.last_hash}.")
