"""The team pages."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.urls import reverse

from reps import org
from reps.models import HolidayCalendar, Team, TeamLead, TeamMembership
from tests import make
from tests.cast import Cast

TODAY = date(2026, 9, 16)


def test_the_tree_counts_people_with_all_below(cast: Cast, signed_in: Any) -> None:
    roots = signed_in(cast.ana).get("/teams/").context["roots"]
    assert [(root.team.name, root.lead, root.total) for root in roots] == [("Company", "Vera", 3)]
    assert [(node.team.name, node.lead, node.total) for node in roots[0].children] == [
        ("North", "Maya", 2),
        ("South", "Surya", 1),
    ]


def test_who_has_left_is_not_counted(cast: Cast, signed_in: Any) -> None:
    org.leave(rep=cast.ana.rep, last_on=date(2026, 9, 15), by=cast.admin)
    assert signed_in(cast.admin).get("/teams/").context["roots"][0].total == 2


def test_a_closed_team_is_shown_when_asked_for(cast: Cast, signed_in: Any) -> None:
    make.team("Gone", closed_on=date(2026, 1, 1))
    client = signed_in(cast.admin)
    assert "Gone" not in client.get("/teams/").content.decode()
    assert "Gone" in client.get("/teams/?closed").content.decode()


def test_a_new_team_comes_with_lead_and_members_in_one_form(cast: Cast, signed_in: Any) -> None:
    data = {"name": "West", "parent": cast.whole.pk, "lead": cast.budi.rep.pk, "members": [cast.ana.rep.pk, cast.outsider.rep.pk], "start": "2026-09-16"}  # fmt: skip
    answer = signed_in(cast.admin).post("/teams/new/", data)
    west = Team.objects.get(name="West")
    assert answer["Location"] == reverse("reps:team", args=[west.pk])
    assert TeamLead.objects.on(TODAY).get(team=west).rep == cast.budi.rep
    assert sorted(TeamMembership.objects.on(TODAY).filter(team=west).values_list("rep__name", flat=True)) == ["Ana", "Oki"]


def test_a_team_that_cannot_be_made_whole_is_not_made(cast: Cast, signed_in: Any) -> None:
    org.leave(rep=cast.ana.rep, last_on=date(2026, 9, 20), by=cast.admin)
    answer = signed_in(cast.admin).post("/teams/new/", {"name": "West", "members": [cast.ana.rep.pk], "start": "2026-10-01"})
    assert answer.status_code == 422
    assert not Team.objects.filter(name="West").exists()


def test_a_name_in_use_is_said_at_its_field_and_the_rest_is_kept(cast: Cast, signed_in: Any) -> None:
    answer = signed_in(cast.admin).post("/teams/new/", {"name": "north", "start": "2026-09-01"})
    assert answer.status_code == 422
    assert "There is a team of this name already." in answer.content.decode()
    assert 'value="2026-09-01"' in answer.content.decode()


def test_a_circle_is_a_400_in_clear_words(cast: Cast, signed_in: Any) -> None:
    answer = signed_in(cast.admin).post(reverse("reps:team_move", args=[cast.whole.pk]), {"under": cast.north.pk})
    assert answer.status_code == 400
    assert "North is below Company. Move North out first, or choose another team." in answer.content.decode()
    assert Team.objects.get(pk=cast.whole.pk).parent is None


def test_a_team_gets_holidays_and_a_zone_of_its_own(cast: Cast, signed_in: Any) -> None:
    bali = HolidayCalendar.objects.create(name="Bali")
    signed_in(cast.admin).post(
        reverse("reps:team_edit", args=[cast.north.pk]), {"name": "North", "calendar": bali.pk, "time_zone": "Asia/Makassar"}
    )
    team = Team.objects.get(pk=cast.north.pk)
    assert (team.calendar, team.time_zone) == (bali, "Asia/Makassar")


@pytest.mark.parametrize("zone", ["Mars/Olympus", "asia/jakarta; drop", "UTC+7"])
def test_a_zone_that_is_none_is_refused(cast: Cast, signed_in: Any, zone: str) -> None:
    answer = signed_in(cast.admin).post(reverse("reps:team_edit", args=[cast.north.pk]), {"name": "North", "time_zone": zone})
    assert answer.status_code == 422
    assert Team.objects.get(pk=cast.north.pk).time_zone == ""


def test_a_team_with_people_cannot_be_closed_on_its_page(cast: Cast, signed_in: Any) -> None:
    answer = signed_in(cast.admin).post(
        reverse("reps:team_edit", args=[cast.north.pk]), {"name": "North", "closed_on": "2026-09-16"}
    )
    assert answer.status_code == 422
    assert "still belong to this team on that day" in answer.content.decode()


def test_a_lead_is_set_from_a_day_on_and_nobody_is_an_answer_too(cast: Cast, signed_in: Any) -> None:
    client, url = signed_in(cast.admin), reverse("reps:team_lead", args=[cast.north.pk])
    client.post(url, {"rep": cast.budi.rep.pk, "start": "2026-09-16"})
    assert TeamLead.objects.on(TODAY).get(team=cast.north).rep == cast.budi.rep
    client.post(url, {"rep": "", "start": "2026-10-01"})
    assert not TeamLead.objects.on(date(2026, 10, 1)).filter(team=cast.north).exists()


def test_a_new_lead_sees_the_team_on_the_next_request(cast: Cast, signed_in: Any) -> None:
    client = signed_in(cast.outsider)
    url = reverse("reps:place", args=[cast.ana.rep.pk])
    assert client.get(url).status_code == 403
    org.set_lead(team=cast.north, rep=cast.outsider.rep, start=TODAY, by=cast.admin)
    assert client.get(url).status_code == 200


def test_a_manager_adds_only_people_of_their_own_teams(cast: Cast, signed_in: Any) -> None:
    jakarta = make.team("Jakarta", parent=cast.north)
    client, url = signed_in(cast.manager), reverse("reps:team_members", args=[jakarta.pk])
    assert client.post(url, {"reps": [cast.outsider.rep.pk], "start": "2026-09-16"}).status_code == 422
    assert client.post(url, {"reps": [cast.ana.rep.pk], "start": "2026-09-16"}).status_code == 302
    assert list(TeamMembership.objects.on(TODAY).filter(team=jakarta).values_list("rep__name", flat=True)) == ["Ana"]


def test_a_team_page_shows_who_led_and_who_left(cast: Cast, signed_in: Any) -> None:
    org.place(rep=cast.ana.rep, team=cast.south, start=TODAY, by=cast.admin)
    page = signed_in(cast.budi).get(reverse("reps:team", args=[cast.north.pk]))
    assert [(span.kind, span.words) for span in page.context["history"]] == [("lead", "Maya"), ("team", "Ana")]
    assert [rep.name for rep in page.context["members"]] == ["Budi"]


def test_a_form_in_the_side_panel_is_a_piece_and_by_itself_a_page(cast: Cast, signed_in: Any) -> None:
    url = reverse("reps:team_lead", args=[cast.north.pk])
    assert "<html" not in signed_in(cast.admin, htmx=True).get(url).content.decode()
    assert "<html" in signed_in(cast.admin).get(url).content.decode()
