"""What an admin's home offers beside its findings: counts with their pages, and the settings."""

from __future__ import annotations

from collections.abc import Mapping

from django.urls import reverse
from django.utils.translation import gettext as _

Count = tuple[str, int, str]
Page = tuple[str, str, str, str]


def counts(found: Mapping[str, int]) -> list[Count]:
    """Words, number and page."""
    return [
        (_("Reps"), found["reps"], reverse("reps:people")),
        (_("Sign-ins"), found["users"], reverse("reps:signins")),
        (_("Teams"), found["teams"], reverse("reps:teams")),
        (_("Roles"), found["roles"], reverse("reps:roles")),
        (_("Stages"), found["stages"], reverse("deals:pipelines")),
        (_("Products"), found["products"], reverse("deals:products")),
        (_("Deals"), found["deals"], f"{reverse('deals:list')}?state=all"),
        (_("Open deals"), found["open_deals"], reverse("deals:list")),
    ]


def settings_pages() -> list[Page]:
    """Words, what is there, icon and page."""
    return [
        (_("Company"), _("Name, zone, currency, week, what others see"), "gear", reverse("reps:company")),
        (_("Calendars"), _("Holidays by year, for the company and for teams"), "calendar3", reverse("reps:calendars")),
        (_("Sign-ins"), _("Who may come in, and as what"), "key", reverse("reps:signins")),
        (_("Exchange rates"), _("For deals in other currencies"), "cash-stack", reverse("deals:rates")),
        (_("Import"), _("Deals, customers and people from CSV files"), "upload", reverse("deals:imports")),
        (_("Audit trail"), _("Who changed what, and when"), "shield-lock", reverse("reps:audit")),
    ]
