"""What stands before the API: an installation without anyone, other ways to sign in, logs, caches."""

from __future__ import annotations

import base64
from collections.abc import Callable

import pytest
from django.test import Client

from deals.models import Lead
from reps.models import User
from tests import make
from tests.api.calling import Api
from tests.cast import PASSWORD, Cast

pytestmark = pytest.mark.django_db


def test_on_an_empty_installation_the_api_asks_for_a_token(db: None) -> None:
    response = Client().get("/api/v1/deals/")
    assert (response.status_code, response["Content-Type"]) == (401, "application/json")


def test_a_password_is_no_token(cast: Cast) -> None:
    basic = base64.b64encode(f"ana@example.com:{PASSWORD}".encode()).decode()
    response = Client().get("/api/v1/deals/", headers={"Authorization": f"Basic {basic}"})
    assert (response.status_code, response["WWW-Authenticate"]) == (401, "Bearer")


def test_the_token_decides_and_not_the_session_beside_it(cast: Cast, signed_in: Callable[..., Client]) -> None:
    client, hers = signed_in(cast.admin), Api(cast.ana, writes=False)
    headers = {"Authorization": f"Bearer {hers.secret}"}
    assert client.get("/api/v1/reps/", headers=headers).json()["results"][0].get("signs_in") is None
    assert client.post("/api/v1/leads/", "{}", "application/json", headers=headers).status_code == 403
    broken = {"Authorization": "Bearer st_broken"}
    assert client.get("/api/v1/schema/", headers=broken).status_code == 401
    assert client.get("/api/v1/schema/").status_code == 200


def test_a_missing_second_factor_or_a_half_signed_in_session_changes_nothing_for_a_token(cast: Cast, settings: object) -> None:
    settings.SECOND_FACTOR = "required"  # type: ignore[attr-defined]
    assert Api(cast.admin).get("/reps/")[0] == 200


def test_a_head_is_a_get_without_its_body(cast: Cast) -> None:
    make.lead(owner=cast.ana)
    response = Api(cast.ana, writes=False).send("HEAD", "/leads/")
    assert (response.status_code, response.content) == (200, b"")


def test_nothing_is_kept_by_caches(cast: Cast) -> None:
    response = Api(cast.ana).send("GET", "/leads/")
    assert response["Cache-Control"] == "no-store"
    assert {"Authorization", "Accept-Language"} <= {name.strip() for name in response["Vary"].split(",")}


def test_no_token_and_no_body_stands_in_a_log(cast: Cast, caplog: pytest.LogCaptureFixture) -> None:
    api = Api(cast.ana)
    api.post("/leads/", {"name": "Pak Rahasia"})
    api.send("GET", "/leads/", query={"q": "Rahasia"})
    api.send("GET", "/leads/", Authorization=f"Bearer {api.secret}x")
    said = caplog.text
    assert "/api/v1/leads/" in said
    assert api.secret not in said
    assert "Rahasia" not in said


def test_a_member_without_a_rep_reads_the_cards_and_no_sales(cast: Cast) -> None:
    nobody = User.objects.create_user("hana@example.com", PASSWORD, name="Hana")
    api = Api(nobody)
    assert {path: api.get(path)[0] for path in ("/reps/", "/teams/", "/roles/", "/deals/", "/accounts/", "/leads/", "/activities/")} == {
        "/reps/": 200, "/teams/": 200, "/roles/": 200, "/deals/": 403, "/accounts/": 403, "/leads/": 403, "/activities/": 403,
    }  # fmt: skip
    assert api.post("/leads/", {"name": "x"})[0] == 403
    assert Lead.objects.count() == 0
