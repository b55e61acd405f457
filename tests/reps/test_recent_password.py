"""The password once more: asked ten minutes after it was given, for what takes data out or changes rights; nothing typed is lost."""

from __future__ import annotations

from datetime import timedelta
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from reps import throttle
from reps.models import AuditEntry, Role, Session, SignInAttempt, User
from reps.sudo import FIELD
from tests import authz, make
from tests.cast import NOW, PASSWORD, Cast

CONFIRM = "/me/confirm/"
FRAGMENT = {"HX-Request": "true", "HX-Target": "panel-body", "HX-Current-URL": "http://testserver/people/"}


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "SLOW_S", 0.0)


def later(**span: float) -> Any:
    return time_machine.travel(NOW + timedelta(**span), tick=False)


class Form(HTMLParser):
    """The form that asks for the password: where it is sent, and its hidden fields in their order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.action, self.fields, self.inside, self.found = "", [], False, False
        self.feed(page)
        assert self.found, "no question in the page"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = dict(attrs)
        if tag == "form":
            self.inside, action, fields = True, has.get("action") or "", []
            if not self.found:
                self.action, self.fields = action, fields
        elif tag == "input" and self.inside and not self.found:
            if has.get("name") == FIELD:
                self.found = True
            elif has.get("type") == "hidden" and has["name"] != "csrfmiddlewaretoken":
                self.fields.append((has["name"], has.get("value") or ""))

    def handle_endtag(self, tag: str) -> None:
        self.inside = self.inside and tag != "form"

    def answered(self, password: str = PASSWORD) -> dict[str, list[str]]:
        """What the browser sends."""
        sent: dict[str, list[str]] = {FIELD: [password]}
        for name, value in self.fields:
            sent.setdefault(name, []).append(value)
        return sent


def asks(answer: Any) -> Form:
    return Form(answer.content.decode())


# ── When ────────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(("minutes", "status"), [(0, 200), (9, 200), (10, 200), (10.02, 302), (11, 302)])
def test_a_file_is_given_within_ten_minutes_and_then_the_password_is_asked(
    cast: Cast, signed_in: Any, minutes: float, status: int
) -> None:
    client = signed_in(cast.ana)
    with later(minutes=minutes):
        answer = client.get("/deals.csv?stage=1", headers={"Referer": "http://testserver/deals/?stage=1"})
    assert answer.status_code == status
    if status == 302:
        parts = urlsplit(answer["Location"])
        assert (parts.path, parse_qs(parts.query)) == (CONFIRM, {"next": ["/deals.csv?stage=1"], "back": ["/deals/?stage=1"]})


def test_signing_in_by_the_form_starts_the_ten_minutes(cast: Cast) -> None:
    client = Client()
    client.post("/account/login/", {"login": cast.ana.email, "password": PASSWORD, "remember": "on"})
    with later(minutes=9):
        assert client.get("/deals.csv").status_code == 200
    with later(days=2):
        assert client.get("/deals/").status_code == 200
        assert client.get("/deals.csv").status_code == 302


def test_reading_pages_does_not_prolong_them(cast: Cast, signed_in: Any) -> None:
    client = signed_in(cast.ana)
    for minutes in (5, 9, 14):
        with later(minutes=minutes):
            client.get("/deals/")
    with later(minutes=15):
        assert client.get("/deals.csv").status_code == 302


def test_each_session_has_its_own(cast: Cast, signed_in: Any) -> None:
    here, there = signed_in(cast.ana), signed_in(cast.ana)
    with later(minutes=11):
        here.post(CONFIRM, {FIELD: PASSWORD})
        assert here.get("/deals.csv").status_code == 200
        assert there.get("/deals.csv").status_code == 302


# ── A page, a file ──────────────────────────────────────────────────────────────────────────────────────────────────
def test_after_the_password_the_file_comes_and_leaves_one_row(cast: Cast, signed_in: Any) -> None:
    client = signed_in(cast.auditor)
    with later(minutes=11):
        asked = client.get(
            "/settings/audit/csv/?verb=export", headers={"Referer": "http://testserver/settings/audit/"}, follow=True
        )
        assert not AuditEntry.objects.exists()
        form = asks(asked)
        answer = client.post(form.action, form.answered())
        page = answer.content.decode()
        assert '<meta http-equiv="refresh" content="0; url=/settings/audit/csv/?verb=export">' in page
        assert '<a class="btn btn-primary" href="/settings/audit/">' in page
        file = client.get("/settings/audit/csv/?verb=export")
        assert file["Content-Type"].startswith("text/csv")
        b"".join(file.streaming_content)
    assert AuditEntry.objects.filter(verb="export").count() == 1


def test_a_page_comes_back_after_the_password(cast: Cast, signed_in: Any) -> None:
    client = signed_in(cast.admin)
    with later(minutes=11):
        form = asks(client.get("/roles/new/", follow=True))
        answer = client.post(form.action, form.answered())
        assert (answer.status_code, answer["Location"]) == (302, "/roles/new/")
        assert client.get("/roles/new/").status_code == 200


@pytest.mark.parametrize(
    "onward",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        "/nowhere/",
        "",
        "http://[",
        "/%2f%2fevil.example",
    ],
)
def test_it_never_leads_off_site(cast: Cast, signed_in: Any, onward: str) -> None:
    client = signed_in(cast.ana)
    assert client.post(CONFIRM, {FIELD: PASSWORD, "next": onward, "back": onward})["Location"] == "/"
    assert client.get(CONFIRM, {"next": onward, "back": onward}).status_code == 200
    assert client.get("/deals/", headers={"Referer": onward.replace("\x00", "")}).status_code == 200


def test_a_referer_from_elsewhere_is_no_way_back(cast: Cast, signed_in: Any) -> None:
    client = signed_in(cast.ana)
    with later(minutes=11):
        for referer in ("https://evil.example/wherever", "http://[", "//", "data:x"):
            answer = client.get("/deals.csv", headers={"Referer": referer})
            assert answer["Location"] == f"{CONFIRM}?next=%2Fdeals.csv"


# ── A form ──────────────────────────────────────────────────────────────────────────────────────────────────────────
AWKWARD = {
    "name": "Hunter & “Closer” <b>'s\" own",
    "purpose": "  line one\r\nline two\r\n\r\n  <script>alert(1)</script> &amp; é 🎯",
    "capabilities": ["deal.create", "deal.edit", "deal.export"],
    "idempotency_key": "0123456789abcdef",
}


def test_what_was_typed_is_carried_exactly_and_done_once(cast: Cast, signed_in: Any) -> None:
    fresh = signed_in(cast.admin)
    fresh.post("/roles/new/", {**AWKWARD, "idempotency_key": "another-key-0001"})
    wanted = Role.objects.values("name", "purpose", "capabilities").get()
    Role.objects.all().delete()
    before = AuditEntry.objects.count()
    with later(minutes=11):
        asked = fresh.post("/roles/new/", AWKWARD)
        assert asked.status_code == 200
        assert b"<script>alert" not in asked.content
        assert (Role.objects.count(), AuditEntry.objects.count()) == (0, before)
        form = asks(asked)
        assert form.action == "/roles/new/"
        sent = form.answered()
        assert {
            name: values if name == "capabilities" else values[0] for name, values in sent.items() if name in AWKWARD
        } == AWKWARD
        assert fresh.post(form.action, sent).status_code == 302
        assert Role.objects.values("name", "purpose", "capabilities").get() == wanted
        # A double click on the question's button.
        assert fresh.post(form.action, sent).status_code == 302
    assert Role.objects.count() == 1
    assert AuditEntry.objects.filter(verb="role.create").count() == 2


def test_the_view_sees_the_form_as_it_was_sent(cast: Cast, signed_in: Any) -> None:
    """A form that is wrong comes back with its own errors, and the corrected one is not asked about again."""
    client = signed_in(cast.admin)
    with later(minutes=11):
        form = asks(client.post("/roles/new/", {"name": "", "purpose": "Opens"}))
        answer = client.post(form.action, form.answered())
        assert answer.status_code == 422
        assert PASSWORD not in answer.content.decode()
        assert client.post("/roles/new/", {"name": "Hunter"}).status_code == 302


def test_changing_ones_mind_changes_nothing(cast: Cast, signed_in: Any) -> None:
    client, role = signed_in(cast.admin), make.role("Closer")
    with later(minutes=11):
        answer = client.post(
            reverse("reps:role_delete", args=[role.pk]), headers={"Referer": f"http://testserver/roles/{role.pk}/"}
        )
        assert f'<a class="btn btn-ghost" href="/roles/{role.pk}/">' in answer.content.decode()
    assert Role.objects.filter(pk=role.pk).exists()


def test_a_wrong_password_keeps_everything_and_counts_against_the_throttle(cast: Cast, signed_in: Any) -> None:
    client = signed_in(cast.admin)
    with later(minutes=11):
        form = asks(client.post("/roles/new/", AWKWARD))
        for at in range(5):
            answer = client.post(form.action, form.answered(f"wrong-password-{at}"))
            assert answer.status_code == 422
            assert "This is not your password." in answer.content.decode()
            assert asks(answer).fields == form.fields
        assert SignInAttempt.objects.count() == 5
        answer = client.post(form.action, form.answered())
        assert answer.status_code == 429
        assert "Too many attempts. Wait 15 minutes" in answer.content.decode()
        assert asks(answer).fields == form.fields
    assert not Role.objects.exists()
    with later(minutes=27):
        assert client.post(form.action, form.answered()).status_code == 302
    assert Role.objects.count() == 1


def test_the_page_that_asks_throttles_too(cast: Cast, signed_in: Any) -> None:
    client = signed_in(cast.ana)
    answers = [client.post(CONFIRM, {FIELD: f"wrong-password-{at}", "next": "/deals.csv"}).status_code for at in range(6)]
    assert answers == [422] * 5 + [429]


def test_the_password_of_somebody_else_is_wrong(cast: Cast, signed_in: Any) -> None:
    User.objects.filter(pk=cast.admin.pk).update(password=User.objects.get(pk=cast.ana.pk).password + "x")
    client = signed_in(User.objects.get(pk=cast.admin.pk))
    assert client.post(CONFIRM, {FIELD: PASSWORD}).status_code == 422


def test_the_password_stands_in_no_row_and_no_log(cast: Cast, signed_in: Any, caplog: pytest.LogCaptureFixture) -> None:
    client = signed_in(cast.admin)
    with later(minutes=11):
        form = asks(client.post("/roles/new/", AWKWARD))
        client.post(form.action, form.answered())
    assert PASSWORD not in caplog.text
    assert not any(PASSWORD in str(session.get_decoded()) for session in Session.objects.all())


def test_who_may_not_is_refused_before_any_question(cast: Cast, signed_in: Any) -> None:
    client = signed_in(cast.ana)
    with later(minutes=11):
        assert client.get("/roles/new/").status_code == 403
        assert client.post("/roles/new/", AWKWARD).status_code == 403
        assert client.get("/settings/audit/csv/").status_code == 403


def test_without_the_token_of_the_page_nothing_is_done(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.admin)
    with later(minutes=11):
        assert client.post("/roles/new/", {**AWKWARD, FIELD: PASSWORD}).status_code == 403
    assert not Role.objects.exists()


# ── In the side panel ───────────────────────────────────────────────────────────────────────────────────────────────
def test_the_panel_asks_and_then_shows_what_was_wanted(cast: Cast, signed_in: Any) -> None:
    client, url = signed_in(cast.admin), reverse("reps:give_role", args=[cast.ana.rep.pk])
    with later(minutes=11):
        asked = client.get(url, headers=FRAGMENT)
        assert (asked.status_code, asked["HX-Retarget"], asked["HX-Reswap"]) == (200, "#panel-body", "innerHTML")
        assert b"<html" not in asked.content
        form = asks(asked)
        assert f'hx-post="{form.action}"' in asked.content.decode()
        wrong = client.post(form.action, form.answered("wrong-password-1"), headers=FRAGMENT)
        assert wrong.status_code == 422
        assert asks(wrong).fields == form.fields
        answer = client.post(form.action, form.answered(), headers=FRAGMENT, follow=True)
        assert answer.redirect_chain == [(url, 302)]
        assert f'action="{url}"' in answer.content.decode()


def test_a_fragment_that_acts_is_asked_in_the_panel_and_goes_on_as_a_page(cast: Cast, signed_in: Any) -> None:
    client, role = signed_in(cast.admin), make.role("Closer")
    url = reverse("reps:role_edit", args=[role.pk])
    with later(minutes=11):
        asked = client.post(url, {"name": "Finisher"}, headers={**FRAGMENT, "HX-Target": "somewhere"})
        assert (asked.status_code, asked["HX-Retarget"]) == (200, "#panel-body")
        form = asks(asked)
        assert b"hx-post" not in asked.content
        assert client.post(form.action, form.answered()).status_code == 302
    assert Role.objects.get().name == "Finisher"


def test_another_fragment_leads_back_to_its_page(cast: Cast, signed_in: Any) -> None:
    client = signed_in(cast.admin)
    with later(minutes=11):
        asked = client.get("/roles/new/", headers={**FRAGMENT, "HX-Target": "somewhere"})
        assert ("next", "/people/") in asks(asked).fields


# ── Which views ─────────────────────────────────────────────────────────────────────────────────────────────────────
ACTS = {
    "reps:role_new", "reps:role_edit", "reps:role_delete", "reps:role_from_preset", "reps:give_role", "reps:invite", "reps:signin_kind",
    "reps:signin_link", "reps:signin_unlink", "reps:signin_address", "reps:signin_allow", "reps:signin_second_factor",
    "reps:second_factor_codes",
}  # fmt: skip


def test_every_file_of_data_asks_and_so_does_every_act_on_rights() -> None:
    found = {name: getattr(pattern.callback, "asks_password", "") for name, pattern in authz.routes()}
    assert {name for name, what in found.items() if what == "file"} == {name for name in found if name.endswith("csv")} | {
        "deals:import_errors"
    }
    assert {name for name, what in found.items() if what == "page"} >= ACTS


def test_setting_up_the_second_factor_asks_before_it_shows_the_picture(cast: Cast, signed_in: Any) -> None:
    client = signed_in(cast.ana)
    with later(minutes=11):
        assert client.get("/me/second-factor/")["Location"] == f"{CONFIRM}?next=%2Fme%2Fsecond-factor%2F"
