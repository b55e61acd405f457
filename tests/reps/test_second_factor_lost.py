"""The second factor without the phone, switched off, demanded, and at rest in the database."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import CommandError, call_command
from django.db import connection, connections
from django.test import Client
from django.urls import NoReverseMatch, reverse

from reps import audit, mail, second_factor, throttle
from reps.models import AuditEntry, Mail, Session, User
from reps.second_factor import Proof
from tests import authz, make
from tests.cast import PASSWORD, Cast
from tests.codes import code_of
from tests.reps.second_step import LOGIN, PAGE, PAPER, STEP, code_step, codes_of, is_in, later, password_step, seeds_of, set_up


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "SLOW_S", 0.0)


@pytest.fixture
def seed(cast: Cast) -> str:
    """Ana's."""
    return make.second_factor(cast.ana, codes=[PAPER, "fedcba9876543210"])


# ── Without the phone ───────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("written", [PAPER, "0123-4567-89ab-cdef", " 0123 4567 89AB CDEF ", "oI23-4567-89ab-cdef"])
def test_a_recovery_code_signs_in_once_however_it_is_written(cast: Cast, seed: str, written: str) -> None:
    assert code_step(password_step(cast.ana), written).status_code == 302
    again = password_step(cast.ana)
    assert "none of your recovery codes" in code_step(again, written).content.decode()
    entry = AuditEntry.objects.get()
    assert (entry.verb, entry.actor_id, entry.facts) == ("user.recovery_code_used", cast.ana.pk, {"left": 1})
    assert Mail.objects.get().kind == Mail.Kind.RECOVERY_CODE_USED


def test_a_recovery_code_of_somebody_else_is_none(cast: Cast, seed: str) -> None:
    make.second_factor(cast.budi, codes=["kkkkkkkkkkkkkkkk"])
    assert code_step(password_step(cast.ana), "kkkkkkkkkkkkkkkk").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_code_that_is_used_while_new_ones_are_made_locks_nobody_out() -> None:
    user, gate = make.user("Ana"), Barrier(2)
    codes = [f"{at:016d}" for at in range(20)]
    make.second_factor(user, codes=codes)

    def use() -> int:
        gate.wait()
        found = [second_factor.prove(user=User.objects.get(pk=user.pk), typed=code) for code in codes]
        connections.close_all()
        return found.count(Proof.PAPER)

    def renew() -> int:
        gate.wait()
        made = [second_factor.renew_codes(user=User.objects.get(pk=user.pk)) for _ in range(20)]
        connections.close_all()
        return len(made)

    with ThreadPoolExecutor(2) as pool:
        used, made = pool.submit(use), pool.submit(renew)
        assert (used.result() <= 20, made.result()) == (True, 20)
    assert second_factor.state(User.objects.get(pk=user.pk)).codes_left == 10


def test_the_codes_that_were_shown_work_and_new_ones_end_them(cast: Cast, signed_in: Any) -> None:
    client = signed_in(cast.ana)
    shown = codes_of(set_up(client)[0].content.decode())
    assert code_step(password_step(cast.ana), shown[3]).status_code == 302
    new = codes_of(client.post(reverse("reps:second_factor_codes")).content.decode())
    assert len(new) == 10
    assert not set(new) & set(shown)
    assert code_step(password_step(cast.ana), shown[4]).status_code == 200
    assert code_step(password_step(cast.ana), new[0]).status_code == 302
    assert AuditEntry.objects.filter(verb="user.recovery_codes", actor=cast.ana).count() == 1


def test_an_admin_resets_it_for_somebody_who_lost_the_phone(cast: Cast, seed: str, signed_in: Any) -> None:
    there = signed_in(cast.ana)
    admin, url = signed_in(cast.admin), reverse("reps:signin_second_factor", args=[cast.ana.pk])
    assert "Reset the second factor" in admin.get(reverse("reps:signin", args=[cast.ana.pk])).content.decode()
    assert admin.get(url).status_code == 200
    assert Authenticator.objects.count() == 2
    admin.post(url)
    assert not Authenticator.objects.exists()
    assert not is_in(there)
    entry = AuditEntry.objects.latest("pk")
    assert (entry.verb, entry.actor, entry.subject_id) == ("user.second_factor_reset", cast.admin, str(cast.ana.pk))
    assert Mail.objects.get().kind == Mail.Kind.SECOND_FACTOR_RESET
    assert is_in(password_step(cast.ana))
    admin.post(url)
    assert AuditEntry.objects.filter(verb="user.second_factor_reset").count() == 1


def test_nobody_resets_their_own_instead_of_giving_the_password(cast: Cast, signed_in: Any) -> None:
    make.second_factor(cast.admin)
    answer = signed_in(cast.admin).post(reverse("reps:signin_second_factor", args=[cast.admin.pk]))
    assert answer["Location"] == PAGE
    assert second_factor.state(cast.admin)


def test_the_only_admin_is_helped_from_the_server(cast: Cast, capsys: pytest.CaptureFixture[str]) -> None:
    make.second_factor(cast.admin)
    call_command("reset_second_factor", "ADI@example.com")
    assert "Adi now signs in with the password alone" in capsys.readouterr().out
    entry = AuditEntry.objects.latest("pk")
    assert (entry.verb, entry.actor) == ("user.second_factor_reset", None)
    assert audit.verify().whole
    with pytest.raises(CommandError, match="Adi has no second factor"):
        call_command("reset_second_factor", "adi@example.com")
    with pytest.raises(CommandError, match="Nobody signs in with"):
        call_command("reset_second_factor", "nobody@example.com")


def test_a_new_password_does_not_switch_it_off(cast: Cast, seed: str, mailbox: list[Any]) -> None:
    client = Client()
    client.post("/account/password/reset/", {"email": cast.ana.email})
    mail.send_due()
    link = re.search(r"http://\S+/account/password/reset/key/\S+", mailbox[0].body)
    assert link
    form = client.get(link.group().partition("8000")[2] or link.group(), follow=True)
    client.post(form.request["PATH_INFO"], {"password1": "four plain words here", "password2": "four plain words here"})
    fresh = Client()
    answer = fresh.post(LOGIN, {"login": cast.ana.email, "password": "four plain words here"})
    assert answer["Location"] == STEP
    assert code_step(fresh, code_of(seed)).status_code == 302


# ── Switching it off ────────────────────────────────────────────────────────────────────────────────────────────────
def test_switching_it_off_asks_for_the_password_even_right_after_it_was_given(cast: Cast, seed: str, signed_in: Any) -> None:
    client, url = signed_in(cast.ana), reverse("reps:second_factor_off")
    answer = client.post(url, {"password": "wrong-password-1"})
    assert (answer.status_code, "This is not your password." in answer.content.decode()) == (422, True)
    assert client.post(url).status_code == 422
    assert second_factor.state(cast.ana)
    assert client.post(url, {"password": PASSWORD})["Location"] == PAGE
    assert not Authenticator.objects.exists()
    assert AuditEntry.objects.get().verb == "user.second_factor_off"
    assert Mail.objects.get().kind == Mail.Kind.SECOND_FACTOR_OFF
    assert is_in(client)


def test_wrong_passwords_there_count_like_those_at_sign_in(cast: Cast, seed: str, signed_in: Any) -> None:
    client, url = signed_in(cast.ana), reverse("reps:second_factor_off")
    answers = [client.post(url, {"password": f"wrong-password-{at}"}).status_code for at in range(6)]
    assert answers == [422] * 5 + [429]
    assert client.post(url, {"password": PASSWORD}).status_code == 429


@pytest.mark.parametrize("language", ["en", "id"])
def test_every_mail_can_be_read(cast: Cast, mailbox: list[Any], language: str) -> None:
    User.objects.filter(pk=cast.ana.pk).update(language=language)
    kinds = [kind for kind in Mail.Kind if "factor" in kind or "code" in kind]
    assert len(kinds) == 5
    for kind in kinds:
        mail.post(kind=kind, address=cast.ana.email, user=cast.ana, facts={"left": 1})
    mail.send_due()
    assert len(mailbox) == 5
    assert all(
        "PT Contoh" in letter.subject and "Ana" in letter.body and "/account/password/reset/" in letter.body for letter in mailbox
    )


# ── Demanded ────────────────────────────────────────────────────────────────────────────────────────────────────────
OPEN = {"reps:second_factor", "reps:confirm", "account_logout"}


@pytest.fixture
def demanded(settings: Any) -> None:
    """As production has it unless told otherwise."""
    settings.SECOND_FACTOR = "required"


@pytest.mark.parametrize("who", ["admin", "finance"])
def test_who_administers_or_pays_sets_it_up_before_anything_else(cast: Cast, demanded: None, who: str) -> None:
    user = getattr(cast, who)
    client = password_step(user)
    assert client.get("/people/?team=1")["Location"] == f"{PAGE}?next=%2Fpeople%2F%3Fteam%3D1"
    fragment = client.get("/people/", headers={"HX-Request": "true"})
    assert (fragment.status_code, fragment["HX-Redirect"]) == (200, PAGE)
    assert client.post("/me/", {"name": "New"})["Location"] == PAGE
    assert "Set up your second factor" in client.get(PAGE).content.decode()
    assert client.get("/account/logout/").status_code == 200
    answer, _seed = set_up(client)
    assert len(codes_of(answer.content.decode())) == 10
    assert client.get("/people/").status_code == 200


def test_every_other_page_leads_there(cast: Cast, demanded: None, signed_in: Any) -> None:
    client, closed = signed_in(cast.admin), 0
    for route, pattern in authz.routes():
        if not getattr(pattern.callback, "login_required", True):
            continue
        try:
            address = reverse(route)
        except NoReverseMatch:
            continue
        answers = [client.get(address), client.post(address)] if route not in OPEN else []
        assert all((answer.status_code, answer["Location"].partition("?")[0]) == (302, PAGE) for answer in answers), route
        closed += bool(answers)
    assert closed > 30


@pytest.mark.parametrize("who", ["ana", "manager", "auditor"])
def test_of_everybody_else_it_is_not_demanded(cast: Cast, demanded: None, signed_in: Any, who: str) -> None:
    client = signed_in(getattr(cast, who))
    assert client.get("/people/").status_code == 200
    assert "Second factor" in client.get("/me/").content.decode()


def test_asking_whether_it_is_missing_costs_no_query(
    cast: Cast, demanded: None, signed_in: Any, django_assert_num_queries: Any
) -> None:
    make.second_factor(cast.admin)
    client = signed_in(cast.admin)
    with django_assert_num_queries(4):
        assert client.get("/help/").status_code == 200


def test_the_admin_sees_how_many_go_without(cast: Cast, signed_in: Any) -> None:
    client = signed_in(cast.admin)
    assert "2 admin or finance sign-ins have no second factor" in client.get("/").content.decode()
    make.second_factor(cast.finance)
    assert "1 admin or finance sign-in has no second factor" in client.get("/").content.decode()


# ── At rest ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def everything_stored() -> str:
    """Every row of every table as text, sessions decoded."""
    with connection.cursor() as cursor:
        names = connection.introspection.table_names(cursor)
        rows = []
        for name in names:
            cursor.execute(f'SELECT t::text FROM "{name}" t')
            rows += [row[0] for row in cursor.fetchall()]
    return "\n".join([*rows, *(str(session.get_decoded()) for session in Session.objects.all())])


def test_a_copy_of_the_database_holds_no_seed_and_no_recovery_code(cast: Cast, signed_in: Any) -> None:
    client = signed_in(cast.ana)
    pending = seeds_of(client.get(PAGE).content.decode())[1]
    answer, seed = set_up(client)
    codes = codes_of(answer.content.decode())
    code_step(password_step(cast.ana), codes[0])
    stored = everything_stored()
    assert cast.ana.email in stored
    for secret in (pending, seed, *codes, *(code.replace("-", "") for code in codes)):
        assert secret not in stored


def test_another_key_reads_what_the_earlier_one_sealed_and_seals_it_anew(cast: Cast, seed: str, settings: Any) -> None:
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "k" * 50
    assert second_factor.prove(user=cast.ana, typed=code_of(seed)) is Proof.PHONE
    assert (second_factor.reseal(), second_factor.reseal()) == (1, 0)
    settings.SECRET_KEY_FALLBACKS = []
    with later(minutes=1):
        assert second_factor.prove(user=cast.ana, typed=code_of(seed)) is Proof.PHONE


def test_with_the_key_gone_codes_are_refused_and_recovery_codes_still_work(
    cast: Cast, seed: str, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.SECRET_KEY = "k" * 50
    assert second_factor.prove(user=cast.ana, typed=code_of(seed)) is Proof.WRONG
    assert "SECRET_KEY was changed" in caplog.text
    assert second_factor.prove(user=cast.ana, typed=PAPER) is Proof.PAPER


# ── What is exposed ─────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    "name",
    [
        "mfa_index", "mfa_reauthenticate", "mfa_trust", "mfa_activate_totp", "mfa_deactivate_totp", "mfa_view_recovery_codes",
        "mfa_generate_recovery_codes", "mfa_download_recovery_codes", "mfa_list_webauthn", "mfa_add_webauthn", "mfa_login_webauthn",
    ],
)  # fmt: skip
def test_pages_of_allauth_that_are_not_used_do_not_exist(name: str) -> None:
    with pytest.raises(NoReverseMatch):
        reverse(name)
