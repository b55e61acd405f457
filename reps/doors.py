"""The entries of the settings overview: which page does what, and who it is for.

Pages of higher floors are named by their address only; one that is not installed is left out.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from reps.access import Viewer

EVERYONE, OFFICE, ADMIN = "everyone", "office", "admin"


@dataclass(frozen=True)
class Door:
    """One settings page."""

    name: str
    label: Promise
    text: Promise
    icon: str
    who: str = EVERYONE

    @property
    def url(self) -> str:
        """Its address; empty where the page is not installed."""
        try:
            return reverse(self.name)
        except NoReverseMatch:
            return ""


@dataclass(frozen=True)
class Group:
    """Settings that belong together."""

    title: Promise
    doors: tuple[Door, ...]


GROUPS = (
    Group(
        _("The company"),
        (
            Door("reps:company", _("Company"), _("Name, zone, currency, fiscal year, working week"), "building", OFFICE),
            Door("reps:calendars", _("Holiday calendars"), _("Days off, by year; a team may have its own"), "calendar3"),
        ),
    ),
    Group(
        _("People"),
        (
            Door("reps:people", _("People"), _("Who sells, and who signs in"), "people"),
            Door("reps:teams", _("Teams"), _("The tree that decides who sees whose work"), "diagram-3"),
            Door("reps:roles", _("Roles"), _("What each job lets people do"), "person-badge"),
            Door("reps:signins", _("Admins, finance, auditors"), _("Who signs in without selling"), "key", OFFICE),
            Door("reps:invitations", _("Open invitations"), _("Who has not come in yet"), "envelope", ADMIN),
        ),
    ),
    Group(
        _("Selling"),
        (
            Door("deals:pipelines", _("Pipelines and stages"), _("The way of a deal, and what each stage is worth"), "sliders"),
            Door("deals:products", _("Products"), _("What is sold, and its list price"), "box"),
            Door("deals:competitors", _("Competitors"), _("Whom deals are lost to"), "flag"),
            Door("deals:rates", _("Exchange rates"), _("For deals in other currencies"), "cash-stack", ADMIN),
            Door("deals:imports", _("Import"), _("Bring accounts, deals and activities from a file"), "upload", ADMIN),
        ),
    ),
    Group(
        _("Trust"),
        (
            Door("reps:audit", _("Audit trail"), _("Who changed what, and who took data out"), "shield-lock", OFFICE),
            Door("metrics:nights", _("Nights"), _("What proves the numbers, and what it found"), "moon", OFFICE),
            Door("reps:all_api_tokens", _("API tokens"), _("Which programs act for whom"), "key", OFFICE),
        ),
    ),
)


def for_viewer(viewer: Viewer) -> list[Group]:
    """The groups with the pages that this person may open."""
    kinds = (
        {EVERYONE} | ({OFFICE} if viewer.kind in {"admin", "auditor"} else set()) | ({ADMIN} if viewer.kind == "admin" else set())
    )
    open_to = [Group(group.title, tuple(door for door in group.doors if door.who in kinds and door.url)) for group in GROUPS]
    return [group for group in open_to if group.doors]
