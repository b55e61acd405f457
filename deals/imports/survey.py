"""A first reading of a file: how many rows, which names it refers to, and which customs its columns follow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from operator import itemgetter

from deals.imports.customs import Evidence, date_evidence, money_evidence
from deals.imports.messages import BadFile
from deals.imports.shapes import Table

_CHUNK = 5000
# Fields whose cells name something else, by kind.
REFERENCES = {
    "teams": {"rep": "rep"},
    "accounts": {"parent": "account", "owner": "rep"},
    "contacts": {"account": "account"},
    "leads": {"owner": "rep", "created_by": "rep"},
    "deals": {"owner": "rep", "product": "product", "account": "account", "competitor": "competitor", "pipeline": "pipeline"},
    "activities": {"rep": "rep", "account": "account"},
}
MONEY = {"products": ("list_price",), "deals": ("amount",)}
DATES = {
    "deals": (
        "opened_on", "closed_on", "expected_close_on", "agreement_ready_on", "agreement_sent_on", "next_action_on",
        "stage_since", "qualified_on",
    ),
}  # fmt: skip


@dataclass
class Survey:
    """What a first reading found. `names` counts the cells of each referring field."""

    rows: int = 0
    names: dict[str, Counter[str]] = field(default_factory=dict)
    money: dict[str, Evidence] = field(default_factory=dict)
    dates: dict[str, Evidence] = field(default_factory=dict)
    # Stage cells, and those with an opening day: a stage in which no deal was ever opened does not count as qualified.
    stages: Counter[tuple[str, str]] = field(default_factory=Counter)
    opened_stages: set[str] = field(default_factory=set)


def survey(table: Table, currency: str) -> Survey:
    """Read the whole file once. Raises BadFile where it cannot be read, or has no rows."""
    found, values = Survey(), _Values(table)
    for rows in chunks(table):
        found.rows += len(rows)
        full = [cells for _, cells in rows if len(cells) > values.last]
        values.add(full)
        if table.kind == "deals":
            _stages(found, table, full)
    if not found.rows:
        raise BadFile("no_rows", file=table.source.name)
    found.names = values.names
    found.money = {name: money_evidence(cells, currency) for name, cells in values.money.items()}
    found.dates = {name: date_evidence(cells) for name, cells in values.dates.items()}
    return found


def chunks(table: Table, size: int = _CHUNK) -> Iterator[list[tuple[int, list[str]]]]:
    """The rows in lists of `size`."""
    kept: list[tuple[int, list[str]]] = []
    for row in table.source.rows():
        kept.append(row)
        if len(kept) == size:
            yield kept
            kept = []
    if kept:
        yield kept


class _Values:
    """The distinct cells of the columns that a survey looks at."""

    def __init__(self, table: Table) -> None:
        def here(names: Sequence[str]) -> dict[str, int]:
            return {name: table.places[name] for name in names if name in table.places}

        self._references = here(tuple(REFERENCES.get(table.kind, ())))
        self._money = here(MONEY.get(table.kind, ()))
        self._dates = here(DATES.get(table.kind, ()))
        self.names: dict[str, Counter[str]] = {name: Counter() for name in self._references}
        self.money: dict[str, set[str]] = {name: set() for name in self._money}
        self.dates: dict[str, set[str]] = {name: set() for name in self._dates}
        self.last = max(table.places.values(), default=0)

    def add(self, rows: Sequence[list[str]]) -> None:
        for name, at in self._references.items():
            self.names[name].update(map(itemgetter(at), rows))
        for kept, places in ((self.money, self._money), (self.dates, self._dates)):
            for name, at in places.items():
                kept[name].update(cell.strip() for cell in set(map(itemgetter(at), rows)) if cell)


def _stages(found: Survey, table: Table, rows: Sequence[list[str]]) -> None:
    stage, pipeline, opened = (table.places.get(name) for name in ("stage", "pipeline", "opened_on"))
    if stage is None:
        return
    for cells in rows:
        found.stages[(cells[pipeline] if pipeline is not None else "", cells[stage])] += 1
        if opened is not None and cells[opened]:
            found.opened_stages.add(cells[stage])
