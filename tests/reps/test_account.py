"""My own settings, and language and appearance on every page."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from reps.models import AuditEntry, Rep, Session, User
from tests.cast import PASSWORD, Cast

URL = "/me/"
FIELDS = {"name": "Ana Wijaya", "phone": "0812-3456 789", "language": "id", "theme": "dark"}


def test_i_change_name_phone_language_and_appearance(cast: Cast, signed_in: Any) -> None:
    client = signed_in(cast.ana)
    answer = client.post(URL, FIELDS)
    user = User.objects.get(pk=cast.ana.pk)
    assert (user.name, user.language, user.theme) == ("Ana Wijaya", "id", "dark")
    assert (user.rep.name, user.rep.phone) == ("Ana Wijaya", "+628123456789")
    assert answer.cookies["theme"].value == "dark"
    assert AuditEntry.objects.get().facts == {"fields": ["name", "phone"]}


@pytest.mark.parametrize(
    "field", ["kind", "email", "is_active", "sells", "team", "role", "left_on", "external_id", "password", "joined_on"]
)
def test_what_is_not_mine_to_change_stays(cast: Cast, signed_in: Any, field: str) -> None:
    before = (
        list(User.objects.filter(pk=cast.ana.pk).values("kind", "email", "is_active", "password")),
        list(Rep.objects.filter(pk=cast.ana.rep.pk).values("sells", "left_on", "external_id", "joined_on")),
    )
    signed_in(cast.ana).post(URL, {**FIELDS, field: "admin"})
    after = (
        list(User.objects.filter(pk=cast.ana.pk).values("kind", "email", "is_active", "password")),
        list(Rep.objects.filter(pk=cast.ana.rep.pk).values("sells", "left_on", "external_id", "joined_on")),
    )
    assert after == before


@pytest.mark.parametrize(
    ("field", "value"),
    [("phone", "call me"), ("name", " \u200b "), ("name", "²"), ("language", "fr"), ("theme", "pink"), ("name", "a" * 121)],
)
def test_a_value_that_cannot_be_keeps_what_was_typed_and_saves_nothing(
    cast: Cast, signed_in: Any, field: str, value: str
) -> None:
    answer = signed_in(cast.ana).post(URL, {**FIELDS, field: value})
    assert answer.status_code == 422
    assert "Nothing is saved yet. Correct the marked fields." in answer.content.decode()
    assert User.objects.get(pk=cast.ana.pk).name == "Ana"


def test_somebody_who_is_no_rep_has_no_phone(cast: Cast, signed_in: Any) -> None:
    page = signed_in(cast.admin).get(URL).content.decode()
    assert 'name="phone"' not in page


def test_i_see_who_reads_about_me(cast: Cast, signed_in: Any) -> None:
    page = signed_in(cast.ana).get(URL).content.decode()
    for words in ("Everyone who signs in", "Maya, Vera", "Your team, North", "Other teams", "Admins", "Auditors"):
        assert words in page


# Where I am signed in.


@pytest.fixture
def two_places(cast: Cast) -> tuple[Client, Client]:
    here, there = Client(), Client()
    for client, agent in ((here, "Firefox Linux"), (there, "Chrome Android")):
        client.post(
            "/account/login/", {"login": "ana@example.com", "password": PASSWORD, "remember": "on"}, headers={"User-Agent": agent}
        )
    return here, there


def test_i_see_my_sessions_by_device_and_no_key(two_places: tuple[Client, Client]) -> None:
    page = two_places[0].get(URL).content.decode()
    assert "Firefox · Linux" in page
    assert "Chrome · Android" in page
    assert not any(key in page for key in Session.objects.values_list("session_key", flat=True))


def test_signing_out_elsewhere_leaves_me_here(two_places: tuple[Client, Client]) -> None:
    here, there = two_places
    here.post(reverse("reps:sign_out_elsewhere"))
    assert here.get(URL).status_code == 200
    assert there.get(URL).status_code == 302


def test_i_end_one_session(cast: Cast, two_places: tuple[Client, Client]) -> None:
    here, there = two_places
    row = Session.objects.of(cast.ana).get(device="Chrome · Android")
    here.post(reverse("reps:sign_out_there"), {"key": row.public_id})
    assert here.get(URL).status_code == 200
    assert there.get(URL).status_code == 302


def test_nobody_ends_a_session_of_somebody_else(cast: Cast, two_places: tuple[Client, Client], signed_in: Any) -> None:
    row = Session.objects.of(cast.ana).first()
    assert signed_in(cast.budi).post(reverse("reps:sign_out_there"), {"key": row.public_id}).status_code == 404
    assert Session.objects.of(cast.ana).count() == 2


# Language and appearance.


def test_a_visitor_chooses_a_language_before_signing_in(db: None) -> None:
    client = Client()
    answer = client.post("/preferences/", {"language": "id", "next": "/account/login/?next=/me/"})
    assert answer["Location"] == "/account/login/?next=/me/"
    assert answer.cookies["salesteam_language"].value == "id"
    assert client.get("/account/login/")["Content-Language"] == "id"


def test_a_chosen_language_follows_the_person(cast: Cast, signed_in: Any) -> None:
    signed_in(cast.ana).post("/preferences/", {"language": "id"})
    assert Client().get(URL).status_code == 302
    assert signed_in(User.objects.get(pk=cast.ana.pk)).get(URL)["Content-Language"] == "id"


def test_a_theme_sent_by_script_gets_an_empty_answer_and_is_kept(cast: Cast, signed_in: Any) -> None:
    answer = signed_in(cast.ana, htmx=True).post("/preferences/", {"theme": "dark"})
    assert (answer.status_code, answer.cookies["theme"].value) == (204, "dark")
    assert User.objects.get(pk=cast.ana.pk).theme == "dark"


@pytest.mark.parametrize("url", ["https://evil.example/", "//evil.example", "/nowhere/", ""])
def test_choosing_a_language_never_leads_off_site(db: None, url: str) -> None:
    assert Client().post("/preferences/", {"language": "id", "next": url})["Location"] == "/"


@pytest.mark.parametrize("data", [{"language": "fr"}, {"theme": "pink"}, {"language": "\x00"}, {}])
def test_a_choice_that_is_none_changes_nothing(cast: Cast, signed_in: Any, data: dict[str, str]) -> None:
    answer = signed_in(cast.ana).post("/preferences/", data)
    user = User.objects.get(pk=cast.ana.pk)
    assert (answer.status_code, user.language, user.theme) == (302, "en", "system")


def test_signing_in_brings_the_appearance_along(cast: Cast) -> None:
    User.objects.filter(pk=cast.ana.pk).update(theme="dark")
    answer = Client().post("/account/login/", {"login": "ana@example.com", "password": PASSWORD})
    assert answer.cookies["theme"].value == "dark"
