"""Deals of a file against the deals that are here: new ones are written with their history, changed ones get events."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from deals.imports.catalogue import read_stages
from deals.imports.contacts import ContactFinder
from deals.imports.context import LeftOut, Run
from deals.imports.deal_rows import DealReader, DealRow, as_new
from deals.imports.names import Meaning
from deals.imports.report import BadRow
from deals.imports.revise import revise_deals
from deals.imports.shapes import Table
from deals.imports.survey import Survey, chunks
from deals.models import Deal
from lib.text import fold

_KINDS = {"owner": "rep", "product": "product", "account": "account", "competitor": "competitor"}
Numbered = tuple[int, DealRow]


def read_deals(run: Run, table: Table, survey: Survey, customs: dict[str, str]) -> None:
    """Bring in the rows of a deals file."""
    names: dict[str, dict[str, Meaning]] = {name: {} for name in _KINDS}
    for name, kind in _KINDS.items():
        may_create = kind in ("account", "competitor") or run.scope.is_everything
        if name in survey.names:
            names[name] = run.meanings(kind, survey.names[name], may_create=may_create)
    ends_in_stage = "outcome" not in table.places
    stages, ladder = read_stages(run, survey, ends_in_stage=ends_in_stage)
    reader = DealReader(run, table, customs, names, stages, ladder)
    is_first = not Deal.objects.exists()
    for rows in chunks(table):
        good = _with_contacts(run, table, _good(run, table, reader, rows))
        here = {} if is_first else _here(run, [row for _, row in good])
        _store(run, table, reader, good, here)
        run.advance(len(rows))


def _good(run: Run, table: Table, reader: DealReader, rows: Iterable[tuple[int, list[str]]]) -> list[Numbered]:
    """The rows that can be stored; the others are noted."""
    counts, good, tally = run.report.of("deals"), [], run.report.tally
    for number, cells in rows:
        counts.read += 1
        try:
            row = reader.read(cells)
            if not run.scope.allows(row.owner_id):
                raise BadRow("not_yours", "owner", run.known["rep"].labels[row.owner_id])
            if row.external_id and run.came_before("deals", row.external_id):
                raise BadRow("twice_here", "external_id", row.external_id)
        except BadRow as problem:
            run.refuse(table, number, problem)
            continue
        except LeftOut:
            counts.left_out += 1
            continue
        good.append((number, row))
        tally["no_account"] += row.account_id is None
        tally["no_opening"] += row.opened_on is None and not row.outcome
    return good


def _with_contacts(run: Run, table: Table, rows: list[Numbered]) -> list[Numbered]:
    """The rows with the keys of the contacts they name; those that name one nobody knows are refused."""
    named = {row.account_id for _, row in rows if row.contact and row.account_id}
    if not named and not any(row.contact for _, row in rows):
        return rows
    finder, good = ContactFinder(run, named), []
    for number, row in rows:
        try:
            row.contact_id = finder.find(row.account_id, row.contact)
            good.append((number, row))
        except BadRow as problem:
            run.refuse(table, number, problem)
    return good


def _here(run: Run, rows: Sequence[DealRow]) -> dict[int, Deal]:
    """The deals that these rows speak of, by the row's identity: by external id, by our own number together with the
    name, or, for rows without an id, by name, account and opening day."""
    named = [row.external_id for row in rows if row.external_id]
    by_id = {deal.external_id: deal for deal in Deal.objects.filter(external_id__in=named)}
    ours = {int(text[1:]) for text in named if text not in by_id and text[:1] == "D" and text[1:].isdecimal() and len(text) < 19}
    by_key = {f"D{deal.pk}": deal for deal in Deal.objects.filter(pk__in=ours, external_id="")} if ours else {}
    bare = {row.name for row in rows if not row.external_id}
    by_name: dict[object, list[Deal]] = {}
    for other in Deal.objects.filter(name__in=bare, external_id="").order_by("-pk") if bare else ():
        by_name.setdefault((other.name, other.account_id, other.opened_on), []).append(other)
    found: dict[int, Deal] = {}
    for row in rows:
        deal: Deal | None = by_id.get(row.external_id)
        mine = by_key.get(row.external_id)
        if deal is None and mine is not None and fold(mine.name) == fold(row.name):
            deal = mine
        if deal is None and not row.external_id:
            alike = by_name.get((row.name, row.account_id, row.opened_on))
            deal = alike.pop() if alike else None
        if deal is not None:
            found[id(row)] = deal
    return found


def _store(run: Run, table: Table, reader: DealReader, good: list[Numbered], here: dict[int, Deal]) -> None:
    counts = run.report.of("deals")
    new = [row for _, row in good if id(row) not in here]
    old = [(number, row, here[id(row)]) for number, row in good if id(row) in here]
    counts.new += len(new)
    for row in new[:3]:
        run.report.sample("deals", _sample(run, row))
    if new and not run.is_rehearsal:
        run.writer.deals([as_new(row, reader.ladder) for row in new])
    if old:
        revise_deals(run, table, old)


def _sample(run: Run, row: DealRow) -> dict[str, str]:
    """A row as it was understood, for the page that asks whether to write."""
    labels = {kind: known.labels for kind, known in run.known.items()}
    return {
        "external_id": row.external_id, "name": row.name, "account": labels["account"].get(row.account_id or 0, ""),
        "owner": labels["rep"].get(row.owner_id, ""), "product": labels["product"].get(row.product_id or 0, ""),
        "stage": row.stage.name, "outcome": row.outcome, "amount": "" if row.amount is None else format(row.amount, "f"),
        "currency": row.currency, "opened_on": str(row.opened_on or ""), "closed_on": str(row.closed_on or ""),
    }  # fmt: skip
