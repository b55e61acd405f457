"""Working on deals in a browser: taps counted, two windows at once, the phone."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from deals.models import Activity, Deal
from lib import clock
from tests import make
from tests.browser.conftest import PHONE, Visit
from tests.cast import Cast

Open = Callable[..., Visit]


@pytest.fixture
def deal(cast: Cast) -> Deal:
    """Ana's open deal of today, with a contact who has WhatsApp."""
    account = make.account("PT Anggrek", owner=cast.ana)
    contact = make.contact("Ibu Citra", account=account, phone="+628123456789")
    today = clock.today(cast.company.zone)
    return make.deal(
        owner=cast.ana,
        name="Mawar",
        account=account,
        contact=contact,
        opened_on=today - timedelta(days=3),
        expected_close_on=today + timedelta(days=10),
    )


# ── Log ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_visit_is_logged_on_a_phone_in_two_taps_from_the_sheet(cast: Cast, deal: Deal, visit: Open) -> None:
    window = visit(cast.ana, width=PHONE).open(f"/deals/{deal.pk}/")
    page = window.page
    page.tap(".phone-log")
    page.wait_for_selector("#log[open] .log-form")
    assert window.barriers() == []
    assert window.overflow() == []
    page.tap(".log-tiles .choice:has([value=visit])")
    page.tap(".log-how-visit [value=held]")
    page.wait_for_selector(".log-done")
    activity = Activity.objects.get()
    assert (activity.channel, activity.outcome, activity.deal) == ("visit", "held", deal)
    assert window.barriers() == []
    page.fill("#log-next-text", "Send the draft")
    page.tap(".next-days .choice >> nth=1")
    page.tap("#log .form-actions .btn-primary")
    page.wait_for_selector("#log:not([open])", state="attached")
    window.settle()
    assert "Visit: Held" in page.inner_text("#timeline")
    assert "Send the draft" in page.inner_text("#cell-next")
    assert Deal.objects.get().next_action == "Send the draft"


def test_targets_on_the_sheet_are_wide_enough_for_a_thumb(cast: Cast, deal: Deal, visit: Open) -> None:
    page = visit(cast.ana, width=PHONE).open("/").page
    page.tap(".phone-log")
    page.wait_for_selector("#log[open] .log-form")
    boxes = page.evaluate(
        """() => [...document.querySelectorAll('#log .tile, #log .filter-chip, #log .btn, #log input[type=text], #log summary')]
          .filter((element) => element.offsetParent).map((element) => [element.innerText, element.getBoundingClientRect().height])"""
    )
    assert boxes
    assert [box for box in boxes if box[1] < 44] == []


def test_l_then_a_letter_then_a_number_logs_by_keyboard(cast: Cast, deal: Deal, visit: Open) -> None:
    window = visit(cast.ana).open(f"/deals/{deal.pk}/")
    page = window.page
    page.keyboard.press("l")
    page.wait_for_selector("#log[open] .log-form")
    page.keyboard.press("c")
    page.keyboard.press("2")
    page.wait_for_selector(".log-done")
    assert Activity.objects.get().outcome == "no_answer"
    page.click("text=Undo")
    page.wait_for_selector("#log:not([open])", state="attached")
    window.settle()
    assert Activity.objects.standing().count() == 0


def test_back_from_whatsapp_it_asks_whether_the_message_went_out(cast: Cast, deal: Deal, visit: Open) -> None:
    window = visit(cast.ana, width=PHONE)
    page = window.page
    page.context.route(re.compile("wa.me"), lambda route: route.fulfill(body="WhatsApp"))
    window.open(f"/deals/{deal.pk}/")
    with page.context.expect_page() as opened:
        page.tap(".contact-ways [data-wa]")
    assert opened.value.url.startswith("https://wa.me/628123456789?text=Hello")
    opened.value.close()
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    page.wait_for_selector("#log[open] [data-wa-ask]:not([hidden])")
    page.tap("[data-wa-ask] .btn-primary")
    page.wait_for_selector(".log-done")
    assert (Activity.objects.get().channel, Activity.objects.get().outcome) == ("whatsapp", "sent")


def test_a_lead_is_logged_from_anywhere(cast: Cast, visit: Open) -> None:
    page = visit(cast.ana).open("/").page
    page.keyboard.press("l")
    page.wait_for_selector("#log[open] .log-form")
    page.keyboard.press("d")
    page.fill("[name=lead-name]", "Pak Joko")
    page.click("text=Save lead")
    page.wait_for_selector("text=Saved as your lead")
    assert cast.ana.rep.leads_created.get().name == "Pak Joko"


# ── Deal ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_one_click_moves_a_stage_and_undo_moves_it_back(cast: Cast, deal: Deal, visit: Open) -> None:
    window = visit(cast.ana).open(f"/deals/{deal.pk}/")
    page = window.page
    page.click(".stepper-button:has-text('Agreement')")
    page.wait_for_selector(".is-now:has-text('Agreement')")
    assert Deal.objects.get().stage == cast.agreement
    page.click(".toast-note form button")
    page.wait_for_selector(".is-now:has-text('Qualified')")
    assert Deal.objects.get().stage == cast.qualified


def test_two_clicks_push_the_close_and_two_mark_it_lost(cast: Cast, deal: Deal, visit: Open) -> None:
    window, before = visit(cast.ana).open(f"/deals/{deal.pk}/"), deal.expected_close_on
    page = window.page
    page.click("#cell-close .figure-edit")
    page.click("#edit-close .filter-chip >> nth=0")
    page.wait_for_selector("text=1 push")
    assert Deal.objects.get().expected_close_on == before + timedelta(days=7)
    page.click(".page-end :text('Lost')")
    page.click("#deal-sheet .filter-chip:has-text('Price')")
    page.wait_for_selector(".page-title .chip-bad")
    assert (Deal.objects.get().outcome, Deal.objects.get().outcome_reason) == ("lost", "price")
    assert window.barriers() == []


def test_of_two_windows_the_second_sees_both_values_and_saves_its_own(cast: Cast, deal: Deal, visit: Open) -> None:
    first, second = visit(cast.ana).open(f"/deals/{deal.pk}/"), visit(cast.manager).open(f"/deals/{deal.pk}/")
    second.expect("409")
    for window, amount in ((first, "60 jt"), (second, "75 jt")):
        window.page.click("#cell-amount .figure-edit")
        window.page.fill("#id_amount", amount)
    first.page.click("#edit-amount .btn-primary")
    first.page.wait_for_selector(".toast-note")
    second.page.click("#edit-amount .btn-primary")
    second.page.wait_for_selector(".conflict")
    notice = second.page.inner_text(".conflict").replace("\xa0", " ")
    assert "Ana saved this deal" in notice
    assert "Rp 75,000,000" in notice
    assert "Rp 60,000,000" in notice
    assert second.barriers() == []
    second.page.click("text=Save mine")
    second.page.wait_for_selector(".toast-note")
    assert Deal.objects.get().amount == 75_000_000


def test_money_that_can_mean_two_things_is_settled_by_a_tap(cast: Cast, deal: Deal, visit: Open) -> None:
    window = visit(cast.ana)
    window.expect("422")
    page = window.open(f"/deals/{deal.pk}/").page
    page.click("#cell-amount .figure-edit")
    page.fill("#id_amount", "5 M")
    page.click("#edit-amount .btn-primary")
    page.click("#edit-amount .filter-chip >> nth=1")
    page.wait_for_selector(".toast-note")
    assert Deal.objects.get().amount == 5_000_000_000


def test_a_deal_is_opened_on_a_phone_with_a_new_customer(cast: Cast, visit: Open) -> None:
    window = visit(cast.ana, width=PHONE).open("/deals/new/")
    page = window.page
    page.locator("#new-customer").press_sequentially("PT Dahlia")
    page.tap(".picker-option:has-text('create this customer')")
    page.fill("#id_amount", "1.250.000.000")
    assert page.evaluate("(e => e.scrollWidth <= e.clientWidth)(document.querySelector('#id_amount'))")
    page.fill("#id_amount", "60 jt")
    page.tap(".day-line >> nth=0 >> .filter-chip >> nth=1")
    page.tap("text=Open the deal")
    page.wait_for_url(re.compile(r"/deals/\d+/"))
    made = Deal.objects.get()
    assert (made.account.name, made.amount, made.owner) == ("PT Dahlia", 60_000_000, cast.ana.rep)
    assert window.overflow() == []


def test_a_deal_is_given_to_somebody_found_by_typing_on(cast: Cast, deal: Deal, visit: Open) -> None:
    window = visit(cast.manager).open(f"/deals/{deal.pk}/")
    page = window.page
    page.click(".fact-edit:has-text('Give')")
    field, options = page.locator("#edit-owner-name"), page.locator("#edit-owner-name-list .picker-option")
    for typed, left in (("a", ["Ana"]), ("budi", ["Budi"])):
        field.fill("")
        field.press_sequentially(typed)
        page.wait_for_function(
            "names => JSON.stringify([...document.querySelectorAll('#edit-owner-name-list .picker-option')].map(e => e.innerText.trim()))"
            " === JSON.stringify(names)", arg=left,
        )  # fmt: skip
    options.first.click()
    page.fill("#edit-owner [name=why]", "On leave")
    page.click("#edit-owner .btn-primary")
    page.wait_for_selector(".toast-note")
    assert Deal.objects.get().owner == cast.budi.rep
    assert window.unexpected() == []


def test_ticked_deals_are_not_given_away_without_a_reason_and_stay_ticked(cast: Cast, deal: Deal, visit: Open) -> None:
    window = visit(cast.manager).open("/deals/")
    page = window.page
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.click("text=Give to…")
    page.locator("#bulk-owner").press_sequentially("budi")
    page.click("#bulk-owner-list .picker-option:has-text('Budi')")
    page.click("text=Give the ticked deals")
    assert page.evaluate("document.activeElement.id") == "bulk-why"
    assert page.locator("input[name=deal]:checked").count() == 1
    page.fill("#bulk-why", "On leave")
    page.click("text=Give the ticked deals")
    page.wait_for_selector(".toast-note:has-text('1 deal changed')")
    assert Deal.objects.get().owner == cast.budi.rep


def test_on_a_phone_one_toast_stands_at_a_time(cast: Cast, deal: Deal, visit: Open) -> None:
    page = visit(cast.ana, width=PHONE).open(f"/deals/{deal.pk}/").page
    for text in ("One", "Two", "Three"):
        page.evaluate("text => document.dispatchEvent(new CustomEvent('toast', {detail: {text, state: 'error'}}))", text)
    shown = page.locator(".toast-note:visible [data-toast-text]")
    assert shown.all_inner_texts() == ["Three"]
    page.tap(".toast-note:visible [data-toast-close]")
    assert shown.all_inner_texts() == ["Two"]


# ── List ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_rows_are_walked_ticked_and_changed_by_keyboard(cast: Cast, visit: Open) -> None:
    for name in ("Mawar", "Melati", "Tulip"):
        make.deal(owner=cast.ana, name=name)
    window = visit(cast.ana).open("/deals/")
    page = window.page
    for key in ("j", "x", "j", "x"):
        page.keyboard.press(key)
    assert window.barriers() == []
    page.fill("#bulk-next", "Call")
    page.click("text=Set next step")
    page.wait_for_selector(".toast-note:has-text('2 deals changed')")
    assert Deal.objects.filter(next_action="Call").count() == 2
    page.click(".toast-note form button")
    page.wait_for_selector(".toast-note:has-text('2 deals are as before')")
    assert Deal.objects.filter(next_action="Call").count() == 0


def test_typing_searches_without_leaving_the_field(cast: Cast, deal: Deal, visit: Open) -> None:
    make.deal(owner=cast.ana, name="Tulip")
    window = visit(cast.ana).open("/deals/")
    page = window.page
    page.locator("#q").press_sequentially("maw")
    page.wait_for_url(re.compile("q=maw"))
    window.settle()
    assert page.locator(".deal-rows tbody tr").count() == 1
    assert page.evaluate("document.activeElement.id") == "q"


def test_a_filter_of_the_panel_lands_in_the_address_alone(cast: Cast, deal: Deal, visit: Open) -> None:
    window = visit(cast.ana).open("/deals/")
    page = window.page
    page.click(".filter-chip.is-add")
    page.click(f"#panel .choice:has([name=stage][value='{cast.qualified.pk}'])")
    page.click("text=Show deals")
    page.wait_for_url(re.compile("stage="))
    assert set(re.findall(r"[?&](\w+)=", page.url)) == {"state", "stage"}
    assert page.locator(".deal-rows tbody tr").count() == 1


def test_the_day_picked_narrows_the_activities(cast: Cast, deal: Deal, visit: Open) -> None:
    make.activity(rep=cast.ana, deal=deal)
    window: Any = visit(cast.ana).open("/activities/")
    window.page.fill("#pick-on", "2020-01-01")
    window.page.dispatch_event("#pick-on", "change")
    window.page.wait_for_url(re.compile("on=2020-01-01"))
    assert "Nothing matches these filters" in window.page.inner_text("#activities-list")
