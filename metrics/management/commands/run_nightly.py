"""Run the night by hand."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from metrics import night
from metrics.windows import read_day
from reps.models import Company


class Command(BaseCommand):
    """Does what beat wakes every five minutes; safe to run at any time and any number of times."""

    help = (
        "Prove the roll-ups against the rows behind them, and write down which values changed. Without an option the "
        "business days that are due, oldest first. The last line says how many values changed."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which days."""
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--date", metavar="D", help="this business day, written as 2026-09-15, whether or not it was done")
        which.add_argument("--all", action="store_true", help="every business day since the first event, oldest first")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run, and print how many rows changed."""
        company = Company.load()
        if options["date"]:
            try:
                day = read_day(options["date"])
            except ValueError as error:
                raise CommandError(str(error)) from None
            if day > night.last_due(company):
                raise CommandError(f"{day} is not over yet. The last day that is: {night.last_due(company)}.")
            outcome = night.run_day(day, company)
        elif options["all"]:
            outcome = night.run_all(company, tell=self.stdout.write if options["verbosity"] > 1 else lambda text: None)
        else:
            outcome = night.run_due(company)
        if outcome.defect_count:
            self.stderr.write(f"{outcome.defect_count} roll-ups were wrong and are mended: see the Nights page.")
        self.stdout.write(f"{outcome.written} rows written")
