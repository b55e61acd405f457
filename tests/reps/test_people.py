"""The list of people, the card of one, and the small acts on it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.urls import reverse

from reps import invitations, org, people
from reps.models import AuditEntry, Rep, TeamLead, TeamMembership, User
from reps.tasks import tidy
from tests import make
from tests.cast import Cast

TODAY = date(2026, 9, 16)
URL = "/people/"


def names(response: Any) -> list[str]:
    """Whom the list shows, in order."""
    return [rep.name for rep in response.context["page"]]


def team_on(rep: Rep, day: date) -> str | None:
    row = TeamMembership.objects.on(day).filter(rep=rep).select_related("team").first()
    return row.team.name if row else None


# The list.


def test_the_list_is_in_the_order_of_names_whatever_their_case(cast: Cast, signed_in: Any) -> None:
    make.rep("anton")
    assert names(signed_in(cast.ana).get(URL)) == ["Ana", "anton", "Budi", "Maya", "Oki", "Surya", "Vera"]


def test_each_row_says_team_role_and_what_they_lead(cast: Cast, signed_in: Any) -> None:
    org.assign_role(rep=cast.ana.rep, role=make.role("Closer"), start=None, by=None)
    page = signed_in(cast.budi).get(URL).content.decode()
    assert "Closer" in page
    assert "leads North" in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=bud", ["Budi"]),
        ("q=ana+example", ["Ana"]),
        ("q=%25", []),
        ("q=no+such+person", []),
        ("state=left", ["Gone"]),
        ("state=nonsense", ["Ana", "Budi", "Maya", "Oki", "Surya", "Vera"]),
        ("team=999999999", ["Ana", "Budi", "Maya", "Oki", "Surya", "Vera"]),
        ("q=%00&team=x&role=-1&after=!!!", ["Ana", "Budi", "Maya", "Oki", "Surya", "Vera"]),
    ],
)
def test_filters(cast: Cast, signed_in: Any, query: str, found: list[str]) -> None:
    Rep.objects.filter(pk=cast.ana.rep.pk).update(work_email="ana@example.com")
    make.rep("Gone", left_on=date(2026, 9, 15))
    assert names(signed_in(cast.ana).get(f"{URL}?{query}")) == found


def test_a_team_filter_takes_the_teams_below_too(cast: Cast, signed_in: Any) -> None:
    below = make.team("Jakarta", parent=cast.north)
    make.rep("Jaka", team=below)
    assert names(signed_in(cast.ana).get(f"{URL}?team={cast.north.pk}")) == ["Ana", "Budi", "Jaka"]


def test_only_admins_and_auditors_filter_by_sign_in(cast: Cast, signed_in: Any) -> None:
    make.rep("Silent")
    invitations.invite(address="nina@example.com", by=cast.admin)
    assert names(signed_in(cast.admin).get(f"{URL}?state=none")) == ["Silent"]
    assert names(signed_in(cast.admin).get(f"{URL}?state=invited")) == ["Nina"]
    assert "Silent" in names(signed_in(cast.ana).get(f"{URL}?state=invited"))


def test_pages_follow_by_key_and_lose_nobody(cast: Cast, signed_in: Any) -> None:
    Rep.objects.bulk_create(Rep(name=f"Rep {number:03}") for number in range(120))
    client, seen, query = signed_in(cast.ana), [], "?"
    while query:
        response = client.get(URL + query)
        seen += names(response)
        query = response.context["next_url"]
    assert len(seen) == len(set(seen)) == 126


def test_the_file_has_every_person_and_no_formula(cast: Cast, signed_in: Any) -> None:
    make.rep("=cmd|' /C calc'!A0", team=cast.north)
    answer = signed_in(cast.admin).get(f"/people/csv/?team={cast.north.pk}")
    lines = b"".join(answer.streaming_content).decode().splitlines()
    assert lines[0] == "number,name,work_email,phone,team,role,joined_on,left_on,sells,signs_in"
    assert lines[1] == ",'=cmd|' /C calc'!A0,,,North,,,,yes,no"
    assert [line.split(",")[1] for line in lines[2:]] == ["Ana", "Budi"]
    assert AuditEntry.objects.get(verb="export").subject_type == "people"


# One rep.


def test_a_card_shows_where_somebody_belonged(cast: Cast, signed_in: Any) -> None:
    org.place(rep=cast.ana.rep, team=cast.south, start=date(2026, 9, 1), by=cast.admin)
    page = signed_in(cast.budi).get(reverse("reps:rep", args=[cast.ana.rep.pk])).content.decode()
    assert "since 1 Sep 2026" in page
    assert "until 1 Sep 2026" in page


def test_a_rep_of_another_team_sees_the_card_and_no_numbers(cast: Cast, signed_in: Any) -> None:
    page = signed_in(cast.outsider).get(reverse("reps:rep", args=[cast.ana.rep.pk])).content.decode()
    assert "Ana" in page
    assert 'hx-trigger="load"' not in page


def test_a_rep_that_is_not_there_is_a_404(cast: Cast, signed_in: Any) -> None:
    assert signed_in(cast.ana).get("/people/2147000000/").status_code == 404
    assert signed_in(cast.ana).get("/people/99999999999999999999/").status_code == 404


def test_an_admin_adds_a_rep_with_team_and_role(cast: Cast, signed_in: Any) -> None:
    role = make.role("Closer")
    signed_in(cast.admin).post(
        "/people/new/",
        {
            "name": "Dewi",
            "phone": "0811 222 333",
            "team": cast.north.pk,
            "role": role.pk,
            "joined_on": "2026-09-01",
            "sells": "on",
        },
    )
    rep = Rep.objects.get(name="Dewi")
    assert (rep.phone, rep.sells, team_on(rep, date(2026, 8, 31)), team_on(rep, TODAY)) == ("+62811222333", True, None, "North")


def test_a_number_in_use_is_refused_and_the_rest_kept(cast: Cast, signed_in: Any) -> None:
    make.rep("Dewi", external_id="E-1")
    answer = signed_in(cast.admin).post("/people/new/", {"name": "Eko", "external_id": "E-1"})
    assert answer.status_code == 422
    assert "Another rep has this number." in answer.content.decode()
    assert not Rep.objects.filter(name="Eko").exists()


@pytest.mark.parametrize("name", ["²", "42", "-", "💥"])
def test_a_name_needs_a_letter(cast: Cast, signed_in: Any, name: str) -> None:
    answer = signed_in(cast.admin).post("/people/new/", {"name": name, "sells": "on"})
    assert answer.status_code == 422
    assert "Write a name with at least one letter." in answer.content.decode()
    assert not Rep.objects.filter(name=name).exists()


@pytest.mark.parametrize("name", ["O", "李", "R2", "Nguyễn"])
def test_a_name_in_any_script_will_do(cast: Cast, signed_in: Any, name: str) -> None:
    assert signed_in(cast.admin).post("/people/new/", {"name": name, "sells": "on"}).status_code == 302
    assert Rep.objects.filter(name=name).exists()


def test_the_same_form_sent_twice_adds_one_rep(cast: Cast, signed_in: Any) -> None:
    client, data = signed_in(cast.admin), {"name": "Dewi", "sells": "on", "idempotency_key": "k" * 20}
    first, second = client.post("/people/new/", data), client.post("/people/new/", data)
    assert first["Location"] == second["Location"]
    assert Rep.objects.filter(name="Dewi").count() == 1


def test_editing_a_card_writes_what_stood_there_into_the_trail(cast: Cast, signed_in: Any) -> None:
    signed_in(cast.admin).post(reverse("reps:rep_edit", args=[cast.ana.rep.pk]), {"name": "Ana Wijaya", "sells": "on"})
    assert User.objects.get(pk=cast.ana.pk).name == "Ana Wijaya"
    assert AuditEntry.objects.get(verb="rep.edit").detail.values == {"name": ["Ana", "Ana Wijaya"]}


# Moving.


def place(client: Any, rep: Rep, **data: Any) -> Any:
    return client.post(reverse("reps:place", args=[rep.pk]), data)


def test_an_admin_moves_a_rep_from_a_day_on(cast: Cast, signed_in: Any) -> None:
    place(signed_in(cast.admin), cast.ana.rep, team=cast.south.pk, start="2026-09-20")
    assert (team_on(cast.ana.rep, TODAY), team_on(cast.ana.rep, date(2026, 9, 20))) == ("North", "South")


def test_an_admin_may_take_a_rep_out_of_every_team(cast: Cast, signed_in: Any) -> None:
    place(signed_in(cast.admin), cast.ana.rep, is_out="on", start="2026-09-16")
    assert team_on(cast.ana.rep, TODAY) is None


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"reason": "New market"}, "Choose a team."),
        ({"team": "999999"}, "Select a valid choice"),
        ({"start": "9999-12-31"}, "Write a day between 1950 and 2100."),
        ({"start": "tomorrow"}, "Enter a valid date."),
        ({"start": "2026-09-16", "end": "2026-09-16"}, "Choose a day after the first one."),
        ({"end": "2026-09-20"}, "Choose a day after the first one."),
    ],
)
def test_a_move_that_cannot_be_is_said_in_the_form(cast: Cast, signed_in: Any, data: dict[str, str], words: str) -> None:
    team = {} if "reason" in data else {"team": cast.south.pk}
    answer = place(signed_in(cast.admin), cast.ana.rep, **{**team, **data})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert team_on(cast.ana.rep, TODAY) == "North"


def test_a_manager_moves_people_only_within_the_teams_they_lead(cast: Cast, signed_in: Any) -> None:
    client, jakarta = signed_in(cast.manager), make.team("Jakarta", parent=cast.north)
    assert place(client, cast.ana.rep, team=jakarta.pk, start="2026-09-16").status_code == 302
    assert place(client, cast.budi.rep, team=cast.south.pk, start="2026-09-16").status_code == 422
    assert place(client, cast.outsider.rep, team=cast.north.pk, start="2026-09-16").status_code == 403
    assert [team_on(rep, TODAY) for rep in (cast.ana.rep, cast.budi.rep, cast.outsider.rep)] == ["Jakarta", "North", "South"]


# Leaving.


def test_somebody_who_leaves_today_is_signed_out_and_their_team_is_named(cast: Cast, signed_in: Any) -> None:
    theirs = signed_in(cast.manager)
    answer = signed_in(cast.admin).post(reverse("reps:leave", args=[cast.manager.rep.pk]), {"last_on": "2026-09-16"}, follow=True)
    assert "Now without a lead: North." in answer.content.decode()
    assert "See the open deals" in answer.content.decode()
    assert theirs.get("/me/").status_code == 302
    assert not TeamLead.objects.on(date(2026, 9, 17)).filter(rep=cast.manager.rep).exists()


def test_somebody_who_leaves_later_signs_in_until_then(cast: Cast, signed_in: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    people.part_with(rep=cast.ana.rep, last_on=date(2026, 9, 18), by=cast.admin)
    assert tidy()["left"] == 0
    assert User.objects.get(pk=cast.ana.pk).is_active
    Rep.objects.filter(pk=cast.ana.rep.pk).update(left_on=date(2026, 9, 15))
    assert tidy()["left"] == 1
    assert not User.objects.get(pk=cast.ana.pk).is_active


def test_leaving_can_be_undone(cast: Cast, signed_in: Any) -> None:
    people.part_with(rep=cast.ana.rep, last_on=date(2026, 9, 18), by=cast.admin)
    signed_in(cast.admin).post(reverse("reps:come_back", args=[cast.ana.rep.pk]))
    assert Rep.objects.get(pk=cast.ana.rep.pk).left_on is None


# Sign-ins of reps.


def test_a_rep_without_a_sign_in_is_invited_from_their_page(cast: Cast, signed_in: Any) -> None:
    rep = make.rep("Dewi", team=cast.north)
    signed_in(cast.admin).post(reverse("reps:invite_rep", args=[rep.pk]), {"address": "dewi@example.com"})
    rep.refresh_from_db()
    assert rep.user is not None
    assert (rep.user.email, rep.user.name, team_on(rep, TODAY)) == ("dewi@example.com", "Dewi", "North")


def test_a_rep_has_one_sign_in_and_a_sign_in_one_rep(cast: Cast) -> None:
    other = make.rep("Dewi")
    with pytest.raises(ValidationError, match="acts for another rep"):
        people.link(rep=other, user=cast.ana, by=cast.admin)
    with pytest.raises(ValidationError, match="Ana has a sign-in already"):
        people.link(rep=cast.ana.rep, user=cast.finance, by=cast.admin)


# From the server.


def test_the_invite_command_prints_a_link(cast: Cast, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("invite", "nina@example.com", "--team", "north")
    assert "http://localhost:8000/welcome/" in capsys.readouterr().out
    rep = Rep.objects.get(user__email="nina@example.com")
    assert (team_on(rep, date(2026, 9, 15)), team_on(rep, TODAY)) == (None, "North")
    call_command("invite", "boss@example.com", "--kind", "admin")
    assert User.objects.get(email="boss@example.com").kind == "admin"


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (["ana@example.com"], "already in use"),
        (["nina@example.com", "--team", "East"], "no team called East"),
        (["nina"], "valid email"),
    ],
)
def test_the_invite_command_says_what_is_wrong(cast: Cast, words: list[str], fault: str) -> None:
    with pytest.raises(CommandError, match=fault):
        call_command("invite", *words)
    assert User.objects.count() == 9
