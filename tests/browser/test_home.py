"""The home pages in a browser: they fit, and what can be done on them works."""

from datetime import timedelta

import pytest

from lib import clock
from tests import make


def filled(cast):
    """A team with something in every panel, as of the present day."""
    today = clock.today(cast.company.zone)
    for at in range(6):
        owner = (cast.ana, cast.budi)[at % 2]
        account = make.account(f"PT Pelanggan {at}", owner=owner, phone="+628123456789")
        make.won(owner=owner, account=account, name=f"Menang {at}", on=today - timedelta(days=at * 15))
        make.deal(
            owner=owner, account=account, name=f"Gudang {at}", amount=(at + 1) * 40_000_000, push_count=at, opened_on=today,
            expected_close_on=today + timedelta(days=7 * at - 3), agreement_ready_on=today + timedelta(days=at - 2),
            next_action="Telepon pemilik", next_action_on=today + timedelta(days=at - 3),
        )  # fmt: skip
        make.activity(rep=owner, channel=("whatsapp", "visit", "call")[at % 3])
    return today


@pytest.mark.parametrize("width", [360, 1024])
@pytest.mark.parametrize("who", ["manager", "ana"])
def test_no_home_has_a_barrier_or_sticks_out_on_a_narrow_phone_or_a_tablet(cast, visit, who, width):
    filled(cast)
    window = visit(width=width).sign_in(getattr(cast, who)).open("/")
    assert window.barriers() == []
    assert window.overflow() == []
    assert window.unexpected() == []


def test_the_managers_home_fits_a_desktop_without_a_scroll(cast, visit):
    for _ in range(8):
        make.user(team=cast.north)
    filled(cast)
    window = visit().sign_in(cast.manager)
    window.page.set_viewport_size({"width": 1440, "height": 1000})
    window.open("/")
    assert window.page.evaluate("document.documentElement.scrollHeight") <= 1000


def test_a_number_opens_its_explanation_beside_the_page(cast, visit):
    filled(cast)
    page = visit().sign_in(cast.manager).open("/").page
    page.locator(".stand .explain").first.click()
    page.locator("#panel[open]").wait_for()
    assert "Won value" in page.locator("#panel-body").inner_text()


def test_a_rep_ticks_a_step_and_the_day_refreshes(cast, visit):
    filled(cast)
    window = visit(width=390).sign_in(cast.ana).open("/")
    page = window.page
    page.get_by_role("link", name="Gudang 0 is done: log it and plan the next step").click()
    sheet = page.get_by_role("dialog")
    sheet.get_by_text("Gudang 0").first.wait_for()
    assert window.barriers() == []


def test_the_palette_goes_to_what_was_typed(cast, visit):
    filled(cast)
    page = visit().sign_in(cast.ana).open("/").page
    page.keyboard.press("Control+k")
    page.get_by_role("combobox").fill("gudang 2")
    page.get_by_role("option", name="Gudang 2").wait_for()
    page.keyboard.press("Enter")
    page.wait_for_url("**/deals/*/")


def test_help_opens_by_its_key(cast, visit):
    page = visit().sign_in(cast.ana).open("/").page
    page.keyboard.press("?")
    page.get_by_role("link", name="A short tour, and how to read the numbers").click()
    page.get_by_role("heading", name="A short tour").wait_for()
