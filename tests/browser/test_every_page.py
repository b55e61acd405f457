"""Each page of tests/pages.py in a browser: no barrier in light or dark, nothing sticks out on a phone, nothing complains."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from typing import Any

import pytest

from tests import authz_world
from tests.browser.conftest import DESK, Visit
from tests.cast import Cast
from tests.pages import PAGES

Open = Callable[..., Visit]
NARROW = 360
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture
def things(cast: Cast) -> dict[str, Any]:
    """What stands in the addresses."""
    return authz_world.build(cast)


def found_on(visit: Open, cast: Cast, things: dict[str, Any], *, look: Callable[[Visit], list[str]], **window: Any) -> list[str]:
    """What `look` finds on each page, as the person who is meant to see it."""
    found = []
    for who in dict.fromkeys(page.who for page in PAGES):
        seen = visit(getattr(cast, who) if who else None, **window)
        for page in (page for page in PAGES if page.who == who):
            seen.open(page.path(things))
            found += [f"{page.id}: {said}" for said in (*look(seen), *seen.unexpected())]
            seen.complaints.clear()
    return found


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_no_page_has_a_barrier(cast: Cast, things: dict[str, Any], visit: Open, dark: bool) -> None:
    found = found_on(visit, cast, things, look=Visit.barriers, width=DESK, dark=dark)
    assert not found, "\n".join(["", *found])


@pytest.mark.parametrize("language", ["en", "id"])
def test_no_page_sticks_out_on_a_narrow_phone(cast: Cast, things: dict[str, Any], visit: Open, language: str) -> None:
    for user in cast.people().values():
        user.language = language
        user.save(update_fields=["language"])
    found = found_on(visit, cast, things, look=Visit.overflow, width=NARROW, language=language)
    assert not found, "\n".join(["", *found])


def test_a_barrier_and_a_wide_page_would_be_found(cast: Cast, visit: Open) -> None:
    """The control: a picture without words, and a line wider than the phone."""
    seen = visit(cast.ana, width=NARROW).open("/help/")
    seen.page.evaluate(
        "document.querySelector('main').append(Object.assign(new Image(900, 9), {src: '/static/img/favicon.svg'}))"
    )
    seen.page.wait_for_function("[...document.images].every((image) => image.complete)")
    assert any("image-alt" in said for said in seen.barriers())
    assert seen.overflow() != []


def test_the_home_page_is_light(cast: Cast, things: dict[str, Any], visit: Open) -> None:
    """SPEED: all assets ≤ 300 kB gzipped."""
    weights: dict[str, int] = {}
    seen = visit(cast.manager)

    def weigh(response: Any) -> None:
        if "/static/" in response.url and response.status == 200:
            body = response.body()
            packed = response.url.endswith((".woff2", ".png", ".jpg"))
            weights[response.url.rpartition("/")[2]] = len(body) if packed else len(gzip.compress(body))

    seen.page.on("requestfinished", lambda request: weigh(request.response()))
    seen.open("/")
    assert sum(weights.values()) <= 300_000, weights
