"""Tokens for programs: what is kept of one, when it works, and who ends it."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import connection, connections
from django.db.models import F
from django.test import Client

from reps import api_tokens, people, sessions
from reps.models import ApiToken, ApiUse, AuditEntry, User
from reps.signin import AccountAdapter
from tests import make
from tests.api.calling import Api
from tests.cast import NOW, Cast

pytestmark = pytest.mark.django_db
SHAPE = re.compile(r"st_[a-z0-9]{8}_[A-Za-z0-9_-]{43}")
DEAD = {"code": "unauthorized", "message": "Send a token that works: Authorization: Bearer st_…."}


def everything_in_the_database() -> str:
    """Every column of every table of ours, as text."""
    found = []
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            found += [row[0] for row in cursor.fetchall()]
    return "\n".join(found)


def test_a_token_has_256_bits_and_only_its_hash_is_kept(cast: Cast) -> None:
    issued = api_tokens.issue(owner=cast.ana, name="Robot", by=cast.ana)
    assert SHAPE.fullmatch(issued.secret)
    kept = everything_in_the_database()
    assert issued.token.prefix in kept
    assert issued.secret not in kept
    assert issued.secret.split("_", 2)[2] not in kept


def test_a_token_reads_for_90_days_unless_said_otherwise(cast: Cast) -> None:
    token = api_tokens.issue(owner=cast.ana, by=cast.ana).token
    assert (token.scopes, token.expires_at) == (["read"], NOW + timedelta(days=90))


@pytest.mark.parametrize("days", [0, -1, 366, 10**9])
def test_a_token_works_from_1_to_365_days(cast: Cast, days: int) -> None:
    with pytest.raises(ValidationError):
        api_tokens.issue(owner=cast.ana, days=days, by=cast.ana)
    assert ApiToken.objects.count() == 0


def test_making_and_revoking_are_audited_without_the_secret(cast: Cast) -> None:
    issued = api_tokens.issue(owner=cast.ana, writes=True, days=7, by=cast.ana)
    api_tokens.revoke(token=issued.token, by=cast.admin)
    api_tokens.revoke(token=issued.token, by=cast.admin)
    rows = AuditEntry.objects.filter(subject_type="user", subject_id=str(cast.ana.pk)).order_by("pk")
    prefix = issued.token.prefix
    facts = [(row.verb, row.actor, {key: value for key, value in row.facts.items() if key != "detail"}) for row in rows]
    assert facts == [
        ("user.token", cast.ana, {"token": prefix, "scopes": ["read", "write"], "until": "2026-09-23"}),
        ("user.token_revoke", cast.admin, {"token": prefix}),
    ]


# ── When it works ───────────────────────────────────────────────────────────────────────────────────────────────────
def dead(api: Api) -> bool:
    """The token is refused like any other that does not work."""
    status, said = api.get("/reps/")
    assert status in (200, 401)
    assert status == 200 or said == {"error": DEAD}
    return status == 401


def test_it_works_until_it_runs_out(cast: Cast) -> None:
    api = Api(cast.ana, days=1)
    with time_machine.travel(NOW + timedelta(days=1, seconds=-1), tick=False):
        assert not dead(api)
    with time_machine.travel(NOW + timedelta(days=1), tick=False):
        assert dead(api)


def test_a_revoked_one_is_dead_at_once(cast: Cast) -> None:
    api = Api(cast.ana)
    assert not dead(api)
    api_tokens.revoke(token=api.token, by=cast.ana)
    assert dead(api)


def test_it_dies_with_its_owners_sign_in(cast: Cast) -> None:
    api = Api(cast.ana)
    people.deactivate(user=cast.ana, by=cast.admin)
    assert dead(api)
    people.reactivate(user=cast.ana, by=cast.admin)
    assert dead(api)


def test_nobody_makes_one_for_who_may_not_sign_in(cast: Cast) -> None:
    people.deactivate(user=cast.ana, by=cast.admin)
    with pytest.raises(ValidationError):
        api_tokens.issue(owner=User.objects.get(pk=cast.ana.pk), by=cast.admin)


def test_a_new_password_ends_it(cast: Cast) -> None:
    api = Api(cast.ana)
    AccountAdapter().set_password(cast.ana, "four plain words here")
    assert dead(api)


def test_signing_out_everywhere_ends_it(cast: Cast) -> None:
    api = Api(cast.ana)
    sessions.end_all(cast.ana, by=cast.ana)
    assert dead(api)
    assert not dead(Api(User.objects.get(pk=cast.ana.pk)))


def test_another_kind_of_access_ends_it(cast: Cast) -> None:
    api = Api(cast.ana)
    people.set_kind(user=cast.ana, kind="auditor", by=cast.admin)
    assert dead(api)


def test_what_it_may_follows_its_owners_rights_of_the_moment(cast: Cast) -> None:
    deal = make.deal(owner=cast.outsider)
    api = Api(cast.budi)
    assert api.get(f"/deals/{deal.pk}/")[0] == 404
    make.TeamLead.objects.filter(team=cast.south).update(superseded_at=NOW)
    make.TeamLead.objects.create(team=cast.south, rep=cast.budi.rep, valid=make.since(None))
    assert api.get(f"/deals/{deal.pk}/")[0] == 200


@pytest.mark.parametrize(
    ("network", "address", "works"),
    [
        ("", "203.0.113.9", True), ("203.0.113.0/24", "203.0.113.9", True), ("203.0.113.0/24", "203.0.114.9", False),
        ("203.0.113.9", "203.0.113.9", True), ("203.0.113.9", "203.0.113.8", False), ("203.0.113.0/24", "", False),
        ("203.0.113.0/24", "2001:db8::1", False), ("2001:db8::/32", "2001:db8::1", True), ("203.0.113.0/24", "::ffff:203.0.113.9", True),
    ],
)  # fmt: skip
def test_it_works_from_its_network_alone(cast: Cast, network: str, address: str, works: bool) -> None:
    api = Api(cast.ana, network=network)
    assert dead_from(api, address) is not works


def dead_from(api: Api, address: str) -> bool:
    response = api.client.get("/api/v1/reps/", headers={"Authorization": f"Bearer {api.secret}"}, REMOTE_ADDR=address)
    return response.status_code == 401


def test_a_forged_forwarding_header_opens_no_network(cast: Cast) -> None:
    api = Api(cast.ana, network="203.0.113.0/24")
    headers = {"Authorization": f"Bearer {api.secret}", "X-Forwarded-For": "203.0.113.9"}
    assert api.client.get("/api/v1/reps/", headers=headers, REMOTE_ADDR="198.51.100.7").status_code == 401


@pytest.mark.parametrize("network", ["x", "203.0.113.0/33", "300.0.0.1", "203.0.113.0/24, 10.0.0.0/8"])
def test_what_is_no_network_is_refused(cast: Cast, network: str) -> None:
    with pytest.raises(ValidationError):
        api_tokens.issue(owner=cast.ana, network=network, by=cast.ana)


@pytest.mark.parametrize(
    "header",
    [
        "", "Bearer", "Bearer ", "Basic YW5hOnB3", "Bearer st_aaaaaaaa_" + "a" * 43, "Bearer st_", "Token {secret}", "{secret}",
        "Bearer {secret}x", "Bearer {flipped}", "Bearer \udcff", "Bearer {secret} {secret}", "Bearer " + "a" * 5000,
    ],
)  # fmt: skip
def test_whatever_is_wrong_with_it_the_answer_is_the_same(cast: Cast, header: str) -> None:
    secret = Api(cast.ana).secret
    flipped = secret[:-1] + ("A" if secret[-1] != "A" else "B")
    sent = header.replace("{secret}", secret).replace("{flipped}", flipped)
    response = Client().get("/api/v1/deals/", headers={"Authorization": sent} if sent else {})
    assert (response.status_code, response.json(), response["WWW-Authenticate"]) == (401, {"error": DEAD}, "Bearer")


def test_the_scheme_is_read_in_any_case(cast: Cast) -> None:
    secret = Api(cast.ana).secret
    assert Client().get("/api/v1/reps/", headers={"Authorization": f"bearer {secret}"}).status_code == 200


def test_a_token_in_the_address_opens_nothing(cast: Cast) -> None:
    secret = Api(cast.ana).secret
    assert Client().get("/api/v1/reps/", {"token": secret, "access_token": secret}).status_code == 401


def test_its_last_use_is_written_every_ten_minutes(cast: Cast) -> None:
    api = Api(cast.ana)
    seen = []
    for minutes in (0, 9, 10, 12):
        with time_machine.travel(NOW + timedelta(minutes=minutes), tick=False):
            api.get("/reps/")
        seen.append(ApiToken.objects.get(pk=api.token.pk).last_used_at)
    assert seen == [NOW, NOW, NOW + timedelta(minutes=10), NOW + timedelta(minutes=10)]


# ── How often ───────────────────────────────────────────────────────────────────────────────────────────────────────
def test_each_token_asks_so_often_a_minute_and_then_waits(cast: Cast, settings: Any) -> None:
    settings.API_PER_MINUTE = 3
    api, other = Api(cast.ana), Api(cast.ana)
    with time_machine.travel(NOW + timedelta(seconds=20), tick=False):
        assert [api.get("/reps/")[0] for _call in range(4)] == [200, 200, 200, 429]
        refused = api.send("GET", "/reps/")
        assert (refused.status_code, refused["Retry-After"]) == (429, "40")
        assert refused.json()["error"]["code"] == "throttled"
        assert other.get("/reps/")[0] == 200
    with time_machine.travel(NOW + timedelta(seconds=60), tick=False):
        assert api.get("/reps/")[0] == 200


def test_a_refused_write_changes_nothing(cast: Cast, settings: Any) -> None:
    settings.API_PER_MINUTE = 1
    api = Api(cast.ana)
    assert api.post("/leads/", {"name": "First"})[0] == 201
    assert api.post("/leads/", {"name": "Second"})[0] == 429
    assert list(make.Lead.objects.values_list("name", flat=True)) == ["First"]


def test_120_a_minute_unless_set_otherwise(settings: Any) -> None:
    assert settings.API_PER_MINUTE == 120


@pytest.mark.django_db(transaction=True)
def test_many_at_once_do_not_slip_past_the_count(cast: Cast, settings: Any) -> None:
    settings.API_PER_MINUTE = 20
    token = api_tokens.issue(owner=cast.ana, by=cast.ana).token

    def count(_call: int) -> bool:
        try:
            return api_tokens.wait_s(token) == 0
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(count, range(40))) == 20
    assert ApiUse.objects.get(token=token).count == 21


# ── The page ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_the_page_shows_a_fresh_token_once(cast: Cast, signed_in: Callable[..., Client]) -> None:
    client = signed_in(cast.ana)
    made = client.post("/me/tokens/", {"name": "Sheet", "scope": "write", "days": 30, "network": "203.0.113.7"})
    secret = SHAPE.search(made.content.decode())
    assert secret is not None
    assert made["Cache-Control"] == "no-store"
    token = ApiToken.objects.get()
    assert (token.owner, token.name, token.scopes, token.network) == (cast.ana, "Sheet", ["read", "write"], "203.0.113.7/32")
    again = client.get("/me/tokens/").content.decode()
    assert "Sheet" in again
    assert secret.group() not in again
    assert secret.group() not in everything_in_the_database()


@pytest.mark.parametrize(
    "wrong", [{"name": ""}, {"scope": "admin"}, {"days": "366"}, {"days": "0"}, {"network": "x"}, {"days": "9" * 30}]
)
def test_the_page_makes_no_token_of_a_faulty_form(cast: Cast, signed_in: Callable[..., Client], wrong: dict[str, str]) -> None:
    response = signed_in(cast.ana).post("/me/tokens/", {"name": "Sheet", "scope": "read", "days": "90", **wrong})
    assert response.status_code == 422
    assert ApiToken.objects.count() == 0


def test_the_password_is_asked_again_before_a_token_is_made(cast: Cast, signed_in: Callable[..., Client]) -> None:
    client = signed_in(cast.ana)
    with time_machine.travel(NOW + timedelta(minutes=11), tick=False):
        response = client.post("/me/tokens/", {"name": "Sheet", "scope": "read", "days": "90"})
    assert b"confirm_password" in response.content
    assert ApiToken.objects.count() == 0


def test_each_sees_their_own_and_admins_what_is_known_of_all(cast: Cast, signed_in: Callable[..., Client]) -> None:
    hers, his = Api(cast.ana, name="Sheet of Ana"), Api(cast.budi, name="Sheet of Budi")
    assert b"Sheet of Budi" not in signed_in(cast.ana).get("/me/tokens/").content
    for person in (cast.admin, cast.auditor):
        page = signed_in(person).get("/settings/tokens/").content.decode()
        assert "Sheet of Ana" in page
        assert "Sheet of Budi" in page
        assert hers.secret not in page
        assert his.secret not in page
    assert b"Revoke" not in signed_in(cast.auditor).get("/settings/tokens/").content


def test_an_owner_and_an_admin_revoke_it_and_nobody_else_does(cast: Cast, signed_in: Callable[..., Client]) -> None:
    token = Api(cast.ana).token
    address = f"/me/tokens/{token.pk}/revoke/"
    assert [signed_in(who).post(address).status_code for who in (cast.budi, cast.manager, cast.auditor)] == [404, 404, 403]
    assert ApiToken.objects.get().revoked_at is None
    assert signed_in(cast.admin).post(address)["Location"] == "/settings/tokens/"
    assert ApiToken.objects.get().revoked_at == NOW
    other = Api(cast.ana).token
    assert signed_in(cast.ana).post(f"/me/tokens/{other.pk}/revoke/")["Location"] == "/me/tokens/"


def test_pages_without_tokens_say_so(cast: Cast, signed_in: Callable[..., Client]) -> None:
    client = signed_in(cast.admin)
    assert b"No program acts for you" in client.get("/me/tokens/").content
    assert b"No program acts for anybody" in client.get("/settings/tokens/").content


# ── The command ─────────────────────────────────────────────────────────────────────────────────────────────────────
def said(*arguments: str) -> list[str]:
    """The lines that the command prints."""
    out = StringIO()
    call_command("api_token", *arguments, stdout=out)
    return out.getvalue().splitlines()


def test_the_command_prints_the_token_on_its_last_line(cast: Cast) -> None:
    lines = said("ana@example.com", "--scope", "read")
    assert SHAPE.fullmatch(lines[-1])
    token = api_tokens.recognise(lines[-1], address="")
    assert (token.owner, token.scopes, token.expires_at) == (cast.ana, ["read"], NOW + timedelta(days=90))
    assert AuditEntry.objects.get(verb="user.token").actor is None


def test_the_command_takes_scope_days_name_and_network(cast: Cast) -> None:
    said("ANA@example.com", "--scope", "write", "--days", "365", "--name", "Sheet", "--cidr", "203.0.113.0/24")
    token = ApiToken.objects.get()
    assert (token.scopes, token.name, token.network) == (["read", "write"], "Sheet", "203.0.113.0/24")
    assert token.expires_at == NOW + timedelta(days=365)


def test_the_command_lists_and_revokes(cast: Cast) -> None:
    hers, his = Api(cast.ana), Api(cast.budi)
    assert [line.split("\t")[:4] for line in said("ana@example.com", "--list")] == [
        [str(hers.token), "ana@example.com", "read+write", "works"]
    ]
    assert said("--revoke", str(hers.token)) == [f"{hers.token} is revoked."]
    assert {line.split("\t")[0]: line.split("\t")[3] for line in said("--list")} == {
        str(hers.token): "ended", str(his.token): "works",
    }  # fmt: skip
    assert dead(hers)


@pytest.mark.parametrize(
    "arguments",
    [[], ["nobody@example.com"], ["ana@example.com", "--days", "366"], ["ana@example.com", "--cidr", "x"], ["--revoke", "x"]],
)
def test_the_command_refuses_what_cannot_be(cast: Cast, arguments: list[str]) -> None:
    with pytest.raises(CommandError):
        said(*arguments)
    assert ApiToken.objects.count() == 0


def test_recognising_a_token_takes_one_query(cast: Cast, django_assert_num_queries: Any) -> None:
    api = Api(cast.ana)
    api_tokens.recognise(api.secret, address="")
    with django_assert_num_queries(1):
        token = api_tokens.recognise(api.secret, address="")
        assert token.owner.rep == cast.ana.rep
    assert ApiToken.objects.filter(epoch=F("owner__session_epoch")).count() == 1
