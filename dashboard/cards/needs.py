"""How *Needs you* is shown: one line and one verb for each deal, most money first."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from dashboard.panels.open_deals import Need, OpenDeals, Reason

# On the page of its own; the rest is said as a number.
MOST_SHOWN = 100
# Beyond this, days say less than the month.
LONG_DAYS = 120

_ICONS = {
    Reason.UNSENT: "envelope",
    Reason.OVERDUE: "calendar3",
    Reason.PUSHED: "arrow-right",
    Reason.SILENT: "chat-dots",
    Reason.NO_STEP: "flag",
}
_STATES = {Reason.UNSENT: "bad", Reason.OVERDUE: "bad", Reason.PUSHED: "warn", Reason.SILENT: "warn", Reason.NO_STEP: "muted"}


# What the button opens, below the deal's own address: the one field to fill in, or the deal itself.
_PATHS = {
    Reason.UNSENT: "edit/sent/",
    Reason.OVERDUE: "edit/close/",
    Reason.PUSHED: "",
    Reason.SILENT: "",
    Reason.NO_STEP: "edit/next/",
}


@dataclass(frozen=True)
class NeedRow:
    """A deal, why it needs someone, and the one thing to do about it."""

    deal_id: int
    name: str
    owner: str
    amount: Decimal | None
    why: str
    icon: str
    state: str
    reason: Reason
    verb: str
    path: str


@dataclass(frozen=True)
class NeedsCard:
    """What the template needs: the rows, the sum of all, and how many more there are."""

    rows: tuple[NeedRow, ...]
    amount: Decimal
    more: int
    more_amount: Decimal


def card(found: OpenDeals) -> NeedsCard:
    """The card of the open deals of a scope."""
    shown = sum((need.amount or Decimal(0) for need in found.needs), Decimal(0))
    return NeedsCard(
        rows=tuple(_row(need) for need in found.needs),
        amount=found.all_needs.amount,
        more=found.all_needs.deals - len(found.needs),
        more_amount=found.all_needs.amount - shown,
    )


def _row(need: Need) -> NeedRow:
    return NeedRow(
        deal_id=need.deal_id,
        name=need.name,
        owner=need.owner.split()[0] if need.owner else "",
        amount=need.amount,
        why=why(need),
        icon=_ICONS[need.reason],
        state=_STATES[need.reason],
        reason=need.reason,
        verb=_verb(need.reason),
        path=_PATHS[need.reason],
    )


def why(need: Need) -> str:
    """At most about thirty letters."""
    day = date_format(need.since_on, "j M") if need.since_on else ""
    days = need.days or 0
    if need.reason is Reason.UNSENT:
        return _("agreement was due %(day)s") % {"day": day}
    if need.reason is Reason.OVERDUE:
        return ngettext("close was due %(days)s\u00a0day ago", "close was due %(days)s\u00a0days ago", days) % {"days": days}
    if need.reason is Reason.PUSHED:
        return _("pushed %(times)s×, now %(day)s") % {"times": need.pushes, "day": day or "—"}
    if need.reason is Reason.SILENT and need.since_on and days > LONG_DAYS:
        return _("no contact since %(month)s") % {"month": date_format(need.since_on, "M Y")}
    if need.reason is Reason.SILENT:
        return ngettext("no contact for %(days)s\u00a0day", "no contact for %(days)s\u00a0days", days) % {"days": days}
    return _("no next step")


def _verb(reason: Reason) -> str:
    return {
        Reason.UNSENT: pgettext("verb on a button", "Mark sent"),
        Reason.OVERDUE: pgettext("verb on a button", "Set date"),
        Reason.PUSHED: pgettext("verb on a button", "Step in"),
        Reason.SILENT: pgettext("verb on a button", "Reach out"),
        Reason.NO_STEP: pgettext("verb on a button", "Plan step"),
    }[reason]
