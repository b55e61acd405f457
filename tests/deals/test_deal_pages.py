"""Pages by key hold every row once, whichever way one turns them."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deals.models import Deal
from lib.pages import as_date, as_number, keyset
from tests import make
from tests.cast import Cast
from tests.inventions import invented

pytestmark = pytest.mark.django_db
BY_AMOUNT: dict[str, Any] = {"key": "amount", "parse": as_number}
BY_CLOSE: dict[str, Any] = {"key": "closed_on", "parse": as_date, "nullable": False}


def turned(**sort: Any) -> tuple[list[list[int]], list[list[int]]]:
    """The pages from the first to the last, and from the last back to the first."""
    forth, back, cursor = [], [], ""
    while True:
        page = keyset(Deal.objects.all(), size=3, cursor=cursor, **sort)
        forth.append([row.pk for row in page])
        if not page.next_cursor:
            break
        cursor = page.next_cursor
    back.append(forth[-1])
    while page.previous_cursor:
        page = keyset(Deal.objects.all(), size=3, cursor=page.previous_cursor, **sort)
        back.append([row.pk for row in page])
    return forth, back


def flat(pages: list[list[int]]) -> list[int]:
    return [pk for page in pages for pk in page]


@invented(25)
@given(amounts=st.lists(st.none() | st.integers(0, 3), max_size=11), descending=st.booleans())
def test_no_row_is_lost_or_seen_twice(cast: Cast, amounts: list[int | None], descending: bool) -> None:
    have = {deal.pk: deal.amount for deal in (make.deal(owner=cast.ana, amount=amount) for amount in amounts)}
    forth, back = turned(**BY_AMOUNT, descending=descending)
    mine = [pk for pk in flat(forth) if pk in have]
    sign = -1 if descending else 1
    expected = sorted(have, key=lambda pk: (have[pk] is None, sign * (have[pk] or Decimal(0)), sign * pk))
    assert mine == expected
    assert [pk for page in reversed(back) for pk in page] == flat(forth)


def test_where_no_row_is_empty_the_pages_are_the_same(cast: Cast) -> None:
    for number in range(10):
        make.won(owner=cast.ana, on=date(2026, 9, 1) + timedelta(days=number // 3))
    forth, back = turned(**BY_CLOSE, descending=True)
    assert flat(forth) == [deal.pk for deal in Deal.objects.order_by("-closed_on", "-pk")]
    assert list(reversed(back))[1:] == forth[1:]


def test_a_cursor_without_a_value_is_the_first_page_where_none_can_be_empty(cast: Cast) -> None:
    make.deal(owner=cast.ana, amount=None)
    make.deal(owner=cast.ana, amount=None)
    spoilt = keyset(Deal.objects.all(), **BY_AMOUNT, size=1).next_cursor
    assert len(keyset(Deal.objects.all(), **BY_CLOSE, cursor=spoilt)) == 2
