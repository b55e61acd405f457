"""`manage.py invite EMAIL --kind`: invite somebody from the server."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from reps import invitations, mail, org
from reps.models import Team, User


class Command(BaseCommand):
    """Makes the sign-in, mails the invitation and prints its link."""

    help = "Invite somebody by mail, and print the link, which works once and for one hour."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whose address, and what the sign-in is for."""
        parser.add_argument("email", help="address to sign in with")
        parser.add_argument("--kind", choices=User.Kind.values, default=User.Kind.MEMBER, help="what the sign-in is for (member)")
        parser.add_argument("--name", default="", help="their name (default: guessed from the address)")
        parser.add_argument("--team", default="", help="name of the team a member joins today")

    def handle(self, *args: Any, email: str, kind: str, name: str, team: str, **options: Any) -> None:
        """Invite, and say how it goes on."""
        found = Team.objects.filter(name__iexact=team).first() if team else None
        if team and found is None:
            raise CommandError(f"There is no team called {team}.")
        try:
            user = invitations.invite(address=email, name=name, kind=kind, team=found, start=org.today(), by=None)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        link = mail.invitation_link(mail.new_invitation(user, by=None))
        self.stdout.write(f"{user.name} is invited by mail. This link works as well, once, for one hour: {link}")
