"""A list costs the same number of queries however long it is, five at most, and counts nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.api.calling import Api
from tests.world import World, taken_back

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
LISTS = ("reps", "teams", "roles", "accounts", "contacts", "leads", "deals", "activities")
MOST_QUERIES = 5


@pytest.fixture(scope="module")
def grown(world: World) -> Iterator[World]:
    """A world with more than two hundred of everything."""
    with taken_back():
        world.grow(210)
        yield world


@pytest.mark.parametrize("who", ["ana", "manager", "admin", "auditor"])
@pytest.mark.parametrize("path", [f"/{name}/" for name in LISTS])
def test_200_rows_cost_as_many_queries_as_10(grown: World, path: str, who: str) -> None:
    api, counts, rows = Api(getattr(grown.cast, who)), [], []
    api.get(path)
    for size in (10, 200):
        with CaptureQueriesContext(connection) as captured:
            status, said = api.get(path, page_size=size)
        assert status == 200
        counts.append(len(captured))
        rows.append(len(said["results"]))
    assert rows == [10, 200] or path == "/reps/"
    assert counts[0] == counts[1] <= MOST_QUERIES
    assert not any("COUNT(" in query["sql"].upper() for query in captured)
