"""The grid of quotas in a browser: a year for ten reps in three clicks, the clipboard, keys, undo, two people, a phone."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import Page

from lib import clock
from metrics.models import Quota
from reps.models import Rep
from tests import make
from tests.browser.conftest import PHONE, Visit
from tests.cast import Cast

Open = Callable[..., Visit]


@pytest.fixture
def ten(cast: Cast) -> list[Rep]:
    """Ten reps of North, by name."""
    made = [make.rep(name, team=cast.north) for name in ("Citra", "Dewi", "Eko", "Fajar", "Gita", "Hendra", "Intan", "Joko")]
    return [cast.ana.rep, cast.budi.rep, *made]


def block(rows: int = 10, **odd: str) -> str:
    """Rows × twelve months as an Indonesian spreadsheet copies them; `odd` puts other texts at places like r7c3."""
    return "\n".join("\t".join(odd.get(f"r{row}c{at}", f"{60 + row}.{at:02}0.000") for at in range(12)) for row in range(rows))


def paste(page: Page, text: str) -> None:
    """Through the clipboard of the system, with Ctrl+V."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate("text => navigator.clipboard.writeText(text)", text)
    page.keyboard.press("Control+v")
    page.wait_for_selector(".quota-bar")


def cell(page: Page, rep: Rep, month: int) -> Any:
    year = page.locator(".segmented [aria-current]").inner_text()
    return page.locator(f"input[name='r{rep.pk}-{year}-{month:02}']")


def state(page: Page, rep: Rep, month: int) -> str | None:
    return cell(page, rep, month).locator("xpath=..").get_attribute("data-state")


def shown(page: Page, rep: Rep, month: int) -> str:
    return cell(page, rep, month).locator("xpath=..").locator("span").inner_text()


def this_year(cast: Cast) -> int:
    return clock.today(cast.company.zone).year


def open_grid(visit: Open, cast: Cast, person: Any = None, **options: Any) -> Visit:
    return visit(person or cast.admin, **options).open(f"/quotas/?team={cast.north.pk}&year={this_year(cast)}")


def test_a_year_of_quotas_for_ten_reps_in_three_clicks(cast: Cast, ten: list[Rep], visit: Open) -> None:
    window = visit(cast.admin).open("/")
    page = window.page
    page.evaluate("sessionStorage.setItem('clicks', 0)")
    page.context.add_init_script(
        "addEventListener('pointerdown', () => sessionStorage.setItem('clicks', 1 + Number(sessionStorage.getItem('clicks'))), true)"
    )
    page.reload()
    page.click(".rail a:has-text('Quotas')")
    page.wait_for_selector("#quota-grid.is-live")
    paste(page, block())
    assert "120 cells pasted." in page.inner_text(".quota-bar")
    assert "All read cleanly." in page.inner_text(".quota-bar")
    assert not Quota.objects.exists()
    page.click("text=Save 120 quotas")
    page.wait_for_selector(".toast-note:has-text('120 quotas are saved.')")
    assert int(page.evaluate("sessionStorage.getItem('clicks')")) <= 3
    assert Quota.objects.current().count() == 120
    assert min(Quota.objects.values_list("amount", flat=True)) == Decimal(60_000_000)
    page.click(".toast-note form button")
    page.wait_for_selector(".toast-note:has-text('120 quotas are as before.')")
    assert not Quota.objects.current().exists()


def test_what_was_read_is_shown_before_it_is_saved(cast: Cast, ten: list[Rep], visit: Open) -> None:
    window = open_grid(visit, cast)
    page = window.page
    paste(page, block(r1c5="160.000.000", r7c3="6,30", r3c2="60"))
    assert "117 read cleanly, 3 need a look." in page.inner_text(".quota-bar")
    assert [state(page, ten[row], at) for row, at in ((0, 1), (1, 6), (7, 4), (3, 3))] == ["ok", "unusual", "unread", "unusual"]
    assert shown(page, ten[0], 1) == "60"
    assert "without 1 cell" in page.inner_text("#quota-sums")
    assert window.barriers() == []
    for rep, month in ((ten[1], 6), (ten[3], 3), (ten[7], 4), (ten[1], 6)):
        page.click("[data-next-look]")
        assert page.evaluate("document.activeElement.name") == cell(page, rep, month).get_attribute("name")
    page.click("text=Use 60,000,000")
    page.wait_for_selector("[data-quota-save]:has-text('Save 119 quotas')")
    page.click(f"[data-keep='{cell(page, ten[1], 6).get_attribute('name')}']")
    page.wait_for_selector(".quota-bar:has-text('119 read cleanly, 1 needs a look.')")
    page.click("[data-quota-save]")
    page.wait_for_selector(".toast-note:has-text('1 cell keeps its old value')")
    assert cell(page, ten[7], 4).input_value() == "6,30"
    assert Quota.objects.current().count() == 119


def test_undo_paste_puts_everything_back(cast: Cast, ten: list[Rep], visit: Open) -> None:
    make.quotas(ten[0], 50_000_000, first=clock.today(cast.company.zone).replace(month=1, day=1))
    page = open_grid(visit, cast).page
    paste(page, block(9))
    assert shown(page, ten[0], 1) == "60"
    cell(page, ten[9], 12).click()
    page.keyboard.type("99 jt")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-quota-save]:has-text('Save 109 quotas')")
    page.click("[data-undo-paste]")
    page.wait_for_selector("[data-quota-save]:has-text('Save 1 quota')")
    assert shown(page, ten[9], 12) == "99"
    cell(page, ten[9], 12).click()
    page.keyboard.press("Control+z")
    page.wait_for_selector("[data-quota-save]:text-is('Save')")
    assert page.locator(".quota-bar").count() == 0
    assert (shown(page, ten[0], 1), shown(page, ten[9], 12), state(page, ten[0], 1)) == ("50", "", None)
    assert page.inner_text("[data-quota-save]") == "Save"


def test_names_and_months_are_matched_wherever_one_pastes(cast: Cast, ten: list[Rep], visit: Open) -> None:
    page = open_grid(visit, cast).page
    cell(page, ten[5], 6).click()
    paste(page, "Nama\tMar\tJan\nJOKO\t63 jt\t61 jt\nZorro\t1\t2")
    assert (cell(page, ten[9], 3).input_value(), cell(page, ten[9], 1).input_value()) == ("63,000,000", "61,000,000")
    assert "No row here is called Zorro." in page.inner_text(".quota-bar")
    assert "2 cells pasted" in page.inner_text(".quota-bar")


def test_it_is_filled_by_keys_alone(cast: Cast, ten: list[Rep], visit: Open) -> None:
    page = open_grid(visit, cast).page
    name = "document.activeElement.name"
    start = page.evaluate(name)
    assert start == cell(page, ten[0], 1).get_attribute("name")
    page.keyboard.type("60 jt")
    page.keyboard.press("Enter")
    assert page.evaluate(name) == cell(page, ten[1], 1).get_attribute("name")
    page.keyboard.press("Control+d")
    page.wait_for_selector("[data-quota-save]:has-text('Save 2 quotas')")
    assert cell(page, ten[1], 1).input_value() == "60,000,000"
    page.keyboard.press("ArrowRight")
    page.keyboard.type("70 jt")
    page.keyboard.press("Tab")
    assert page.evaluate(name) == cell(page, ten[1], 3).get_attribute("name")
    page.keyboard.type("99")
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.value") == ""
    page.keyboard.press("Control+z")
    page.wait_for_selector("[data-quota-save]:has-text('Save 2 quotas')")
    assert cell(page, ten[1], 2).input_value() == ""
    page.keyboard.press("ArrowLeft")
    for _ in range(2):
        page.keyboard.press("Shift+ArrowDown")
    assert page.locator(".is-chosen").count() == 3
    page.keyboard.press("Escape")
    assert page.locator(".is-chosen").count() == 0
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".toast-note:has-text('2 quotas are saved.')")
    assert {*Quota.objects.values_list("amount", flat=True)} == {Decimal(60_000_000)}


def test_a_row_is_filled_from_its_menu(cast: Cast, ten: list[Rep], visit: Open) -> None:
    window = open_grid(visit, cast)
    page = window.page
    page.click(f"tr[data-row='r{ten[2].pk}'] .quota-menu")
    page.wait_for_selector("#panel[open] #fill-amount")
    assert window.barriers() == []
    page.fill("#fill-amount", "1,2 miliar")
    page.check("#how-equal")
    page.click("#panel button[type=submit]")
    page.wait_for_selector("[data-quota-save]:has-text('Save 12 quotas')")
    page.wait_for_selector("#panel[open]", state="detached")
    assert cell(page, ten[2], 12).input_value() == "100,000,000"


def test_a_second_person_sees_both_values_and_loses_nothing(cast: Cast, ten: list[Rep], visit: Open) -> None:
    window, other = open_grid(visit, cast), open_grid(visit, cast, cast.manager)
    for page, text in ((other.page, "55 jt"), (window.page, "60 jt")):
        cell(page, ten[0], 1).click()
        page.keyboard.type(text)
        page.keyboard.press("Enter")
        page.wait_for_selector("[data-quota-save]:has-text('Save 1 quota')")
    other.page.click("[data-quota-save]")
    other.page.wait_for_selector(".toast-note:has-text('1 quota is saved.')")
    window.expect("409")
    window.page.click("[data-quota-save]")
    window.page.wait_for_selector(".list-row:has-text('Maya set 55,000,000 meanwhile. You typed 60,000,000.')")
    assert window.barriers() == []
    assert cell(window.page, ten[0], 1).input_value() == "60,000,000"
    window.page.click("[data-quota-save]")
    window.page.wait_for_selector(".toast-note:has-text('1 quota is saved.')")
    cell(window.page, ten[0], 1).click()
    window.page.click("text=History of the cell")
    window.page.wait_for_selector("#panel[open] .timeline-item >> nth=1")
    assert window.page.inner_text("#panel-title").startswith("Ana, Jan")
    assert Quota.objects.current().get().amount == 60_000_000


def test_a_row_that_is_not_theirs_takes_nothing(cast: Cast, ten: list[Rep], visit: Open) -> None:
    page = open_grid(visit, cast, cast.manager).page
    assert page.locator(".quota-own td input").count() == 0
    paste(page, block(11))
    assert "1 row found no place below the last one" in page.inner_text(".quota-bar")
    assert "120 cells pasted" in page.inner_text(".quota-bar")


def test_on_a_phone_a_table_is_pasted_into_a_box(cast: Cast, ten: list[Rep], visit: Open) -> None:
    window = open_grid(visit, cast, width=PHONE)
    page = window.page
    assert window.overflow() == []
    page.tap("a:has-text('Paste a table')")
    page.wait_for_selector("#panel[open] #quota-table")
    page.fill("#quota-table", "Ana\t60.000.000\t6,30\nBudi\t61 jt\t62 jt")
    page.tap("#panel button[type=submit]")
    page.wait_for_selector("#panel[open]", state="detached")
    page.wait_for_selector(".quota-bar:has-text('4 cells pasted.')")
    assert window.barriers() == []
    short = page.evaluate(
        "[...document.querySelectorAll('main a, main button, main input:not([type=hidden])')]"
        ".filter(e => e.offsetParent && e.getBoundingClientRect().height < 24).map(e => e.outerHTML.slice(0, 80))"
    )
    assert short == []
    assert window.overflow() == []
    page.tap("[data-quota-save]")
    page.wait_for_selector(".toast-note:has-text('3 quotas are saved.')")


def test_without_script_a_table_is_read_and_saved(
    cast: Cast, ten: list[Rep], chromium: Any, live_server: Any, visit: Open
) -> None:
    window = visit(cast.admin)
    context = chromium.new_context(java_script_enabled=False, base_url=live_server.url, viewport={"width": PHONE, "height": 844})
    context.add_cookies(window.page.context.cookies())
    page = context.new_page()
    page.goto(f"/quotas/?team={cast.north.pk}&year={this_year(cast)}")
    page.click("a:has-text('Paste a table')")
    page.fill("#quota-table", "Ana\t60.000.000\t61jt")
    page.click("text=Read it")
    assert page.locator(f"input[name='r{ten[0].pk}-{this_year(cast)}-01']").input_value() == "60,000,000"
    page.click("[data-quota-save]")
    assert "2 quotas are saved." in page.inner_text("body")
    context.close()
    assert Quota.objects.current().count() == 2


def test_leave_is_added_on_the_rep_s_page_and_says_what_it_does(cast: Cast, visit: Open) -> None:
    first = clock.today(cast.company.zone).replace(month=1, day=1)
    make.quotas(cast.ana, 22_000_000, first=first, months=24)
    window = visit(cast.manager).open(f"/people/{cast.ana.rep.pk}/")
    page = window.page
    page.wait_for_selector("h2:has-text('Away')")
    page.wait_for_selector("h2:has-text('Target')")
    assert window.barriers() == []
    page.click("text=Add leave")
    page.wait_for_selector("#panel[open] #id_first_on")
    year = first.year + 1
    page.fill("#id_first_on", f"{year}-03-01")
    page.fill("#id_last_on", f"{year}-03-03")
    page.wait_for_selector(".away-effect:has-text('No relief')")
    page.fill("#id_last_on", f"{year}-03-31")
    page.wait_for_selector(".away-effect:has-text('March target: Rp\u00a022\u00a0m →')")
    assert window.barriers() == []
    page.click("#panel button[type=submit]")
    page.wait_for_selector(".toast-note:has-text('Ana is away')")
    page.wait_for_selector(".list-row:has-text('1 Mar')")
    page.click("text=Cancel the leave")
    page.wait_for_selector(".toast-note:has-text('is cancelled')")
    page.click(".toast-note form button")
    page.wait_for_selector(".toast-note:has-text('The leave is back.')")


def test_the_grid_is_the_same_in_the_dark(cast: Cast, ten: list[Rep], visit: Open) -> None:
    window = open_grid(visit, cast, dark=True)
    paste(window.page, block(r1c5="160.000.000", r7c3="6,30"))
    assert window.barriers() == []
