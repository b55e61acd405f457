"""Mails about sign-in: rows first, sent by the worker, links from SITE_URL only."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
import time_machine
from django.core import mail as outbox
from django.core.mail.backends.locmem import EmailBackend
from django.db import connections
from django.test import Client, override_settings

from reps import invitations, mail
from reps.models import Company, Invitation, Mail, User
from reps.tasks import send_mail, tidy
from tests import make
from tests.cast import NOW, PASSWORD, Cast

RESET = "/account/password/reset/"


def links(text: str) -> list[str]:
    return re.findall(r"https?://\S+", text)


def ask_reset(email: str, **extra: Any) -> Any:
    return Client().post(RESET, {"email": email}, **extra)


# Asking for a new password.


def test_a_known_and_an_unknown_address_get_one_answer_and_one_row_each(cast: Cast) -> None:
    known, unknown = ask_reset("ana@example.com"), ask_reset("nobody@example.com")
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"]) == (302, f"{RESET}done/")
    assert sorted(Mail.objects.values_list("address", flat=True)) == ["ana@example.com", "nobody@example.com"]


def test_only_somebody_who_signs_in_gets_a_mail(cast: Cast, mailbox: list[Any]) -> None:
    make.user("Ina", is_active=False)
    for address in ("ANA@example.com", "nobody@example.com", "ina@example.com"):
        ask_reset(address)
    assert send_mail() == 1
    assert [message.to for message in mailbox] == [["ana@example.com"]]
    assert Mail.objects.filter(sent_at=None).count() == 0


def test_the_link_sets_a_password_once_and_ends_every_session(cast: Cast, mailbox: list[Any], signed_in: Any) -> None:
    elsewhere = signed_in(cast.ana)
    ask_reset("ana@example.com")
    send_mail()
    path = links(mailbox[0].body)[0].removeprefix("http://localhost:8000")
    client = Client()
    form = client.get(path)["Location"]
    new = "three quiet wooden boats"
    assert client.post(form, {"password1": new, "password2": new})["Location"] == f"{RESET}key/done/"
    assert User.objects.get(pk=cast.ana.pk).check_password(new)
    assert elsewhere.get("/me/").status_code == 302
    again = Client()
    assert "This link no longer works" in again.get(path, follow=True).content.decode()


def test_the_link_ends_after_an_hour(cast: Cast, mailbox: list[Any]) -> None:
    ask_reset("ana@example.com")
    send_mail()
    path = links(mailbox[0].body)[0].removeprefix("http://localhost:8000")
    with time_machine.travel(NOW + timedelta(minutes=61), tick=False):
        assert "This link no longer works" in Client().get(path, follow=True).content.decode()


HOSTS = [
    {"HTTP_HOST": "evil.example"}, {"HTTP_HOST": "localhost:8000@evil.example"}, {"HTTP_HOST": "evil.example:8000"},
    {"HTTP_HOST": "localhost.evil.example"}, {"HTTP_X_FORWARDED_HOST": "evil.example"}, {"HTTP_X_HOST": "evil.example"},
    {"HTTP_FORWARDED": "host=evil.example"}, {"HTTP_X_FORWARDED_SERVER": "evil.example"}, {"SERVER_NAME": "evil.example"},
    {"HTTP_X_ORIGINAL_HOST": "evil.example"}, {"HTTP_REFERER": "https://evil.example/"}, {"HTTP_HOST": "localhost:1"},
]  # fmt: skip


@pytest.mark.parametrize("headers", HOSTS, ids=str)
def test_no_mail_ever_names_another_host(cast: Cast, mailbox: list[Any], headers: dict[str, str]) -> None:
    ask_reset("ana@example.com", **headers)
    send_mail()
    assert {link.split("/")[2] for message in mailbox for link in links(message.body)} <= {"localhost:8000"}


def test_three_mails_an_hour_are_enough_for_one_address(cast: Cast) -> None:
    for _ in range(5):
        assert ask_reset("ana@example.com").status_code == 302
    assert Mail.objects.count() == 3
    with time_machine.travel(NOW + timedelta(minutes=61), tick=False):
        ask_reset("ana@example.com")
    assert Mail.objects.count() == 4


def test_twenty_an_hour_are_enough_for_one_network_address(cast: Cast) -> None:
    for at in range(25):
        ask_reset(f"person{at}@example.com")
    assert Mail.objects.count() == 20


def test_somebody_invited_who_asks_for_a_password_gets_the_invitation(cast: Cast, mailbox: list[Any]) -> None:
    invitations.invite(address="nina@example.com", by=cast.admin)
    Mail.objects.all().delete()
    ask_reset("nina@example.com")
    send_mail()
    assert mailbox[0].subject == "Your sign-in for PT Contoh"


# Sending.


class Broken(EmailBackend):
    """A mail server that refuses everything."""

    def send_messages(self, messages: Any) -> int:
        raise OSError("refused")


def test_a_refused_mail_is_tried_again_later_and_given_up_in_the_end(cast: Cast, mailbox: list[Any]) -> None:
    ask_reset("ana@example.com")
    with override_settings(EMAIL_BACKEND=f"{__name__}.Broken"):
        waits = []
        for _ in range(5):
            row = Mail.objects.get()
            with time_machine.travel(row.due_at, tick=False):
                send_mail()
            waits.append((Mail.objects.get().due_at - row.due_at).total_seconds() / 60)
    row = Mail.objects.get()
    assert waits == [1, 5, 30, 120, 0]
    assert (row.tries, row.sent_at, row.failed_at is not None) == (5, None, True)
    with time_machine.travel(row.due_at + timedelta(hours=1), tick=False):
        assert send_mail() == 0


def test_a_refused_invitation_leaves_no_link_behind(cast: Cast) -> None:
    invitations.invite(address="nina@example.com", by=cast.admin)
    with override_settings(EMAIL_BACKEND=f"{__name__}.Broken"):
        send_mail()
    assert Invitation.objects.count() == 0


def test_a_mail_comes_in_the_language_of_its_reader(cast: Cast, mailbox: list[Any]) -> None:
    cast.company.language = "id"
    cast.company.save()
    mail.post(kind=Mail.Kind.RESET, address="ana@example.com")
    send_mail()
    assert len(mailbox) == 1


def test_a_company_name_cannot_add_headers(cast: Cast, mailbox: list[Any]) -> None:
    Company.objects.filter(pk=1).update(name="Evil\r\nBcc: all@example.com")
    ask_reset("ana@example.com")
    assert send_mail() == 1
    assert mailbox[0].subject == "Set a new password for Evil Bcc: all@example.com"
    assert mailbox[0].bcc == []


def test_the_secrets_of_links_stand_in_no_row(cast: Cast, mailbox: list[Any]) -> None:
    invitations.invite(address="nina@example.com", by=cast.admin)
    send_mail()
    secret = links(mailbox[0].body)[0].rstrip("/").rsplit("/", 1)[1]
    row = Invitation.objects.get()
    assert secret not in row.token_hash
    assert secret not in str(list(Mail.objects.values()))


@pytest.mark.django_db(transaction=True)
def test_several_workers_send_each_mail_once(mailbox: list[Any]) -> None:
    for at in range(12):
        mail.post(kind=Mail.Kind.RESET, address=make.user(f"Person {at}").email)
    gate = Barrier(4)

    def work(_: int) -> int:
        try:
            gate.wait()
            return mail.send_due()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(work, range(4))) == 12
    assert len({message.to[0] for message in outbox.outbox}) == len(outbox.outbox) == 12


def test_what_is_two_days_old_is_forgotten(cast: Cast) -> None:
    ask_reset("ana@example.com")
    with time_machine.travel(NOW + timedelta(hours=49), tick=False):
        assert tidy()["mails"] == 1


def test_a_changed_password_is_told_to_its_owner(cast: Cast, mailbox: list[Any], signed_in: Any) -> None:
    here, elsewhere = signed_in(cast.ana), signed_in(cast.ana)
    new = "three quiet wooden boats"
    answer = here.post("/account/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert answer["Location"] == "/me/"
    assert here.get("/me/").status_code == 200
    assert elsewhere.get("/me/").status_code == 302
    send_mail()
    assert mailbox[0].subject == "Your password for PT Contoh was changed"


@pytest.mark.parametrize("password", ["short", "password1234", "salesteam2026", "ana@example.com", "1234567890123"])
def test_a_weak_password_is_refused(cast: Cast, signed_in: Any, password: str) -> None:
    client = signed_in(cast.ana)
    client.post("/account/password/change/", {"oldpassword": PASSWORD, "password1": password, "password2": password})
    assert User.objects.get(pk=cast.ana.pk).check_password(PASSWORD)
