"""`manage.py api_token EMAIL --scope read`: a token for the API, made on the server; `--list` and `--revoke` tend to them."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from reps import api_tokens
from reps.models import ApiToken, User


class Command(BaseCommand):
    """The token stands on the last line of what it prints, and nowhere else ever again."""

    help = "Make a token for the API (it stands on the last line), list those there are, or revoke one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whose, for what, how long; or which to list or revoke."""
        parser.add_argument("email", nargs="?", default="", help="address with which its owner signs in")
        parser.add_argument("--scope", choices=ApiToken.Scope.values, default="read", help="what it may do (read)")
        parser.add_argument("--days", type=int, default=api_tokens.DEFAULT_DAYS, help="how long it works (90, at most 365)")
        parser.add_argument("--name", default="", help="what it is for")
        parser.add_argument("--cidr", default="", help="the one network it works from, such as 203.0.113.0/24")
        parser.add_argument("--list", action="store_true", dest="lists", help="list tokens, of one person where EMAIL is given")
        parser.add_argument("--revoke", metavar="PREFIX", default="", help="end the token called st_PREFIX")

    def handle(self, *args: Any, email: str, lists: bool, revoke: str, **options: Any) -> None:
        """Do the one thing asked for."""
        if revoke:
            return self._revoke(revoke)
        owner = self._owner(email) if email else None
        if lists:
            return self._list(owner)
        if owner is None:
            raise CommandError("Give the e-mail address of the token's owner, or --list, or --revoke PREFIX.")
        return self._issue(owner, options)

    def _owner(self, email: str) -> User:
        owner = User.objects.with_address(email)
        if owner is None:
            raise CommandError(f"Nobody signs in as {email}.")
        return owner

    def _issue(self, owner: User, options: dict[str, Any]) -> None:
        try:
            issued = api_tokens.issue(
                owner=owner, name=options["name"], writes=options["scope"] == "write", days=options["days"],
                network=options["cidr"], by=None,
            )  # fmt: skip
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        does = "reads and changes" if issued.token.writes else "reads"
        until = f"{issued.token.expires_at:%Y-%m-%d %H:%M} UTC"
        self.stdout.write(f"{issued.token} {does} what {owner.name} may, until {until}. It is shown this once:")
        self.stdout.write(issued.secret)

    def _list(self, owner: User | None) -> None:
        tokens = ApiToken.objects.with_state().select_related("owner")
        for token in tokens.filter(owner=owner) if owner else tokens:
            state = "works" if token.works else "ended"  # type: ignore[attr-defined]
            used = f"{token.last_used_at:%Y-%m-%d %H:%M}" if token.last_used_at else "never"
            self.stdout.write(
                f"{token}\t{token.owner.email}\t{'+'.join(token.scopes)}\t{state}\tuntil {token.expires_at:%Y-%m-%d}"
                f"\tused {used}\t{token.network or 'anywhere'}\t{token.name}"
            )

    def _revoke(self, prefix: str) -> None:
        token = ApiToken.objects.filter(prefix=prefix.removeprefix("st_")[:8]).first()
        if token is None:
            raise CommandError(f"There is no token {prefix}.")
        api_tokens.revoke(token=token, by=None)
        self.stdout.write(f"{token} is revoked.")
