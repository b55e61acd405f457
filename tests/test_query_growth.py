"""A page costs the same number of queries however much there is to show. The number stands in tests/pages.py."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.pages import PAGES
from tests.world import taken_back

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
# SPEED: the dearest page, session and user counted.
MOST = 9
FEW, MANY = 2, 60
_OTHER = ("SAVEPOINT", "RELEASE", "ROLLBACK", "SET ")


def cost(client, path):
    """The statements that answering takes, transaction control left out."""
    with CaptureQueriesContext(
        connection,
    ) as captured:
        response = client.get(path)
    assert response.status_code == 200
    return [query["sql"] for query in captured if not query["sql"].startswith(_OTHER)]


@pytest.fixture(scope="module")
def costs(world):
    """Page → its statements with few rows and with many."""
    found = {}
    with taken_back():
        for times in (FEW, MANY):
            world.grow(times)
            for page in PAGES:
                found.setdefault(page.id, []).append(cost(world.client(page.who), page.path(world.things)))
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.id)
def test_page_costs_as_many_queries_for_many_rows_as_for_few(costs, page):
    few, many = costs[page.id]
    repeated = {sql[:300] for sql in many if sum(other[:120] == sql[:120] for other in many) > 2}
    assert len(few) == len(many), f"{len(few)} for few, {len(many)} for many; repeated: {repeated}"
    assert len(many) == page.queries, "\n".join(
        ["State the new number in tests/pages.py if it is meant:", *(sql[:160] for sql in many)]
    )
    assert len(many) <= MOST


def test_a_query_per_row_is_caught(world):
    """The control: reading each account's owner one by one grows with the rows."""
    from deals.models import Account

    with taken_back():
        world.grow(FEW)
        with CaptureQueriesContext(connection) as few:
            [account.owner.name for account in Account.objects.exclude(owner=None)]
        world.grow(FEW)
        with CaptureQueriesContext(connection) as more:
            [account.owner.name for account in Account.objects.exclude(owner=None)]
    assert len(more) > len(few)
