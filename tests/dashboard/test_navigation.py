"""The rail and the bar of a phone: every entry leads somewhere its person may go."""

import pytest
from django.urls import reverse

from dashboard import navigation
from dashboard.search import ACTIONS
from dashboard.views.tour import _ABOUT

EVERYONE = ("vp", "manager", "ana", "admin", "finance", "auditor")


@pytest.mark.parametrize("who", EVERYONE)
def test_every_entry_opens_for_its_person(cast, signed_in, who):
    person = getattr(cast, who)
    client = signed_in(person)
    entries = [*navigation.entries_for(person.viewer), *navigation.phone_entries_for(person.viewer)]
    answers = {entry.name: client.get(reverse(entry.name)).status_code for entry in entries}
    assert set(answers.values()) == {200}, answers


@pytest.mark.parametrize("who", EVERYONE)
def test_keys_are_unique_and_thumbs_at_most_five(cast, who):
    viewer = getattr(cast, who).viewer
    keys = [entry.key for entry in navigation.entries_for(viewer)]
    assert len(keys) == len(set(keys))
    assert len(navigation.phone_entries_for(viewer)) <= 5


def test_a_rep_logs_with_the_middle_thumb(cast):
    entries = navigation.phone_entries_for(cast.ana.viewer)
    assert [entry.name for entry in entries][2] == "deals:log"


def test_finance_sees_people_only(cast):
    assert [entry.name for entry in navigation.entries_for(cast.finance.viewer)] == ["dashboard:home", "reps:people"]


def test_the_longest_address_that_begins_the_path_is_the_active_one(cast):
    items = navigation.items(navigation.entries_for(cast.admin.viewer), "/settings/calendars/3/")
    assert [str(item.label) for item in items if item.active] == ["Calendars"]
    home = navigation.items(navigation.entries_for(cast.ana.viewer), "/mine/")
    assert [item for item in home if item.active] == []


def test_the_rail_shows_it_and_asks_nothing_more_of_the_database(cast, signed_in, django_assert_max_num_queries):
    client = signed_in(cast.ana)
    with django_assert_max_num_queries(4):
        response = client.get("/help/")
    assert response.context["me"].can_log
    assert b'data-go="d"' in response.content
    assert b'class="phone-item phone-log"' in response.content


def test_every_action_of_the_palette_leads_somewhere():
    assert all(reverse(action.name) for action in ACTIONS)


def test_the_tour_tells_of_every_page_of_every_rail(cast):
    named = {entry.name for who in EVERYONE for entry in navigation.entries_for(getattr(cast, who).viewer)}
    assert named - {"dashboard:home"} <= set(_ABOUT)
