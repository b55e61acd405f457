"""`/reps/`, `/teams/` and `/roles/`: exact answers, and changes by admins through the verbs of the pages."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from reps.models import AuditEntry, Rep, Role, Team, User
from tests import make
from tests.api.calling import Api, names
from tests.cast import Cast

pytestmark = pytest.mark.django_db


# ── Reps ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def card(cast: Cast) -> dict[str, Any]:
    """Ana as colleagues see her."""
    return {
        "id": cast.ana.rep.pk, "name": "Ana", "work_email": "", "phone": "", "external_id": "", "sells": True, "joined_on": None,
        "left_on": None, "team": {"id": cast.north.pk, "name": "North"}, "role": None,
    }  # fmt: skip


def test_a_card_is_shown_to_each_as_far_as_they_may_see(cast: Cast) -> None:
    path, full = f"/reps/{cast.ana.rep.pk}/", card(cast)
    assert Api(cast.outsider).get(path) == (200, full)
    assert Api(cast.admin).get(path) == Api(cast.auditor).get(path) == (200, full | {"signs_in": True})
    del full["role"]
    assert Api(cast.finance).get(path) == (200, full)


def test_an_admin_adds_a_rep_with_team_and_role(cast: Cast) -> None:
    role = make.role("Closer")
    body = {
        "name": " Rina  Wati",
        "phone": "0812345678",
        "team": cast.south.pk,
        "role": role.pk,
        "joined_on": "2026-09-01",
        "external_id": "R-9",
    }
    status, said = Api(cast.admin).post("/reps/", body)
    assert (status, said) == (
        201,
        {
            "id": said["id"], "name": "Rina Wati", "work_email": "", "phone": "+62812345678", "external_id": "R-9", "sells": True,
            "joined_on": "2026-09-01", "left_on": None, "team": {"id": cast.south.pk, "name": "South"},
            "role": {"id": role.pk, "name": "Closer"}, "signs_in": False,
        },
    )  # fmt: skip
    verbs = AuditEntry.objects.filter(subject_type="rep", subject_id=str(said["id"]), actor=cast.admin).values_list(
        "verb", flat=True
    )
    assert sorted(verbs) == ["rep.create", "rep.place", "rep.role"]


def test_an_admin_changes_a_card_and_what_is_not_sent_stays(cast: Cast) -> None:
    Rep.objects.filter(pk=cast.ana.rep.pk).update(work_email="ana@example.com", sells=False)
    status, said = Api(cast.admin).patch(f"/reps/{cast.ana.rep.pk}/", {"name": "Ana Wijaya", "external_id": "R-1"})
    assert (status, said["name"], said["work_email"], said["sells"]) == (200, "Ana Wijaya", "ana@example.com", False)
    assert User.objects.get(pk=cast.ana.pk).name == "Ana Wijaya"
    entry = AuditEntry.objects.get(verb="rep.edit")
    assert (entry.actor, entry.facts["fields"]) == (cast.admin, ["external_id", "name"])


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "123"}, "name"), ({"work_email": "x"}, "work_email"), ({"phone": "abc"}, "phone"), ({"external_id": "R-2"}, "external_id"),
        ({"left_on": "2026-09-30"}, "left_on"), ({"user": 1}, "user"), ({"team": 1}, "team"), ({"sells": "yes"}, "sells"),
    ],
    ids=str,
)  # fmt: skip
def test_a_card_that_cannot_be_is_refused(cast: Cast, body: dict[str, Any], field: str) -> None:
    Rep.objects.filter(pk=cast.budi.rep.pk).update(external_id="R-2")
    status, said = Api(cast.admin).patch(f"/reps/{cast.ana.rep.pk}/", body)
    assert (status, list(said["error"]["fields"])) == (400, [field])
    assert Api(cast.outsider).get(f"/reps/{cast.ana.rep.pk}/")[1] == card(cast)


def test_a_rep_moves_to_another_team_from_a_day_on(cast: Cast) -> None:
    path = f"/reps/{cast.ana.rep.pk}/team/"
    assert (
        Api(cast.admin).post(path, {"team": cast.south.pk, "start": "2026-09-16", "reason": "Help"})[1]["team"]["name"] == "South"
    )
    assert [row.team.name for row in make.TeamMembership.objects.on(date(2026, 9, 15)).filter(rep=cast.ana.rep)] == ["North"]
    assert Api(cast.admin).post(path, {"team": None, "start": "2026-09-16"})[1]["team"] is None
    assert Api(cast.admin).post(path, {"team": cast.south.pk, "start": "2026-09-16", "end": "2026-09-15"})[0] == 400


def test_a_move_changes_what_her_manager_sees_at_once(cast: Cast) -> None:
    deal = make.deal(owner=cast.ana)
    manager = Api(cast.manager)
    assert manager.get(f"/deals/{deal.pk}/")[0] == 200
    Api(cast.admin).post(f"/reps/{cast.ana.rep.pk}/team/", {"team": cast.south.pk, "start": "2026-09-16"})
    assert manager.get(f"/deals/{deal.pk}/")[0] == 404


def test_a_rep_leaves_and_comes_back(cast: Cast) -> None:
    api, hers = Api(cast.admin), Api(cast.ana)
    path = f"/reps/{cast.ana.rep.pk}/leave/"
    assert api.post(path, {"last_on": "2026-09-30"})[1]["left_on"] == "2026-09-30"
    assert hers.get("/reps/")[0] == 200
    assert api.delete(path) == (204, None)
    assert api.post(path, {"last_on": "2026-09-15"})[1]["signs_in"] is False
    assert hers.get("/reps/")[0] == 401


def test_a_rep_is_given_a_role_and_loses_it(cast: Cast) -> None:
    role = make.role("Closer", capabilities=[])
    api, path = Api(cast.admin), f"/reps/{cast.ana.rep.pk}/role/"
    assert api.post(path, {"role": role.pk, "start": "2026-09-16"})[1]["role"]["name"] == "Closer"
    assert Api(cast.ana).post("/leads/", {"name": "x"})[0] == 403
    assert api.post(path, {"role": None, "start": "2026-09-16"})[1]["role"] is None
    assert Api(cast.ana).post("/leads/", {"name": "x"})[0] == 201
    assert api.post(path, {"role": 999999})[0] == 400


# ── Teams ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_team_is_shown_whole(cast: Cast) -> None:
    assert Api(cast.ana).get(f"/teams/{cast.north.pk}/") == (
        200,
        {
            "id": cast.north.pk, "name": "North", "parent": {"id": cast.whole.pk, "name": "Company"},
            "lead": {"id": cast.manager.rep.pk, "name": "Maya"}, "calendar": None, "time_zone": "", "closed_on": None,
        },
    )  # fmt: skip
    assert names(Api(cast.ana).get("/teams/")[1]) == ["Company", "North", "South"]


def test_an_admin_makes_a_team(cast: Cast) -> None:
    body = {"name": "West", "parent": cast.whole.pk, "time_zone": "Asia/Jayapura"}
    status, said = Api(cast.admin).post("/teams/", body)
    assert (status, said["name"], said["parent"]["name"], said["time_zone"]) == (201, "West", "Company", "Asia/Jayapura")
    assert Team.objects.get(name="West").path == f"{cast.whole.path}{said['id']}/"


@pytest.mark.parametrize(("body", "field"), [({"name": "north"}, None), ({"name": ""}, "name"), ({"name": "West", "time_zone": "Mars/Base"}, "time_zone"), ({"name": "West", "parent": 999999}, "parent"), ({"name": "West", "calendar": 999999}, "calendar"), ({"name": "West", "path": "/"}, "path")], ids=str)  # fmt: skip
def test_a_team_that_cannot_be_is_refused(cast: Cast, body: dict[str, Any], field: str | None) -> None:
    status, said = Api(cast.admin).post("/teams/", body)
    assert (status, field in said["error"].get("fields", {None: []})) == (400, True)
    assert Team.objects.count() == 3


def test_a_team_is_renamed_moved_and_closed(cast: Cast) -> None:
    api, empty = Api(cast.admin), make.team("Polar", parent=cast.north)
    path = f"/teams/{empty.pk}/"
    said = api.patch(path, {"name": "Far North", "parent": cast.south.pk})[1]
    assert (said["name"], said["parent"]["name"]) == ("Far North", "South")
    assert api.patch(path, {"closed_on": "2026-09-16"})[1]["closed_on"] == "2026-09-16"
    status, said = api.patch(f"/teams/{cast.north.pk}/", {"closed_on": "2026-09-16"})
    assert (status, "still belong to this team" in said["error"]["message"]) == (400, True)


def test_a_refused_change_of_a_team_changes_nothing_of_it(cast: Cast) -> None:
    below = make.team("Polar", parent=cast.north)
    api = Api(cast.admin)
    assert api.patch(f"/teams/{cast.north.pk}/", {"parent": below.pk, "name": "Changed"})[0] == 400
    assert api.patch(f"/teams/{below.pk}/", {"parent": cast.south.pk, "name": "South"})[0] == 400
    assert sorted(Team.objects.values_list("name", "parent__name")) == [
        ("Company", None), ("North", "Company"), ("Polar", "North"), ("South", "Company"),
    ]  # fmt: skip


def test_leading_gives_and_takes_rights_at_once(cast: Cast) -> None:
    deal = make.deal(owner=cast.outsider)
    budi = Api(cast.budi)
    assert budi.get(f"/deals/{deal.pk}/")[0] == 404
    said = Api(cast.admin).post(f"/teams/{cast.south.pk}/lead/", {"rep": cast.budi.rep.pk, "start": "2026-09-16"})[1]
    assert said["lead"]["name"] == "Budi"
    assert budi.get(f"/deals/{deal.pk}/")[0] == 200
    assert Api(cast.south_manager).get(f"/deals/{deal.pk}/")[0] == 404
    assert Api(cast.admin).post(f"/teams/{cast.south.pk}/lead/", {"rep": None, "start": "2026-09-16"})[1]["lead"] is None
    assert budi.get(f"/deals/{deal.pk}/")[0] == 404


# ── Roles ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_an_admin_makes_changes_and_deletes_a_role(cast: Cast) -> None:
    api = Api(cast.admin)
    body = {"name": "Closer", "purpose": "Closes", "capabilities": ["deal.edit", "deal.create", "deal.edit"]}
    status, said = api.post("/roles/", body)
    assert (status, said) == (
        201, {"id": said["id"], "name": "Closer", "purpose": "Closes", "capabilities": ["deal.create", "deal.edit"]},
    )  # fmt: skip
    path = f"/roles/{said['id']}/"
    assert Api(cast.ana).get(path)[1]["name"] == "Closer"
    assert api.patch(path, {"capabilities": []})[1] == {
        "id": said["id"],
        "name": "Closer",
        "purpose": "Closes",
        "capabilities": [],
    }
    assert api.delete(path) == (204, None)
    assert sorted(AuditEntry.objects.filter(actor=cast.admin, subject_type="role").values_list("verb", flat=True)) == [
        "role.create", "role.delete", "role.edit",
    ]  # fmt: skip


def test_a_role_that_somebody_holds_stays(cast: Cast) -> None:
    role = make.role("Closer")
    make.RoleAssignment.objects.create(rep=cast.ana.rep, role=role, valid=make.since(None))
    status, said = Api(cast.admin).delete(f"/roles/{role.pk}/")
    assert (status, said["error"]["code"]) == (409, "in_use")
    assert Role.objects.count() == 1


@pytest.mark.parametrize(
    "body", [{"name": "closer"}, {"name": "x", "capabilities": ["pay.view_all"]}, {"name": "x", "capabilities": "deal.edit"}, {"name": "x", "capabilities": [1]}, {"name": "x", "capabilities": [None]}, {"name": "x", "capabilities": [["deal.edit"]]}, {"name": "x", "capabilities": ["\ud800"]}]
)  # fmt: skip
def test_a_role_that_cannot_be_is_refused(cast: Cast, body: dict[str, Any]) -> None:
    make.role("Closer")
    assert Api(cast.admin).post("/roles/", body)[0] == 400
    assert list(Role.objects.values_list("name", flat=True)) == ["Closer"]
