"""The second factor: setting it up, signing in with it, and what nobody gets by guessing."""

from __future__ import annotations

import re
import time
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from threading import Barrier
from typing import Any
from urllib.parse import urlencode

import pytest
from allauth.mfa.models import Authenticator
from django.db import connections
from django.test import Client

from reps import second_factor, throttle
from reps.models import AuditEntry, Mail, Session, SignInAttempt, User
from reps.second_factor import Proof
from tests import make
from tests.cast import PASSWORD, Cast
from tests.codes import code_of
from tests.reps.second_step import LOGIN, PAGE, PAPER, STEP, code_step, codes_of, is_in, later, password_step, seeds_of, set_up


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "SLOW_S", 0.0)


# ── Setting it up ───────────────────────────────────────────────────────────────────────────────────────────────────
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
