"""Importing in the browser: uploaded, checked, asked about, written; and who may look."""

import os
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile

from deals.imports import batches
from deals.models import Account, Deal, ImportBatch
from reps.models import AuditEntry, Rep
from tests import make
from tests.crm_like import DEALS_HEADER
from tests.deals import importing

pytestmark = pytest.mark.django_db
WON = "OPP1,Ana,GTX Pro,PT Satu,Won,2026-08-03,2026-09-01,5000000"
OPEN = "OPP2,Ana,GTX Pro,PT Satu,Qualified,2026-08-03,,"


@pytest.fixture(autouse=True)
def upload_dir(tmp_path, settings):
    settings.UPLOAD_DIR = tmp_path / "uploads"
    return settings.UPLOAD_DIR


@pytest.fixture
def company(cast):
    make.product("GTX Pro")
    make.account("PT Satu", owner=cast.ana)
    return cast


def file(*rows: str, name: str = "sales_pipeline.csv", header: str = ",".join(DEALS_HEADER)) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, "\n".join((header, *rows)).encode())


@pytest.fixture
def upload(company, signed_in):
    """Upload files as somebody and let the worker check them."""

    def send(*files, by=None, **data):
        client = signed_in(by or company.admin)
        response = client.post("/import/", {"csv": list(files), "currency": "IDR", **data})
        assert response.status_code == 302, response.content.decode()[:3000]
        assert batches.work_off() == 1
        return client, ImportBatch.objects.order_by("pk").last()

    return send


def test_nothing_is_written_before_the_person_says_so(upload):
    before = importing.row_counts()
    client, batch = upload(file(WON, OPEN))
    assert batch.state == ImportBatch.State.READY
    assert {**importing.row_counts(), "deals.ImportBatch": 0} == before
    page = client.get(f"/import/{batch.pk}/").content.decode()
    assert "2 rows would be stored. Nothing is written yet." in page
    assert "Write 2 rows" in page


def test_writing_stores_everything_and_says_so(upload, company):
    client, batch = upload(file(WON, OPEN))
    client.post(f"/import/{batch.pk}/write/")
    assert batches.work_off() == 1
    batch.refresh_from_db()
    assert (batch.state, Deal.objects.count()) == (ImportBatch.State.DONE, 2)
    done = client.get(f"/import/{batch.pk}/").content.decode()
    assert "2 rows are stored." in done
    assert '<a class="btn btn-outline" href="/leads/">Leads</a>' in done
    entry = AuditEntry.objects.get(verb="import.run")
    assert (entry.actor, entry.subject_id) == (company.admin, str(batch.pk))
    assert set(Deal.objects.get(external_id="OPP1").events.values_list("batch", "actor")) == {(batch.pk, company.admin.pk)}


def test_the_same_files_again_are_all_here_already(upload):
    client, batch = upload(file(WON))
    client.post(f"/import/{batch.pk}/write/")
    batches.work_off()
    client, again = upload(file(WON))
    assert "Everything in these files is here already." in client.get(f"/import/{again.pk}/").content.decode()


def test_an_unknown_name_is_asked_once_and_may_be_added(upload):
    rows = [row.replace("PT Satu", "PT Baru") for row in (WON, OPEN)]
    client, batch = upload(file(*rows))
    assert batch.state == ImportBatch.State.ASKING
    page = client.get(f"/import/{batch.pk}/").content.decode()
    assert page.count("What is “PT Baru”? (2 rows)") == 1
    client.post(f"/import/{batch.pk}/answer/", {"q0": "create"})
    batches.work_off()
    batch.refresh_from_db()
    assert (batch.state, Account.objects.filter(name="PT Baru").exists()) == (ImportBatch.State.READY, False)
    client.post(f"/import/{batch.pk}/write/")
    batches.work_off()
    assert set(Deal.objects.values_list("account__name", flat=True)) == {"PT Baru"}


def test_an_unknown_name_may_be_one_that_is_known(upload, company):
    client, batch = upload(file(WON.replace("Ana", "Anna")))
    assert [option for _, option in batch.report["questions"][0]["options"]] == ["Ana"]
    client.post(f"/import/{batch.pk}/answer/", {"q0": str(company.ana.rep.pk)})
    batches.work_off()
    batch.refresh_from_db()
    assert (batch.state, batch.report["counts"]["deals"]["new"]) == (ImportBatch.State.READY, 1)
    assert "“Anna” is taken as “Ana”, as you answered" in client.get(f"/import/{batch.pk}/").content.decode()


def test_another_one_may_be_found_by_its_name(upload, company):
    client, batch = upload(file(WON.replace("Ana", "Somebody Else")))
    options = client.get("/import/options/rep/", {"q0-other_text": "bud"}, headers={"HX-Request": "true"}).content.decode()
    assert f'data-value="{company.budi.rep.pk}"' in options
    client.post(f"/import/{batch.pk}/answer/", {"q0": "other", "q0-other": str(company.budi.rep.pk)})
    batches.work_off()
    batch.refresh_from_db()
    assert batch.state == ImportBatch.State.READY


def test_rows_may_be_left_out_by_an_answer(upload):
    client, batch = upload(file(WON.replace("PT Satu", "PT Baru"), OPEN))
    client.post(f"/import/{batch.pk}/answer/", {"all-account": "skip"})
    batches.work_off()
    batch.refresh_from_db()
    assert batch.report["counts"]["deals"] == {"read": 2, "new": 1, "changed": 0, "unchanged": 0, "rejected": 0, "left_out": 1}


def test_a_custom_that_is_unclear_is_asked_once(upload):
    client, batch = upload(file(WON.replace("5000000", "60.000")), currency="USD")
    page = client.get(f"/import/{batch.pk}/").content.decode()
    assert "How much is “60.000” in the column close_value?" in page
    client.post(f"/import/{batch.pk}/answer/", {"money": "id"})
    batches.work_off()
    client.post(f"/import/{batch.pk}/write/")
    batches.work_off()
    assert (Deal.objects.get().amount, Deal.objects.get().currency) == (60_000, "USD")


def test_refused_rows_must_be_left_out_knowingly(upload):
    client, batch = upload(file(WON, "OPP3,Ana,GTX Pro,PT Satu,Won,2026-08-03,,5"))
    page = client.get(f"/import/{batch.pk}/").content.decode()
    assert "Write 1 rows, leave out 1" in page
    client.post(f"/import/{batch.pk}/write/")
    batch.refresh_from_db()
    assert batch.state == ImportBatch.State.READY
    client.post(f"/import/{batch.pk}/write/", {"skip_bad": "1"})
    batches.work_off()
    assert Deal.objects.count() == 1


def test_refused_rows_are_a_file(upload):
    client, batch = upload(file("OPP3,Ana,GTX Pro,PT Satu,Won,2026-08-03,,5", "OPP4,=cmd(),GTX Pro,PT Satu,Won,,,5"))
    text = b"".join(client.get(f"/import/{batch.pk}/refused.csv").streaming_content).decode()
    assert text.splitlines() == [
        "File,Row,Column,What stands there,Problem,Nearest",
        "sales_pipeline.csv,2,close_date,,A closed deal needs the day it was closed.,",
        "sales_pipeline.csv,3,sales_agent,'=cmd(),Nothing of this name is known here.,",
    ]


def test_the_page_asks_again_while_the_worker_is_at_it(company, signed_in):
    client = signed_in(company.admin)
    client.post("/import/", {"csv": [file(WON)]})
    batch = ImportBatch.objects.get()
    fragment = client.get(f"/import/{batch.pk}/", headers={"HX-Request": "true"}).content.decode()
    assert 'hx-trigger="every 1s"' in fragment
    assert "The background worker does not answer" not in fragment
    batches.work_off()
    assert "every 1s" not in client.get(f"/import/{batch.pk}/", headers={"HX-Request": "true"}).content.decode()


def test_a_worker_that_is_down_is_named_and_the_import_waits(company, signed_in):
    client = signed_in(company.admin)
    client.post("/import/", {"csv": [file(WON)]})
    batch = ImportBatch.objects.get()
    batch.options["queued_at"] = "2026-09-16T02:59:00+00:00"
    batch.save()
    assert "The background worker does not answer" in client.get(f"/import/{batch.pk}/").content.decode()
    assert batches.work_off() == 1


def test_giving_up_removes_the_files(upload, upload_dir, django_capture_on_commit_callbacks):
    client, batch = upload(file(WON))
    assert len(list(upload_dir.iterdir())) == 1
    with django_capture_on_commit_callbacks(execute=True):
        client.post(f"/import/{batch.pk}/discard/")
    batch.refresh_from_db()
    assert (batch.state, list(upload_dir.iterdir())) == (ImportBatch.State.FAILED, [])


def test_files_are_kept_under_random_names_for_the_server_alone(upload, upload_dir):
    upload(file(WON, name="../../etc/passwd.csv"))
    kept = next(upload_dir.iterdir())
    assert (kept.stat().st_mode & 0o777, upload_dir.stat().st_mode & 0o777) == (0o600, 0o700)
    assert "passwd" not in kept.name
    assert ImportBatch.objects.get().file_names == ["passwd.csv"]


def test_files_nobody_came_back_for_are_removed(upload, upload_dir):
    _, batch = upload(file(WON))
    kept = next(upload_dir.iterdir())
    os.utime(kept, (0, 0))
    ImportBatch.objects.update(created_at="2026-09-01T00:00:00Z")
    assert batches.drop_old() == 1
    batch.refresh_from_db()
    assert batch.state == ImportBatch.State.FAILED


def test_a_double_click_imports_once(company, signed_in):
    client = signed_in(company.admin)
    for _ in range(2):
        client.post("/import/", {"csv": [file(WON)], "idempotency_key": "abcdefgh12345678"})
    assert ImportBatch.objects.count() == 1


def test_a_manager_brings_in_only_deals_of_their_teams(upload, company):
    client, batch = upload(file(WON, OPEN.replace("Ana", "Oki")), by=company.manager)
    assert [(row["row"], row["code"]) for row in batch.report["first_problems"]] == [(3, "not_yours")]
    client.post(f"/import/{batch.pk}/write/", {"skip_bad": "1"})
    batches.work_off()
    assert set(Deal.objects.values_list("owner", flat=True)) == {company.ana.rep.pk}


def test_a_manager_changes_no_deal_of_another_team(upload, company):
    make.deal(owner=company.outsider, external_id="OPP1", name="Theirs")
    _, batch = upload(file(WON), by=company.manager)
    assert [(row["row"], row["code"]) for row in batch.report["first_problems"]] == [(2, "not_yours")]


def test_a_manager_makes_no_people_and_no_products(upload, company):
    teams = file("Cici,Maya,", name="t.csv", header="sales_agent,manager,regional_office")
    _, batch = upload(teams, file("Baru,X,5", name="p.csv", header="product,series,sales_price"), by=company.manager)
    assert {row["code"] for row in batch.report["first_problems"]} == {"not_allowed"}
    assert not Rep.objects.filter(name="Cici").exists()


def test_names_of_accounts_a_manager_does_not_see_are_not_given_away(upload, company):
    make.account("PT Rahasia", owner=company.outsider)
    _, batch = upload(file(WON.replace("PT Satu", "PT Rahasi")), by=company.manager)
    assert batch.report["questions"][0]["options"] == []


@pytest.mark.parametrize(
    ("who", "status"),
    [("admin", 200), ("vp", 200), ("manager", 200), ("south_manager", 404), ("ana", 403), ("finance", 403), ("auditor", 403)],
)
def test_who_may_look_at_an_import(upload, company, signed_in, who, status):
    _, batch = upload(file(WON), by=company.manager)
    client = signed_in(getattr(company, who))
    assert client.get(f"/import/{batch.pk}/").status_code == status


def test_only_the_uploader_or_an_admin_goes_on(upload, company, signed_in):
    make.rep(user=None)
    _, batch = upload(file(WON), by=company.manager)
    response = signed_in(company.south_manager).post(f"/import/{batch.pk}/write/", {"skip_bad": "1"})
    assert response.status_code == 404
    batch.refresh_from_db()
    assert batch.state == ImportBatch.State.READY


def test_a_right_lost_before_the_write_stops_it(upload, company):
    client, batch = upload(file(WON), by=company.manager)
    client.post(f"/import/{batch.pk}/write/")
    company.manager.is_active = False
    company.manager.save()
    batches.work_off()
    batch.refresh_from_db()
    assert (batch.state, batch.report["failed"][0], Deal.objects.count()) == (ImportBatch.State.FAILED, "right_lost", 0)


def test_a_batch_left_by_a_killed_worker_is_begun_again(upload):
    client, batch = upload(file(WON))
    ImportBatch.objects.update(state=ImportBatch.State.WRITING)
    assert batches.work_off() == 1
    assert Deal.objects.count() == 1


def test_a_batch_that_fails_three_times_is_given_up(upload, monkeypatch):
    client, batch = upload(file(WON))
    client.post(f"/import/{batch.pk}/write/")

    def broken(*_, **__):
        raise RuntimeError("power cut")

    monkeypatch.setattr(batches, "write", broken)
    for _ in range(3):
        with pytest.raises(RuntimeError):
            batches.work_off()
    assert batches.work_off() == 1
    batch.refresh_from_db()
    assert (batch.state, batch.report["failed"][0], Deal.objects.count()) == (ImportBatch.State.FAILED, "gave_up", 0)


def test_a_file_larger_than_the_limit_is_not_taken_in(company, signed_in, settings, upload_dir):
    settings.IMPORT_MAX_BYTES = 200
    response = signed_in(company.admin).post("/import/", {"csv": [file(*[WON] * 20)]})
    assert response.status_code == 422
    assert "sales_pipeline.csv is larger than" in response.content.decode()
    assert not upload_dir.is_dir()


def test_upload_folder_of_the_product_is_private():
    assert Path(settings.UPLOAD_DIR).is_absolute()
