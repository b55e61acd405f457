"""The only way a deal changes: an event is written and the deal row brought to what its events say, together.

Every verb locks the deal row, so two writers go one after the other; one that names an older version gets `StaleDeal`.
All of them raise `Refused` where a rule forbids the change, and `Deal.DoesNotExist`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import TypedDict, Unpack

from django.db import transaction
from django.utils.translation import gettext as _

from deals.days import Refused, is_past_edit
from deals.draft import Draft, Kind, StaleDeal, check, commit, events_for, events_of, lock, name_of
from deals.models import Account, Competitor, Contact, Deal, DealEvent, Lead, Pipeline, Product, Stage
from deals.replay import DealState, replay
from lib import clock
from reps.models import Company, Rep, User

__all__ = [
    "UNDO", "Changes", "Refused", "StaleDeal", "change_deal", "close_deal", "events_of", "first_stage", "open_deal",
    "reopen_deal", "void_events",
]  # fmt: skip

# `code` of the DETAIL event that takes another one back.
UNDO = "undo"
_DETAILS = ("name", "account", "contact", "product", "deal_type")


class Changes(TypedDict, total=False):
    """What `change_deal` may change; a key that is absent stays as it is. `amount` is in the deal's currency."""

    stage: Stage
    owner: Rep
    amount: Decimal | None
    expected_close_on: date | None
    agreement_ready_on: date | None
    agreement_sent_on: date | None
    next_action: str
    next_action_on: date | None
    name: str
    account: Account | None
    contact: Contact | None
    product: Product | None
    deal_type: str


class FirstFacts(TypedDict, total=False):
    """What may be known when a deal is opened."""

    account: Account | None
    contact: Contact | None
    product: Product | None
    deal_type: str
    amount: Decimal | None
    expected_close_on: date | None
    agreement_ready_on: date | None
    next_action: str
    next_action_on: date | None


def open_deal(
    *,
    by: User | None,
    owner: Rep,
    name: str,
    stage: Stage,
    currency: str,
    lead: Lead | None = None,
    opened_on: date | None = None,
    why: str = "",
    company: Company | None = None,
    **facts: Unpack[FirstFacts],
) -> Deal:
    """Open a deal with the events that say so; a lead it came from is converted.

    `opened_on` defaults to today and may be back-dated as deals/days.py says. `amount` is in `currency`.
    """
    company = company or Company.load()
    on = opened_on or clock.today(company.zone)
    past = is_past_edit(on, company=company, by=by, why=why, field="opened_on")
    details = {key: value for key, value in facts.items() if key in _DETAILS}
    deal = Deal(
        name=name_of(name), stage=stage, owner=owner, currency=currency, lead=lead, pipeline_id=stage.pipeline_id,
        opened_on=on, version=0, **details,
    )  # fmt: skip
    stated = {key: value for key, value in facts.items() if key not in _DETAILS}
    wanted = check(deal, {"stage": stage, "owner": owner, **stated})
    with transaction.atomic():
        deal.save(force_insert=True)
        if lead is not None:
            Lead.objects.filter(pk=lead.pk).update(state=Lead.State.CONVERTED)
        draft = Draft(deal, [], company, by, on, why, past)
        return commit(draft, events_for(draft, wanted, DealState()))


def change_deal(
    *,
    deal_id: int,
    version: int | None,
    by: User | None,
    effective_on: date | None = None,
    why: str = "",
    company: Company | None = None,
    **changes: Unpack[Changes],
) -> Deal:
    """Change a deal and return it as it is then; a change that changes nothing writes nothing.

    `version` is the one the person saw; None is for changes that do not depend on what stood there (a next action
    after a log, a bulk action). `effective_on` defaults to today; `why` is kept where a closed period or the owner
    changes.
    """
    with transaction.atomic():
        draft = lock(deal_id, version=version, by=by, company=company, wanted=changes, on=effective_on, why=why)
        deal = draft.deal
        _allow_day(draft, field="when")
        if "amount" in changes and deal.outcome == Deal.Outcome.WON and deal.closed_on:
            # What was won is restated, so the day it was won must still be open.
            draft.past |= is_past_edit(deal.closed_on, company=draft.company, by=by, why=why, field="amount")
        if "stage" in changes and not deal.is_open:
            raise Refused(_("This deal is closed. Reopen it before you move it."), field="stage")
        wanted = check(deal, changes)
        details = {key: wanted[key] for key in _DETAILS if key in wanted and wanted[key] != getattr(deal, key)}
        events = events_for(draft, wanted, replay(draft.events, day=draft.on))
        events += [draft.event(Kind.DETAIL, _shown(key, value), code=key) for key, value in details.items()]
        return commit(draft, events, details) if events else deal


def close_deal(
    *,
    deal_id: int,
    version: int | None,
    outcome: str,
    by: User | None,
    reason: str = "",
    competitor: Competitor | None = None,
    on: date | None = None,
    why: str = "",
    company: Company | None = None,
) -> Deal:
    """End a deal on a day, today if none is given. A win writes its credit and keeps no reason."""
    wanted = {"outcome": outcome, "outcome_reason": reason, "competitor": competitor}
    with transaction.atomic():
        draft = lock(deal_id, version=version, by=by, company=company, wanted=wanted, on=on, why=why)
        if not draft.deal.is_open:
            raise Refused(_("This deal is closed already. Reopen it first."), field="outcome")
        _allow_day(draft, field="on")
        if outcome == Deal.Outcome.WON:
            reason, competitor = "", None
        code = Deal.Outcome(outcome).value
        return commit(draft, [draft.event(Kind.OUTCOME, code=code, reason=reason, competitor=competitor)])


def reopen_deal(*, deal_id: int, version: int | None, by: User | None, why: str = "", company: Company | None = None) -> Deal:
    """Take an outcome back from today on; a win loses its credit.

    The period it was closed in is restated, so a close in a closed month needs the right and a reason.
    """
    with transaction.atomic():
        draft = lock(deal_id, version=version, by=by, company=company, wanted={"outcome": ""}, why=why)
        if draft.deal.closed_on is None:
            return draft.deal
        draft.past = is_past_edit(draft.deal.closed_on, company=draft.company, by=by, why=why)
        return commit(draft, [draft.event(Kind.OUTCOME, code=DealEvent.REOPENED)])


def void_events(
    *, deal_id: int, event_ids: Iterable[int], by: User | None, why: str = "", company: Company | None = None
) -> Deal:
    """Take events back, as if they had never been; the rows stay, and so does what others changed since.

    Events taken back before are passed over. Details (name, account, contact, product, type) have no way back but a
    new change. Refused for the opening of a deal and, without right and reason, for events of a closed period.
    """
    with transaction.atomic():
        draft = lock(deal_id, version=None, by=by, company=company, wanted={}, why=why)
        voided = {event.voids_id for event in draft.events}
        taken = set(event_ids) - voided
        chosen = [event for event in draft.events if event.pk in taken and event.kind != Kind.DETAIL]
        if not chosen:
            return draft.deal
        for day in (event.effective_on for event in chosen if event.effective_on):
            draft.past |= is_past_edit(day, company=draft.company, by=by, why=why)
        left = replay(event for event in draft.events if event not in chosen)
        if left.stage_id is None or left.owner_id is None:
            raise Refused(_("The opening of a deal cannot be taken back."))
        return commit(draft, [draft.event(Kind.DETAIL, code=UNDO, voids=event) for event in chosen])


def first_stage(pipeline: Pipeline | None = None) -> Stage | None:
    """The stage a new deal starts in: the first in use of the pipeline, or of the default one."""
    stages = Stage.objects.filter(is_active=True)
    stages = stages.filter(pipeline=pipeline) if pipeline else stages.filter(pipeline__is_default=True)
    return stages.order_by("order").first()


def _allow_day(draft: Draft, field: str) -> None:
    """Refuse a day to come, one before the deal was opened, and a closed period without right and reason."""
    draft.past = is_past_edit(draft.on, company=draft.company, by=draft.by, why=draft.why, field=field)
    if draft.deal.opened_on and draft.on < draft.deal.opened_on:
        raise Refused(_("The deal was opened later than that day."), field=field)


def _shown(key: str, value: object) -> str:
    """A detail's new value as the timeline shows it."""
    if key == "deal_type":
        return Deal.Type(str(value)).value
    return str(value) if value is not None else ""
