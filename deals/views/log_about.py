"""What a log is about: read from a form or a link, or offered from what the person logged last."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.shortcuts import get_object_or_404

from deals.models import Account, Activity, Deal, Lead
from deals.whatsapp import Reach, reach
from lib import clock
from lib.text import clean_param, int_param
from reps.access import viewer_of
from reps.requests import Request

SUGGESTED = 4


@dataclass(frozen=True)
class About:
    """What a log is about: "deal:12", its name and a second line, and how to reach somebody there."""

    value: str
    name: str
    note: str = ""
    reach: Reach | None = None
    deal: Deal | None = None
    account: Account | None = None
    lead: Lead | None = None

    @property
    def contact(self) -> Any:
        """The deal's contact, if it has one."""
        return self.deal.contact if self.deal else None


def about_deal(request: Request, deal: Deal) -> About:
    """A deal, with its contact or account on the second line."""
    person = reach(deal.contact, me=request.user.name, company=request.company.name)
    note = deal.account.name if deal.account and deal.account.name != deal.name else ""
    return About(f"deal:{deal.pk}", deal.name, deal.contact.name if deal.contact else note, person, deal=deal)


def _about(request: Request, kind: str, pk: int) -> About:
    """The thing a log is about; 404 for what this person does not see."""
    user = request.user
    if kind == "deal":
        rows = Deal.objects.visible_to(user).select_related("account", "contact", "stage")
        return about_deal(request, get_object_or_404(rows, pk=pk))
    if kind == "account":
        account = get_object_or_404(Account.objects.visible_to(user), pk=pk)
        return About(f"account:{pk}", account.name, account=account)
    lead = get_object_or_404(Lead.objects.visible_to(user), pk=pk)
    person = reach(lead, me=user.name, company=request.company.name)
    return About(f"lead:{pk}", lead.name, lead.company_name, person, lead=lead)


def asked_about(request: Request) -> About | None:
    """What the form or the address names: `about=deal:12`, or `deal=12`, `account=3`, `lead=4` of a link."""
    params = request.POST if request.method == "POST" else request.GET
    named = clean_param(params, "about_other", most=30) or clean_param(params, "about", most=30)
    kind, colon, number = named.partition(":")
    if colon and kind in ("deal", "account", "lead"):
        pk = int_param({"pk": number}, "pk")
        return _about(request, kind, pk or 0)
    for kind in ("deal", "lead", "account"):
        pk = int_param(params, kind)
        if pk:
            return _about(request, kind, pk)
    return None


def recent_deals(request: Request) -> tuple[list[About], str]:
    """The deals this person logged about last, today's bookings first, and the channel used last; one query."""
    today = clock.today(request.company.zone)
    rows = Activity.objects.readable_by(request.user).filter(rep=viewer_of(request.user).rep_id, occurred_on__lte=today)
    latest = rows.select_related("deal__account", "deal__contact").order_by("-occurred_on", "-occurred_at")[:40]
    found: dict[int, About] = {}
    channel = ""
    for activity in latest:
        channel = channel or activity.channel
        if activity.deal and activity.deal.is_open and len(found) < SUGGESTED:
            found.setdefault(activity.deal.pk, about_deal(request, activity.deal))
    if not found:
        mine = Deal.objects.editable_by(request.user).open().filter(owner=viewer_of(request.user).rep_id)
        for deal in mine.select_related("account", "contact").order_by("next_action_on", "-pk")[:SUGGESTED]:
            found[deal.pk] = about_deal(request, deal)
    return list(found.values()), channel
