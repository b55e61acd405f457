"""tests/pages.py names every page, and each opens for the person it names."""

import pytest

from tests import authz
from tests.pages import PAGES
from tests.world import World

pytestmark = pytest.mark.django_db
# Whole pages that are an answer to something, not a place to go to.
NOT_A_PLACE = {"deals:filters", "deals:hints", "deals:part", "deals:sum", "deals:timeline"}


def page_routes(world: World) -> set[str]:
    """Routes of the access table that answer somebody's GET with a whole page."""
    found = set()
    for row in authz.rows():
        reader = (
            next((code for code, cell in row.asks["GET"].cells.items() if cell == "200"), None) if "GET" in row.asks else None
        )
        if reader is None:
            continue
        response = world.clients[reader].get(
            authz.address(row, world.things), query_params=authz.filled_in(row.query, world.things) or None
        )
        if response["Content-Type"].startswith("text/html") and not response.streaming and b"<html" in response.content:
            found.add(row.route)
    return found


def test_no_page_is_missing_from_the_list(world):
    missing = page_routes(world) - NOT_A_PLACE - {page.route for page in PAGES}
    assert not missing, f"Add them to tests/pages.py: {sorted(missing)}"


def test_names_are_unique():
    assert len({page.id for page in PAGES}) == len(PAGES)


@pytest.mark.parametrize("language", ["en", "id"])
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.id)
def test_page_opens(world, page, language):
    client = world.client(page.who)
    response = client.get(page.path(world.things), headers={"Accept-Language": language}, follow=False)
    assert response.status_code == 200
    assert response["Content-Security-Policy"].count("unsafe") == 0
    assert len(response.content) <= 60_000
