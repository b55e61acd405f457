"""One change to one deal in the making: the row locked, its events read, the new ones written, the row brought to them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from deals import closing
from deals.days import Refused, sane
from deals.models import Deal, DealEvent, DealEventText
from deals.replay import DealState, order, replay, standing
from lib import clock
from lib.money import quantize
from lib.text import clean_line
from reps import audit
from reps.models import Company, User

Kind = DealEvent.Kind
MOST_AMOUNT = Decimal(10) ** 14
DATES = {
    "expected_close_on": Kind.CLOSE_ON,
    "agreement_ready_on": Kind.AGREEMENT_ON,
    "agreement_sent_on": Kind.AGREEMENT_SENT,
}


class StaleDeal(Exception):
    """Somebody else saved first. `deal` is the row as it is now, `wanted` what this person asked for."""

    def __init__(self, deal: Deal, wanted: Mapping[str, Any]) -> None:
        super().__init__(f"deal {deal.pk} is at version {deal.version}")
        self.deal = deal
        self.wanted = dict(wanted)


@dataclass
class Draft:
    """The locked deal, its events so far, who changes it on which day. `past` marks an edit of a closed period."""

    deal: Deal
    events: list[DealEvent]
    company: Company
    by: User | None
    on: date
    why: str = ""
    past: bool = False
    notes: list[DealEventText] = field(default_factory=list)

    def event(self, kind: str, text: str = "", **fields: Any) -> DealEvent:
        """An event of this change, not yet saved. A next action always has its text beside it, if an empty one."""
        now = clock.now()
        made = DealEvent(
            deal=self.deal, kind=kind, effective_on=self.on, occurred_at=now, recorded_at=now, actor=self.by, **fields
        )
        if text or kind == Kind.NEXT_ACTION:
            self.notes.append(DealEventText(event=made, text=text))
        return made


def events_of(deal_id: int) -> list[DealEvent]:
    """Every event of a deal with what `replay` reads, in one query."""
    return list(DealEvent.objects.filter(deal=deal_id).select_related("stage", "text").order_by("pk"))


def lock(
    deal_id: int, *, version: int | None, by: User | None, company: Company | None, wanted: Mapping[str, Any],
    on: date | None = None, why: str = "",
) -> Draft:  # fmt: skip
    """The deal under a row lock with its events. Raises StaleDeal when somebody saved since `version`."""
    deal = Deal.objects.select_for_update().get(pk=deal_id)
    if is_stale(deal, version):
        raise StaleDeal(deal, wanted)
    company = company or Company.load()
    return Draft(deal, events_of(deal_id), company, by, on or clock.today(company.zone), why)


def is_stale(deal: Deal, version: int | None) -> bool:
    """Whether the deal moved on since the version that a person saw; None saw none and is never stale."""
    return version is not None and deal.version != version


def check(deal: Deal, changes: Mapping[str, Any]) -> dict[str, Any]:
    """The changes with money in minor units and text in one line. Raises Refused for what no deal can hold."""
    wanted = dict(changes)
    amount = wanted.get("amount")
    if amount is not None:
        if not 0 <= amount < MOST_AMOUNT:
            raise Refused(_("Give an amount from 0 up to 99 trillion."), field="amount")
        wanted["amount"] = quantize(amount, deal.currency)
    for key in (*DATES, "next_action_on"):
        sane(wanted.get(key), key)
    stage = wanted.get("stage")
    if stage is not None and (stage.pipeline_id != deal.pipeline_id or not (stage.is_active or stage.pk == deal.stage_id)):
        raise Refused(_("This stage is not in use in the deal's pipeline. Choose another."), field="stage")
    if "name" in wanted:
        wanted["name"] = name_of(wanted["name"])
    if "next_action" in wanted:
        wanted["next_action"] = clean_line(wanted["next_action"] or "")[:160]
    return wanted


def name_of(name: str) -> str:
    """The name of a deal in one line. Raises Refused when nothing is left of it."""
    name = clean_line(name)[:160]
    if not name:
        raise Refused(_("Give the deal a name."), field="name")
    return name


def events_for(draft: Draft, wanted: Mapping[str, Any], state: DealState) -> list[DealEvent]:
    """One event for each field that differs from the state on the day of the change."""
    events = []
    if "stage" in wanted and wanted["stage"].pk != state.stage_id:
        events.append(draft.event(Kind.STAGE, stage=wanted["stage"]))
    if "owner" in wanted and wanted["owner"].pk != state.owner_id:
        events.append(draft.event(Kind.OWNER, rep=wanted["owner"]))
    if "amount" in wanted and wanted["amount"] != state.amount:
        events.append(draft.event(Kind.AMOUNT, amount=wanted["amount"]))
    events += [
        draft.event(kind, on_date=wanted[key])
        for key, kind in DATES.items()
        if key in wanted and wanted[key] != getattr(state, key)
    ]
    text = wanted.get("next_action", state.next_action)
    due = wanted.get("next_action_on", state.next_action_on if text else None)
    if (text, due) != (state.next_action, state.next_action_on):
        events.append(draft.event(Kind.NEXT_ACTION, text, on_date=due))
    return events


def commit(draft: Draft, events: list[DealEvent], details: Mapping[str, Any] | None = None) -> Deal:
    """Write the events, bring the row to what they say, one version further, and settle the credit of a win.

    The deal comes back with `last_events`, by which the change can be taken back.
    """
    deal, had_owner, was_won = draft.deal, draft.deal.owner_id, draft.deal.outcome == Deal.Outcome.WON
    DealEvent.objects.bulk_create(events)
    for note in draft.notes:
        note.event = note.event  # now that it has a key
    DealEventText.objects.bulk_create(draft.notes)
    draft.events += events
    _refuse_hidden_outcome(draft.events)
    values = {**vars(replay(draft.events)), **(details or {}), "version": deal.version + 1}
    if Deal.objects.filter(pk=deal.pk, version=deal.version).update(**values) != 1:
        raise RuntimeError(f"deal {deal.pk} changed under its own lock")
    for key, value in values.items():
        setattr(deal, key, value)
    if was_won or deal.outcome == Deal.Outcome.WON:
        closing.settle_credit(deal=deal, events=draft.events, company=draft.company, by=draft.by)
    _audit(draft, had_owner if deal.version > 1 else deal.owner_id, events)
    deal.last_events = events  # type: ignore[attr-defined]
    return deal


def _refuse_hidden_outcome(events: Iterable[DealEvent]) -> None:
    """Refuse a close on a day before the deal's latest reopening, which would leave it open and say nothing."""
    outcomes = [event for event in standing(events) if event.kind == Kind.OUTCOME]
    newest = max(outcomes, key=lambda event: event.pk, default=None)
    if newest is not None and order(newest) != order(outcomes[-1]):
        raise Refused(_("The deal was closed or reopened after that day. Choose a later day."), field="on")


def _audit(draft: Draft, had_owner: int, events: list[DealEvent]) -> None:
    """Audit a new owner, and whatever was written into a closed period. Last, since it waits for other audit rows."""
    detail = {"why": clean_line(draft.why)[:200]} if draft.why else None
    if draft.past:
        facts = {"on": draft.on.isoformat(), "kinds": sorted({event.kind for event in events}), "version": draft.deal.version}
        audit.record(actor=draft.by, verb="deal.past_edit", subject=draft.deal, facts=facts, detail=detail)
    if draft.deal.owner_id != had_owner:
        facts = {"from": had_owner, "to": draft.deal.owner_id, "version": draft.deal.version}
        audit.record(actor=draft.by, verb="deal.reassign", subject=draft.deal, facts=facts, detail=detail)
