"""The rail, the bar of a phone and the pages that search offers: which person sees which entry, in which order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from reps.access import Viewer

FOOT = "foot"


@dataclass(frozen=True)
class Entry:
    """A page of the rail: the name of its address, its words, its icon, and the key that goes there after `G`."""

    name: str
    label: Promise
    icon: str
    key: str = ""
    group: Promise | str = ""
    # Where the addresses of its pages begin, if not with its own.
    root: str = ""


@dataclass(frozen=True)
class Item:
    """An entry as the template shows it."""

    url: str
    label: Promise
    icon: str
    key: str
    group: Promise | str
    active: bool
    log: bool = False


_SALES = _("Sales")

HOME = Entry("dashboard:home", _("Home"), "house", "h")
DEALS = Entry("deals:list", _("Deals"), "kanban", "d")
NUMBERS = Entry("metrics:numbers", _("Numbers"), "graph-up-arrow", "n")
LEADERBOARD = Entry("metrics:leaderboard", _("Leaderboard"), "trophy", "b")
REPORTS = Entry("metrics:activity_report", _("Reports"), "clipboard-data", "r", root="/reports/")
ACTIVITIES = Entry("deals:activities", _("Activities"), "clock-history", "a")
ACCOUNTS = Entry("deals:accounts", _("Accounts"), "building", "c")
LEADS = Entry("deals:leads", _("Leads"), "funnel", "l")
PEOPLE = Entry("reps:people", _("People"), "people", "p")
AUDIT = Entry("reps:audit", _("Audit trail"), "shield-lock", "t")
LOG = Entry("deals:log", pgettext_lazy("verb: note an activity", "Log"), "plus-lg")

_MEMBER = (HOME, DEALS, NUMBERS, LEADERBOARD, REPORTS, ACTIVITIES, ACCOUNTS, LEADS, PEOPLE)
_ADMIN = (
    Entry("dashboard:home", _("Set-up health"), "house", "h"),
    Entry("reps:people", _("People"), "people", "p"),
    Entry("reps:teams", _("Teams"), "diagram-3", "t"),
    Entry("reps:roles", _("Roles"), "person-badge", "r"),
    Entry("metrics:quotas", _("Quotas"), "flag", "q"),
    Entry("deals:pipelines", _("Stages"), "sliders", "s"),
    Entry("deals:products", _("Products"), "box", "o"),
    Entry("reps:calendars", _("Calendars"), "calendar3", "e"),
    Entry("deals:imports", _("Import"), "upload", "i"),
    Entry("metrics:numbers", _("Numbers"), "graph-up-arrow", "n", _SALES),
    Entry("metrics:leaderboard", _("Leaderboard"), "trophy", "k", _SALES),
    Entry("metrics:activity_report", _("Reports"), "clipboard-data", "b", _SALES, "/reports/"),
    Entry("deals:list", _("Deals"), "kanban", "d", _SALES),
    Entry("deals:accounts", _("Accounts"), "building", "c", _SALES),
    Entry("reps:settings", _("Settings"), "gear", "y", FOOT),
    Entry("reps:audit", _("Audit trail"), "shield-lock", "u", FOOT),
)
_FINANCE = (HOME, PEOPLE)
_AUDITOR = (HOME, NUMBERS, LEADERBOARD, REPORTS, DEALS, ACTIVITIES, ACCOUNTS, LEADS, PEOPLE, AUDIT)
# A person who signs in without being a rep yet (an invited colleague whose card is still missing).
_NOBODY = (HOME, PEOPLE)

_BY_KIND = {"admin": _ADMIN, "finance": _FINANCE, "auditor": _AUDITOR}
# At most five thumbs; the middle one logs, for those who log.
_PHONE_BY_KIND = {
    "admin": (Entry("dashboard:home", _("Set-up"), "house"), PEOPLE, _ADMIN[2], NUMBERS, DEALS),
    "finance": (HOME, PEOPLE),
    "auditor": (HOME, NUMBERS, DEALS, PEOPLE, AUDIT),
}
_PHONE_MEMBER = (HOME, DEALS, LOG, NUMBERS, PEOPLE)


def entries_for(viewer: Viewer) -> tuple[Entry, ...]:
    """The rail of this person."""
    if viewer.kind in _BY_KIND:
        return _BY_KIND[viewer.kind]
    return _NOBODY if viewer.rep_id is None else _MEMBER


def phone_entries_for(viewer: Viewer) -> tuple[Entry, ...]:
    """The bar at the bottom of this person's phone."""
    if viewer.kind in _PHONE_BY_KIND:
        return _PHONE_BY_KIND[viewer.kind]
    return _NOBODY if viewer.rep_id is None else _PHONE_MEMBER


def items(entries: Iterable[Entry], path: str) -> list[Item]:
    """The entries with their addresses; the one whose address begins `path` with the most letters is active."""
    placed = [(entry, _address(entry.name)) for entry in entries]
    current = max((url for entry, url in placed if _covers(entry.root or url, path)), key=len, default="")
    return [Item(url, entry.label, entry.icon, entry.key, entry.group, url == current, log=entry is LOG) for entry, url in placed]


@cache
def _address(name: str) -> str:
    return reverse(name)


def _covers(url: str, path: str) -> bool:
    return path == url or (url != "/" and path.startswith(url))
