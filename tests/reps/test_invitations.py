"""Inviting people, and coming in by a link."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import connections
from django.test import Client
from django.urls import reverse

from reps import invitations, mail
from reps.models import AuditEntry, Invitation, Mail, Rep, RoleAssignment, TeamMembership, User
from tests import make
from tests.cast import NOW, Cast

GOOD = {"name": "Nina Sari", "password": "three quiet wooden boats", "remember": "on"}


# Reading what was pasted.


def test_addresses_are_read_however_they_are_pasted() -> None:
    found = invitations.read_list(
        "ana@example.com, Budi Santoso <BUDI@example.com>; 'Citra' <citra@example.com>\n dewi@example.com eko@example.com\nmailto:fajar@example.com"
    )
    assert [(one.address, one.name) for one in found.people] == [
        ("ana@example.com", ""), ("budi@example.com", "Budi Santoso"), ("citra@example.com", "Citra"),
        ("dewi@example.com", ""), ("eko@example.com", ""), ("fajar@example.com", ""),
    ]  # fmt: skip
    assert found.unread == ()


def test_a_name_without_a_letter_is_guessed_anew() -> None:
    assert invitations.read_list("² <ana@example.com>").people == (invitations.Typed("ana@example.com", ""),)


def test_what_is_no_address_is_said_and_doubles_count_once() -> None:
    found = invitations.read_list("ana@example.com\nAna@example.com\nBudi Santoso\n@\n\x00\u202e\n")
    assert [one.address for one in found.people] == ["ana@example.com"]
    assert found.unread == ("Budi Santoso", "@")


@pytest.mark.parametrize(
    ("address", "name"),
    [("ana.wijaya@x.id", "Ana Wijaya"), ("b_santoso-2+crm@x.id", "B Santoso"), ("42@x.id", "42@x.id"), ("CITRA@x.id", "Citra")],
)
def test_a_name_is_guessed_from_the_address(address: str, name: str) -> None:
    assert invitations.name_from(address) == name


# Inviting.


def test_an_invited_rep_has_a_team_and_a_role_from_today(cast: Cast, signed_in: Any) -> None:
    role = make.role("Closer")
    answer = signed_in(cast.admin).post(
        reverse("reps:invite"), {"people": "Nina <nina@example.com>", "kind": "member", "team": cast.north.pk, "role": role.pk}
    )
    assert answer["Location"] == reverse("reps:invitations")
    rep = Rep.objects.get(user__email="nina@example.com")
    assert (rep.name, rep.work_email) == ("Nina", "nina@example.com")
    assert TeamMembership.objects.on(make.today()).get(rep=rep).team == cast.north
    assert RoleAssignment.objects.on(make.today()).get(rep=rep).role == role
    assert Mail.objects.get().facts == {"by": cast.admin.pk}


def test_an_invited_admin_is_no_rep(cast: Cast) -> None:
    user = invitations.invite(address="boss@example.com", kind=User.Kind.ADMIN, team=cast.north, by=cast.admin)
    assert not Rep.objects.filter(user=user).exists()


def test_a_rep_with_that_work_e_mail_gets_the_sign_in(cast: Cast, signed_in: Any) -> None:
    rep = make.rep("Nina Sari", team=cast.south, work_email="nina@example.com")
    signed_in(cast.admin).post(reverse("reps:invite"), {"people": "nina@example.com", "kind": "member", "team": cast.north.pk})
    rep.refresh_from_db()
    assert rep.user is not None
    assert rep.user.name == "Nina Sari"
    assert TeamMembership.objects.on(make.today()).get(rep=rep).team == cast.south


def test_what_cannot_be_invited_stays_in_the_box_with_its_reason(cast: Cast, signed_in: Any) -> None:
    answer = signed_in(cast.admin).post(
        reverse("reps:invite"), {"people": "nina@example.com, ana@example.com, no address", "kind": "member"}
    )
    page = answer.content.decode()
    assert "1 invitation is on its way." in page
    assert "2 could not be sent and are still in the box." in page
    assert "This address is already in use." in page
    assert "no address\nana@example.com</textarea>" in page
    assert User.objects.filter(email="nina@example.com").exists()


def test_nothing_pasted_is_a_form_error(cast: Cast, signed_in: Any) -> None:
    answer = signed_in(cast.admin).post(reverse("reps:invite"), {"people": " \n , ", "kind": "member"})
    assert answer.status_code == 422
    assert User.objects.count() == 9


def test_an_address_in_use_is_refused_whatever_its_case(cast: Cast) -> None:
    with pytest.raises(ValidationError, match="already in use"):
        invitations.invite(address="ANA@example.com", by=cast.admin)


# Coming in.


@pytest.fixture
def secret(cast: Cast) -> str:
    user = invitations.invite(address="nina@example.com", team=cast.north, by=cast.admin)
    return mail.new_invitation(user, by=cast.admin)


def welcome(secret: str) -> str:
    return reverse("reps:welcome", args=[secret])


def test_the_link_says_who_invites_and_sets_name_and_password(cast: Cast, secret: str) -> None:
    client = Client()
    assert "Adi invites you to the sales team of PT Contoh." in client.get(welcome(secret)).content.decode()
    assert client.post(welcome(secret), GOOD)["Location"] == "/"
    user = User.objects.get(email="nina@example.com")
    assert (user.name, user.check_password(GOOD["password"])) == ("Nina Sari", True)
    assert user.rep.name == "Nina Sari"
    assert client.get("/me/").status_code == 200
    assert AuditEntry.objects.filter(verb="user.accept", actor=user).count() == 1


def test_the_link_works_once(cast: Cast, secret: str) -> None:
    Client().post(welcome(secret), GOOD)
    again = Client().post(welcome(secret), {**GOOD, "password": "another four plain words"})
    assert again.status_code == 404
    assert User.objects.get(email="nina@example.com").check_password(GOOD["password"])


def test_every_other_link_of_that_person_is_spent_too(cast: Cast, secret: str) -> None:
    other = mail.new_invitation(User.objects.get(email="nina@example.com"), by=None)
    Client().post(welcome(secret), GOOD)
    assert Client().get(welcome(other)).status_code == 404


def test_a_weak_password_keeps_the_name_and_says_why(cast: Cast, secret: str) -> None:
    answer = Client().post(welcome(secret), {"name": "Nina Sari", "password": "short"})
    assert answer.status_code == 422
    assert 'value="Nina Sari"' in answer.content.decode()
    assert not User.objects.get(email="nina@example.com").has_usable_password()


@pytest.mark.parametrize("name", ["²", "42", " ", "💥"])
def test_an_invited_person_has_a_name_with_a_letter(cast: Cast, secret: str, name: str) -> None:
    answer = Client().post(welcome(secret), {**GOOD, "name": name})
    assert answer.status_code == 422
    assert not User.objects.get(email="nina@example.com").has_usable_password()


def test_after_an_hour_one_click_sends_a_fresh_link_and_sets_nothing(cast: Cast, secret: str) -> None:
    Mail.objects.all().delete()
    with time_machine.travel(NOW + timedelta(minutes=61), tick=False):
        client = Client()
        assert "This link has run out" in client.get(welcome(secret)).content.decode()
        assert "A fresh link is on its way" in client.post(welcome(secret), GOOD).content.decode()
    assert Mail.objects.get().address == "nina@example.com"
    assert not User.objects.get(email="nina@example.com").has_usable_password()


def test_fresh_links_come_three_times_an_hour(cast: Cast, secret: str) -> None:
    with time_machine.travel(NOW + timedelta(hours=2), tick=False):
        pages = [Client().post(welcome(secret)).content.decode() for _ in range(4)]
    assert ["Three mails went out" in page for page in pages] == [False, False, False, True]


def test_after_two_weeks_the_link_can_do_nothing(cast: Cast, secret: str) -> None:
    with time_machine.travel(NOW + timedelta(days=14, seconds=1), tick=False):
        assert Client().get(welcome(secret)).status_code == 404


def test_a_revoked_invitation_takes_the_sign_in_away_and_keeps_the_rep(cast: Cast, secret: str, signed_in: Any) -> None:
    user = User.objects.get(email="nina@example.com")
    signed_in(cast.admin).post(reverse("reps:revoke", args=[user.pk]))
    assert not User.objects.filter(pk=user.pk).exists()
    assert Rep.objects.get(work_email="nina@example.com").user is None
    assert Client().get(welcome(secret)).status_code == 404


def test_an_accepted_invitation_cannot_be_revoked(cast: Cast, signed_in: Any) -> None:
    signed_in(cast.admin).post(reverse("reps:revoke", args=[cast.ana.pk]))
    assert User.objects.filter(pk=cast.ana.pk).exists()


def test_no_log_line_holds_the_secret(cast: Cast, secret: str, caplog: pytest.LogCaptureFixture) -> None:
    Client().get(welcome(secret))
    Client().post(welcome(secret), GOOD)
    assert "/welcome/…/" in caplog.text
    assert secret not in caplog.text
    assert GOOD["password"] not in caplog.text


@pytest.mark.parametrize("odd", ["x", "%00", "a" * 300, "../../etc/passwd", "😀"])
def test_an_odd_secret_is_an_ordinary_404(db: None, odd: str) -> None:
    assert Client().get(f"/welcome/{odd}/").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_set_one_password() -> None:
    user = invitations.invite(address="nina@example.com", by=None)
    invitation = invitations.find(mail.new_invitation(user, by=None))
    assert invitation is not None
    gate = Barrier(8)

    def click(number: int) -> User | None:
        try:
            gate.wait()
            return invitations.accept(invitation=invitation, name=f"Nina {number}", password=f"password number {number}")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        accepted = [done for done in pool.map(click, range(8)) if done is not None]
    assert len(accepted) == 1
    assert User.objects.get(pk=user.pk).name == accepted[0].name
    assert Invitation.objects.filter(used_at=None).count() == 0
