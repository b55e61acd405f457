"""The second factor: setting it up, signing in with it, losing the phone, and what nobody gets by guessing or copying."""

from __future__ import annotations

import re
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from html import unescape
from threading import Barrier
from typing import Any
from urllib.parse import urlencode

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.core.management import CommandError, call_command
from django.db import connection, connections
from django.test import Client
from django.urls import NoReverseMatch, reverse

from reps import audit, mail, second_factor, throttle
from reps.models import AuditEntry, Mail, Session, SignInAttempt, User
from reps.second_factor import Proof
from tests import authz, make
from tests.cast import NOW, PASSWORD, Cast
from tests.codes import code_of

LOGIN, STEP, PAGE = "/account/login/", "/account/code/", "/me/second-factor/"
PAPER = "0123456789abcdef"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "SLOW_S", 0.0)


def password_step(user: User, *, client: Client | None = None, address: str = "10.0.0.1", **data: Any) -> Client:
    """A client that gave the right password."""
    made = client or Client()
    made.post(LOGIN, {"login": user.email, "password": PASSWORD, **data}, REMOTE_ADDR=address)
    return made


def code_step(client: Client, code: str, *, address: str = "10.0.0.1") -> Any:
    return client.post(STEP, {"code": code}, REMOTE_ADDR=address)


def is_in(client: Client) -> bool:
    return client.get("/me/").status_code == 200


def later(**span: float) -> Any:
    return time_machine.travel(NOW + timedelta(**span), tick=False)


# ── Setting it up ───────────────────────────────────────────────────────────────────────────────────────────────────
def seeds_of(page: str) -> tuple[str, str]:
    """The sealed seed of the form, and the seed as it stands there for typing."""
    sealed = re.search(r'name="seed" value="([^"]+)"', page)
    key = re.search(r'id="second-factor-key">([A-Z2-7 ]+)<', page)
    assert sealed
    assert key
    return unescape(sealed.group(1)), key.group(1).replace(" ", "")


def codes_of(page: str) -> list[str]:
    return re.findall(r"<li>([0-9a-z]{4}(?:-[0-9a-z]{4}){3})</li>", page)


def set_up(client: Client, **data: Any) -> tuple[Any, str]:
    """Open the page, let the phone read it and send its code; the answer, and the seed."""
    sealed, seed = seeds_of(client.get(PAGE).content.decode())
    return client.post(PAGE, {"seed": sealed, "code": code_of(seed), **data}), seed


def test_switching_it_on_shows_ten_recovery_codes_once(cast: Cast, signed_in: Any) -> None:
    client = signed_in(cast.ana)
    answer, _seed = set_up(client)
    codes = codes_of(answer.content.decode())
    assert (answer.status_code, len(set(codes))) == (200, 10)
    assert answer["Cache-Control"] == "no-store"
    after = client.get(PAGE).content.decode()
    assert "10 are left" in after
    assert not any(code in after for code in codes)
    assert list(AuditEntry.objects.order_by("pk").values_list("verb", flat=True)) == ["user.sign_out", "user.second_factor_on"]
    assert Mail.objects.get().kind == Mail.Kind.SECOND_FACTOR_ON


def test_the_picture_holds_the_key_company_and_address(cast: Cast, signed_in: Any) -> None:
    page = signed_in(cast.ana).get(PAGE).content.decode()
    seed = seeds_of(page)[1]
    link = f"otpauth://totp/PT%20Contoh:ana@example.com?secret={seed}&issuer=PT%20Contoh"
    assert f'href="{link}"' in unescape(page)
    assert re.search(r'<path class="qr-dark" d="M3 3h7v1h-7z[Mhvz0-9 -]+"/>', page)


def test_other_sessions_end_and_this_one_stays(cast: Cast, signed_in: Any) -> None:
    there, here = signed_in(cast.ana), signed_in(cast.ana)
    set_up(here)
    assert (is_in(here), is_in(there)) == (True, False)


def test_a_wrong_code_keeps_the_picture_and_switches_nothing_on(cast: Cast, signed_in: Any) -> None:
    client = signed_in(cast.ana)
    sealed, seed = seeds_of(client.get(PAGE).content.decode())
    answer = client.post(PAGE, {"seed": sealed, "code": code_of(seed, later=9)})
    assert answer.status_code == 422
    assert "This is not the code." in answer.content.decode()
    assert seeds_of(answer.content.decode())[1] == seed
    assert not Authenticator.objects.exists()


@pytest.mark.parametrize("written", ["{0}{1}{2} {3}{4}{5}", " {0}{1}{2}-{3}{4}{5}\n", "{0} {1} {2} {3} {4} {5}"])
def test_a_code_may_be_pasted_with_blanks(cast: Cast, signed_in: Any, written: str) -> None:
    client = signed_in(cast.ana)
    sealed, seed = seeds_of(client.get(PAGE).content.decode())
    client.post(PAGE, {"seed": sealed, "code": written.format(*code_of(seed))})
    assert Authenticator.objects.filter(user=cast.ana, type="totp").exists()


def test_the_seed_of_somebody_else_an_old_one_and_a_made_up_one_are_refused(cast: Cast, signed_in: Any) -> None:
    client, seed = signed_in(cast.ana), second_factor.new_seed()
    own, foreign = second_factor.seal_seed(cast.ana, seed), second_factor.seal_seed(cast.budi, seed)
    with later(minutes=61):
        fresh = signed_in(cast.ana)
        assert fresh.post(PAGE, {"seed": own, "code": code_of(seed)}).status_code == 422
    for sealed in (foreign, seed, "", "\x00", "a" * 400, "é"):
        assert client.post(PAGE, {"seed": sealed, "code": code_of(seed)}).status_code == 422
    assert not Authenticator.objects.exists()


def test_sent_twice_it_is_on_once_and_the_codes_are_not_shown_again(cast: Cast, signed_in: Any) -> None:
    client = signed_in(cast.ana)
    sealed, seed = seeds_of(client.get(PAGE).content.decode())
    data = {"seed": sealed, "code": code_of(seed)}
    first = client.post(PAGE, data)
    assert len(codes_of(first.content.decode())) == 10
    again = client.post(PAGE, data)
    assert (again.status_code, again["Location"]) == (302, PAGE)
    assert AuditEntry.objects.filter(verb="user.second_factor_on").count() == 1


@pytest.mark.parametrize(("onward", "leads_to"), [("/leads/?q=a", "/leads/?q=a"), ("https://evil.example/", PAGE), ("//x", PAGE)])
def test_it_leads_on_to_the_page_that_was_wanted(cast: Cast, signed_in: Any, onward: str, leads_to: str) -> None:
    answer, _seed = set_up(signed_in(cast.ana), next=onward)
    assert f'<a class="btn btn-primary" href="{leads_to}">' in unescape(answer.content.decode())


# ── Signing in ──────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture
def seed(cast: Cast) -> str:
    """Ana's."""
    return make.second_factor(cast.ana, codes=[PAPER, "fedcba9876543210"])


def test_the_password_alone_opens_nothing(cast: Cast, seed: str) -> None:
    client = Client()
    answer = client.post(LOGIN, {"login": cast.ana.email, "password": PASSWORD, "remember": "on"})
    assert (answer.status_code, answer["Location"]) == (302, STEP)
    assert not is_in(client)
    assert client.get(STEP).status_code == 200
    assert Session.objects.of(cast.ana).count() == 0


def test_the_code_brings_home_and_to_the_wanted_page(cast: Cast, seed: str) -> None:
    client = password_step(cast.ana, next="/me/access/")
    answer = code_step(client, code_of(seed))
    assert (answer.status_code, answer["Location"]) == (302, "/me/access/")
    assert is_in(client)


def test_the_key_of_the_session_changes_and_lasts_as_it_was_asked_for(cast: Cast, seed: str) -> None:
    stays, goes = password_step(cast.ana, remember="on"), password_step(cast.ana)
    between = stays.cookies["salesteam_session"].value
    code_step(stays, code_of(seed))
    assert stays.cookies["salesteam_session"].value != between
    assert not Session.objects.filter(session_key=between).exists()
    assert stays.cookies["salesteam_session"]["max-age"] == 30 * 24 * 3600
    code_step(goes, code_of(seed, later=1))
    assert goes.cookies["salesteam_session"]["max-age"] == ""


def test_a_remembered_device_is_asked_again(cast: Cast, seed: str) -> None:
    client = password_step(cast.ana, remember="on")
    code_step(client, code_of(seed))
    client.post("/account/logout/")
    with later(minutes=1):
        password_step(cast.ana, client=client, remember="on")
        assert not is_in(client)


def test_a_code_works_once(cast: Cast, seed: str) -> None:
    assert code_step(password_step(cast.ana), code_of(seed)).status_code == 302
    again = password_step(cast.ana)
    answer = code_step(again, code_of(seed))
    assert "This code was used already." in answer.content.decode()
    assert not is_in(again)
    with later(seconds=30):
        assert code_step(again, code_of(seed)).status_code == 302


def test_the_code_that_switched_it_on_does_not_sign_in(cast: Cast, signed_in: Any) -> None:
    _answer, seed = set_up(signed_in(cast.ana))
    assert code_step(password_step(cast.ana), code_of(seed)).status_code == 200


@pytest.mark.parametrize(("half_minutes", "passes"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_clock_may_be_half_a_minute_off(cast: Cast, seed: str, half_minutes: int, passes: bool) -> None:
    client = password_step(cast.ana)
    code_step(client, code_of(seed, later=half_minutes))
    assert is_in(client) is passes


def test_after_a_later_code_an_earlier_one_is_refused(cast: Cast, seed: str) -> None:
    assert code_step(password_step(cast.ana), code_of(seed, later=1)).status_code == 302
    for half_minutes in (0, -1):
        assert code_step(password_step(cast.ana), code_of(seed, later=half_minutes)).status_code == 200


def at_once(user: User, typed: str, monkeypatch: pytest.MonkeyPatch, *, lock: bool) -> list[Proof]:
    """What eight who give the code at once get, each a moment after reading the row."""
    gate = Barrier(8)

    def slowly(owner: User, kind: str) -> Any:
        rows = Authenticator.objects.filter(user_id=owner.pk, type=kind)
        found = (rows.select_for_update() if lock else rows).first()
        time.sleep(0.05)
        return found

    def give(_: int) -> Proof:
        try:
            gate.wait()
            return second_factor.prove(user=user, typed=typed)
        finally:
            connections.close_all()

    monkeypatch.setattr(second_factor, "_locked", slowly)
    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(give, range(8)))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["phone", "paper"])
def test_eight_at_once_with_one_code_let_one_in(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    user = make.user("Ana")
    seed = make.second_factor(user, codes=[PAPER])
    typed, right = (code_of(seed), Proof.PHONE) if kind == "phone" else (PAPER, Proof.PAPER)
    assert at_once(user, typed, monkeypatch, lock=True).count(right) == 1


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_more_would_come_in(monkeypatch: pytest.MonkeyPatch) -> None:
    user = make.user("Ana")
    seed = make.second_factor(user)
    assert at_once(user, code_of(seed), monkeypatch, lock=False).count(Proof.PHONE) > 1


def test_what_was_typed_does_not_come_back(cast: Cast, seed: str) -> None:
    page = code_step(password_step(cast.ana), "123456").content.decode()
    assert "123456" not in page
    assert 'inputmode="numeric"' in page
    assert 'autocomplete="one-time-code"' in page


@pytest.mark.parametrize(
    "value", ["", "\x00", "12345\x00", "١٢٣٤٥٦", "²²²²²²", "a" * 5000, "<script>", "-", "1234567890123", "\ud800"]
)
def test_odd_codes_are_ordinary_failures(cast: Cast, seed: str, value: str) -> None:
    client = password_step(cast.ana)
    body = urlencode({"code": value}, errors="surrogatepass")
    answer = client.post(STEP, body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 200
    assert not is_in(client)


# Between the steps.


def test_who_comes_back_to_the_sign_in_page_goes_on_where_they_were_or_begins_anew(cast: Cast, seed: str) -> None:
    client = password_step(cast.ana)
    assert client.get(LOGIN)["Location"] == STEP
    assert client.post(STEP, {"again": "1"})["Location"] == LOGIN
    assert client.get(LOGIN).status_code == 200
    assert code_step(client, code_of(seed))["Location"] == LOGIN


def test_the_first_step_counts_for_a_quarter_of_an_hour(cast: Cast, seed: str) -> None:
    client = password_step(cast.ana)
    with later(minutes=14):
        assert client.get(STEP).status_code == 200
    with later(minutes=16):
        assert code_step(client, code_of(seed))["Location"] == LOGIN
        assert not is_in(client)


@pytest.mark.parametrize("what", ["password", "ended", "signed out", "reset"])
def test_what_happens_meanwhile_counts(cast: Cast, seed: str, what: str) -> None:
    client, user = password_step(cast.ana), User.objects.get(pk=cast.ana.pk)
    if what == "password":
        user.set_password("another horse battery")
    user.is_active = what != "ended"
    user.session_epoch += what == "signed out"
    user.save()
    if what == "reset":
        second_factor.reset(user=user, by=cast.admin)
    assert code_step(client, code_of(seed))["Location"] == LOGIN
    assert not is_in(client)


def test_who_is_in_has_no_second_step(cast: Cast, seed: str, signed_in: Any) -> None:
    assert signed_in(cast.ana).get(STEP)["Location"] == "/"


def seen(answer: Any, email: str) -> tuple[Any, ...]:
    body = re.sub(r'(csrfmiddlewaretoken" value="|nonce=")[^"]+', r"\1", answer.content.decode().replace(email, "ADDRESS"))
    return answer.status_code, body, sorted(answer.cookies)


def test_a_wrong_password_says_nothing_about_a_second_factor(cast: Cast, seed: str) -> None:
    emails = ["ana@example.com", "budi@example.com", "nobody@example.com"]
    replies = [
        seen(Client().post(LOGIN, {"login": email, "password": "wrong-password-1"}, REMOTE_ADDR=f"10.0.1.{at}"), email)
        for at, email in enumerate(emails)
    ]
    assert replies[0] == replies[1] == replies[2]


# ── Guessing ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_the_sixth_wrong_code_within_15_minutes_has_to_wait_even_when_right(cast: Cast, seed: str) -> None:
    client = password_step(cast.ana)
    for _ in range(5):
        assert code_step(client, "000000").status_code == 200
    answer = code_step(client, code_of(seed))
    assert answer.status_code == 429
    assert "Too many wrong codes. Wait 15 minutes, or use a recovery code." in answer.content.decode()
    with later(minutes=14, seconds=50):
        assert code_step(client, code_of(seed)).status_code == 429
    with later(minutes=15, seconds=1):
        assert code_step(password_step(cast.ana), code_of(seed)).status_code == 302


def test_giving_the_password_again_forgives_no_codes(cast: Cast, seed: str) -> None:
    for _ in range(5):
        code_step(password_step(cast.ana), "000000")
    assert code_step(password_step(cast.ana), code_of(seed)).status_code == 429


def test_after_twenty_wrong_codes_from_anywhere_codes_wait_and_a_recovery_code_brings_the_owner_in(cast: Cast, seed: str) -> None:
    for at in range(25):
        address = f"10.0.{at}.1"
        answer = code_step(password_step(cast.ana, address=address), "000000", address=address)
        assert answer.status_code == (200 if at < 20 else 429)
    assert [row.kind for row in Mail.objects.all()] == [Mail.Kind.MANY_CODES]
    home = password_step(cast.ana, address="192.0.2.7")
    assert code_step(home, code_of(seed), address="192.0.2.7").status_code == 429
    assert code_step(home, PAPER, address="192.0.2.7").status_code == 302


def test_strangers_without_the_password_do_not_slow_down_codes(cast: Cast, seed: str) -> None:
    for at in range(30):
        Client().post(LOGIN, {"login": cast.ana.email, "password": "wrong-password-1"}, REMOTE_ADDR=f"10.0.{at}.1")
    assert code_step(password_step(cast.ana), code_of(seed)).status_code == 302


def test_a_right_code_forgives_what_was_mistyped_before_it(cast: Cast, seed: str) -> None:
    client = password_step(cast.ana)
    code_step(client, "000000")
    code_step(client, code_of(seed))
    assert SignInAttempt.objects.count() == 0


def test_log_lines_name_nobody_and_hold_no_code(cast: Cast, seed: str, caplog: pytest.LogCaptureFixture) -> None:
    client = password_step(cast.ana)
    code_step(client, "000000")
    code_step(client, code_of(seed))
    said = [
        record.msg["outcome"] for record in caplog.records if record.name == "signin" and record.msg["event"] == "second step"
    ]
    assert said == ["wrong", "code"]
    assert not any(secret in caplog.text for secret in ("ana@", "000000", code_of(seed), seed))


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
