"""Lists of the API: filters and orders from an explicit list, in keyset pages that cost the same however long the list is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter

from lib.api.errors import invalid
from lib.api.fields import MOST_ID, as_day, as_instant, query_text
from lib.pages import Page, is_cursor, keyset
from lib.text import clean_line

PAGE_SIZE, MOST_ROWS, MOST_TEXT, MOST_CURSOR = 50, 200, 200, 400
_PAGING = ("after", "page_size", "ordering")


@dataclass(frozen=True)
class Filter:
    """A query parameter that narrows a list: how its text is read (ValueError for what is none), what it does to the rows."""

    says: str
    read: Callable[[str], Any]
    apply: Callable[[Any, Any, Any], Any]
    schema: Any = OpenApiTypes.STR
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Order:
    """An order offered: its column, how a cursor's text is read back, and whether rows can be without it."""

    key: str
    parse: Callable[[str], Any] = str
    nullable: bool | None = None


@dataclass(frozen=True)
class Listing:
    """What a list may be asked: its filters, its orders, and the order it has unasked ("-" turns one round)."""

    orders: Mapping[str, Order]
    usual: str
    filters: Mapping[str, Filter] = field(default_factory=dict)
    tie: str = "pk"

    def without(self, *names: str) -> Listing:
        """The same for a caller who may not see the fields behind these filters."""
        kept = {name: value for name, value in self.filters.items() if name not in names}
        return Listing(self.orders, self.usual, kept, self.tie)

    def parameters(self) -> list[OpenApiParameter]:
        """The parameters as the schema names them."""
        orders = [sign + name for name in self.orders for sign in ("", "-")]
        found = [
            OpenApiParameter(name, each.schema, description=each.says, enum=each.words or None)
            for name, each in self.filters.items()
        ]
        size = {"type": "integer", "minimum": 1, "maximum": MOST_ROWS, "default": PAGE_SIZE}
        cursor = {"type": "string", "maxLength": MOST_CURSOR}
        return [
            *found,
            OpenApiParameter("ordering", str, enum=orders, description=f"The order of the list; `{self.usual}` unless given."),
            OpenApiParameter("page_size", size, description="Rows of a page."),
            OpenApiParameter("after", cursor, description="Where a page begins: taken from `next` of the page before."),
        ]

    def page(self, request: Any, rows: QuerySet[Any]) -> tuple[Page, str | None]:
        """The page asked for and the address of the next one. Raises Refusal for a parameter that is unknown or spoilt."""
        params = request.GET
        refuse_unknown(params, (*self.filters, *_PAGING))
        for name, each in self.filters.items():
            if name in params:
                rows = each.apply(rows, _read(params, name, each), request.user)
        asked, descending = self._order(params)
        order, cursor = self.orders[asked], params.get("after", "")
        if "after" in params and not is_cursor(cursor, order.parse):
            raise invalid({"after": [_("This is no place in the list. Follow `next` of the page before.")]})
        page = keyset(
            rows, key=order.key, parse=order.parse, descending=descending, cursor=cursor, size=_size(params), tie=self.tie,
            nullable=order.nullable,
        )  # fmt: skip
        return page, _next(request, page)

    def _order(self, params: Mapping[str, str]) -> tuple[str, bool]:
        asked = params.get("ordering", self.usual)
        name = asked.removeprefix("-")
        if name not in self.orders:
            orders = ", ".join(self.orders)
            raise invalid(
                {"ordering": [_("Choose one of: %(names)s, with “-” before it for the other way.") % {"names": orders}]}
            )
        return name, asked.startswith("-")


def refuse_unknown(params: Mapping[str, str], known: Iterable[str]) -> None:
    """400 for query parameters that are not among the known ones."""
    names = sorted(known)
    said = _("There is no such parameter. Parameters are: %(names)s.") % {"names": ", ".join(names) or "—"}
    if unknown := {name[:80]: [said] for name in params if name not in names}:
        raise invalid(unknown)


def _next(request: Any, page: Page) -> str | None:
    if not page.next_cursor:
        return None
    query = {**request.GET.dict(), "after": page.next_cursor}
    return f"{settings.SITE_URL}{request.path}?{urlencode(query)}"


def _size(params: Mapping[str, str]) -> int:
    typed = params.get("page_size", str(PAGE_SIZE))
    size = int(typed) if _is_number(typed, 4) else 0
    if not 1 <= size <= MOST_ROWS:
        raise invalid({"page_size": [_("Choose a number from 1 to %(most)d.") % {"most": MOST_ROWS}]})
    return size


def _read(params: Mapping[str, str], name: str, each: Filter) -> Any:
    try:
        return each.read(query_text(params, name))
    except ValueError as error:
        raise invalid({name: [str(error)]}) from None


# ── Kinds of filters ────────────────────────────────────────────────────────────────────────────────────────────────
def number(column: str, says: str) -> Filter:
    """Rows whose column is that id."""
    return Filter(says, _id, lambda rows, value, user: rows.filter(**{column: value}), OpenApiTypes.INT)


def seen(model: Any, column: str, says: str) -> Filter:
    """Rows that point to something of that id, where the caller sees that thing; none where they do not."""

    def apply(rows: Any, value: int, user: Any) -> Any:
        return rows.filter(**{f"{column}__in": model.objects.visible_to(user).filter(pk=value).order_by().values("pk")})

    return Filter(says, _id, apply, OpenApiTypes.INT)


def text(apply: Callable[[Any, str], Any], says: str) -> Filter:
    """Rows that some words stand in."""
    return Filter(says, _line, lambda rows, value, user: apply(rows, value))


def word(column: str, words: Iterable[str], says: str) -> Filter:
    """Rows whose column is that word."""
    offered = tuple(words)

    def read(typed: str) -> str:
        if typed not in offered:
            raise ValueError(_("Choose one of: %(names)s.") % {"names": ", ".join(offered)})
        return typed

    return Filter(says, read, lambda rows, value, user: rows.filter(**{column: value}), OpenApiTypes.STR, offered)


def flag(apply: Callable[[Any, bool], Any], says: str) -> Filter:
    """Rows that are so, or are not."""
    return Filter(says, _truth, lambda rows, value, user: apply(rows, value), OpenApiTypes.BOOL)


def day(lookup: str, says: str) -> Filter:
    """Rows on one side of a day."""
    return Filter(says, _day, lambda rows, value, user: rows.filter(**{lookup: value}), OpenApiTypes.DATE)


def instant(lookup: str, says: str) -> Filter:
    """Rows on one side of an instant."""
    return Filter(says, _instant, lambda rows, value, user: rows.filter(**{lookup: value}), OpenApiTypes.DATETIME)


def _id(typed: str) -> int:
    if not _is_number(typed, 10) or not 1 <= int(typed) <= MOST_ID:
        raise ValueError(_("Send the id of something, a whole number."))
    return int(typed)


def _is_number(typed: str, most: int) -> bool:
    return typed.isascii() and typed.isdigit() and len(typed) <= most


def _line(typed: str) -> str:
    line = clean_line(typed)
    if not line or len(line) > MOST_TEXT:
        raise ValueError(_("Send 1 to %(most)d characters.") % {"most": MOST_TEXT})
    return line


def _truth(typed: str) -> bool:
    if typed not in ("true", "false"):
        raise ValueError(_("Send true or false."))
    return typed == "true"


def _day(typed: str) -> Any:
    if (day := as_day(typed)) is None:
        raise ValueError(_("Send a day such as 2026-09-16, of the years 1990 to 2099."))
    return day


def _instant(typed: str) -> Any:
    if (at := as_instant(typed)) is None:
        raise ValueError(_("Send an instant with its offset, such as 2026-09-16T03:00:00Z."))
    return at
