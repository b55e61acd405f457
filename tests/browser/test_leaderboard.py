"""The leaderboard in a browser: tabs, pages of fifty, the panel that explains, a phone; nothing is a barrier."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from lib import clock
from lib.periods import containing
from reps.models import Team
from tests import make
from tests.metrics.test_attainment import asked

D = Decimal


def filled(cast: Any, *, more: int = 0) -> None:
    """Quotas of the running quarter, wins and visits of today; `more` reps in North."""
    today = clock.today(cast.company.zone)
    quarter = containing(today, "quarter", cast.company.fiscal_start)
    month = today.replace(day=1)
    reps = [cast.ana, cast.budi, cast.outsider, *(make.rep(f"Rep {at:02}", team=cast.north) for at in range(more))]
    asked({rep: 100_000_000 + at for at, rep in enumerate(reps)}, month)
    asked({cast.north: 150_000_000}, month)
    asked({cast.ana: 4}, month, metric="visits")
    assert month in quarter
    for owner, amount in ((cast.ana, 120), (cast.budi, 85), (cast.outsider, 40)):
        make.won(owner=owner, amount=D(amount) * 1_000_000, on=today)
    make.activity(rep=cast.ana, channel="visit", outcome="held", at=clock.now())


def test_a_manager_goes_through_tabs_and_teams_and_asks_where_a_number_comes_from(cast, visit):
    filled(cast)
    window = visit().sign_in(cast.manager).open("/leaderboard/")
    page = window.page
    assert page.locator(".board-rows tbody tr").count() == 2
    page.get_by_role("link", name="Visits").click()
    page.get_by_role("heading", name="Visits").wait_for()
    assert page.get_by_role("link", name="Visits").get_attribute("aria-current") == "true"
    page.get_by_role("link", name="Won value").click()
    page.get_by_role("heading", name="Won value").wait_for()
    page.locator(".board-rows .explain").first.click()
    panel = page.get_by_role("dialog")
    panel.get_by_text("Attainment, Ana").wait_for()
    assert "Rp\u00a0120,000,000" in panel.inner_text()
    assert "What is in the quota" in panel.inner_text()
    assert window.barriers() == []
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Teams", exact=True).click()
    page.locator("#board-title", has_text="Teams").wait_for()
    assert window.barriers() == []


def test_the_panel_shows_what_was_known_on_a_day_and_goes_back(cast, visit):
    filled(cast)
    page = visit().sign_in(cast.manager).open("/leaderboard/").page
    page.locator(".board-rows .explain").first.click()
    panel = page.get_by_role("dialog")
    panel.get_by_label("As known on").fill("2026-01-31")
    panel.get_by_role("button", name="Show").click()
    panel.get_by_text("No quota was set for this period.").wait_for()
    panel.get_by_role("link", name="As restated now").click()
    panel.get_by_text("What is in the quota").wait_for()


def test_pages_of_fifty(cast, visit):
    filled(cast, more=60)
    window = visit().sign_in(cast.manager).open("/leaderboard/")
    page = window.page
    assert page.locator(".board-rows tbody tr").count() == 50
    page.get_by_role("link", name="Next page").click()
    page.get_by_role("link", name="Previous page").wait_for()
    assert page.locator(".board-rows tbody tr").count() == 12
    assert window.barriers() == []


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("standing", ["band", "share", "rank"])
def test_a_rep_on_a_phone(cast, visit, standing, dark):
    filled(cast)
    Team.objects.update(standing=standing)
    window = visit(width=360, dark=dark).sign_in(cast.ana).open("/leaderboard/")
    page = window.page
    assert page.get_by_role("heading", name="Where you stand").is_visible()
    assert window.overflow() == []
    assert window.barriers() == []
    page.locator(".figures .explain").nth(1).tap()
    page.get_by_role("dialog").get_by_text("How it was computed").wait_for(state="attached")
    assert window.barriers() == []
