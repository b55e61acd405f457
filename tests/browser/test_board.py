"""The board in a browser: a card moved with the mouse, by keys and by taps, two windows at once, ten more cards."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page

from deals.models import Activity, Deal
from lib import clock
from tests import make
from tests.browser.conftest import PHONE, Visit
from tests.cast import Cast

Open = Callable[..., Visit]


@pytest.fixture
def deal(cast: Cast) -> Deal:
    """Ana's open deal; another one stands in the stage before."""
    today = clock.today(cast.company.zone)
    make.deal(owner=cast.ana, name="Melati", stage=cast.lead_in, expected_close_on=today)
    return make.deal(
        owner=cast.ana, name="Mawar", opened_on=today - timedelta(days=3), expected_close_on=today + timedelta(days=10)
    )


def column_of(page: Page, deal: Deal) -> str:
    """The stage in whose column the card stands."""
    return page.locator(f".board-column:has(#card-{deal.pk}) h2").text_content() or ""


def counts(page: Page) -> list[str]:
    """What the heads say, stage by stage."""
    return [text.split()[0] for text in page.locator(".board-title > .num.muted").all_text_contents()]


def drag(page: Page, card: str, to: str) -> None:
    """With the mouse, as a hand does it: down, a little, over there, up."""
    start = page.locator(card).bounding_box()
    assert start is not None
    page.mouse.move(start["x"] + 60, start["y"] + 45)
    page.mouse.down()
    page.mouse.move(start["x"] + 70, start["y"] + 50, steps=4)
    page.wait_for_selector("html.is-dragging")
    goal = page.locator(to).bounding_box()
    assert goal is not None
    page.mouse.move(goal["x"] + goal["width"] / 2, goal["y"] + min(goal["height"] / 2, 60), steps=12)
    page.mouse.up()


def test_a_card_is_dragged_to_the_next_stage_and_undo_brings_it_back(cast: Cast, deal: Deal, visit: Open) -> None:
    window = visit(cast.ana).open("/deals/board/")
    page = window.page
    assert window.barriers() == []
    assert counts(page) == ["1", "1", "0", "0"]
    drag(page, f"#card-{deal.pk}", f".board-cards[data-stage='{cast.agreement.pk}']")
    page.wait_for_selector(".toast-note:has-text('Moved Mawar to Agreement')")
    assert page.get_attribute("#toasts", "aria-live") == "polite"
    window.settle()
    assert (column_of(page, deal), counts(page)) == ("Agreement", ["1", "0", "0", "1"])
    assert page.locator(f"#card-{deal.pk}").count() == 1
    assert page.url.endswith("/deals/board/")
    assert Deal.objects.get(pk=deal.pk).stage == cast.agreement
    assert window.barriers() == []
    page.click(".toast-note form button")
    page.wait_for_selector(".toast-note:has-text('is as before')")
    page.wait_for_selector(f"#deal-{deal.pk}:focus")
    assert (column_of(page, deal), counts(page)) == ("Qualified", ["1", "1", "0", "0"])
    assert Deal.objects.get(pk=deal.pk).stage == cast.qualified


def test_a_click_on_a_card_opens_the_deal(cast: Cast, deal: Deal, visit: Open) -> None:
    page = visit(cast.ana).open("/deals/board/").page
    page.locator(f"#card-{deal.pk}").click(position={"x": 20, "y": 70})
    page.wait_for_url(f"**/deals/{deal.pk}/")


def test_a_card_is_walked_to_and_moved_by_keys_and_keeps_the_focus(cast: Cast, deal: Deal, visit: Open) -> None:
    window = visit(cast.ana).open("/deals/board/")
    page = window.page
    here = "document.activeElement.closest('.board-card')?.id"
    page.keyboard.press("j")
    assert page.evaluate(here) != f"card-{deal.pk}"
    page.keyboard.press("ArrowRight")
    assert page.evaluate(here) == f"card-{deal.pk}"
    # Faster than the server answers: the card goes on from where it is.
    for key in ("]", "Shift+ArrowRight"):
        page.keyboard.press(key)
    page.wait_for_selector(".toast-note:has-text('Moved Mawar to Agreement')")
    window.settle()
    assert (column_of(page, deal), Deal.objects.get(pk=deal.pk).stage) == ("Agreement", cast.agreement)
    assert page.evaluate(here) == f"card-{deal.pk}"
    page.keyboard.press("[")
    page.wait_for_selector(f"#card-{deal.pk} .card-ask")
    assert window.barriers() == []
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/deals/{deal.pk}/")
    page.go_back()
    page.wait_for_selector(f"#deal-{deal.pk}:focus")
    page.keyboard.press("?")
    assert "move the deal a stage" in page.inner_text("#help")


def test_the_agreement_date_is_asked_on_the_card(cast: Cast, deal: Deal, visit: Open) -> None:
    window = visit(cast.ana).open("/deals/board/")
    page = window.page
    page.focus(f"#deal-{deal.pk}")
    page.keyboard.press("]")
    page.click(f"#card-{deal.pk} .card-ask .filter-chip >> nth=0")
    page.wait_for_selector(".toast-note:has-text('saved')")
    window.settle()
    assert page.locator(".card-ask").count() == 0
    assert Deal.objects.get(pk=deal.pk).agreement_ready_on is not None
    assert "Agreement ready" in (page.locator(f"#card-{deal.pk}").text_content() or "")


def test_on_a_phone_a_card_is_moved_by_taps(cast: Cast, deal: Deal, visit: Open) -> None:
    window = visit(cast.ana, width=PHONE).open("/deals/board/")
    page = window.page
    assert window.overflow() == []
    page.tap(f"[data-tab='{cast.qualified.pk}']")
    page.wait_for_selector(f"[data-tab='{cast.qualified.pk}'][aria-current]")
    assert (page.locator(f"#move-{deal.pk}").bounding_box() or {})["height"] >= 44
    page.tap(f"#move-{deal.pk}")
    page.wait_for_selector("#move-menu:popover-open")
    assert window.barriers() == []
    short = page.evaluate(
        "[...document.querySelectorAll('#move-menu button')].filter(e => e.getBoundingClientRect().height < 44).length"
    )
    assert short == 0
    page.tap(f"#move-menu [data-to='{cast.agreement.pk}']")
    page.wait_for_selector(".toast-note:has-text('Moved Mawar to Agreement')")
    window.settle()
    assert column_of(page, deal) == "Agreement"
    page.wait_for_selector(f"[data-tab='{cast.agreement.pk}'][aria-current]:has-text('1')")
    assert page.locator(f"#card-{deal.pk}").is_visible()
    assert window.overflow() == []


def test_on_a_phone_a_card_held_and_pulled_to_the_edge_goes_on(cast: Cast, deal: Deal, visit: Open) -> None:
    page = visit(cast.ana, width=PHONE).open("/deals/board/").page
    page.tap(f"[data-tab='{cast.qualified.pk}']")
    page.wait_for_selector(f"[data-tab='{cast.qualified.pk}'][aria-current]")
    box = page.locator(f"#card-{deal.pk}").bounding_box()
    assert box is not None
    finger, x, y = page.context.new_cdp_session(page), box["x"] + 80, box["y"] + 60

    def touch(kind: str, *points: tuple[float, float]) -> None:
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": at[0], "y": at[1]} for at in points]})

    touch("touchStart", (x, y))
    page.wait_for_timeout(400)
    for step in range(12):
        touch("touchMove", (x + (PHONE - 10 - x) * step / 11, y))
        page.wait_for_timeout(20)
    page.wait_for_selector(f"[data-tab='{cast.proposal.pk}'][aria-current]")
    touch("touchMove", (PHONE / 2, y))
    page.wait_for_timeout(200)
    touch("touchEnd")
    page.wait_for_selector(".toast-note:has-text('Moved Mawar to')")
    assert Deal.objects.get(pk=deal.pk).stage != cast.qualified


def test_of_two_windows_the_second_learns_who_moved_it_where(cast: Cast, deal: Deal, visit: Open) -> None:
    first, second = visit(cast.ana).open("/deals/board/"), visit(cast.manager).open("/deals/board/")
    second.expect("409")
    first.page.focus(f"#deal-{deal.pk}")
    first.page.keyboard.press("[")
    first.page.wait_for_selector(".toast-note:has-text('Moved Mawar to Lead')")
    drag(second.page, f"#card-{deal.pk}", f".board-cards[data-stage='{cast.agreement.pk}']")
    second.page.wait_for_selector(".toast-note:has-text('Ana moved Mawar to Lead')")
    second.settle()
    assert (column_of(second.page, deal), counts(second.page)) == ("Lead", ["2", "0", "0", "0"])
    assert Deal.objects.get(pk=deal.pk).stage == cast.lead_in


def test_without_connection_the_card_goes_back(cast: Cast, deal: Deal, visit: Open) -> None:
    window = visit(cast.ana).open("/deals/board/")
    window.expect("ERR_FAILED", "Failed to load", "htmx:(sendError|afterRequest)")
    page = window.page
    page.route("**/move/", lambda route: route.abort())
    page.focus(f"#deal-{deal.pk}")
    page.keyboard.press("]")
    page.wait_for_selector(".toast-note:has-text('No connection')")
    assert column_of(page, deal) == "Qualified"


def test_dropped_on_lost_it_asks_why_and_the_card_goes(cast: Cast, deal: Deal, visit: Open) -> None:
    window = visit(cast.ana).open("/deals/board/")
    page = window.page
    drag(page, f"#card-{deal.pk}", "#board-drops [data-end='lost']")
    page.wait_for_selector("#board-sheet[open] .close-card")
    assert column_of(page, deal) == "Qualified"
    assert window.barriers() == []
    page.click("#board-sheet .card-actions a")
    page.wait_for_selector("#board-sheet:not([open])", state="attached")
    page.focus(f"#deal-{deal.pk}")
    page.keyboard.press("m")
    page.click("#move-menu [data-end='lost']")
    page.click("#board-sheet .filter-chip:has-text('Price')")
    page.wait_for_selector(".toast-note:has-text('marked as lost')")
    window.settle()
    assert page.locator(f"#card-{deal.pk}").count() == 0
    assert counts(page) == ["1", "0", "0", "0"]
    assert not page.locator("#board-sheet").is_visible()
    assert Deal.objects.get(pk=deal.pk).outcome == "lost"


def test_l_logs_about_the_card_in_focus(cast: Cast, deal: Deal, visit: Open) -> None:
    window = visit(cast.ana).open("/deals/board/")
    page = window.page
    page.focus(f"#deal-{deal.pk}")
    page.keyboard.press("l")
    page.wait_for_selector("#log[open] .log-form")
    page.keyboard.press("c")
    page.keyboard.press("1")
    page.wait_for_selector(".log-done")
    window.settle()
    assert Activity.objects.get().deal == deal
    assert "today" in (page.locator(f"#card-{deal.pk} .card-facts").text_content() or "")


def test_ten_more_cards_come_in_place(cast: Cast, visit: Open) -> None:
    for number in range(23):
        make.deal(owner=cast.ana, name=f"Deal {number:02}")
    window = visit(cast.ana).open("/deals/board/")
    page = window.page
    more = f".board-cards[data-stage='{cast.qualified.pk}'] .board-more a"
    assert page.inner_text(more).strip() == "13 more"
    page.click(more)
    page.wait_for_selector(".board-card >> nth=19")
    assert page.inner_text(more).strip() == "3 more"
    # One that was moved away leaves the rest in order, and none comes twice.
    page.focus("#board .board-card .card-link")
    page.keyboard.press("[")
    page.wait_for_selector(".toast-note:has-text('Moved')")
    window.settle()
    page.click("[data-toast-close]")
    page.click(more)
    page.wait_for_selector(more, state="detached")
    assert page.locator(".board-card").count() == 23
    assert window.barriers() == []


def test_typing_searches_and_cards_can_still_be_dragged(cast: Cast, deal: Deal, visit: Open) -> None:
    window = visit(cast.ana).open("/deals/board/?mine=1&q=zzz")
    page = window.page
    assert "No deal matches" in page.inner_text("#deals-board")
    page.fill("#q", "")
    page.locator("#q").press_sequentially("maw")
    page.wait_for_url("**q=maw**")
    window.settle()
    assert page.locator(".board-card").count() == 1
    assert "q=maw" in (page.get_attribute("#view-switch a", "href") or "")
    drag(page, f"#card-{deal.pk}", f".board-cards[data-stage='{cast.agreement.pk}']")
    page.wait_for_selector(".toast-note:has-text('Moved Mawar to Agreement')")


@pytest.mark.parametrize("width", [360, 768, 1200, 2560])
def test_only_the_board_scrolls_sideways(cast: Cast, deal: Deal, visit: Open, width: int) -> None:
    window: Any = visit(cast.manager, width=width, dark=True).open("/deals/board/")
    assert window.overflow() == []
    assert window.barriers() == []
    widths = window.page.evaluate("[...document.querySelectorAll('.board-column')].map(e => e.getBoundingClientRect().width)")
    assert min(widths) >= 220


def test_who_only_reads_has_no_handles(cast: Cast, deal: Deal, visit: Open) -> None:
    window = visit(cast.auditor).open("/deals/board/")
    page = window.page
    assert page.locator(".card-move").count() == 0
    page.focus(f"#deal-{deal.pk}")
    page.keyboard.press("]")
    assert column_of(page, deal) == "Qualified"
    assert window.barriers() == []
