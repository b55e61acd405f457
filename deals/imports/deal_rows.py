"""Deals: a row of a file as a deal with the history that can be told from it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from deals.bulk import NewDeal, NewEvent, Words
from deals.imports.catalogue import StageMeaning, money
from deals.imports.context import LeftOut, Run, meant
from deals.imports.customs import read_date
from deals.imports.names import Meaning, Unmatched, tidy
from deals.imports.report import BadRow
from deals.imports.rows import check_width, one_of
from deals.imports.shapes import Table
from deals.models import Deal, DealEvent, Stage
from lib.money import CURRENCIES

Kind = DealEvent.Kind
_TYPES, _OUTCOMES, _REASONS = Deal.Type.values, Deal.Outcome.values, Deal.Reason.values
_NEW, _WON = Deal.Type.NEW.value, Deal.Outcome.WON.value
# Asking an enumeration for a member costs more than reading a cell.
_STAGE, _OWNER, _AMOUNT, _OUTCOME = (kind.value for kind in (Kind.STAGE, Kind.OWNER, Kind.AMOUNT, Kind.OUTCOME))
_DAYS = (
    (Kind.CLOSE_ON.value, "expected_close_on"), (Kind.AGREEMENT_ON.value, "agreement_ready_on"),
    (Kind.AGREEMENT_SENT.value, "agreement_sent_on"),
)  # fmt: skip
_LIMITS = (("external_id", 80), ("name", 160), ("next_action", 160))


@dataclass(slots=True)
class DealRow:
    """A row as understood. What the file does not tell is None or empty."""

    external_id: str
    name: str
    account_id: int | None
    contact: str
    owner_id: int
    product_id: int | None
    deal_type: str
    stage: Stage
    stage_since: date | None
    qualified_on: date | None
    amount: Decimal | None
    currency: str
    opened_on: date | None
    expected_close_on: date | None
    agreement_ready_on: date | None
    agreement_sent_on: date | None
    next_action: str
    next_action_on: date | None
    outcome: str
    outcome_reason: str
    competitor_id: int | None
    closed_on: date | None
    contact_id: int | None = None
    has_own_name: bool = True


class DealReader:
    """Reads the rows of one deals file."""

    def __init__(
        self, run: Run, table: Table, customs: dict[str, str], names: dict[str, dict[str, Meaning]],
        stages: dict[tuple[str, str], StageMeaning], ladder: list[Stage],
    ) -> None:  # fmt: skip
        self.run, self.table, self.customs, self.names, self.stages = run, table, customs, names, stages
        self.ladder = ladder
        self._width = len(table.source.header)
        self._where = table.places

    def _at(self, cells: list[str], field: str) -> str:
        at = self._where.get(field)
        return cells[at] if at is not None else ""

    def _text(self, cells: list[str], field: str) -> str:
        at = self._where.get(field)
        return tidy(cells[at]) if at is not None and cells[at] else ""

    def read(self, cells: list[str]) -> DealRow:
        """The row. Raises BadRow for what cannot be stored, LeftOut for what a person answered to skip."""
        check_width(cells, self._width)
        owner_id = meant(self.names["owner"], self._at(cells, "owner"), "owner")
        if owner_id is None:
            raise BadRow("required", "owner")
        stage, outcome = self._stage(cells)
        opened_on, closed_on = self._date(cells, "opened_on"), self._date(cells, "closed_on")
        currency = self._text(cells, "currency").upper() or self.run.currency
        if currency not in CURRENCIES:
            raise BadRow("bad_currency", "currency", currency)
        row = DealRow(
            external_id=self._text(cells, "external_id"),
            name=self._text(cells, "name"),
            account_id=meant(self.names["account"], self._at(cells, "account"), "account"),
            contact=self._text(cells, "contact"),
            owner_id=owner_id,
            product_id=meant(self.names["product"], self._at(cells, "product"), "product"),
            deal_type=self._choice(cells, "deal_type", _TYPES) or "",
            stage=stage or self._usual_stage(),
            stage_since=self._date(cells, "stage_since"),
            qualified_on=self._date(cells, "qualified_on"),
            amount=money(self._at(cells, "amount").strip(), currency, self.customs.get("amount"), "amount"),
            currency=currency,
            opened_on=opened_on,
            expected_close_on=self._date(cells, "expected_close_on"),
            agreement_ready_on=self._date(cells, "agreement_ready_on"),
            agreement_sent_on=self._date(cells, "agreement_sent_on"),
            next_action=self._text(cells, "next_action"),
            next_action_on=self._date(cells, "next_action_on"),
            outcome=outcome,
            outcome_reason=self._choice(cells, "outcome_reason", _REASONS),
            competitor_id=meant(self.names["competitor"], self._at(cells, "competitor"), "competitor"),
            closed_on=closed_on,
        )
        return self._checked(row)

    def _stage(self, cells: list[str]) -> tuple[Stage | None, str]:
        """The stage, if the file names one, and how the deal ended."""
        key = (self._at(cells, "pipeline"), self._at(cells, "stage"))
        meaning = self.stages.get(key, "?")
        if isinstance(meaning, Unmatched):
            raise BadRow(meaning.code, "stage", meaning.text, meaning.near)
        if meaning is None:
            raise LeftOut
        if isinstance(meaning, Stage):
            return meaning, self._choice(cells, "outcome", _OUTCOMES)
        if meaning == "?":
            raise BadRow("required", "stage")
        return None, meaning

    def _usual_stage(self) -> Stage:
        """For a closed deal whose last stage is not told: the first qualified one, which it must have reached."""
        if not self.ladder:
            raise BadRow("required", "stage")
        return next((stage for stage in self.ladder if stage.is_qualified), self.ladder[0])

    def _checked(self, row: DealRow) -> DealRow:
        for name, most in _LIMITS:
            if len(getattr(row, name)) > most:
                raise BadRow("too_long", name, getattr(row, name)[:80], most=most)
        if row.outcome and row.closed_on is None:
            raise BadRow("closed_without_day", "closed_on")
        if not row.outcome and row.closed_on is not None:
            if self.table.shape.is_own:
                raise BadRow("open_with_outcome", "closed_on", str(row.closed_on))
            row.expected_close_on, row.closed_on = row.closed_on, None
        if row.closed_on and row.opened_on and row.closed_on < row.opened_on:
            raise BadRow("closed_before_opened", "closed_on", str(row.closed_on))
        for name in ("opened_on", "closed_on", "stage_since", "qualified_on", "agreement_sent_on"):
            day = getattr(row, name)
            if day is not None and day > self.run.today:
                raise BadRow("in_future", name, str(day))
        if row.outcome and row.outcome != _WON and row.amount == 0 and not self.table.shape.is_own:
            row.amount = None
            self.run.report.tally["lost_zero"] += 1
        if not row.name:
            row.name, row.has_own_name = self._name(row), False
        return row

    def _name(self, row: DealRow) -> str:
        """A name for a deal that has none: whom it is with and what it is about."""
        account = self.run.known["account"].labels.get(row.account_id or 0, "")
        product = self.run.known["product"].labels.get(row.product_id or 0, "")
        return " · ".join(part for part in (account, product) if part)[:160] or row.external_id or "—"

    def _date(self, cells: list[str], field: str) -> date | None:
        at = self.table.places.get(field)
        if at is None or not cells[at]:
            return None
        typed = cells[at].strip()
        reading, custom = read_date(typed), self.customs.get(field)
        if reading.unclear and not custom:
            raise BadRow("unclear_date", field, typed, day_first=str(reading.day_first), month_first=str(reading.month_first))
        day = reading.under(custom)
        if day is None and typed:
            raise BadRow("bad_date", field, typed)
        return day

    def _choice(self, cells: list[str], field: str, choices: list[Any]) -> str:
        typed = self._text(cells, field)
        return one_of(typed, field, choices) if typed else ""


def as_new(row: DealRow, ladder: list[Stage]) -> NewDeal:
    """The deal to be written, with its history."""
    return NewDeal(
        name=row.name, currency=row.currency, pipeline_id=row.stage.pipeline_id, events=history(row, ladder),
        opened_on=row.opened_on, account_id=row.account_id, contact_id=row.contact_id, product_id=row.product_id,
        deal_type=row.deal_type or _NEW, external_id=row.external_id,
    )  # fmt: skip


def history(row: DealRow, ladder: list[Stage]) -> list[NewEvent]:
    """The events that the row tells of. The amount of a closed deal is dated on its end, other facts on its opening."""
    opened, told = row.opened_on, row.closed_on or row.opened_on
    events = [NewEvent(_STAGE, day, stage=stage) for day, stage in _stages(row, ladder)]
    events.append(NewEvent(_OWNER, opened, rep_id=row.owner_id))
    if row.amount is not None:
        events.append(NewEvent(_AMOUNT, told, amount=row.amount))
    for kind, name in _DAYS:
        day = getattr(row, name)
        if day is not None:
            events.append(NewEvent(kind, day if name == "agreement_sent_on" else opened, on_date=day))
    if row.next_action or row.next_action_on:
        events.append(NewEvent(Kind.NEXT_ACTION, opened, on_date=row.next_action_on, text=Words(row.next_action)))
    if row.outcome:
        events.append(
            NewEvent(_OUTCOME, row.closed_on, code=row.outcome, reason=row.outcome_reason, competitor_id=row.competitor_id)
        )
    return events


def _stages(row: DealRow, ladder: list[Stage]) -> list[tuple[date | None, Stage]]:
    """The day of each stage. A file tells the present one; where it also tells since when, and when the deal was opened
    and qualified, a stage before it stands for each of those days."""
    since = row.stage_since or row.opened_on
    steps = [(since, row.stage)]
    if not row.stage_since:
        return steps
    before = [stage for stage in ladder if stage.pipeline_id == row.stage.pipeline_id and stage.pk != row.stage.pk]
    early = next((stage for stage in before if not stage.is_qualified), None)
    late = next((stage for stage in before if stage.is_qualified), None)
    if since and row.qualified_on and row.qualified_on < since and late:
        steps.insert(0, (row.qualified_on, late))
    first = steps[0][0]
    if row.opened_on and first and row.opened_on < first:
        opening = early or late
        if opening:
            steps.insert(0, (row.opened_on, opening))
    return steps
