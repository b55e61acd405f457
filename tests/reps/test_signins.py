"""Sign-ins as admins see them, the preview, and the audit page."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from reps import audit, invitations, org, people, preview, trail
from reps.models import AuditEntry, Mail, Session, User
from reps.tasks import send_mail
from tests import make
from tests.cast import PASSWORD, Cast


def sees(user: User, cast: Cast) -> dict[str, tuple[str, str]]:
    fresh = User.objects.get(pk=user.pk)
    return {line.what: (line.state, line.how) for line in preview.of(fresh, cast.company).sees}


def may(user: User, cast: Cast) -> set[str]:
    return {line.what for line in preview.of(User.objects.get(pk=user.pk), cast.company).may if line.state == "yes"}


# What can this user see?


def test_a_rep_reads_the_team_and_changes_only_their_own(cast: Cast) -> None:
    lines = sees(cast.ana, cast)
    assert lines["Own deals, accounts, contacts and leads"] == ("yes", "Reads and changes them")
    assert lines["Deals, accounts and leads of the own team"] == ("partly", "Reads North, 1 rep, without notes and messages")
    assert lines["Deals of other teams"] == ("partly", "Stage, size and expected close, without names")


def test_a_manager_reads_and_changes_the_teams_below(cast: Cast) -> None:
    assert sees(cast.vp, cast)["Deals, accounts and leads of the teams led"] == (
        "yes",
        "Reads and changes Company and below, 3 reps",
    )
    assert sees(cast.manager, cast)["Deals, accounts and leads of the teams led"] == (
        "yes",
        "Reads and changes North and below, 2 reps",
    )


def test_the_outline_can_be_switched_off(cast: Cast) -> None:
    cast.company.outline_across_teams = False
    assert sees(cast.ana, cast)["Deals of other teams"] == ("no", "Switched off for this company")


def test_what_the_office_sees(cast: Cast) -> None:
    assert sees(cast.admin, cast)["Notes, messages and what was said in activities"][0] == "no"
    assert sees(cast.finance, cast)["Deals, accounts, leads and activities"][0] == "no"
    assert sees(cast.auditor, cast)["Every deal, account and lead"] == ("yes", "Reads them, notes and activities included")
    assert may(cast.auditor, cast) == may(cast.finance, cast) == set()


def test_the_preview_says_the_verbs_that_access_grants(cast: Cast) -> None:
    org.assign_role(rep=cast.ana.rep, role=make.role("Caller", capabilities=["activity.log"]), start=None, by=None)
    assert may(cast.ana, cast) == {"Log activities"}
    assert "Give a deal to another rep" in may(cast.manager, cast)


def test_who_may_no_longer_sign_in_sees_nothing(cast: Cast) -> None:
    User.objects.filter(pk=cast.ana.pk).update(is_active=False)
    assert sees(cast.ana, cast) == {}


def test_the_preview_is_two_clicks_from_home_for_an_admin(cast: Cast, signed_in: Any) -> None:
    client = signed_in(cast.admin)
    row = re.search(
        r'href="(/settings/signins/\d+/)"[^>]*>(?:(?!</a>).)*What can Ana see', client.get("/people/").content.decode(), re.S
    )
    assert row is not None
    assert "What Ana can see and do" in client.get(row[1]).content.decode()


# What an admin may do about it.


def post(client: Client, name: str, user: User, **data: str) -> Any:
    return client.post(reverse(f"reps:{name}", args=[user.pk]), data)


def test_ending_a_sign_in_is_effective_at_once_and_can_be_taken_back(cast: Cast, signed_in: Any) -> None:
    theirs, admin = signed_in(cast.ana), signed_in(cast.admin)
    post(admin, "signin_end", cast.ana)
    assert theirs.get("/me/").status_code == 302
    assert Session.objects.of(cast.ana).count() == 0
    post(admin, "signin_allow", cast.ana)
    assert Client().post("/account/login/", {"login": "ana@example.com", "password": PASSWORD}).status_code == 302


def test_signing_somebody_out_everywhere(cast: Cast, signed_in: Any) -> None:
    phone, laptop = signed_in(cast.ana), signed_in(cast.ana)
    post(signed_in(cast.admin), "signin_sign_out", cast.ana)
    assert (phone.get("/me/").status_code, laptop.get("/me/").status_code) == (302, 302)


def test_nobody_ends_their_own_sign_in_or_changes_their_own_access(cast: Cast, signed_in: Any) -> None:
    client = signed_in(cast.admin)
    post(client, "signin_end", cast.admin)
    assert post(client, "signin_kind", cast.admin, kind="member").status_code == 422
    user = User.objects.get(pk=cast.admin.pk)
    assert (user.is_active, user.kind) == (True, "admin")


def test_the_last_admin_stays(cast: Cast) -> None:
    with pytest.raises(ValidationError, match="only admin"):
        people.deactivate(user=cast.admin, by=None)
    with pytest.raises(ValidationError, match="only admin"):
        people.set_kind(user=cast.admin, kind="finance", by=cast.auditor)


def test_a_changed_access_ends_the_sessions(cast: Cast, signed_in: Any) -> None:
    theirs = signed_in(cast.finance)
    post(signed_in(cast.admin), "signin_kind", cast.finance, kind="auditor")
    assert theirs.get("/me/").status_code == 302
    assert AuditEntry.objects.get(verb="user.kind").facts == {"from": "finance", "to": "auditor"}


# A new address.


def test_a_new_address_is_confirmed_at_the_old_one_and_ends_sessions(cast: Cast, signed_in: Any, mailbox: list[Any]) -> None:
    theirs = signed_in(cast.ana)
    post(signed_in(cast.admin), "signin_address", cast.ana, address="Ana.Wijaya@example.com")
    assert User.objects.get(pk=cast.ana.pk).email == "ana@example.com"
    send_mail()
    assert mailbox[0].to == ["ana@example.com"]
    path = re.search(r"http://localhost:8000(/new-address/\S+)", mailbox[0].body)[1]
    client = Client()
    assert "ana.wijaya@example.com" in client.get(path).content.decode()
    assert User.objects.get(pk=cast.ana.pk).email == "ana@example.com"
    assert "Your e-mail is changed" in client.post(path).content.decode()
    assert User.objects.get(pk=cast.ana.pk).email == "ana.wijaya@example.com"
    assert theirs.get("/me/").status_code == 302
    assert Client().post(path).status_code == 404
    send_mail()
    assert (mailbox[1].to, mailbox[1].subject) == (["ana@example.com"], "Your e-mail for PT Contoh was changed")
    assert Client().post("/account/login/", {"login": "ana@example.com", "password": PASSWORD}).status_code == 200
    assert Client().post("/account/login/", {"login": "ana.wijaya@example.com", "password": PASSWORD}).status_code == 302


def test_an_address_taken_meanwhile_is_refused_on_confirming(cast: Cast, mailbox: list[Any]) -> None:
    people.ask_for_new_address(user=cast.ana, address="new@example.com", by=cast.admin)
    send_mail()
    path = re.search(r"http://localhost:8000(/new-address/\S+)", mailbox[0].body)[1]
    make.user("Other", email="new@example.com")
    answer = Client().post(path)
    assert answer.status_code == 422
    assert "This address is already in use." in answer.content.decode()
    assert User.objects.get(pk=cast.ana.pk).email == "ana@example.com"


def test_somebody_who_never_came_in_gets_the_invitation_at_the_new_address(cast: Cast, signed_in: Any) -> None:
    user = invitations.invite(address="nnia@example.com", by=cast.admin)
    post(signed_in(cast.admin), "signin_address", user, address="nina@example.com")
    assert User.objects.get(pk=user.pk).email == "nina@example.com"
    assert list(Mail.objects.order_by("pk").values_list("address", flat=True)) == ["nnia@example.com", "nina@example.com"]


@pytest.mark.parametrize("odd", ["x", "a:b:c", "%00", "é" * 50])
def test_an_odd_confirmation_is_an_ordinary_404(db: None, odd: str) -> None:
    assert Client().get(f"/new-address/{odd}/").status_code == 404


# The trail, read.


def test_the_trail_says_who_did_what_to_whom(cast: Cast, signed_in: Any) -> None:
    org.place(rep=cast.ana.rep, team=cast.south, start=date(2026, 9, 16), by=cast.admin)
    line = signed_in(cast.auditor).get("/settings/audit/").context["lines"][0]
    assert (line.who, line.did, line.subject) == ("Adi", "moved a rep to a team", "Ana")
    assert line.values == (("team", "South"), ("from", "16 Sep 2026"))


def test_the_trail_writes_changes_as_was_and_is(cast: Cast, signed_in: Any) -> None:
    org.move_team(team=cast.north, under=cast.south, by=cast.admin)
    people.edit_rep(rep=cast.ana.rep, by=cast.admin, phone="+62811", external_id="E-1")
    edited, moved = signed_in(cast.admin).get("/settings/audit/").context["lines"]
    assert moved.values == (("from", "Company"), ("to", "South"))
    assert edited.values == (("phone", "– → +62811"), ("external id", "– → E-1"))


def test_odd_values_of_other_parts_are_shown_as_they_are(cast: Cast, signed_in: Any) -> None:
    audit.record(
        actor=None,
        verb="deal.odd",
        subject="deal",
        facts={"team": "x", "rep": [1, "y"], "on": "2026-99-99", "n": {"a": None, "b": True}},
    )
    line = signed_in(cast.admin).get("/settings/audit/").context["lines"][0]
    assert (line.who, line.did, line.subject) == ("The system", "deal.odd", "deal")
    assert dict(line.values) == {"team": "x", "rep": "1 → y", "on": "2026-99-99", "n": "a –, b yes"}


@pytest.mark.parametrize(
    ("query", "count"),
    [("", 3), ("verb=rep.place", 1), ("verb=nothing", 0), ("day=2026-09-16", 3), ("day=2026-09-15", 0), ("day=9999-12-31", 3),
     ("who=999999", 0), ("who=x", 3), ("verb=%00", 3), ("after=%00", 3)],
)  # fmt: skip
def test_the_trail_is_filtered(cast: Cast, signed_in: Any, query: str, count: int) -> None:
    org.place(rep=cast.ana.rep, team=cast.south, start=None, by=cast.admin)
    org.create_team(name="West", by=cast.vp)
    org.assign_role(rep=cast.ana.rep, role=make.role(), start=None, by=cast.admin)
    assert len(signed_in(cast.admin).get(f"/settings/audit/?{query}").context["lines"]) == count


def test_the_trail_is_paged_and_loses_no_row(cast: Cast, signed_in: Any) -> None:
    for number in range(120):
        audit.record(actor=cast.admin, verb="rep.edit", subject="rep", facts={"number": number})
    client, seen, query = signed_in(cast.admin), [], "?"
    while query:
        response = client.get(f"/settings/audit/{query}")
        seen += [line.entry.facts["number"] for line in response.context["lines"]]
        query = response.context["next_url"]
    assert seen == list(range(119, -1, -1))


def test_an_auditor_takes_the_trail_away_with_its_hashes(cast: Cast, signed_in: Any) -> None:
    org.create_team(name="West", by=cast.admin)
    lines = b"".join(signed_in(cast.auditor).get("/settings/audit/csv/").streaming_content).decode().splitlines()
    first = AuditEntry.objects.order_by("id").first()
    assert lines[0] == "id,at,actor_id,verb,subject_type,subject_id,facts,prev_hash,row_hash"
    assert lines[1].endswith(first.row_hash)
    assert AuditEntry.objects.filter(verb="export", actor=cast.auditor).count() == 1


def test_i_see_what_was_done_to_me_and_by_whom(cast: Cast, signed_in: Any) -> None:
    org.place(rep=cast.ana.rep, team=cast.south, start=None, by=cast.admin)
    org.place(rep=cast.budi.rep, team=cast.south, start=None, by=cast.admin)
    trail = signed_in(cast.ana).get("/me/changes/").context["trail"]
    assert [(line.who, line.did, line.subject) for line in trail] == [("Adi", "moved a rep to a team", "Ana")]


def test_a_manager_reads_what_was_done_to_their_people_without_values(cast: Cast, signed_in: Any) -> None:
    people.edit_rep(rep=cast.ana.rep, by=cast.admin, name="Ana Wijaya")
    people.edit_rep(rep=cast.outsider.rep, by=cast.admin, name="Oki Lain")
    audit.record(actor=cast.admin, verb="user.address", subject=cast.budi, detail={"to": "rahasia@example.com"})
    audit.record(actor=cast.admin, verb="user.address", subject=cast.outsider)
    audit.record(actor=cast.admin, verb="team.edit", subject=cast.north)
    audit.record(actor=cast.admin, verb="team.edit", subject=cast.south)
    audit.record(actor=cast.south_manager, verb="deal.reassign", subject="deal", facts={"from": cast.outsider.rep.pk, "to": 0})
    audit.record(actor=cast.admin, verb="deal.reassign", subject="deal", facts={"from": 0, "to": cast.ana.rep.pk})
    audit.record(actor=cast.budi, verb="activity.past_edit", subject="activity")
    audit.record(actor=cast.outsider, verb="deal.past_edit", subject="deal")
    audit.record(actor=cast.admin, verb="company.edit", subject="company")
    response = signed_in(cast.manager).get("/settings/audit/")
    assert [(line.did, line.subject, line.values, line.url) for line in response.context["lines"]] == [
        (trail.did("activity.past_edit"), "activity", (), ""),
        (trail.did("deal.reassign"), "deal", (), ""),
        (trail.did("team.edit"), "North", (), f"/teams/{cast.north.pk}/"),
        (trail.did("user.address"), "Budi", (), ""),
        (trail.did("rep.edit"), "Ana Wijaya", (), f"/people/{cast.ana.rep.pk}/"),
    ]
    page = response.content.decode()
    assert "rahasia@example.com" not in page
    assert "Oki" not in page
    assert len(signed_in(cast.manager).get("/settings/audit/?verb=rep.edit").context["lines"]) == 1


def test_a_manager_no_more_reads_their_own_trail_alone(cast: Cast, signed_in: Any) -> None:
    people.edit_rep(rep=cast.ana.rep, by=cast.admin, name="Ana Wijaya")
    assert AuditEntry.objects.visible_to(cast.manager).count() == 1
    assert AuditEntry.objects.visible_to(cast.budi).count() == 0
    assert AuditEntry.objects.visible_to(cast.ana).count() == 1
    assert signed_in(cast.budi).get("/settings/audit/").status_code == 403
    assert 'href="/settings/audit/"' in signed_in(cast.manager).get("/people/").content.decode()
    assert 'href="/settings/audit/"' not in signed_in(cast.budi).get("/people/").content.decode()
