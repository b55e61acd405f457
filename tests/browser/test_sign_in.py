"""Signing in: right, wrong, throttled, out again."""

import pytest

from tests.cast import PASSWORD


def fill(window, email, password):
    page = window.page
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in").click()


def test_the_right_password_leads_home(cast, visit):
    window = visit().open("/account/login/")
    fill(window, "ana@example.com", PASSWORD)
    window.page.wait_for_url(window.base + "/")
    assert window.page.get_by_role("heading", level=1).is_visible()


def test_a_wrong_password_is_told_and_the_address_stays(cast, visit):
    window = visit().open("/account/login/")
    fill(window, "ana@example.com", "wrong password")
    assert window.page.get_by_role("alert").is_visible()
    assert window.page.get_by_label("E-mail").input_value() == "ana@example.com"


def test_too_many_wrong_passwords_are_slowed_down_with_words(cast, visit):
    window = visit().open("/account/login/")
    window.expect("429")
    for _ in range(6):
        fill(window, "ana@example.com", "wrong password")
    assert "minutes" in window.page.get_by_role("alert").inner_text()


def test_signing_in_leads_back_to_the_page_that_was_asked_for(cast, visit):
    window = visit().open("/leads/")
    fill(window, "ana@example.com", PASSWORD)
    window.page.wait_for_url(window.base + "/leads/")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [360, 1440])
def test_the_sign_in_page_has_no_barrier_and_fits(cast, visit, width, dark):
    window = visit(width=width, dark=dark).open("/account/login/")
    assert window.barriers() == []
    assert window.overflow() == []


def test_the_sign_in_page_speaks_indonesian(cast, visit):
    window = visit(language="id").open("/account/login/")
    assert window.page.locator("html").get_attribute("lang") == "id"
