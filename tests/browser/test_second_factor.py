"""The second factor in a real browser: set up, signed in with, and without the phone; the password asked for again."""

from __future__ import annotations

import re

import pytest

from reps.models import Role, Session
from reps.sessions import PROVEN, SessionStore
from tests import make
from tests.cast import PASSWORD
from tests.codes import code_of


def sign_in(window, email):
    page = window.open("/account/login/").page
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def let_pass_ten_minutes(person):
    """The password was given long ago, in every session of theirs."""
    for row in Session.objects.of(person):
        store = SessionStore(row.session_key)
        store[PROVEN] = 1
        store.save()


def test_from_switching_it_on_to_the_last_resort(cast, visit):
    window = visit()
    sign_in(window, "ana@example.com")
    page = window.open("/me/").page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("link", name="Ask for a code from my phone too").click()
    page.get_by_role("button", name="Copy the key").click()
    page.get_by_text("Copied").wait_for()
    seed = page.evaluate("navigator.clipboard.readText()").replace(" ", "")
    page.get_by_label("Type the six digits").fill(re.sub(r"(...)(...)", r"\1 \2", code_of(seed)))
    page.keyboard.press("Enter")

    # Shown once: copied, saved as a file, printed.
    page.wait_for_selector("#recovery-codes")
    codes = page.locator("#recovery-codes li").all_inner_texts()
    assert len(codes) == 10
    page.get_by_role("button", name="Copy").click()
    page.get_by_text("Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()").split() == codes
    with page.expect_download() as download:
        page.get_by_role("link", name="Save as a file").click()
    saved = download.value.path().read_text()
    assert download.value.suggested_filename == "salesteam-recovery-codes.txt"
    assert saved.split("\n")[0] == "Recovery codes of ana@example.com for PT Contoh. Each works once."
    assert all(code in saved for code in codes)
    page.evaluate("window.print = () => { document.title = 'printed' }")
    page.get_by_role("button", name="Print").click()
    assert page.title() == "printed"
    page.get_by_role("link", name="I have kept them").click()
    page.get_by_text("10 are left").wait_for()

    # Out, and in again with the code; the field has the focus.
    window.open("/account/logout/").page.get_by_role("button", name="Sign out").click()
    sign_in(window, "ana@example.com")
    page.get_by_role("heading", name="Enter the code").wait_for()
    page.keyboard.type("000000")
    page.keyboard.press("Enter")
    page.get_by_role("alert").get_by_text("This is not the code.").wait_for()
    page.keyboard.type(code_of(seed, later=1))
    page.keyboard.press("Enter")
    page.wait_for_url(window.base + "/")

    # Out, and in again without the phone.
    window.open("/account/logout/").page.get_by_role("button", name="Sign out").click()
    sign_in(window, "ana@example.com")
    page.get_by_role("link", name="No phone at hand? Use a recovery code").click()
    page.get_by_role("heading", name="Enter a recovery code").wait_for()
    page.keyboard.type(codes[0])
    page.keyboard.press("Enter")
    page.wait_for_url(window.base + "/")


def test_who_must_have_one_sets_it_up_before_anything_else(cast, visit, settings):
    settings.SECOND_FACTOR = "required"
    window = visit(width=390)
    sign_in(window, "fitri@example.com")
    page = window.page
    page.get_by_role("heading", name="Set up your second factor").wait_for()
    assert window.open("/people/").page.url.startswith(window.base + "/me/second-factor/")
    seed = page.locator("#second-factor-key").inner_text().replace(" ", "")
    page.get_by_label("Type the six digits").fill(code_of(seed))
    page.get_by_role("button", name="Switch it on").click()
    page.get_by_role("link", name="I have kept them").click()
    page.wait_for_url(window.base + "/people/")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [360, 1440])
def test_every_state_fits_and_has_no_barrier(cast, visit, settings, width, dark):
    def holds(window):
        window.settle()
        assert (window.barriers(), window.overflow()) == ([], [])

    make.second_factor(cast.budi)
    window = visit(width=width, dark=dark)
    window.expect("422")
    sign_in(window, "budi@example.com")
    window.page.get_by_role("heading", name="Enter the code").wait_for()
    holds(window)
    window.page.keyboard.type("1")
    window.page.keyboard.press("Enter")
    window.page.get_by_role("alert").wait_for()
    holds(window)
    holds(window.open("/account/code/?recovery=1"))

    window = visit(cast.ana, width=width, dark=dark)
    seed = window.open("/me/second-factor/").page.locator("#second-factor-key").inner_text().replace(" ", "")
    window.page.get_by_label("Type the six digits").fill(code_of(seed))
    window.page.get_by_role("button", name="Switch it on").click()
    window.page.wait_for_selector("#recovery-codes")
    holds(window)
    window.page.get_by_role("link", name="I have kept them").click()
    window.page.get_by_text("10 are left").wait_for()
    holds(window)
    settings.SECOND_FACTOR = "required"
    holds(visit(cast.finance, width=width, dark=dark).open("/people/"))


def test_a_form_sent_late_asks_for_the_password_and_loses_nothing(cast, visit):
    window = visit(cast.admin)
    window.expect("422")
    page = window.open("/roles/new/").page
    page.get_by_label("Name").first.fill("Hunter & “Closer”")
    page.get_by_label("Export deals").check()
    let_pass_ten_minutes(cast.admin)
    page.get_by_role("button", name="Save").click()
    page.get_by_role("heading", name="Confirm that it is you").wait_for()
    page.keyboard.type("wrong password here")
    page.keyboard.press("Enter")
    page.get_by_role("alert").get_by_text("This is not your password.").wait_for()
    assert not Role.objects.exists()
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Hunter & “Closer”").wait_for()
    assert Role.objects.get().capabilities == ["deal.export"]


def test_the_panel_asks_and_then_shows_the_form(cast, visit):
    role = make.role("Hunter")
    window = visit(cast.admin)
    page = window.open(f"/people/{cast.ana.rep.pk}/").page
    let_pass_ten_minutes(cast.admin)
    page.get_by_role("link", name="Change the role").click()
    page.locator("#panel").get_by_role("heading", name="Confirm that it is you").wait_for()
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.locator("#panel").get_by_label("Role").select_option(label="Hunter")
    page.locator("#panel").get_by_role("button", name="Save").click()
    page.get_by_text("The role of Ana is set.").wait_for()
    assert role.assignments.filter(rep=cast.ana.rep).exists()


def test_a_file_asks_and_then_comes(cast, visit):
    window = visit(cast.ana)
    page = window.open("/leads/").page
    let_pass_ten_minutes(cast.ana)
    page.get_by_role("link", name="CSV").first.click()
    page.get_by_role("heading", name="Confirm that it is you").wait_for()
    page.keyboard.type(PASSWORD)
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    assert download.value.suggested_filename.startswith("leads")
    page.get_by_role("link", name="Back to the page").click()
    page.wait_for_url(window.base + "/leads/")
    with page.expect_download():
        page.get_by_role("link", name="CSV").first.click()
