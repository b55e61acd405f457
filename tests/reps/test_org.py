"""Teams, leads, memberships and roles, each from a day on."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier

import pytest
from django.core.exceptions import ValidationError
from django.db import connections

from reps import org
from reps.models import AuditEntry, RoleAssignment, Team, TeamLead, TeamMembership
from tests import make
from tests.cast import Cast

TODAY = date(2026, 9, 16)


def paths() -> dict[str, str]:
    """Each team's path, written with names."""
    names = {str(team.pk): team.name for team in Team.objects.all()}
    return {team.name: "/".join(names[part] for part in team.path.strip("/").split("/")) for team in Team.objects.all()}


def member_of(rep: object, day: date) -> str | None:
    row = TeamMembership.objects.on(day).filter(rep=rep).select_related("team").first()
    return row.team.name if row else None


# The tree.


def test_a_new_team_stands_below_its_parent(cast: Cast) -> None:
    org.create_team(name="Jakarta", parent=cast.north, by=cast.admin)
    assert paths()["Jakarta"] == "Company/North/Jakarta"
    assert AuditEntry.objects.get(verb="team.create").actor == cast.admin


def test_a_name_that_is_taken_is_refused_whatever_its_case(cast: Cast) -> None:
    with pytest.raises(ValidationError, match="There is a team of this name already"):
        org.create_team(name="NORTH", by=cast.admin)
    assert Team.objects.count() == 3


def test_moving_a_team_takes_everything_below_it_along(cast: Cast) -> None:
    org.create_team(name="Jakarta", parent=cast.north, by=cast.admin)
    org.move_team(team=cast.north, under=cast.south, by=cast.admin)
    assert paths() == {
        "Company": "Company",
        "South": "Company/South",
        "North": "Company/South/North",
        "Jakarta": "Company/South/North/Jakarta",
    }


def test_a_team_may_move_to_the_top(cast: Cast) -> None:
    org.move_team(team=cast.north, under=None, by=cast.admin)
    assert paths()["North"] == "North"


def test_a_circle_is_refused_in_words_that_name_both_teams(cast: Cast) -> None:
    with pytest.raises(org.WouldCircle, match="North is below Company"):
        org.move_team(team=cast.whole, under=cast.north, by=cast.admin)
    with pytest.raises(org.WouldCircle, match="cannot be part of itself"):
        org.move_team(team=cast.north, under=cast.north, by=cast.admin)
    assert paths()["North"] == "Company/North"


def test_a_tree_too_deep_is_refused(cast: Cast) -> None:
    team = cast.north
    for level in range(org.DEEPEST - 2):
        team = org.create_team(name=f"Level {level}", parent=team, by=cast.admin)
    with pytest.raises(ValidationError, match="at most 8 levels"):
        org.create_team(name="One more", parent=team, by=cast.admin)
    with pytest.raises(ValidationError, match="at most 8 levels"):
        org.move_team(team=cast.north, under=cast.south, by=cast.admin)


@pytest.mark.django_db(transaction=True)
def test_two_moves_at_once_cannot_close_a_circle() -> None:
    left, right = make.team("Left"), make.team("Right")
    gate = Barrier(2)

    def move(team: Team, under: Team) -> bool:
        try:
            gate.wait()
            org.move_team(team=team, under=under, by=None)
        except org.WouldCircle:
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(move, [left, right], [right, left]))
    assert sorted(done) == [False, True]


def test_a_team_with_people_or_open_teams_cannot_be_closed(cast: Cast) -> None:
    close = {"calendar": None, "time_zone": "", "closed_on": TODAY, "by": cast.admin}
    with pytest.raises(ValidationError, match=r"Ana, Budi still belong|Budi, Ana still belong"):
        org.edit_team(team=cast.north, name="North", **close)  # type: ignore[arg-type]
    with pytest.raises(ValidationError, match="Teams below this one are still open"):
        org.edit_team(team=cast.whole, name="Company", **close)  # type: ignore[arg-type]
    assert Team.objects.filter(closed_on=None).count() == 3


# Members.


def test_a_move_leaves_the_past_in_the_old_team(cast: Cast) -> None:
    org.place(rep=cast.ana.rep, team=cast.south, start=TODAY, by=cast.admin)
    assert member_of(cast.ana.rep, TODAY - timedelta(days=1)) == "North"
    assert member_of(cast.ana.rep, TODAY) == "South"


def test_a_correction_since_ever_rewrites_the_past_and_keeps_what_was_known(cast: Cast) -> None:
    org.place(rep=cast.ana.rep, team=cast.south, start=None, by=cast.admin, reason="Was booked to the wrong team")
    assert member_of(cast.ana.rep, date(2001, 1, 1)) == "South"
    assert TeamMembership.objects.filter(rep=cast.ana.rep).exclude(superseded_at=None).get().team == cast.north


def test_a_loan_for_a_month_ends_by_itself(cast: Cast) -> None:
    org.place(rep=cast.ana.rep, team=cast.south, start=date(2026, 10, 1), end=date(2026, 11, 1), by=cast.admin)
    assert [member_of(cast.ana.rep, date(2026, month, 15)) for month in (9, 10, 11)] == ["North", "South", "North"]


def test_nobody_joins_after_they_left_nor_a_closed_team(cast: Cast) -> None:
    org.leave(rep=cast.ana.rep, last_on=TODAY, by=cast.admin)
    with pytest.raises(ValidationError, match="Ana left on 2026-09-16"):
        org.place(rep=cast.ana.rep, team=cast.south, start=date(2026, 10, 1), by=cast.admin)
    closed = make.team("Gone", closed_on=TODAY)
    with pytest.raises(ValidationError, match="Gone is closed since"):
        org.place(rep=cast.budi.rep, team=closed, start=TODAY, by=cast.admin)
    assert member_of(cast.budi.rep, TODAY) == "North"


@pytest.mark.django_db(transaction=True)
def test_eight_moves_of_one_rep_at_once_leave_one_team() -> None:
    rep, teams = make.rep("Ana"), [make.team() for _ in range(8)]
    gate = Barrier(8)

    def move(team: Team) -> None:
        try:
            gate.wait()
            org.place(rep=rep, team=team, start=TODAY, by=None)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(move, teams))
    assert TeamMembership.objects.on(TODAY).filter(rep=rep).count() == 1
    assert TeamMembership.objects.filter(rep=rep).count() == 8


# Leads and roles.


def test_a_new_lead_takes_over_from_a_day_on(cast: Cast) -> None:
    org.set_lead(team=cast.north, rep=cast.ana.rep, start=date(2026, 10, 1), by=cast.admin)
    leads = TeamLead.objects.current().filter(team=cast.north).order_by("valid")
    assert [(row.rep.name, row.valid.lower, row.valid.upper) for row in leads] == [
        ("Maya", None, date(2026, 10, 1)), ("Ana", date(2026, 10, 1), None),
    ]  # fmt: skip


def test_a_role_holds_from_its_day(cast: Cast) -> None:
    hunter, farmer = make.role("Hunter"), make.role("Farmer")
    org.assign_role(rep=cast.ana.rep, role=hunter, start=None, by=cast.admin)
    org.assign_role(rep=cast.ana.rep, role=farmer, start=TODAY, by=cast.admin)
    assert RoleAssignment.objects.on(TODAY - timedelta(days=1)).get(rep=cast.ana.rep).role == hunter
    assert RoleAssignment.objects.on(TODAY).get(rep=cast.ana.rep).role == farmer


def test_who_leaves_keeps_the_team_and_leads_nothing_from_the_next_day(cast: Cast) -> None:
    left = org.leave(rep=cast.manager.rep, last_on=TODAY, by=cast.admin)
    assert left == [cast.north]
    assert TeamLead.objects.on(TODAY).get(team=cast.north).rep == cast.manager.rep
    assert not TeamLead.objects.on(TODAY + timedelta(days=1)).filter(team=cast.north).exists()
    org.leave(rep=cast.ana.rep, last_on=TODAY, by=cast.admin)
    assert member_of(cast.ana.rep, TODAY + timedelta(days=1)) == "North"


def test_nobody_leaves_before_they_joined(cast: Cast) -> None:
    rep = make.rep("Dewi", joined_on=TODAY)
    with pytest.raises(ValidationError):
        org.leave(rep=rep, last_on=TODAY - timedelta(days=1), by=cast.admin)
    rep.refresh_from_db()
    assert rep.left_on is None
