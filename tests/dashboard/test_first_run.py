"""The first admin of an empty installation, and the steps of the set-up."""

import threading
from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import close_old_connections, connection
from django.test import Client

from dashboard import first_run
from deals.models import Pipeline
from reps.models import AuditEntry, Company, Holiday, Mail, User
from tests import make

ADMIN = {"name": "Sinta", "email": "Sinta@Example.com", "password": "four plain words here"}
COMPANY = {"name": "PT Baru", "currency": "USD", "time_zone": "Asia/Makassar", "language": "id", "holidays": "id"}


@pytest.fixture
def admin(db):
    """The first admin of an installation that has nothing else."""
    return first_run.make_first_admin(name="Sinta", email="sinta@example.com", password="four plain words here")


# ── The first admin ─────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("path", ["/", "/deals/", "/account/login/", "/numbers/?scope=company"])
def test_every_page_of_an_empty_installation_leads_to_the_first_run(db, client, path):
    assert client.get(path)["Location"] == "/welcome/"


def test_health_answers_all_the_same(db, client):
    assert client.get("/healthz/live").status_code == 200


def test_with_somebody_there_visitors_sign_in(cast, client):
    assert client.get("/")["Location"] == "/account/login/?next=%2F"
    assert client.get("/account/login/").status_code == 200
    assert client.get("/welcome/")["Location"].startswith("/account/login/")


def test_the_first_visitor_becomes_admin_and_is_signed_in(db, client):
    assert client.get("/welcome/").status_code == 200
    response = client.post("/welcome/", ADMIN, follow=True)
    user = User.objects.get()
    assert (user.email, user.name, user.kind, user.is_active) == ("sinta@example.com", "Sinta", "admin", True)
    assert user.check_password(ADMIN["password"])
    assert response.context["request"].user == user
    assert "Four steps to your first week" in response.content.decode()
    assert AuditEntry.objects.get(verb="user.first_admin").actor == user


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"password": "short"}, "12 characters"), ({"password": "sinta@example.com"}, "similar"), ({"email": "sinta"}, "e-mail"),
        ({"email": ""}, "required"), ({"name": "\u200b"}, "required"), ({"password": "a\x00bcdefghijklmnop"}, "Null"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_said_and_nobody_is_made(db, client, change, words):
    response = client.post("/welcome/", ADMIN | change)
    assert response.status_code == 422
    assert words.lower() in response.content.decode().lower()
    assert not User.objects.exists()


def test_nobody_can_be_the_first_a_second_time(cast, client):
    before = User.objects.count()
    response = client.post("/welcome/", ADMIN)
    assert response["Location"].startswith("/account/login/")
    assert User.objects.count() == before


def test_in_production_the_token_is_asked_for(db, client, settings):
    settings.PRODUCTION = True
    assert client.post("/welcome/", ADMIN).status_code == 422
    assert client.post("/welcome/", ADMIN | {"token": "guess"}).status_code == 422
    assert not User.objects.exists()
    assert client.post("/welcome/", ADMIN | {"token": f" {first_run.token().upper()} "}).status_code == 302
    assert User.objects.get().is_admin


def test_the_token_belongs_to_the_installation(settings):
    ours = first_run.token()
    assert (len(ours), first_run.is_token(ours), first_run.is_token("")) == (27, True, False)
    settings.SECRET_KEY = "another key of another installation"
    assert not first_run.is_token(ours)


@pytest.mark.django_db(transaction=True)
@pytest.mark.real_clock
def test_of_eight_at_once_one_becomes_admin():
    start, made = threading.Barrier(8), []

    def race(number):
        try:
            start.wait()
            response = Client().post("/welcome/", ADMIN | {"email": f"sinta{number}@example.com"})
            made.append(response["Location"])
        finally:
            close_old_connections()
            connection.close()

    threads = [threading.Thread(target=race, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert User.objects.count() == 1
    assert made.count("/welcome/") == 1
    assert len(made) == 8


# ── The command ─────────────────────────────────────────────────────────────────────────────────────────────────────
def test_the_command_prints_the_token_while_nobody_is_there(db):
    out = StringIO()
    call_command("create_admin", stdout=out)
    assert first_run.token() in out.getvalue()


def test_the_command_refuses_the_token_afterwards(cast):
    with pytest.raises(CommandError, match="invite ADDRESS --kind admin"):
        call_command("create_admin")


# ── The steps ───────────────────────────────────────────────────────────────────────────────────────────────────────
def test_every_step_can_wait(admin, signed_in):
    client = signed_in(admin)
    assert "0 of 4 done" in client.get("/welcome/").content.decode()
    home = client.get("/")
    assert home.status_code == 200
    assert "Go on setting up" in home.content.decode()


def test_the_company_step_sets_zone_currency_and_holidays(admin, signed_in):
    response = signed_in(admin).post("/set-up/company/", COMPANY)
    company = Company.load()
    assert response["Location"] == "/welcome/"
    assert (company.name, company.currency, company.time_zone, company.language) == ("PT Baru", "USD", "Asia/Makassar", "id")
    assert company.set_up_at is not None
    assert company.calendar.name == "Indonesia"
    assert Holiday.objects.filter(calendar=company.calendar, day_on=date(2026, 8, 17)).exists()
    assert AuditEntry.objects.filter(verb="company.set_up", actor=admin).count() == 1


def test_the_company_step_can_be_repeated_and_loads_no_second_calendar(admin, signed_in):
    client = signed_in(admin)
    client.post("/set-up/company/", COMPANY)
    days, set_up_at = Holiday.objects.count(), Company.load().set_up_at
    client.post("/set-up/company/", COMPANY | {"name": "PT Lain"})
    assert (Company.load().name, Holiday.objects.count(), Company.load().set_up_at) == ("PT Lain", days, set_up_at)
    assert "PT Lain" in client.get("/welcome/?step=company").content.decode()


@pytest.mark.parametrize(
    "change", [{"name": ""}, {"currency": "XXX"}, {"time_zone": "Mars/Base"}, {"language": "xx"}, {"holidays": "zz"}]
)
def test_a_company_that_cannot_be_is_refused_with_the_typed_text_kept(admin, signed_in, change):
    response = signed_in(admin).post("/set-up/company/", COMPANY | {"name": "PT Baru"} | change)
    assert response.status_code == 422
    assert response.context["company_form"]["name"].value() == (COMPANY | change)["name"]
    assert Company.load().set_up_at is None


def test_a_currency_that_an_import_set_stays(admin, signed_in):
    Company.load()
    Company.objects.update(currency="USD")
    make.deal(owner=make.rep(), currency="USD")
    client = signed_in(admin)
    assert "Your deals are in it already." in client.get("/welcome/").content.decode()
    client.post("/set-up/company/", COMPANY | {"currency": "IDR"})
    assert Company.load().currency == "USD"
    assert Company.load().set_up_at is not None


def test_a_pasted_list_is_invited_and_what_is_no_address_is_said(admin, signed_in):
    client = signed_in(admin)
    typed = "ana@example.com; Budi Santoso <budi@example.com>\ncitra, SINTA@example.com"
    page = client.post("/set-up/people/", {"addresses": typed}, follow=True).content.decode()
    assert set(User.objects.exclude(pk=admin.pk).values_list("email", "name")) == {
        ("ana@example.com", "Ana"),
        ("budi@example.com", "Budi Santoso"),
    }
    assert Mail.objects.count() == 2
    assert "2 invitations are on their way." in page
    assert "citra is no e-mail address." in page
    assert "sinta@example.com: This address is already in use." in page


def test_an_empty_list_invites_nobody(admin, signed_in):
    page = signed_in(admin).post("/set-up/people/", {"addresses": " , "}, follow=True).content.decode()
    assert "Nobody was invited." in page
    assert User.objects.count() == 1


def test_a_preset_makes_the_stages_once(admin, signed_in):
    client = signed_in(admin)
    client.post("/set-up/stages/", {"preset": "short"})
    client.post("/set-up/stages/", {"preset": "field"})
    pipeline = Pipeline.objects.get()
    assert pipeline.is_default
    assert [stage.name for stage in pipeline.stages.all()] == ["New", "Talking", "Offer"]
    assert "New → Talking → Offer" in client.get("/welcome/").content.decode()


def test_an_unknown_preset_makes_nothing(admin, signed_in):
    signed_in(admin).post("/set-up/stages/", {"preset": "none"})
    assert not Pipeline.objects.exists()


def test_stages_are_named_in_the_language_of_the_set_up(admin, signed_in):
    User.objects.filter(pk=admin.pk).update(language="id")
    signed_in(admin).post("/set-up/stages/", {"preset": "field"})
    names = list(Pipeline.objects.get().stages.order_by("order").values_list("name", flat=True))
    assert names == ["Rencana kunjungan", "Sudah dikunjungi", "Penawaran", "Order dijanjikan"]


def test_each_preset_has_a_qualified_stage_and_rising_chances():
    for preset in first_run.PRESETS:
        chances = [float(stage[2]) for stage in preset.stages]
        assert chances == sorted(chances)
        assert any(stage[4] for stage in preset.stages)


def test_everything_done_is_said(cast, signed_in):
    make.deal(owner=cast.ana)
    assert "4 of 4 done" in signed_in(cast.admin).get("/welcome/").content.decode()
