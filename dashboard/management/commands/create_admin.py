"""Let the owner of the server open the first-run page of an empty installation."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from dashboard import first_run


class Command(BaseCommand):
    """`manage.py create_admin`"""

    help = "Print the one-time token by which the first visitor becomes the admin. Works while nobody exists yet."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print where to go and the token."""
        if not first_run.is_open():
            raise CommandError("There is somebody already. Make another admin with: manage.py invite ADDRESS --kind admin")
        self.stdout.write(f"Open {settings.SITE_URL}{reverse('dashboard:first_run')} and enter the token {first_run.token()}")
