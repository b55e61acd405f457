"""The admin's clicks, counted from the signed-in home; typing and ticking names is free. And coming in by an invitation."""

from dataclasses import dataclass

import pytest
from playwright.sync_api import Locator

from reps import invitations, mail
from reps.models import Role, Team, TeamMembership, User


@dataclass
class Clicks:
    """Presses things and counts them."""

    count: int = 0

    def __call__(self, what: Locator) -> None:
        what.click()
        self.count += 1


@pytest.fixture
def click():
    return Clicks()


def test_a_role_from_a_preset_takes_at_most_three_clicks(cast, visit, click):
    page = visit(cast.admin).open("/").page
    click(page.get_by_role("navigation").first.get_by_role("link", name="Roles"))
    click(page.get_by_role("button", name="Make it Account executive"))
    page.get_by_role("heading", name="Account executive", level=1).wait_for()
    assert Role.objects.get().name == "Account executive"
    assert click.count <= 3


def test_what_a_person_can_see_takes_at_most_two_clicks(cast, visit, click):
    page = visit(cast.admin).open("/").page
    click(page.get_by_role("navigation").first.get_by_role("link", name="People"))
    click(page.get_by_role("link", name="What can Ana see?"))
    page.get_by_role("heading", name="What Ana can see and do").wait_for()
    assert page.get_by_text("Reads North, 1 rep, without notes and messages").is_visible()
    assert click.count <= 2


def test_a_team_with_members_takes_at_most_four_clicks(cast, visit, click):
    page = visit(cast.admin).open("/").page
    click(page.get_by_role("navigation").first.get_by_role("link", name="Teams"))
    click(page.get_by_role("main").get_by_role("link", name="Team", exact=True))
    page.get_by_label("Name").fill("West")
    page.get_by_label("Ana").check()
    page.get_by_label("Oki").check()
    click(page.get_by_role("button", name="Make the team"))
    page.get_by_role("heading", name="West", level=1).wait_for()
    assert TeamMembership.objects.current().filter(team__name="West").count() == 2
    assert click.count <= 4


def test_somebody_leaves_in_at_most_four_clicks(cast, visit, click):
    page = visit(cast.admin).open("/").page
    click(page.get_by_role("navigation").first.get_by_role("link", name="People"))
    click(page.get_by_role("link", name="Ana", exact=True))
    click(page.get_by_role("link", name="Leaves the company"))
    click(page.locator("#panel").get_by_role("button", name="Save"))
    page.get_by_text("Open deals stay with Ana until you give them to somebody.").first.wait_for()
    assert User.objects.get(pk=cast.ana.pk).is_active is False
    assert click.count <= 4


def test_a_team_is_moved_from_the_side_panel_and_a_circle_is_told(cast, visit):
    window = visit(cast.admin).open(f"/teams/{cast.whole.pk}/")
    window.expect("400")
    page = window.page
    page.get_by_text("Change", exact=True).click()
    page.get_by_role("link", name="Move under another team").click()
    page.locator("#panel").get_by_label("Part of").select_option(label="North")
    page.locator("#panel").get_by_role("button", name="Move").click()
    page.get_by_text("North is below Company. Move North out first, or choose another team.").wait_for()
    assert Team.objects.get(pk=cast.whole.pk).parent is None


def test_a_removed_holiday_comes_back_by_undo(cast, visit):
    window = visit(cast.admin).open("/settings/calendars/")
    page = window.page
    page.get_by_label("Name").fill("Indonesia")
    page.get_by_role("button", name="Make it").click()
    year = page.locator("[aria-current=true]").first.inner_text()
    page.get_by_role("button", name=f"Load Indonesia {year}").click()
    page.get_by_role("button", name="Remove New Year's Day").click()
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("button", name="Remove New Year's Day").wait_for()


@pytest.mark.parametrize("width", [390, 1440])
def test_an_invited_person_comes_in_by_their_link(cast, visit, width):
    user = invitations.invite(address="nina@example.com", team=cast.north, by=cast.admin)
    path = f"/welcome/{mail.new_invitation(user, by=cast.admin)}/"
    window = visit(width=width).open(path)
    page = window.page
    assert window.barriers() == []
    assert window.overflow() == []
    page.get_by_label("Your name").fill("Nina Sari")
    page.get_by_label("Choose a password").fill("three quiet wooden boats")
    page.get_by_role("button", name="Start").click()
    page.wait_for_url(window.base + "/")
    assert page.get_by_text("Welcome, Nina Sari.").first.is_visible()


def test_a_time_zone_is_picked_by_typing_a_city(cast, visit):
    page = visit(cast.admin).open("/settings/company/").page
    page.get_by_role("combobox", name="Time zone").fill("denpasar")
    page.get_by_role("option", name="Asia/Makassar").click()
    page.get_by_role("button", name="Save").click()
    page.get_by_text("The company settings are saved.").first.wait_for()
    assert page.get_by_role("combobox", name="Time zone").input_value() == "Asia/Makassar"
