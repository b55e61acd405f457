"""The command line: what it prints, how it ends, what it leaves out."""

import csv

import pytest
from django.core.management import load_command_class
from django.core.management.base import CommandError
from django.db import connection, transaction

from deals.imports import run as run_module
from deals.models import Account, Deal, Product
from tests import make
from tests.crm_like import ACCOUNTS_HEADER, PRODUCTS_HEADER, TEAMS_HEADER, write_csv
from tests.deals import importing

pytestmark = pytest.mark.django_db
GOOD = ["OPP1", "Ana", "GTX Pro", "PT Satu", "Won", "2026-08-03", "2026-09-01", "5000000"]
BAD = ["OPP2", "Anna", "GTX Prro", "PT Satu", "Won", "2026-08-03", "2026-09-01", "5000000"]


@pytest.fixture
def company(cast):
    make.product("GTX Pro")
    make.account("PT Satu", owner=cast.ana)
    return cast


def test_one_bad_row_stops_everything(company, tmp_path, capsys):
    path = importing.deals_file(tmp_path, GOOD, BAD)
    before = importing.row_counts()
    with pytest.raises(
        CommandError, match=r"Correct the rows above and import again, or leave them out with --skip-bad\."
    ) as stopped:
        importing.command(path)
    assert stopped.value.returncode == 1
    assert importing.row_counts() == before


def test_what_is_wrong_is_printed_with_its_row_and_the_nearest_name(company, tmp_path):
    report = importing.rehearse(importing.deals_file(tmp_path, GOOD, BAD))
    assert importing.refused(report) == [(3, "sales_agent", "unknown_name")]
    assert report.problems.first[0].near == ("Ana",)
    assert [(question.kind, question.text, question.options[0][1]) for question in report.questions] == [
        ("rep", "Anna", "Ana"),
        ("product", "GTX Prro", "GTX Pro"),
    ]


def test_bad_rows_may_be_skipped_and_written_to_a_file(company, tmp_path):
    errors = tmp_path / "refused.csv"
    report = importing.command(importing.deals_file(tmp_path, GOOD, BAD), "--skip-bad", errors=errors)
    assert "Deals: 2 read, 1 stored, 1 rejected\n" in report
    assert "! deals.csv row 3, sales_agent “Anna”: Nothing of this name is known here. Did you mean “Ana”?\n" in report
    assert list(Deal.objects.values_list("external_id", flat=True)) == ["OPP1"]
    with errors.open(newline="") as lines:
        assert list(csv.reader(lines)) == [
            ["file", "row", "column", "value", "problem", "nearest"],
            ["deals.csv", "3", "sales_agent", "Anna", "Nothing of this name is known here.", "Ana"],
        ]


def test_many_refused_rows_are_counted_not_all_printed(company, tmp_path):
    rows = [[f"OPP{number}", *BAD[1:]] for number in range(2, 40)]
    report = importing.command(importing.deals_file(tmp_path, GOOD, *rows), "--skip-bad")
    assert report.count("\n! ") == 11
    assert "! … and 28 more: write all of them to a file with --errors FILE.\n" in report


def test_a_dry_run_that_would_stop_ends_with_an_error(company, tmp_path):
    with pytest.raises(CommandError, match="--skip-bad"):
        importing.command(importing.deals_file(tmp_path, BAD), "--dry-run")


def test_amounts_without_a_currency_are_said_to_be_the_company_s(company, tmp_path):
    report = importing.command(importing.deals_file(tmp_path, GOOD))
    assert "- Amounts without a currency are taken as IDR.\n" in report
    assert Deal.objects.get().currency == "IDR"


def test_amounts_of_another_currency_wait_for_their_rate(company, tmp_path):
    importing.command(importing.deals_file(tmp_path, GOOD), currency="USD")
    credit = Deal.objects.get().credits.get()
    assert (credit.currency, credit.amount, credit.fx, credit.base_amount) == ("USD", 5_000_000, None, None)


def test_two_imports_do_not_interleave(company, tmp_path, django_db_blocker):
    path = importing.deals_file(tmp_path, GOOD)
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [run_module._LOCK])
        with pytest.raises(CommandError, match="another import is running"):
            importing.command(path)
    finally:
        other.close()
    assert Deal.objects.count() == 0
    importing.command(path)
    assert Deal.objects.count() == 1


def test_a_single_file_is_enough(company, tmp_path):
    assert "Accounts: 1 read, 1 stored, 0 rejected" in importing.command(
        write_csv(tmp_path / "accounts.csv", ACCOUNTS_HEADER, [["PT Tiga", "retail", "1999", "1.5", "20", "Bandung", ""]])
    )
    assert Account.objects.get(name="PT Tiga").city == "Bandung"


def test_help_shows_examples():
    text = load_command_class("deals", "import_crm").create_parser("manage.py", "import_crm").format_help()
    assert "manage.py import_crm ../shared/data/crm-sales-opportunities --currency USD" in text


# ── Meanings ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_parent_may_stand_below_its_child_in_the_file(company, tmp_path):
    rows = [["Child", "retail", "", "", "", "", "Parent"], ["Parent", "retail", "", "", "", "", ""]]
    importing.run(write_csv(tmp_path / "accounts.csv", ACCOUNTS_HEADER, rows))
    assert Account.objects.get(name="Child").parent.name == "Parent"


def test_an_account_cannot_be_part_of_itself(company, tmp_path):
    path = write_csv(tmp_path / "accounts.csv", ACCOUNTS_HEADER, [["Self", "retail", "", "", "", "", "Self"]])
    assert importing.refused(importing.rehearse(path)) == [(2, "subsidiary_of", "own_parent")]


def test_accounts_of_the_same_name_after_folding_are_one(company, tmp_path):
    report = importing.run(write_csv(tmp_path / "accounts.csv", ACCOUNTS_HEADER, [["pt  SATU", "retail", "", "", "7", "", ""]]))
    account = Account.objects.get(name="PT Satu")
    assert (account.employees, report.of("accounts").changed) == (7, 1)
    assert importing.said(report, "matched") == [{"kind": "account", "text": "pt SATU", "name": "PT Satu", "rows": 1}]


def test_the_list_price_is_no_amount_of_a_deal(company, tmp_path):
    importing.run(
        write_csv(tmp_path / "products.csv", PRODUCTS_HEADER, [["GTX Max", "GTX", "4821"]]),
        importing.deals_file(tmp_path, ["OPP9", "Ana", "GTX Max", "PT Satu", "Qualified", "2026-09-01", "", ""]),
    )
    assert (Product.objects.get(name="GTX Max").list_price, Deal.objects.get().amount) == (4821, None)


def test_people_who_belong_elsewhere_stay_there(company, tmp_path):
    path = write_csv(tmp_path / "teams.csv", TEAMS_HEADER, [["Ana", "Surya", ""]])
    report = importing.run(path)
    assert importing.said(report, "other_team") == [{"rep": "Ana", "team": "North"}]
    assert company.ana.rep.memberships.current().get().team == company.north


def test_two_sellers_of_one_name_are_not_guessed_between(company, tmp_path):
    make.rep("Ana")
    report = importing.rehearse(importing.deals_file(tmp_path, GOOD))
    assert importing.refused(report) == [(2, "sales_agent", "ambiguous_name")]
    assert len(report.questions[0].options) == 2


def test_a_name_with_a_guarding_apostrophe_is_read_without_it(company, tmp_path):
    make.account("=SUM GmbH", owner=company.ana)
    importing.run(importing.deals_file(tmp_path, [*GOOD[:3], "'=SUM GmbH", *GOOD[4:]]))
    assert Deal.objects.get().account.name == "=SUM GmbH"


def test_an_import_inside_a_transaction_that_fails_leaves_nothing(company, tmp_path):
    before = importing.row_counts()
    with pytest.raises(RuntimeError), transaction.atomic():
        importing.run(importing.deals_file(tmp_path, GOOD))
        raise RuntimeError
    assert importing.row_counts() == before
