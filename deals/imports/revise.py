"""Deals that are here already: what their rows say differently from the last import becomes events.

Three things are compared: the row, the deal as it is, and what the last import said. A field in which the row repeats
the last import is left alone, so that importing an old file again takes nothing back that people have done here since.
Empty cells change nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from deals.bulk import NewEvent, Words
from deals.imports.context import Run
from deals.imports.deal_rows import DealRow
from deals.imports.report import BadRow
from deals.imports.shapes import Table
from deals.models import Account, Contact, Deal, DealEvent, Product
from deals.replay import CACHED, DealState, replay, standing

Kind = DealEvent.Kind
_DAYS = {
    "expected_close_on": Kind.CLOSE_ON, "agreement_ready_on": Kind.AGREEMENT_ON, "agreement_sent_on": Kind.AGREEMENT_SENT,
}  # fmt: skip
_DETAILS = ("name", "account_id", "contact_id", "product_id", "deal_type")
# Until the writer gives them their keys, new events stand behind those that are stored.
_LATER = 2**62


@dataclass
class _Change:
    """A deal with its row, its events, and what will become of it."""

    number: int
    row: DealRow
    deal: Deal
    names: set[str]
    events: list[Any] = field(default_factory=list)
    new: list[NewEvent] = field(default_factory=list)
    was_won: bool = False
    state: DealState | None = None

    def told(self, kind: str) -> DealEvent | None:
        """The latest standing event of a kind that an import wrote."""
        told = [event for event in standing(self.events) if event.kind == kind and event.batch_id is not None]
        return told[-1] if told else None


def revise_deals(run: Run, table: Table, rows: list[tuple[int, DealRow, Deal]]) -> None:
    """Bring deals up to what their rows say, as far as the file has changed since the last import."""
    counts = run.report.of("deals")
    changes = []
    for number, row, deal in rows:
        try:
            names = _differences(run, table, row, deal)
        except BadRow as problem:
            run.refuse(table, number, problem)
            continue
        if names:
            changes.append(_Change(number, row, deal, names))
        else:
            counts.unchanged += 1
    _load(run, changes)
    done = [change for change in changes if _worked_out(run, table, change)]
    counts.changed += len(done)
    if not run.is_rehearsal:
        _write(run, done)


def _differences(run: Run, table: Table, row: DealRow, deal: Deal) -> set[str]:
    """The fields in which the row says something else than the deal. Raises BadRow for what may not be changed so."""
    names = {name for name in (*_DETAILS, *_DAYS, "opened_on", "amount") if _says_else(row, deal, name)}
    if not row.has_own_name:
        names.discard("name")
    if row.owner_id != deal.owner_id:
        names.add("owner")
    tells_stage = table.shape.is_own or not row.outcome
    if tells_stage and row.stage.pk != deal.stage_id:
        names.add("stage")
    if (row.next_action or row.next_action_on) and (row.next_action, row.next_action_on) != (
        deal.next_action,
        deal.next_action_on,
    ):
        names.add("next_action")
    ends = (row.outcome, row.closed_on)
    if ends != (deal.outcome, deal.closed_on) or (row.outcome_reason and row.outcome_reason != deal.outcome_reason):
        names.add("outcome")
    if names and not run.scope.allows(deal.owner_id):
        raise BadRow("not_yours", "external_id", row.external_id)
    if "amount" in names and row.currency != deal.currency:
        raise BadRow(
            "other_currency", "currency" if "currency" in table.places else "amount", row.currency, currency=deal.currency
        )
    opened = row.opened_on or deal.opened_on
    if names and row.closed_on and opened and row.closed_on < opened:
        raise BadRow("closed_before_opened", "closed_on", str(row.closed_on))
    return names


def _says_else(row: DealRow, deal: Deal, name: str) -> bool:
    value = getattr(row, name)
    return value not in (None, "") and value != getattr(deal, name)


def _load(run: Run, changes: list[_Change]) -> None:
    """Lock the deals and read their events, in two queries."""
    if not changes:
        return
    keys = sorted(change.deal.pk for change in changes)
    if not run.is_rehearsal:
        list(Deal.objects.select_for_update().filter(pk__in=keys).order_by("pk").values_list("pk"))
    by_deal: dict[int, list[DealEvent]] = {}
    for event in DealEvent.objects.filter(deal__in=keys).select_related("stage", "text").order_by("pk").iterator(chunk_size=5000):
        by_deal.setdefault(event.deal_id, []).append(event)
    for change in changes:
        change.events = list(by_deal.get(change.deal.pk, []))


def _worked_out(run: Run, table: Table, change: _Change) -> bool:
    """Find the events of a change; False when the file has nothing new to tell or may not."""
    change.was_won = change.deal.outcome == Deal.Outcome.WON
    change.names = {name for name in change.names if not _is_old_news(change, name)}
    if not change.names:
        run.report.of("deals").unchanged += 1
        return False
    change.new = [event for name in sorted(change.names) for event in _events(run, change, name)]
    for place, event in enumerate(change.new):
        event.occurred_at = event.recorded_at = run.now
        event.pk = _LATER + place
    change.state = replay([*change.events, *change.new])  # type: ignore[list-item]
    if change.row.outcome and "outcome" in change.names and change.state.outcome != change.row.outcome:
        run.refuse(table, change.number, BadRow("reopened_later", "closed_on", str(change.row.closed_on)))
        return False
    return True


def _is_old_news(change: _Change, name: str) -> bool:
    """Whether the row only repeats what the last import said, so that the difference was made here."""
    row = change.row
    if name in _DETAILS:
        code = name.removesuffix("_id")
        return any(event.kind == Kind.DETAIL and event.code == code and event.batch_id is None for event in change.events)
    if name == "outcome":
        told = change.told(Kind.OUTCOME)
        ended = told if told and told.code != DealEvent.REOPENED else None
        return (row.outcome, row.closed_on) == ((ended.code, ended.effective_on) if ended else ("", None)) and _was_told(change)
    kind = {
        "owner": Kind.OWNER,
        "stage": Kind.STAGE,
        "amount": Kind.AMOUNT,
        "opened_on": Kind.STAGE,
        "next_action": Kind.NEXT_ACTION,
    }.get(name) or _DAYS[name]
    told = change.told(kind)
    if told is None:
        return False
    said = {
        "owner": lambda: told.rep_id == row.owner_id,
        "stage": lambda: told.stage_id == row.stage.pk,
        "amount": lambda: told.amount == row.amount,
        "opened_on": lambda: any(e.kind == kind and e.batch_id and e.effective_on == row.opened_on for e in change.events),
        "next_action": lambda: told.on_date == row.next_action_on,
    }
    return said[name]() if name in said else told.on_date == getattr(row, name)


def _was_told(change: _Change) -> bool:
    return any(event.batch_id is not None for event in change.events)


def _events(run: Run, change: _Change, name: str) -> Iterable[NewEvent]:
    """The events of one changed field, dated on the day the file names for it, else on the day of the import."""
    row, deal, today = change.row, change.deal, run.today
    if name in _DETAILS:
        yield NewEvent(Kind.DETAIL, today, code=name.removesuffix("_id"), text=Words(_shown(run, row, name)))
    elif name == "opened_on":
        yield from _opened(change)
    elif name == "stage":
        newly = row.opened_on if deal.opened_on is None else None
        yield NewEvent(Kind.STAGE, row.stage_since or newly or today, stage=row.stage)
    elif name == "owner":
        yield _owner(change, today)
    elif name == "amount":
        yield NewEvent(Kind.AMOUNT, row.closed_on or today, amount=row.amount)
    elif name == "next_action":
        yield NewEvent(Kind.NEXT_ACTION, today, on_date=row.next_action_on, text=Words(row.next_action))
    elif name == "outcome":
        yield _outcome(change, today)
    else:
        yield NewEvent(_DAYS[name], today, on_date=getattr(row, name))


def _opened(change: _Change) -> Iterable[NewEvent]:
    """A corrected opening day: the imported opening is voided and told again for the right day."""
    for kind in (Kind.STAGE, Kind.OWNER):
        first = next((event for event in change.events if event.kind == kind and event.batch_id is not None), None)
        if first is None or (kind == Kind.STAGE and "stage" in change.names) or (kind == Kind.OWNER and "owner" in change.names):
            continue
        if not any(event.voids_id == first.pk for event in change.events):
            yield NewEvent(kind, change.row.opened_on, stage=first.stage, rep_id=first.rep_id, voids_id=first.pk)


def _owner(change: _Change, today: date) -> NewEvent:
    """A new owner takes an open deal today; of a closed one the file corrects whose it was."""
    told = change.told(Kind.OWNER)
    if change.row.outcome and told:
        return NewEvent(Kind.OWNER, told.effective_on, rep_id=change.row.owner_id, voids_id=told.pk)
    return NewEvent(Kind.OWNER, change.row.closed_on or today, rep_id=change.row.owner_id)


def _outcome(change: _Change, today: date) -> NewEvent:
    row = change.row
    if not row.outcome:
        return NewEvent(Kind.OUTCOME, today, code=DealEvent.REOPENED)
    ends = [event for event in standing(change.events) if event.kind == Kind.OUTCOME]
    wrong = ends[-1].pk if ends and ends[-1].code != DealEvent.REOPENED else None
    return NewEvent(
        Kind.OUTCOME, row.closed_on, code=row.outcome, reason=row.outcome_reason, competitor_id=row.competitor_id,
        voids_id=wrong,
    )  # fmt: skip


def _shown(run: Run, row: DealRow, name: str) -> str:
    """A detail's new value as the timeline shows it."""
    value = getattr(row, name)
    models: dict[str, Any] = {"account_id": Account, "contact_id": Contact, "product_id": Product}
    if name in models:
        known = run.known.get(name.removesuffix("_id"))
        return known.labels.get(value, "") if known else str(models[name].objects.filter(pk=value).first() or "")
    return str(value)


def _write(run: Run, changes: list[_Change]) -> None:
    """Write the events, bring the rows to what they say, and settle the credits of wins."""
    if not changes:
        return
    for change in changes:
        deal, row = change.deal, change.row
        for name, value in zip(CACHED, (getattr(change.state, name) for name in CACHED), strict=True):
            setattr(deal, name, value)
        for name in change.names & {*_DETAILS, "opened_on"}:
            setattr(deal, name, getattr(row, name))
        deal.version += 1
    run.writer.events([(change.deal.pk, change.new) for change in changes])
    run.writer.rewrite([change.deal for change in changes])
    run.writer.credits(
        [
            (change.deal, [*change.events, *change.new], change.was_won)
            for change in changes
            if change.was_won or change.deal.outcome == Deal.Outcome.WON
        ]
    )
