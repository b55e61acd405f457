"""Signing in: alike for every address, throttled before hashing, and the owner always gets in."""

from __future__ import annotations

import re
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
import time_machine
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core.management import call_command
from django.db import connections
from django.test import Client, override_settings
from django.urls import reverse

from reps import throttle
from reps.models import Mail, Session, SignInAttempt, User
from reps.sessions import device
from tests import make
from tests.cast import NOW, PASSWORD, Cast

URL = "/account/login/"
WRONG = "The e-mail address or the password is wrong."
ARGON = ["django.contrib.auth.hashers.Argon2PasswordHasher"]


def attempt(email: str, password: str = "wrong-password-1", *, client: Client | None = None, address: str = "10.0.0.1", **data: Any) -> Any:  # fmt: skip
    return (client or Client()).post(URL, {"login": email, "password": password, **data}, REMOTE_ADDR=address)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "SLOW_S", 0.0)


def test_the_right_password_brings_a_person_home(cast: Cast) -> None:
    answer = attempt("ana@example.com", PASSWORD)
    assert (answer.status_code, answer["Location"]) == (302, "/")


def test_the_address_may_be_written_in_any_case_and_with_blanks(cast: Cast) -> None:
    assert attempt("  ANA@Example.com ", PASSWORD).status_code == 302


def test_next_brings_a_person_back_to_the_page_they_wanted(cast: Cast) -> None:
    assert attempt("ana@example.com", PASSWORD, next="/me/?a=1")["Location"] == "/me/?a=1"


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/", "//evil.example/", "///evil.example", "/\\evil.example", "\\\\evil.example", "http:evil.example",
        "https:///evil.example", "javascript:alert(1)", "/%2f%2fevil.example", "/%5cevil.example", "/\tevil.example", "/ /evil.example",
        "https://testserver@evil.example/", "http://testserver.evil.example/", "/me/\r\nX: y", "evil.example", "//testserver/",
        "/nowhere-at-all/", "\x00/me/", "/.//evil.example",
    ],
)  # fmt: skip
def test_twenty_ways_off_site_all_end_at_home(cast: Cast, url: str) -> None:
    assert attempt("ana@example.com", PASSWORD, next=url)["Location"] == "/"


# Alike for everyone.


@pytest.fixture
def four_kinds(cast: Cast) -> list[str]:
    """Addresses that cannot be signed in with: a real one, an inactive one, one without a password, an unknown one."""
    make.user("Ina", is_active=False)
    invited = make.user("Nina")
    invited.set_unusable_password()
    invited.save()
    return ["ana@example.com", "ina@example.com", "nina@example.com", "nobody@example.com"]


def seen(answer: Any, email: str) -> tuple[Any, ...]:
    """What a visitor could tell two answers apart by."""
    body = re.sub(r'(csrfmiddlewaretoken" value="|nonce=")[^"]+', r"\1", answer.content.decode().replace(email, "ADDRESS"))
    headers = {name: re.sub(r"nonce-[^']+", "nonce", value) for name, value in answer.items() if name != "Content-Length"}
    return answer.status_code, body, sorted(answer.cookies.keys()), headers


def test_four_kinds_of_address_get_one_reply(four_kinds: list[str]) -> None:
    replies = [seen(attempt(email, address=f"10.0.1.{at}"), email) for at, email in enumerate(four_kinds)]
    assert replies[0] == replies[1] == replies[2] == replies[3]
    assert WRONG in replies[0][1]


def test_four_kinds_of_address_cost_one_hash_each(four_kinds: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    hashed: list[str] = []
    original = MD5PasswordHasher.encode
    monkeypatch.setattr(
        MD5PasswordHasher, "encode", lambda self, password, salt: hashed.append(password) or original(self, password, salt)
    )
    for at, email in enumerate(four_kinds):
        attempt(email, f"some-password-{at}", address=f"10.0.1.{at}")
    assert hashed == ["some-password-0", "some-password-1", "some-password-2", "some-password-3"]


@pytest.mark.long
@pytest.mark.real_clock
@override_settings(PASSWORD_HASHERS=ARGON)
def test_four_kinds_of_address_take_one_time(four_kinds: list[str]) -> None:
    user = User.objects.get(email="ana@example.com")
    user.set_password(PASSWORD)
    user.save()
    times: dict[str, list[float]] = {email: [] for email in four_kinds}
    for turn in range(40):
        for email in four_kinds:
            begun = time.process_time()
            attempt(email, address=f"10.{turn}.0.{four_kinds.index(email)}")
            times[email].append(time.process_time() - begun)
    # The processor's time and not the clock's: what the work takes, without what else this machine does meanwhile.
    medians = [statistics.median(values) for values in times.values()]
    assert max(medians) - min(medians) <= max(0.015, 0.1 * min(medians))


def test_an_inactive_person_with_the_right_password_reads_the_same_words(four_kinds: list[str]) -> None:
    assert WRONG in attempt("ina@example.com", PASSWORD).content.decode()


# Throttled.


def test_the_sixth_failure_within_15_minutes_has_to_wait_even_with_the_right_password(cast: Cast) -> None:
    for _ in range(5):
        assert attempt("ana@example.com").status_code == 200
    answer = attempt("ana@example.com", PASSWORD)
    assert answer.status_code == 429
    assert "Too many attempts. Wait 15 minutes, or ask for a new password." in answer.content.decode()
    with time_machine.travel(NOW + timedelta(minutes=15, seconds=1), tick=False):
        assert attempt("ana@example.com", PASSWORD).status_code == 302


def test_an_unknown_address_has_to_wait_alike(cast: Cast) -> None:
    answers = [attempt("nobody@example.com").status_code for _ in range(6)]
    assert answers == [200, 200, 200, 200, 200, 429]


def test_no_password_is_hashed_for_who_has_to_wait(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(5):
        attempt("ana@example.com")
    monkeypatch.setattr(User, "check_password", lambda *_: pytest.fail("a password was checked"))
    monkeypatch.setattr("reps.signin.make_password", lambda *_: pytest.fail("a password was hashed"))
    assert attempt("ana@example.com").status_code == 429


def test_the_owner_gets_in_from_another_address_whatever_a_stranger_does(cast: Cast) -> None:
    for at in range(60):
        attempt("ana@example.com", address=f"10.0.{at}.1")
    assert SignInAttempt.objects.count() == 60
    assert attempt("ana@example.com", PASSWORD, address="192.0.2.7").status_code == 302


def test_after_twenty_failures_in_an_hour_answers_come_slowly_and_the_owner_gets_one_mail(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr(throttle.time, "sleep", waits.append)
    for at in range(25):
        attempt("ana@example.com", address=f"10.0.{at}.1")
    assert len(waits) == 5
    assert Mail.objects.filter(kind=Mail.Kind.MANY_ATTEMPTS, address="ana@example.com").count() == 1


def test_one_address_may_fail_fifty_times_an_hour_over_all_accounts(cast: Cast) -> None:
    answers = [attempt(f"person{at}@example.com").status_code for at in range(51)]
    assert answers == [200] * 50 + [429]
    assert attempt("ana@example.com", PASSWORD, address="10.0.0.2").status_code == 302


def test_success_forgives_what_was_mistyped_before_it(cast: Cast) -> None:
    for _ in range(4):
        attempt("ana@example.com")
    attempt("ana@example.com", PASSWORD)
    assert SignInAttempt.objects.count() == 0


def test_log_lines_tell_attempts_apart_and_name_nobody(cast: Cast, caplog: pytest.LogCaptureFixture) -> None:
    attempt("ana@example.com", "wrong-password-1")
    attempt("ana@example.com", PASSWORD)
    said = [record.msg for record in caplog.records if record.name == "signin"]
    assert [line["outcome"] for line in said] == ["refused", "in"]
    assert said[0]["account"] == said[1]["account"]
    assert "ana@" not in caplog.text
    assert "wrong-password-1" not in caplog.text


def test_the_attempts_hold_no_address_in_the_clear(cast: Cast) -> None:
    attempt("ana@example.com", address="10.0.0.9")
    row = SignInAttempt.objects.get()
    assert len(row.account_hash) == len(row.address_hash) == 64


@pytest.mark.django_db(transaction=True)
def test_sixteen_attempts_at_once_hash_at_most_five_passwords() -> None:
    make.user("Ana")
    gate = Barrier(16)

    def hammer(_: int) -> int:
        try:
            gate.wait()
            return int(attempt("ana@example.com").status_code)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(hammer, range(16)))
    assert sorted(answers) == [200] * 5 + [429] * 11


# Sessions.


def test_the_session_key_changes_at_sign_in_and_the_planted_one_is_dead(cast: Cast) -> None:
    client = Client()
    client.get(URL)
    session = client.session
    session["planted"] = True
    session.save()
    planted = session.session_key
    client.cookies["salesteam_session"] = planted
    attempt("ana@example.com", PASSWORD, client=client)
    assert client.cookies["salesteam_session"].value != planted
    assert not Session.objects.filter(session_key=planted).exists()


def test_staying_signed_in_keeps_the_cookie_for_30_days_and_else_until_the_browser_closes(cast: Cast) -> None:
    stays, goes = Client(), Client()
    attempt("ana@example.com", PASSWORD, client=stays, remember="on")
    attempt("ana@example.com", PASSWORD, client=goes)
    assert stays.cookies["salesteam_session"]["max-age"] == 30 * 24 * 3600
    assert goes.cookies["salesteam_session"]["max-age"] == ""


LIMITS = [
    ("ana", True, timedelta(days=14), timedelta(days=30)),
    ("ana", False, timedelta(hours=12), timedelta(hours=24)),
    ("manager", True, timedelta(hours=24), timedelta(days=7)),
    ("admin", True, timedelta(hours=3), timedelta(hours=12)),
    ("finance", True, timedelta(hours=3), timedelta(hours=12)),
    ("auditor", True, timedelta(hours=3), timedelta(hours=12)),
]


def is_in(client: Client) -> bool:
    return client.get("/me/").status_code == 200


def signed_in_client(cast: Cast, who: str, remembered: bool) -> Client:
    client = Client()
    attempt(getattr(cast, who).email, PASSWORD, client=client, **({"remember": "on"} if remembered else {}))
    return client


@pytest.mark.parametrize(("who", "remembered", "idle", "absolute"), LIMITS)
def test_a_session_ends_after_so_long_without_use(
    cast: Cast, who: str, remembered: bool, idle: timedelta, absolute: timedelta
) -> None:
    client = signed_in_client(cast, who, remembered)
    with time_machine.travel(NOW + idle, tick=False):
        assert is_in(client)
    with time_machine.travel(NOW + idle + idle + timedelta(minutes=11), tick=False):
        assert not is_in(client)


@pytest.mark.parametrize(("who", "remembered", "idle", "absolute"), LIMITS)
def test_a_session_ends_after_so_long_in_any_case(
    cast: Cast, who: str, remembered: bool, idle: timedelta, absolute: timedelta
) -> None:
    client = signed_in_client(cast, who, remembered)
    passed = timedelta()
    while passed + idle <= absolute:
        passed += idle
        with time_machine.travel(NOW + passed, tick=False):
            assert is_in(client)
    with time_machine.travel(NOW + absolute + timedelta(seconds=1), tick=False):
        assert not is_in(client)


def test_who_is_signed_out_for_time_is_told_so(cast: Cast) -> None:
    client = signed_in_client(cast, "admin", True)
    with time_machine.travel(NOW + timedelta(hours=4), tick=False):
        assert client.get("/me/")["Location"] == f"{URL}?ended=1&next=%2Fme%2F"
        assert "You were signed out" in client.get(f"{URL}?ended=1").content.decode()


def test_last_use_is_written_at_most_every_ten_minutes(cast: Cast) -> None:
    client = signed_in_client(cast, "ana", True)
    for minutes, expected in ((5, 0), (9, 0), (11, 11), (15, 11), (21, 21)):
        with time_machine.travel(NOW + timedelta(minutes=minutes), tick=False):
            assert is_in(client)
        assert Session.objects.get(user=cast.ana).seen_at == NOW + timedelta(minutes=expected)


def test_a_deactivated_person_is_out_on_the_next_request(cast: Cast) -> None:
    client = signed_in_client(cast, "ana", True)
    assert is_in(client)
    User.objects.filter(pk=cast.ana.pk).update(is_active=False)
    assert client.get("/me/").status_code == 302
    assert client.get("/me/", headers={"HX-Request": "true"}).status_code == 401


def test_signing_out_takes_a_post(cast: Cast) -> None:
    client = signed_in_client(cast, "ana", True)
    assert client.get("/account/logout/").status_code == 200
    assert is_in(client)
    assert client.post("/account/logout/")["Location"] == URL
    assert not is_in(client)


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Mobile Safari/537.36", "Chrome · Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Version/18.0 Safari/604.1", "Safari · iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537 Chrome/130 Safari/537 Edg/130.0", "Edge · Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0", "Firefox · Linux"),
        ("curl/8.5", ""),
    ],
)  # fmt: skip
def test_a_session_is_called_by_browser_and_system(agent: str, name: str) -> None:
    assert device(agent) == name


# What is exposed, and odd input.


@pytest.mark.parametrize(
    "path",
    [
        "",
        "signup/",
        "email/",
        "inactive/",
        "reauthenticate/",
        "password/set/",
        "confirm-email/",
        "login/code/",
        "confirm-email/abc/",
    ],
)
def test_pages_of_allauth_that_are_not_used_do_not_exist(cast: Cast, path: str) -> None:
    client = Client()
    client.force_login(cast.ana)
    assert client.get(f"/account/{path}").status_code == 404


@pytest.mark.parametrize(
    "value",
    ["\x00", "a\x00@example.com", "\ud800".encode("utf-16", "surrogatepass"), "a" * 5000, "<script>@x.y", "a@b\r\nBcc: c@d.e"],
)
def test_odd_input_is_an_ordinary_failure(db: None, value: Any) -> None:
    assert Client().post(URL, {"login": value, "password": value}).status_code == 200
    assert Client().post("/account/password/reset/", {"email": value}).status_code == 200


def test_the_names_of_allauth_still_resolve() -> None:
    assert reverse("account_login") == URL
    assert (
        reverse("account_reset_password_from_key", kwargs={"uidb36": "1", "key": "a-b"}) == "/account/password/reset/key/1-a-b/"
    )


def test_sessions_that_ran_out_can_be_cleared(cast: Cast) -> None:
    signed_in_client(cast, "ana", True)
    with time_machine.travel(NOW + timedelta(days=31), tick=False):
        call_command("clearsessions")
    assert Session.objects.count() == 0
