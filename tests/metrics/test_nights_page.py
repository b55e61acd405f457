"""*Nights*: what the ledger shows, running one again, and whom a failure or a defect is told to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from dashboard import setup_health
from dashboard.demo.build import Built
from dashboard.management.commands import seed_demo
from metrics import night, night_words, revisions
from metrics.models import NightRun, RepDay
from metrics.views import nights as nights_view
from reps import mail as outbox
from reps.models import Company, Mail
from tests import cast as cast_module
from tests import make
from tests.cast import NOW, Cast

PAGE = reverse("metrics:nights")
YESTERDAY = date(2026, 9, 15)
AGAIN = reverse("metrics:night_run", args=["2026-09-15"])
SignIn = Callable[..., Client]


def page(client: Client, **query: str) -> str:
    return " ".join(client.get(PAGE, query).content.decode().split())


def done(day: date, job: str = "quota", **fields: Any) -> NightRun:
    start = datetime(day.year, day.month, day.day, 17, 30, tzinfo=UTC)
    given = {
        "state": "done",
        "attempts": 1,
        "started_at": start,
        "seen_at": start,
        "finished_at": start + timedelta(seconds=3),
        **fields,
    }
    return NightRun.objects.create(job=job, business_day=day, **given)


# ── The page ────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.django_db
def test_before_the_first_night(cast: Cast, signed_in: SignIn) -> None:
    text = page(signed_in(cast.admin))
    assert "No night yet" in text
    assert "17 Sep, 00:30" in text


@pytest.mark.django_db
def test_the_ledger_tells_of_both_jobs(cast: Cast, signed_in: SignIn) -> None:
    done(YESTERDAY, rows_written=1234)
    done(YESTERDAY, "activity")
    text = page(signed_in(cast.auditor))
    for words in (
        "Tue 15 Sep",
        "Quota report",
        "Activity report",
        "Done",
        "3.0 s",
        "1,234",
        "16 Sep, 00:30",
        "everything is proved",
    ):
        assert words in text
    assert "Run again" not in text


@pytest.mark.django_db
def test_late_nights_are_named(cast: Cast, signed_in: SignIn) -> None:
    done(date(2026, 9, 12))
    text = page(signed_in(cast.admin))
    assert "3 nights are late, since Sat 12 Sep." in text


@pytest.mark.django_db
def test_defects_stand_in_words(cast: Cast, signed_in: SignIn) -> None:
    rep = cast.ana.rep.pk
    told = [
        {"rep": rep, "day": "2026-09-14", "column": "calls_made", "kept": 7, "counted": 1},
        {"rep": rep, "day": "2026-09-14", "column": "won_renewal_minor", "kept": 1_500_000, "counted": 0},
        {"rep": rep, "month": "2026-09-01", "column": "effective quota"},
        {"rep": rep, "quarter": "2026-07-01", "column": "sum"},
        {"rep": 999_999_999, "day": "2026-09-14", "column": "team"},
    ]
    done(YESTERDAY, defects=30, detail={"defects": told})
    text = page(signed_in(cast.admin))
    for words in (
        "Ana, 14 Sep 2026, Calls made: kept 7, counted 1", "Ana, 14 Sep 2026, Won value, Renewal: kept Rp\u00a01,500,000, counted Rp\u00a00",
        "Ana, September 2026: effective quota", "Ana, Q3 2026: sum of the days", "999999999, 14 Sep 2026: team of the day",
        "and more that are not listed", "Run again", "Done, mended",
    ):  # fmt: skip
        assert " ".join(words.split()) in text or words in text, words


@pytest.mark.django_db
def test_every_column_has_a_name(cast: Cast) -> None:
    from metrics.models.rollups import COLUMNS

    assert [name for name in COLUMNS if night_words._column(name) == name] == []


@pytest.mark.django_db
def test_a_failed_run_says_why_without_naming_errors_to_the_reader(cast: Cast, signed_in: SignIn) -> None:
    done(YESTERDAY, state="failed", attempts=3, finished_at=None, detail={"error": "OperationalError: canceling statement"})
    text = page(signed_in(cast.admin))
    assert "The database did not answer, or another write stood in the way too long." in text
    assert "Failed" in text


@pytest.mark.django_db
def test_the_ledger_goes_on_by_month(cast: Cast, signed_in: SignIn) -> None:
    for n in range(40):
        for job in night.JOBS:
            done(YESTERDAY - timedelta(days=n), job)
    client = signed_in(cast.admin)
    first = page(client)
    assert f"until={YESTERDAY - timedelta(days=31)}" in first
    assert page(client, until=str(YESTERDAY - timedelta(days=31))).count('<th scope="row"') == 18


@pytest.mark.django_db
@pytest.mark.parametrize("day", ["2026-09-16", "2027-01-01", "2026-08-01", "x", "2026-02-30"])
def test_only_a_day_of_the_ledger_runs_again(cast: Cast, signed_in: SignIn, day: str) -> None:
    done(YESTERDAY)
    assert signed_in(cast.admin).post(reverse("metrics:night_run", args=[day])).status_code == 404


# ── Running again ───────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture
def living(transactional_db: None) -> Cast:
    """The cast, in a database where each statement commits."""
    return cast_module.build()


def broken(*args: Any) -> int:
    raise RuntimeError("the disk is full")


@pytest.mark.django_db(transaction=True)
def test_without_a_worker_it_runs_at_once_and_twice_does_no_harm(
    living: Cast, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    make.activity(rep=living.ana, at=datetime(2026, 9, 15, 3, tzinfo=UTC))
    RepDay.objects.update(calls_made=9)
    client = signed_in(living.admin)
    assert "The night of 15 Sep 2026 is done" in client.post(AGAIN, follow=True).content.decode()
    assert [run.defects for run in NightRun.objects.order_by("job")] == [1, 0]
    assert RepDay.objects.get().calls_made == 1
    assert "The night of 15 Sep 2026 is done: 0 values changed." in client.post(AGAIN, follow=True).content.decode()
    assert NightRun.objects.done().count() == 2


@pytest.mark.django_db(transaction=True)
def test_where_a_worker_answers_it_has_the_work(living: Cast, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[Any] = []
    monkeypatch.setattr(nights_view, "_worker_answers", lambda: True)
    monkeypatch.setattr(nights_view.run_night, "apply_async", lambda args, retry: sent.append(args))
    done(YESTERDAY, state="failed", attempts=3, finished_at=None)
    assert "Look again in a minute." in signed_in(living.admin).post(AGAIN, follow=True).content.decode()
    assert sent == [["2026-09-15"]]
    # Were the message lost, the next tick would find the run with all its attempts.
    assert night.run_due(living.company).defect_count == 0
    assert NightRun.objects.done().count() == 2
    assert nights_view.run_night("2026-09-15") == 0


@pytest.mark.django_db(transaction=True)
def test_a_run_that_fails_again_says_so(living: Cast, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(revisions, "write", broken)
    text = signed_in(living.admin).post(AGAIN, follow=True).content.decode()
    assert "The night of 15 Sep 2026 failed again. Its line says why." in text
    assert "Something went wrong that nobody foresaw" in text


# ── Who is told ─────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.django_db(transaction=True)
def test_admins_are_written_to_once_when_a_run_fails_for_good(living: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = make.user("Former", kind="admin", is_active=False)
    monkeypatch.setattr(revisions, "write", broken)
    for _ in range(2):
        night.run_due(living.company)
    assert not Mail.objects.exists()
    for _ in range(5):
        night.run_due(living.company)
    assert [(row.kind, row.user_id, row.facts) for row in Mail.objects.all()] == [
        ("night", living.admin.pk, {"run": NightRun.objects.get(state="failed").pk})
    ]
    outbox.send_due()
    assert [(letter.to, letter.subject) for letter in mail.outbox] == [
        ([living.admin.email], "PT Contoh: the night of 15 Sep 2026 failed")
    ]
    assert "/settings/nights/" in mail.outbox[0].body
    assert gone.email not in str([letter.to for letter in mail.outbox])
    night.try_again(YESTERDAY)
    for _ in range(4):
        night.run_due(living.company)
    assert Mail.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_admins_are_written_to_once_about_defects(living: Cast) -> None:
    make.activity(rep=living.ana, at=datetime(2026, 9, 15, 3, tzinfo=UTC))
    for _ in range(2):
        RepDay.objects.update(calls_made=9)
        night.run_day(YESTERDAY, living.company)
    outbox.send_due()
    assert [letter.subject for letter in mail.outbox] == ["PT Contoh: the night of 15 Sep 2026 found wrong numbers"]
    assert "found 1 kept numbers" in mail.outbox[0].body


@pytest.mark.django_db
def test_nothing_is_sent_about_a_run_that_is_well_again(cast: Cast) -> None:
    run = done(YESTERDAY)
    outbox.post(kind="night", address=cast.admin.email, user=cast.admin, facts={"run": run.pk})
    outbox.send_due()
    assert mail.outbox == []


# ── Set-up health ───────────────────────────────────────────────────────────────────────────────────────────────────
def titles(cast: Cast) -> list[str]:
    found = setup_health.read(company=cast.company, today=date(2026, 9, 16)).findings
    return [finding.title for finding in found if "night" in finding.title]


@pytest.mark.django_db
def test_health_tells_of_nights_that_failed_found_defects_or_are_late(cast: Cast) -> None:
    assert titles(cast) == []
    for job in night.JOBS:
        done(YESTERDAY - timedelta(days=1), job)
    assert titles(cast) == []
    NightRun.objects.update(business_day=YESTERDAY - timedelta(days=2))
    assert titles(cast) == ["The nights are late"]
    done(YESTERDAY, state="failed", attempts=3, finished_at=None)
    done(YESTERDAY, "activity", defects=2)
    assert titles(cast) == ["1 night failed", "1 night mended numbers that were wrong", "The nights are late"]
    with time_machine.travel(NOW + timedelta(days=60), tick=False):
        found = setup_health.read(company=cast.company, today=date(2026, 11, 15)).findings
        assert [row.title for row in found if "night" in row.title] == ["The nights are late"]


@pytest.mark.django_db(transaction=True)
def test_the_demo_company_begins_with_its_night_done(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def build(**given: Any) -> Built:
        cast_module.build()
        return Built(1, 0, 0, 0)

    monkeypatch.setattr(seed_demo, "build", build)
    call_command("seed_demo", stdout=StringIO())
    assert NightRun.objects.done().count() == 2
    assert night.due(Company.load()) == []
