"""Which table a file holds, told by its header."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from deals.columns import (
    ACCOUNT_COLUMNS,
    ACTIVITY_COLUMNS,
    CONTACT_COLUMNS,
    DEAL_COLUMNS,
    LEAD_COLUMNS,
    PRODUCT_COLUMNS,
)
from deals.imports.files import Source
from deals.imports.messages import BadFile

# The order in which kinds are read: what others refer to comes first.
ORDER = ("teams", "products", "accounts", "contacts", "leads", "deals", "activities")


@dataclass(frozen=True)
class Shape:
    """A known table: `columns` maps its column names to ours, `required` are those it is told by."""

    kind: str
    columns: dict[str, str]
    required: frozenset[str]
    is_own: bool = False


@dataclass(frozen=True)
class Table:
    """A file whose shape is known; `places` says in which cell each of our fields stands."""

    source: Source
    shape: Shape
    places: dict[str, int]
    others: dict[str, int]  # columns without a field of ours

    @property
    def kind(self) -> str:
        """What its rows are."""
        return self.shape.kind

    def column(self, field: str) -> str:
        """The file's own name for one of our fields."""
        return self.source.header[self.places[field]] if field in self.places else field


def _own(kind: str, columns: Sequence[str], required: Sequence[str]) -> Shape:
    return Shape(kind, {name: name for name in columns}, frozenset(required), is_own=True)


# First the sales_pipeline family ("CRM Sales Opportunities"), then the lists as this product exports them.
SHAPES = (
    Shape(
        "teams", {"sales_agent": "rep", "manager": "manager", "regional_office": "office"}, frozenset({"sales_agent", "manager"})
    ),
    Shape(
        "accounts",
        {
            "account": "name", "sector": "sector", "year_established": "extra.year_established", "revenue": "extra.revenue",
            "employees": "employees", "office_location": "city", "subsidiary_of": "parent",
        },
        frozenset({"account", "sector"}),
    ),
    Shape(
        "products", {"product": "name", "series": "family", "sales_price": "list_price"}, frozenset({"product", "sales_price"})
    ),
    Shape(
        "deals",
        {
            "opportunity_id": "external_id", "sales_agent": "owner", "product": "product", "account": "account",
            "deal_stage": "stage", "engage_date": "opened_on", "close_date": "closed_on", "close_value": "amount",
        },
        frozenset({"opportunity_id", "sales_agent", "deal_stage"}),
    ),
    _own("deals", DEAL_COLUMNS, ("name", "owner", "stage")),
    _own("activities", ACTIVITY_COLUMNS, ("rep", "occurred_at", "channel")),
    _own("leads", LEAD_COLUMNS, ("name", "company_name")),
    _own("contacts", CONTACT_COLUMNS, ("name", "account", "title")),
    _own("products", PRODUCT_COLUMNS, ("name", "family")),
    _own("accounts", ACCOUNT_COLUMNS, ("name", "sector")),
)  # fmt: skip


def recognise(source: Source) -> Table:
    """The table in the file. Raises BadFile naming the columns that are known, or those that are missing."""
    places = {_folded(name): position for position, name in enumerate(source.header)}
    fitting = [shape for shape in SHAPES if shape.required <= places.keys()]
    if not fitting:
        raise _unknown(source, places)
    shape = max(fitting, key=lambda shape: len(shape.columns.keys() & places.keys()))
    known = {field: places[name] for name, field in shape.columns.items() if name in places}
    others = {source.header[at]: at for name, at in places.items() if name not in shape.columns}
    return Table(source, shape, known, others)


def _folded(name: str) -> str:
    return "_".join(name.casefold().replace("-", " ").replace("_", " ").split())


def _unknown(source: Source, places: dict[str, int]) -> BadFile:
    near = max(SHAPES, key=lambda shape: len(shape.columns.keys() & places.keys()))
    if len(near.columns.keys() & places.keys()) >= 2:
        missing = ", ".join(f"“{name}”" for name in sorted(near.required - places.keys()))
        return BadFile("missing_columns", file=source.name, kind=near.kind, columns=missing)
    known = "; ".join(", ".join(sorted(shape.required)) for shape in SHAPES)
    return BadFile("unknown_header", file=source.name, known=known)
