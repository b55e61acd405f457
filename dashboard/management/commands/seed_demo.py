"""Fill an empty installation with a made-up company to look round in."""

from __future__ import annotations

import secrets
from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from dashboard.demo.build import NotEmpty, build
from lib import clock
from metrics import night
from reps.models import Company, User

SHOWN = ("admin@example.com", "manager@example.com", "rep@example.com", "finance@example.com", "auditor@example.com")


class Command(BaseCommand):
    """`manage.py seed_demo [--as-of DATE] [--password WORDS]`"""

    help = (
        "Build PT Niaga Contoh Nusantara: 41 people in six teams, 18 months of deals and activities. "
        "The same day gives the same company. Needs an empty database; refused in production."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The day, and the password everybody gets."""
        parser.add_argument(
            "--as-of", type=date.fromisoformat, metavar="DATE", help="build it as of the morning of this day (default: today)"
        )
        parser.add_argument("--password", help="password of everybody (default: one made up and printed)")

    def handle(self, *args: Any, as_of: date | None, password: str | None, **options: Any) -> None:
        """Build, gather statistics for the planner, do the night that is due, print who can sign in."""
        if settings.PRODUCTION:
            raise CommandError("seed_demo is refused in production: its people have known addresses.")
        today = clock.today(Company(time_zone="Asia/Jakarta").zone)
        if as_of and as_of > today:
            raise CommandError(f"--as-of {as_of} lies in the future: give a day up to {today}.")
        password = password or secrets.token_urlsafe(9)
        try:
            built = build(today=as_of or today, password_hash=make_password(password))
        except NotEmpty:
            raise CommandError("There is a company in this database already. seed_demo needs an empty one.") from None
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        # Else the first thing an admin read would be that a night is due.
        night.run_due()
        self.stdout.write(f"{built.people} people, {built.deals:,} deals, {built.leads:,} leads, {built.activities:,} activities")
        self.stdout.write(f"Everybody signs in with the password {password}")
        for user in User.objects.filter(email__in=SHOWN):
            self.stdout.write(f"  {user.email:<22} {user.name}")
        self.stdout.write("  and the others by firstname.lastname@example.com")
