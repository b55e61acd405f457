"""Habits of every page: keys, closing, double clicks, signing out, and text that would like to be code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from deals.models import Account, Lead
from tests import make
from tests.browser.conftest import PHONE, Visit
from tests.cast import Cast

Open = Callable[..., Visit]
# Each would call pwned() if a page let it.
PAYLOADS = (
    "<script>pwned()</script>",
    "<img src=x onerror=pwned()>",
    '"><svg onload=pwned()>',
    "' onmouseover='pwned()' autofocus onfocus='pwned()",
    '<a href="javascript:pwned()">go</a>',
    "{{ constructor.constructor('pwned()')() }}",
    '<iframe srcdoc="<script>parent.pwned()</script>">',
    "<b hx-get=/ hx-trigger=load hx-on::load=pwned()>x</b>",
    "</textarea><script>pwned()</script>",
    "</title><script>pwned()</script>",
    "&lt;script&gt;pwned()&lt;/script&gt;",
    "\\u003cscript\\u003epwned()\\u003c/script\\u003e",
)


def test_ctrl_k_opens_the_palette_and_escape_gives_the_focus_back(cast: Cast, visit: Open) -> None:
    page = visit(cast.ana).open("/leads/").page
    field = page.locator("main input[type=search], main input[name=q]").first
    field.focus()
    page.keyboard.press("Control+k")
    assert page.locator("dialog[open]").count() == 1
    page.keyboard.press("Escape")
    assert page.locator("dialog[open]").count() == 0
    assert field.evaluate("(element) => element === document.activeElement")


def test_l_opens_the_log_sheet_and_escape_closes_it(cast: Cast, visit: Open) -> None:
    make.deal(owner=cast.ana)
    page = visit(cast.ana).open("/").page
    page.locator("body").press("l")
    page.wait_for_selector("dialog[open] form")
    page.keyboard.press("Escape")
    assert page.locator("dialog[open]").count() == 0


def test_keys_typed_into_a_field_stay_text(cast: Cast, visit: Open) -> None:
    page = visit(cast.ana).open("/leads/new/").page
    name = page.locator("main input[type=text]").first
    name.press_sequentially("l ? g k")
    assert name.input_value() == "l ? g k"
    assert page.locator("dialog[open]").count() == 0


@pytest.mark.parametrize("width", [PHONE, 1440])
def test_a_double_click_writes_one_row(cast: Cast, visit: Open, width: int) -> None:
    window = visit(cast.ana, width=width).open("/leads/new/")
    window.page.locator("[name=name]").fill("Ibu Melati")
    window.page.locator("main form button[type=submit]").last.dblclick()
    window.page.wait_for_url(lambda url: not url.endswith("/new/"))
    assert Lead.objects.count() == 1


def test_a_second_click_while_the_first_is_under_way_writes_one_row(cast: Cast, visit: Open) -> None:
    """Even where the browser sends the form twice, the key in it makes it one."""
    window = visit(cast.ana).open("/accounts/new/")
    window.page.locator("[name=name]").fill("PT Melati")
    twice = """async () => {
      const form = document.querySelector("main form[method=post]");
      const send = () => fetch(form.action || location.href, {method: "POST", body: new FormData(form), redirect: "manual"});
      return Promise.all([send(), send(), send()]).then((answers) => answers.map((answer) => answer.type));
    }"""
    assert window.page.evaluate(twice) == ["opaqueredirect"] * 3
    assert Account.objects.count() == 1


@pytest.fixture
def hostile(cast: Cast) -> list[str]:
    """Everything that people type, made of payloads; the addresses that show it."""
    pages = ["/", "/deals/", "/leads/", "/accounts/", "/contacts/", "/activities/", "/people/", "/teams/", "/numbers/"]
    for at, payload in enumerate(PAYLOADS):
        account = make.account(f"{at} {payload}", owner=cast.ana, sector=payload[:80], city=payload[:80], website=payload)
        contact = make.contact(f"{at} {payload}", account=account, title=payload[:80])
        lead = make.lead(f"{at} {payload}", owner=cast.ana, company_name=payload)
        deal = make.deal(
            owner=cast.ana,
            account=account,
            contact=contact,
            name=f"{at} {payload}",
            next_action=payload,
            next_action_on=make.today(),
        )
        make.activity(rep=cast.ana, deal=deal, note=payload)
        make.rep(f"{at} {payload}", team=make.team(f"{at} {payload}", parent=cast.north))
        pages += [f"/deals/{deal.pk}/", f"/accounts/{account.pk}/", f"/leads/{lead.pk}/", f"/contacts/{contact.pk}/edit/"]
    return pages


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_typed_text_never_runs(cast: Cast, hostile: list[str], visit: Open) -> None:
    window = visit(cast.manager)
    window.page.add_init_script("window.ran = []; window.pwned = () => window.ran.push(location.pathname)")
    window.page.on("dialog", lambda dialog: dialog.dismiss())
    for path in hostile:
        window.open(path)
        for element in window.page.locator("main a:visible").all()[:5]:
            element.hover(force=True)
        assert window.page.evaluate("window.ran") == [], path
        assert window.page.locator("main script:not([src]), main iframe, main [onerror], main [onload]").count() == 0, path


def test_code_that_runs_would_be_noticed(cast: Cast, visit: Open) -> None:
    """The control: the policy refuses what a page lets through, and says so."""
    window = visit(cast.ana).open("/help/")
    window.expect("POLICY script-src", "Refused|violates|Content Security Policy")
    window.page.evaluate("document.querySelector('main').innerHTML = '<img src=x onerror=pwned()>'")
    window.page.wait_for_timeout(300)
    assert any("POLICY script-src" in said for said in window.complaints)
    window.expect("404")


def test_nothing_of_a_person_is_left_after_signing_out(cast: Cast, visit: Open) -> None:
    make.account("PT Rahasia Sekali", owner=cast.ana)
    window = visit(cast.ana).open("/accounts/").open("/accounts/new/")
    window.page.locator("[name=name]").fill("PT Setengah Jadi")
    window.open("/account/logout/")
    window.page.locator("main form button[type=submit]").click()
    window.page.wait_for_url("**/account/login/**")
    stored: Any = window.page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert "PT " not in stored
    window.page.go_back()
    window.page.go_back()
    assert window.page.get_by_text("Rahasia").count() == 0
