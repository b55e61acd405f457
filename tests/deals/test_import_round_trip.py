"""Our own lists, exported and brought into an empty company, are the same lists there."""

import csv
import io
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import connection

from deals.changes import change_deal, close_deal, reopen_deal
from deals.models import Deal
from lib import clock
from reps.models import Company
from tests import cast as cast_module
from tests import make
from tests.deals import importing

pytestmark = pytest.mark.django_db
LISTS = {
    "accounts": "/accounts.csv", "contacts": "/contacts.csv", "leads": "/leads.csv", "products": "/settings/products.csv",
    "deals": "/deals.csv?state=all", "activities": "/activities.csv",
}  # fmt: skip


@pytest.fixture
def full(cast):
    """A company with some of everything."""
    parent = make.account("PT Induk", owner=cast.ana)
    account = make.account(
        "PT Anak", owner=cast.budi, parent=parent, sector="retail", employees=12, phone="+62812345678", extra={"revenue": "1.5"}
    )
    contact = make.contact("Ibu Sari", account=account, email="sari@example.com", title="Head of IT")
    product = make.product("Paket A", list_price=Decimal(5_000_000), family="Paket")
    make.product("Paket B", is_active=False)
    make.lead("Pak Joko", owner=cast.ana, company_name="CV Joko", source="referral", phone="+628111111111")
    make.lead("=Formula", owner=cast.ana, company_name="@home")
    day = make.today()
    make.deal(
        owner=cast.ana,
        name="Open",
        account=account,
        contact=contact,
        product=product,
        stage="Proposal",
        expected_close_on=day + timedelta(30),
        next_action='Call, then "visit"',
        next_action_on=day,
    )
    make.deal(owner=cast.budi, name="No amount", amount=None, stage="Lead")
    make.won(owner=cast.ana, name="Won", account=parent, amount=Decimal(7_500_000), on=day - timedelta(3))
    make.lost(
        owner=cast.ana,
        name="-Lost",
        account=account,
        on=day - timedelta(1),
        competitor=make.competitor("PT Lawan"),
        reason="competitor",
    )
    moved = make.deal(owner=cast.ana, name="Moved", stage="Lead", opened_on=day - timedelta(40))
    change_deal(deal_id=moved.pk, version=None, by=None, effective_on=day - timedelta(20), stage=cast.qualified)
    change_deal(
        deal_id=moved.pk, version=None, by=None, effective_on=day - timedelta(5), stage=cast.agreement, owner=cast.budi.rep
    )
    back = make.deal(owner=cast.ana, name="Back", stage="Proposal", opened_on=day - timedelta(9))
    close_deal(deal_id=back.pk, version=None, by=None, outcome="lost", reason="price")
    reopen_deal(deal_id=back.pk, version=None, by=None)
    now = clock.now()
    make.activity(
        rep=cast.ana, deal=moved, account=account, contact=contact, note="Line one\nline two", channel="visit", outcome="held"
    )
    make.activity(rep=cast.budi, at=now - timedelta(days=2), channel="whatsapp", outcome="replied", is_cold=True)
    make.activity(rep=cast.ana, at=now + timedelta(days=1), channel="meeting", outcome="", booked_at=now, booked_by=cast.ana.rep)
    return cast


def exported(client, folder: Path) -> dict[str, list[dict[str, str]]]:
    """Every list as its owner downloads it, kept as files, without the rows' order."""
    folder.mkdir(exist_ok=True)
    lists = {}
    for name, url in LISTS.items():
        text = b"".join(client.get(url).streaming_content).decode()
        (folder / f"{name}.csv").write_text(text, newline="")
        lists[name] = sorted(csv.DictReader(io.StringIO(text, newline="")), key=lambda row: row["external_id"])
    return lists


def empty_company() -> cast_module.Cast:
    """Everything gone but people, and the same people and stages there anew."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(
            "SELECT string_agg(format('%I', tablename), ', ') FROM pg_tables WHERE tablename ~ '^(reps|deals|metrics)_'"
        )
        cursor.execute(f"DELETE FROM {'; DELETE FROM '.join(cursor.fetchone()[0].split(', '))}")
        cursor.execute("SET LOCAL session_replication_role = origin")
    return cast_module.build()


def test_an_export_brought_into_an_empty_company_gives_the_same_lists(full, signed_in, tmp_path):
    before = exported(signed_in(full.admin), tmp_path / "before")
    assert {name: len(rows) for name, rows in before.items()} == {
        "accounts": 2,
        "contacts": 1,
        "leads": 2,
        "products": 2,
        "deals": 6,
        "activities": 3,
    }
    there = empty_company()
    make.competitor("PT Lawan")
    report = importing.run(*sorted((tmp_path / "before").glob("*.csv")))
    assert {kind: (counts.new, counts.rejected) for kind, counts in report.counts.items()} == {
        "products": (2, 0), "accounts": (2, 0), "contacts": (1, 0), "leads": (2, 0), "deals": (6, 0), "activities": (3, 0),
    }  # fmt: skip
    after = exported(signed_in(there.admin), tmp_path / "after")
    for name, rows in before.items():
        assert after[name] == rows, name
    for deal in Deal.objects.all():
        assert importing.cached(deal) == importing.replayed(deal)


def test_an_export_brought_back_into_its_own_company_changes_nothing(full, signed_in, tmp_path):
    exported(signed_in(full.admin), tmp_path / "own")
    before = importing.row_counts()
    report = importing.run(*sorted((tmp_path / "own").glob("*.csv")))
    assert report.changes_nothing
    assert report.rejected == 0
    assert importing.row_counts() == before


def test_a_changed_export_changes_just_that(full, signed_in, tmp_path):
    exported(signed_in(full.admin), tmp_path / "own")
    path = tmp_path / "own" / "deals.csv"
    path.write_text(path.read_text().replace(",Proposal,", ",Agreement,", 1))
    report = importing.run(path)
    assert (report.of("deals").changed, report.of("deals").unchanged) == (1, 5)
    changed = Deal.objects.get(name="Open")
    assert (changed.stage.name, changed.stage_since) == ("Agreement", date(2026, 8, 17))
    assert importing.cached(changed) == importing.replayed(changed)


def test_stages_of_an_own_export_make_the_pipeline_of_a_company_that_is_not_set_up(full, signed_in, tmp_path):
    exported(signed_in(full.admin), tmp_path / "before")
    empty_company()
    Company.objects.update(set_up_at=None)
    make.competitor("PT Lawan")
    path = tmp_path / "before" / "deals.csv"
    path.write_text(path.read_text().replace("Proposal", "Bidding"))
    report = importing.rehearse(path)
    assert [facts["qualified"] for facts in importing.said(report, "pipeline_made_all")] == []
    assert "Bidding" in importing.said(report, "pipeline_made")[0]["qualified"]
