"""`manage.py reset_second_factor EMAIL`: for the admin who lost phone and recovery codes, when no other admin can help."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from reps import second_factor
from reps.models import User


class Command(BaseCommand):
    """Takes the codes away, ends the sessions, writes it into the audit trail and mails the person."""

    help = "Reset the second factor of somebody, so that the password alone lets them in to set up another phone."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whose."""
        parser.add_argument("email", help="address to sign in with")

    def handle(self, *args: Any, email: str, **options: Any) -> None:
        """Reset, and say what comes next."""
        user = User.objects.with_address(email)
        if user is None:
            raise CommandError(f"Nobody signs in with {email}.")
        if not second_factor.reset(user=user, by=None):
            raise CommandError(f"{user.name} has no second factor.")
        self.stdout.write(f"{user.name} now signs in with the password alone, and is told by mail. It stands in the audit trail.")
