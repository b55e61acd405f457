"""The board: the open deals of one pipeline by stage, each stage with its sums and its first cards, read in one query."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import groupby
from typing import Any

from django.db import connection
from django.db.models import F
from django.db.models.expressions import RawSQL

from deals.listing import Asked
from deals.models import Account, Deal, Stage
from deals.models.pipeline import DealQuerySet
from lib.pages import Page, cursor_after, keyset
from reps.models import Rep

# Cards of a stage that are shown at once, and how many more each time.
CARDS = 10
_STAGE = ("id", "name", "kind", "order", "expected_days", "is_active", "probability")
_DEAL = (
    "id", "name", "stage_id", "owner_id", "account_id", "currency", "amount", "version", "opened_on", "expected_close_on",
    "push_count", "agreement_ready_on", "agreement_sent_on", "next_action", "next_action_on", "last_contact_on", "outcome",
)  # fmt: skip
# One row for each card, or one for a stage without any. `shown` holds what the filters leave, narrow and read once.
_SQL = """
WITH here AS (
    SELECT id FROM deals_pipeline ORDER BY (id = %s) DESC NULLS LAST, is_default DESC, lower(name), id LIMIT 1
), shown AS MATERIALIZED (
    {shown}
), sums AS (
    SELECT stage_id, sum(deals) AS deals, jsonb_agg(jsonb_build_array(currency, deals, total::text) ORDER BY currency) AS amounts
    FROM (SELECT stage_id, currency, count(*) AS deals, sum(amount) AS total FROM shown GROUP BY stage_id, currency) each
    GROUP BY stage_id
), placed AS (
    SELECT id, stage_id, place FROM (
        SELECT id, stage_id,
               row_number() OVER (PARTITION BY stage_id ORDER BY sort_key {direction} NULLS LAST, id {direction}) AS place
        FROM shown
    ) each WHERE place <= {most}
)
SELECT (SELECT jsonb_agg(jsonb_build_array(id, name) ORDER BY is_default DESC, lower(name), id) FROM deals_pipeline)::text,
       s.pipeline_id, sums.deals, sums.amounts::text, card.*, {stage}
FROM deals_stage s
LEFT JOIN sums ON sums.stage_id = s.id
LEFT JOIN placed ON placed.stage_id = s.id
-- LIMIT keeps the planner from joining whole tables: a few dozen look-ups by key are all it takes.
LEFT JOIN LATERAL (
    SELECT (SELECT name FROM deals_account WHERE id = d.account_id), (SELECT name FROM reps_rep WHERE id = d.owner_id), {deal}
    FROM deals_deal d WHERE d.id = placed.id LIMIT 1
) card(account_name, owner_name, {card}) ON true
WHERE s.pipeline_id = (SELECT id FROM here) AND (s.is_active OR sums.deals > 0)
ORDER BY s."order", placed.place
"""


@dataclass(frozen=True)
class Sum:
    """Deals of one currency: how many, their amount, and the amount by the stage's chance to win."""

    currency: str
    count: int
    total: Decimal
    weighted: Decimal


@dataclass(frozen=True)
class Column:
    """A stage with what the filters leave in it: the first deals, and the cursor of the next ones ("" at the end)."""

    stage: Stage
    count: int = 0
    sums: list[Sum] = field(default_factory=list)
    deals: list[Deal] = field(default_factory=list)
    next_cursor: str = ""

    @property
    def left(self) -> int:
        """Deals that are not shown yet."""
        return self.count - len(self.deals)


@dataclass(frozen=True)
class Board:
    """The columns of one pipeline, and every pipeline there is to choose from, as id and name."""

    pipeline_id: int | None
    pipelines: list[tuple[int, str]]
    columns: list[Column]

    @property
    def count(self) -> int:
        """Deals in all columns."""
        return sum(column.count for column in self.columns)

    @property
    def sums(self) -> list[Sum]:
        """All columns together, by currency."""
        found: dict[str, Sum] = {}
        for each in (each for column in self.columns for each in column.sums):
            so_far = found.get(each.currency, Sum(each.currency, 0, Decimal(0), Decimal(0)))
            found[each.currency] = Sum(
                each.currency, so_far.count + each.count, so_far.total + each.total, so_far.weighted + each.weighted
            )
        return [found[currency] for currency in sorted(found)]

    @property
    def largest(self) -> Decimal | None:
        """The largest sum of a column, where one currency makes the columns comparable; else None."""
        sums = [each for column in self.columns for each in column.sums]
        return max(each.total for each in sums) if len({each.currency for each in sums}) == 1 else None


def of_board(asked: Asked) -> Asked:
    """The same filters as a board can have them: open deals of every stage."""
    return replace(asked, state="open", stage=None, sort="" if asked.sort == "ended" else asked.sort)


def board(rows: DealQuerySet, asked: Asked, *, pipeline: int | None = None) -> Board:
    """The board of these rows in that pipeline, or in the default one where it is not there. One query whatever the data."""
    order = asked.order
    here = rows.filter(pipeline=RawSQL("SELECT id FROM here", ())).order_by()
    narrow = here.values("id", "stage_id", "currency", "amount", sort_key=F(order.key)).query
    # Filters that rule everything out still leave the stages to show.
    shown, params = narrow.get_compiler(connection=connection, elide_empty=False).as_sql()
    sql = _SQL.format(
        shown=shown,
        direction="DESC" if order.descending else "ASC",
        most=CARDS + 1,
        stage=", ".join(f's."{name}"' for name in _STAGE),
        deal=", ".join(f"d.{name}" for name in _DEAL),
        card=", ".join(_DEAL),
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [pipeline, *params])
        found = cursor.fetchall()
    if not found:
        return Board(None, [], [])
    columns = [_column(list(lines), asked) for _pk, lines in groupby(found, key=lambda line: line[-len(_STAGE)])]
    return Board(found[0][1], [(pk, name) for pk, name in json.loads(found[0][0])], columns)


def more(rows: DealQuerySet, asked: Asked, *, stage_id: int, cursor: str) -> Page:
    """The next cards of a stage."""
    order = asked.order
    return keyset(
        rows.filter(stage=stage_id).select_related("account", "owner"),
        key=order.key, parse=order.parse, descending=order.descending, cursor=cursor, size=CARDS,
    )  # fmt: skip


def _column(lines: list[tuple[Any, ...]], asked: Asked) -> Column:
    _pipelines, pipeline_id, count, amounts, *rest = lines[0]
    stage = Stage(pipeline_id=pipeline_id, **dict(zip(_STAGE, rest[-len(_STAGE) :], strict=True)))
    deals = list(_deals(lines, stage))
    shown = deals[:CARDS]
    return Column(
        stage=stage,
        count=int(count or 0),
        sums=list(_sums(json.loads(amounts or "[]"), stage.probability)),
        deals=shown,
        next_cursor=cursor_after(shown[-1], key=asked.order.key) if len(deals) > CARDS else "",
    )


def _sums(amounts: Iterable[tuple[str, int, str | None]], chance: Decimal) -> Iterator[Sum]:
    for currency, count, total in amounts:
        amount = Decimal(total or 0)
        yield Sum(currency, count, amount, amount * chance)


def _deals(lines: Iterable[tuple[Any, ...]], stage: Stage) -> Iterator[Deal]:
    for _pipelines, pipeline_id, _count, _amounts, account, owner, *rest in lines:
        values = dict(zip(_DEAL, rest[: len(_DEAL)], strict=True))
        if values["id"] is None:
            continue
        deal = Deal(pipeline_id=pipeline_id, **values)
        deal.stage, deal.owner = stage, Rep(id=values["owner_id"], name=owner)
        deal.account = Account(id=values["account_id"], name=account) if values["account_id"] else None
        yield deal
