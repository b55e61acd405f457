"""Let the owner of the server make an admin, or open the first-run page with its token."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from dashboard import first_run
from reps import invitations, mail
from reps.models import User


class Command(BaseCommand):
    """`manage.py create_admin [EMAIL] [--name NAME]`"""

    help = (
        "Without an address: print the one-time token of the first-run page, while nobody exists yet. "
        "With one: make that person an admin and print a link to set a password."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whose address and name."""
        parser.add_argument("email", nargs="?", help="address of the new admin")
        parser.add_argument("--name", default="", help="their name (default: guessed from the address)")

    def handle(self, *args: Any, email: str | None, name: str, **options: Any) -> None:
        """Print the token, or make the admin and print the link."""
        if email is None:
            self._print_token()
            return
        try:
            user = invitations.invite(address=email, name=name, kind=User.Kind.ADMIN, by=None)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        self.stdout.write(
            f"{user.name} is an admin. Set a password within the hour at {mail.invitation_link(mail.new_invitation(user, by=None))}"
        )

    def _print_token(self) -> None:
        if not first_run.is_open():
            raise CommandError("There is somebody already, so the token is worth nothing. Give an address to make another admin.")
        self.stdout.write(f"Open {settings.SITE_URL}{reverse('dashboard:first_run')} and enter the token {first_run.token()}")
