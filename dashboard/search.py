"""Search and go: people, deals, accounts, contacts and leads in one query, pages and actions without any.

Each kind is asked through its own `visible_to`, so search shows nothing that a list would not. Names that begin with
the words come first, open deals before closed ones.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Case, CharField, DecimalField, F, Q, QuerySet, Value, When
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext, gettext_lazy

from dashboard import navigation
from deals.models import Account, Contact, Deal, Lead
from lib import numbers
from reps.access import Viewer, viewer_of
from reps.models import Rep, User

SHOWN = 5
# Below three letters the index can only help from the start of a word on.
SHORT = 3


@dataclass(frozen=True)
class Found:
    """One line of the answer; `log` opens the sheet instead of a page."""

    url: str
    label: str | Promise
    icon: str
    note: str | Promise = ""
    log: bool = False


@dataclass(frozen=True)
class Group:
    """Lines of one kind under their title."""

    title: str | Promise
    items: tuple[Found, ...]


@dataclass(frozen=True)
class Action:
    """Something to do from anywhere, and the capability it takes."""

    name: str
    label: Promise
    icon: str
    capability: str
    log: bool = False


ACTIONS = (
    Action("deals:log", gettext_lazy("Log a call, visit, message or note"), "journal-plus", "activity.log", log=True),
    Action("deals:new", gettext_lazy("New deal"), "plus-lg", "deal.create"),
    Action("deals:account_new", gettext_lazy("New account"), "building", "account.edit"),
    Action("deals:lead_new", gettext_lazy("New lead"), "person-plus", "lead.edit"),
    Action("deals:imports", gettext_lazy("Import data"), "upload", "import.run"),
)


def search(user: User, words: str) -> list[Group]:
    """What these words find for this person; without words, the pages and what can be done."""
    viewer = viewer_of(user)
    groups = [*_records(user, words)] if words else []
    groups.append(Group(gettext("Pages"), tuple(_pages(viewer, words))))
    groups.append(Group(gettext("Do"), tuple(_actions(viewer, words))))
    return [group for group in groups if group.items]


def _records(user: User, words: str) -> Iterable[Group]:
    rows: dict[str, list[dict[str, Any]]] = {}
    for row in _ask(user, words):
        rows.setdefault(row["found"], []).append(row)
    for kind, title, icon in (
        ("deal", gettext("Deals"), "kanban"),
        ("account", gettext("Accounts"), "building"),
        ("rep", gettext("People"), "person"),
        ("contact", gettext("Contacts"), "person-badge"),
        ("lead", gettext("Leads"), "funnel"),
    ):
        found = sorted(rows.get(kind, ()), key=lambda row: (row["rank"], row["label"].lower(), row["to"]))
        yield Group(title, tuple(Found(_address(row), row["label"], icon, _note(row)) for row in found))


def _ask(user: User, words: str) -> Iterable[dict[str, Any]]:
    """At most five rows of each kind. One query."""
    deals = Deal.objects.visible_to(user)
    return _slice(
        deals, "deal", words, note=F("owner__name"), amount=F("amount"), currency=F("currency"), last=Q(outcome__gt="")
    ).union(
        _slice(Account.objects.visible_to(user), "account", words, note=F("city")),
        _slice(Rep.objects.visible_to(user), "rep", words, note=F("work_email"), last=Q(left_on__isnull=False)),
        _slice(Contact.objects.visible_to(user), "contact", words, to="account_id", note=F("account__name")),
        _slice(Lead.objects.visible_to(user).live(), "lead", words, note=F("company_name"), other="company_name"),
        all=True,
    )


def _slice(
    rows: QuerySet[Any], kind: str, words: str, *, note: Any, to: str = "pk", amount: Any = None, currency: Any = None,
    last: Q | None = None, other: str = "",
) -> QuerySet[Any, dict[str, Any]]:  # fmt: skip
    """The best rows of one kind; `other` is a second column the words may be in, `last` marks rows of less interest."""
    begins = Q(name__istartswith=words)
    wanted = begins if len(words) < SHORT else Q(name__icontains=words)
    if other and len(words) >= SHORT:
        wanted |= Q(**{f"{other}__icontains": words})
    rank = Case(*([When(last, then=Value(4))] if last is not None else []), When(begins, then=Value(0)), default=Value(2))
    return (
        rows.filter(wanted)
        .order_by(rank, Lower("name"), "pk")
        .values(
            found=Value(kind, output_field=CharField()),
            to=F(to),
            label=F("name"),
            note_text=note,
            worth=amount or Value(None, output_field=DecimalField(max_digits=19, decimal_places=4)),
            unit=currency or Value("", output_field=CharField()),
            rank=rank,
        )[:SHOWN]
    )


_PAGES = {"deal": "deals:detail", "account": "deals:account", "rep": "reps:rep", "contact": "deals:account", "lead": "deals:lead"}


def _address(row: dict[str, Any]) -> str:
    return reverse(_PAGES[row["found"]], args=[row["to"]])


def _note(row: dict[str, Any]) -> str:
    amount: Decimal | None = row["worth"]
    if amount is None:
        return row["note_text"] or ""
    return f"{numbers.money_short(amount, row['unit'], numbers.language(get_language()))} · {row['note_text']}"


def _pages(viewer: Viewer, words: str) -> Iterable[Found]:
    for item in navigation.items(navigation.entries_for(viewer), ""):
        if words.lower() in str(item.label).lower():
            yield Found(item.url, item.label, item.icon)


def _actions(viewer: Viewer, words: str) -> Iterable[Found]:
    for action in ACTIONS:
        if viewer.may(action.capability) and words.lower() in str(action.label).lower():
            yield Found(reverse(action.name), action.label, action.icon, log=action.log)
