"""An empty installation in a browser: from nobody to a company with people and stages."""

import re

from reps.models import Company, User


def test_from_nobody_to_the_set_up_health(transactional_db, visit):
    window = visit().open("/")
    page = window.page
    assert page.url == window.base + "/welcome/"
    assert window.barriers() == []
    page.get_by_label("Your name").fill("Sinta Dewi")
    page.get_by_label("E-mail").fill("sinta@example.com")
    page.get_by_label("Choose a password").fill("four plain words here")
    page.get_by_role("button", name="Start").click()
    page.get_by_role("heading", name="Four steps to your first week").wait_for()
    assert window.barriers() == []

    page.get_by_label("Company name").fill("PT Baru")
    page.get_by_label("Time zone").select_option("Asia/Makassar")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("1 of 4 done").wait_for()
    assert Company.load().time_zone == "Asia/Makassar"

    page.get_by_label("E-mail addresses").fill("ana@example.com, budi@example.com")
    page.get_by_role("button", name="Invite people").click()
    page.get_by_text("2 people besides you.").wait_for()
    assert User.objects.count() == 3

    page.get_by_role("button", name="Field sales").click()
    page.get_by_text("3 of 4 done").wait_for()
    page.get_by_role("link", name=re.compile("The rest can wait")).click()
    page.get_by_role("heading", name="Set-up health").wait_for()
    assert window.barriers() == []
    assert window.unexpected() == []


def test_typed_text_stays_when_something_is_wrong(transactional_db, visit):
    window = visit(width=390).open("/welcome/")
    window.expect("422")
    page = window.page
    page.get_by_label("Your name").fill("Sinta Dewi")
    page.get_by_label("E-mail").fill("sinta@example.com")
    page.get_by_label("Choose a password").fill("short")
    page.get_by_role("button", name="Start").click()
    assert page.get_by_label("Your name").input_value() == "Sinta Dewi"
    assert page.get_by_text("12 characters").first.is_visible()
    assert window.overflow() == []
