"""A whole folder in the shape of a CRM export: everything in, every fact given back, a second time changes nothing."""

import os
import signal
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import connection

from deals.models import Account, Credit, Deal, DealEvent, Product, Stage
from reps.models import Company, Rep, Team, TeamLead, TeamMembership
from tests.crm_like import TEAMS_HEADER, CrmLike, generate, write_csv
from tests.deals import importing

pytestmark = pytest.mark.django_db
REAL = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "crm-sales-opportunities"
FILES = ("sales_teams.csv", "products.csv", "accounts.csv", "sales_pipeline.csv")


@pytest.fixture(scope="module")
def crm() -> CrmLike:
    return generate()


@pytest.fixture
def folder(crm, tmp_path, db) -> Path:
    Company.load()
    return crm.write(tmp_path)


def rows(sql: str) -> dict:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return dict(cursor.fetchall())


def test_every_row_is_accounted_for(folder):
    report = importing.command(folder, currency="USD")
    assert "Deals: 400 read, 400 stored, 0 rejected\n" in report
    assert "Accounts: 40 read, 40 stored, 0 rejected\n" in report
    assert "Products: 4 read, 4 stored, 0 rejected\n" in report
    assert "Teams and people: 24 read, 24 stored, 0 rejected\n" in report


def test_the_facts_are_given_back(crm, folder):
    importing.command(folder, currency="USD")
    facts = crm.facts
    assert (
        rows(
            "SELECT coalesce(nullif(initcap(outcome), ''), s.name), count(*) FROM deals_deal d JOIN deals_stage s ON s.id = d.stage_id GROUP BY 1"
        )
        == facts.stages
    )
    by_quarter = (
        "SELECT to_char(won_on, 'YYYY-\"Q\"Q'), sum(base_amount) FROM deals_credit WHERE superseded_at IS NULL GROUP BY 1"
    )
    assert rows(by_quarter) == facts.won_by_quarter
    by_manager = (
        "SELECT t.name, sum(c.base_amount) FROM deals_credit c JOIN reps_teammembership m ON m.rep_id = c.rep_id AND m.valid @> c.won_on "
        "JOIN reps_team t ON t.id = m.team_id GROUP BY 1"
    )
    assert rows(by_manager) == facts.won_by_manager
    cycles = (
        "SELECT 'all', percentile_cont(0.5) WITHIN GROUP (ORDER BY closed_on - opened_on) FROM deals_deal WHERE outcome <> ''"
    )
    assert rows(cycles) == {"all": facts.median_cycle}
    assert Deal.objects.filter(account=None).count() == facts.without_account
    assert Deal.objects.filter(opened_on=None).count() == facts.stages["Prospecting"]


def test_a_second_run_changes_nothing(folder):
    importing.command(folder, currency="USD")
    before = importing.row_counts()
    report = importing.command(folder, currency="USD")
    assert "Deals: 400 read, 0 stored, 0 rejected, 400 here already" in report
    assert "Nothing was written: everything is here already." in report
    assert importing.row_counts() == before


def test_a_dry_run_writes_nothing_and_says_the_same(folder):
    before = importing.row_counts()
    report = importing.command(folder, "--dry-run", currency="USD")
    assert importing.row_counts() == before
    assert "Nothing was written: this was a dry run." in report
    written = importing.command(folder, currency="USD")
    assert [line for line in report.splitlines() if "read" in line] == [line for line in written.splitlines() if "read" in line]


def test_a_name_that_is_equal_after_folding_is_matched_and_said(crm, folder):
    report = importing.run(*[folder / name for name in FILES])
    assert importing.said(report, "matched") == [
        {"kind": "product", "text": "GTXPro", "rows": crm.facts.misnamed, "name": "GTX Pro"}
    ]
    assert Deal.objects.filter(product__name="GTX Pro").count() == crm.facts.misnamed
    assert Product.objects.count() == 4


def test_everything_that_is_taken_without_being_written_there_is_said(crm, folder):
    report = importing.run(*[folder / name for name in FILES], currency="USD")
    codes = {code for code, _ in report.said}
    assert codes == {
        "company_currency", "currency_assumed", "office_team", "no_list_price", "sector_odd", "matched", "pipeline_made",
        "no_account", "no_opening", "lost_zero", "reps_without_rows",
    }  # fmt: skip
    assert importing.said(report, "reps_without_rows") == [{"n": 4}]
    assert importing.said(report, "no_account") == [{"n": crm.facts.without_account}]
    assert importing.said(report, "sector_odd") == [{"text": "technolgy", "rows": 8, "near": "technology"}]


def test_a_team_is_named_after_its_manager_and_part_of_the_office(folder):
    importing.command(folder, currency="USD")
    team = Team.objects.get(name="Manager A")
    assert team.parent.name == "Central"
    assert team.path == f"/{team.parent_id}/{team.pk}/"
    lead = TeamLead.objects.get(team=team)
    assert (lead.rep.name, lead.rep.sells, lead.valid.lower, lead.valid.upper) == ("Manager A", False, None, None)
    member = TeamMembership.objects.get(rep__name="Seller 00")
    assert (member.team, member.valid.lower, member.rep.sells, member.rep.user) == (team, None, True, None)
    assert Rep.objects.count() == 30


def test_the_engage_date_is_when_a_deal_was_opened_and_qualified(crm, folder):
    importing.command(folder, currency="USD")
    row = next(row for row in crm.deals if row[4] == "Won")
    deal = Deal.objects.get(external_id=row[0])
    assert str(deal.opened_on) == str(deal.qualified_on) == str(deal.stage_since) == row[5]
    assert (str(deal.closed_on), deal.amount, deal.outcome) == (row[6], Decimal(row[7]), "won")
    opening = DealEvent.objects.get(deal=deal, kind="stage")
    assert (str(opening.effective_on), opening.stage.name, opening.stage.is_qualified) == (row[5], "Engaging", True)
    credit = Credit.objects.get(deal=deal)
    assert (credit.share, credit.amount, credit.base_amount, credit.fx, credit.rep.name) == (
        1,
        deal.amount,
        deal.amount,
        1,
        row[1],
    )


def test_a_deal_without_engage_date_is_open_with_the_day_unknown(crm, folder):
    importing.command(folder, currency="USD")
    row = next(row for row in crm.deals if row[4] == "Prospecting")
    deal = Deal.objects.get(external_id=row[0])
    assert (deal.opened_on, deal.stage.name, deal.is_qualified, deal.outcome, deal.amount) == (
        None,
        "Prospecting",
        False,
        "",
        None,
    )
    assert set(deal.events.values_list("effective_on", flat=True)) == {None}


def test_accounts_keep_what_there_is_no_column_for(crm, folder):
    importing.command(folder, currency="USD")
    row = crm.accounts[6]
    account = Account.objects.get(name=row[0])
    assert account.parent.name == row[6]
    assert account.extra == {"year_established": row[2], "revenue": row[3]}
    assert (account.sector, account.employees, account.city) == (row[1], int(row[4]), row[5])
    assert Account.objects.filter(sector="technolgy").count() == 8


def test_an_empty_company_takes_the_currency_and_the_stages_of_the_files(folder):
    importing.command(folder, currency="USD")
    assert Company.load().currency == "USD"
    assert list(Stage.objects.order_by("order").values_list("name", "is_qualified", "pipeline__is_default")) == [
        ("Prospecting", False, True),
        ("Engaging", True, True),
    ]


def test_a_company_that_is_set_up_keeps_its_currency_and_its_stages(cast, folder):
    report = importing.rehearse(folder / "sales_teams.csv", folder / "sales_pipeline.csv", currency="USD")
    assert Company.load().currency == "IDR"
    assert importing.said(report, "company_currency") == []
    assert {(question.kind, question.text) for question in report.questions if question.kind == "stage"} == {
        ("stage", "Engaging"),
        ("stage", "Prospecting"),
    }


def test_every_row_is_what_the_replay_of_its_events_says(folder):
    importing.command(folder, currency="USD")
    for deal in Deal.objects.all():
        assert importing.cached(deal) == importing.replayed(deal)


def test_a_manager_who_also_sells_is_a_seller(tmp_path):
    write_csv(tmp_path / "teams.csv", TEAMS_HEADER, [["Ana", "Budi", "West"], ["Budi", "Budi", "West"]])
    importing.command(tmp_path)
    assert dict(Rep.objects.values_list("name", "sells")) == {"Ana": True, "Budi": True}


@pytest.mark.real_clock
@pytest.mark.django_db(transaction=True)
def test_an_import_that_is_killed_leaves_nothing(tmp_path):
    generate(deals=20_000).write(tmp_path)
    environment = {**os.environ, "DB_NAME": connection.settings_dict["NAME"], "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path)],
        cwd=Path(__file__).resolve().parents[2], env=environment, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "half\n"
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert Deal.objects.count() == 0
    assert sum(importing.row_counts().values()) == Company.objects.count()


# Imports the folder and says when half of it is in.
KILLED = """
import sys
from pathlib import Path
import pytest  # this process belongs to the test-suite and its servers
from salesteam import embedded
embedded.ensure_running()
import os, django
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "salesteam.settings")
django.setup()
from tests.deals import importing
from deals.imports.run import write
from deals.imports.context import Options, Scope
from deals.models import Deal, ImportBatch

def progress(done, total):
    if done >= total / 2:
        assert Deal.objects.exists()
        print("half", flush=True)
        sys.stdin.read()

files = sorted(Path(sys.argv[1]).glob("*.csv"))
write(importing.tables(*files), options=Options(), scope=Scope(), batch=ImportBatch(), progress=progress)
"""


@pytest.mark.skipif(not REAL.is_dir(), reason="the folder of real files is not beside the repository")
def test_the_real_files_give_back_the_facts_of_their_readme():
    report = importing.command(REAL, currency="USD")
    assert "Deals: 8,800 read, 8,800 stored, 0 rejected\n" in report
    assert "- Product: “GTXPro” is taken as “GTX Pro” (1,480 rows).\n" in report
    assert rows("SELECT coalesce(nullif(outcome, ''), s.name), count(*) FROM deals_deal d JOIN deals_stage s ON s.id = d.stage_id GROUP BY 1") == {
        "won": 4238, "lost": 2473, "Engaging": 1589, "Prospecting": 500,
    }  # fmt: skip
    assert rows("SELECT to_char(won_on, 'YYYY-\"Q\"Q'), sum(base_amount) FROM deals_credit GROUP BY 1") == {
        "2017-Q1": 1_134_672, "2017-Q2": 3_086_111, "2017-Q3": 2_982_255, "2017-Q4": 2_802_496,
    }  # fmt: skip
    by_manager = (
        "SELECT t.name, sum(c.base_amount) FROM deals_credit c JOIN reps_teammembership m ON m.rep_id = c.rep_id "
        "JOIN reps_team t ON t.id = m.team_id GROUP BY 1"
    )
    assert rows(by_manager) == {
        "Melvin Marxen": 2_251_930, "Summer Sewald": 1_964_750, "Rocco Neubert": 1_960_545, "Celia Rouche": 1_603_897,
        "Cara Losch": 1_130_049, "Dustin Brinkmann": 1_094_363,
    }  # fmt: skip
    cycles = "SELECT outcome = 'won', percentile_cont(0.5) WITHIN GROUP (ORDER BY closed_on - opened_on) FROM deals_deal WHERE outcome <> '' GROUP BY ROLLUP (1)"
    assert (rows(cycles)[None], rows(cycles)[True]) == (45, 57)
    before = importing.row_counts()
    assert "Deals: 8,800 read, 0 stored, 0 rejected, 8,800 here already" in importing.command(REAL, currency="USD")
    assert importing.row_counts() == before
