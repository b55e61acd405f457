"""Accounts, contacts, leads and activities from files: matched, added to, kept within one's teams."""

from datetime import UTC, datetime

import pytest

from deals.columns import ACTIVITY_COLUMNS, CONTACT_COLUMNS, LEAD_COLUMNS
from deals.models import Account, Activity, Contact, Deal, Lead
from reps.models import Rep
from tests import make
from tests.crm_like import ACCOUNTS_HEADER, TEAMS_HEADER, write_csv
from tests.deals import importing

pytestmark = pytest.mark.django_db


def table(folder, header, *rows, name="file.csv"):
    """A file of rows given as dictionaries; what they leave out is empty."""
    return write_csv(folder / name, header, [[row.get(column, "") for column in header] for row in rows])


@pytest.fixture
def satu(cast):
    return make.account("PT Satu", owner=cast.ana)


# ── Contacts ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_contact_is_added_to_its_account(satu, tmp_path):
    row = {"name": "Ibu Sari", "account": "pt satu", "phone": "0812-3456-789", "email": "sari@example.com", "title": "CFO"}
    report = importing.run(table(tmp_path, CONTACT_COLUMNS, row))
    contact = Contact.objects.get()
    assert (contact.account, contact.phone, contact.email, contact.title) == (satu, "+628123456789", "sari@example.com", "CFO")
    assert importing.said(report, "matched") == [{"kind": "account", "text": "pt satu", "name": "PT Satu", "rows": 1}]


def test_a_contact_that_is_here_gets_what_the_file_says_differently(satu, tmp_path):
    contact = make.contact("Ibu Sari", account=satu, title="CFO", phone="+62811111111")
    report = importing.run(table(tmp_path, CONTACT_COLUMNS, {"name": "Ibu Sari", "account": "PT Satu", "title": "CEO"}))
    contact.refresh_from_db()
    assert (report.of("contacts").changed, contact.title, contact.phone) == (1, "CEO", "+62811111111")


def test_two_people_of_one_name_at_one_account_are_told_apart_by_their_ids(satu, tmp_path):
    rows = [{"external_id": text, "name": "Ibu Sari", "account": "PT Satu"} for text in ("1", "2")]
    path = table(tmp_path, CONTACT_COLUMNS, *rows)
    importing.run(path)
    assert Contact.objects.count() == 2
    assert importing.run(path).of("contacts").unchanged == 2


def test_a_contact_that_stands_twice_without_an_id_is_refused(satu, tmp_path):
    row = {"name": "Ibu Sari", "account": "PT Satu"}
    report = importing.rehearse(table(tmp_path, CONTACT_COLUMNS, row, row))
    assert importing.refused(report) == [(3, "name", "twice_here")]


@pytest.mark.parametrize(
    ("cells", "problem"),
    [
        ({"name": "", "account": "PT Satu"}, ("name", "required")),
        ({"name": "Sari", "account": ""}, ("account", "required")),
        ({"name": "Sari", "account": "PT Tiada"}, ("account", "unknown_name")),
        ({"name": "Sari", "account": "PT Satu", "email": "sari"}, ("email", "bad_email")),
        ({"name": "Sari", "account": "PT Satu", "phone": "call me"}, ("phone", "bad_phone")),
        ({"name": "S" * 121, "account": "PT Satu"}, ("name", "too_long")),
        ({"name": "Sari", "account": "PT Satu", "created_at": "2099-01-01 10:00"}, ("created_at", "in_future")),
        ({"name": "Sari", "account": "PT Satu", "created_at": "soon"}, ("created_at", "bad_instant")),
    ],
)
def test_a_contact_that_cannot_be_stored_is_named(satu, tmp_path, cells, problem):
    assert importing.refused(importing.rehearse(table(tmp_path, CONTACT_COLUMNS, cells))) == [(2, *problem)]


def test_a_manager_adds_no_contact_to_an_account_of_another_team(cast, tmp_path):
    other = make.account("PT Lain", owner=cast.outsider)
    make.deal(owner=cast.outsider, account=other)
    report = importing.rehearse(table(tmp_path, CONTACT_COLUMNS, {"name": "Sari", "account": "PT Lain"}), by=cast.manager)
    assert importing.refused(report) == [(2, "account", "unknown_name")]


# ── Accounts ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_an_account_keeps_its_own_where_the_file_is_empty(satu, tmp_path):
    Account.objects.update(sector="retail", city="Bandung")
    importing.run(write_csv(tmp_path / "a.csv", ACCOUNTS_HEADER, [["PT Satu", "", "", "", "50", "Jakarta", ""]]))
    satu.refresh_from_db()
    assert (satu.sector, satu.city, satu.employees) == ("retail", "Jakarta", 50)


def test_a_manager_owns_the_accounts_they_bring_in(cast, tmp_path):
    importing.run(write_csv(tmp_path / "a.csv", ACCOUNTS_HEADER, [["PT Baru", "x", "", "", "", "", ""]]), by=cast.manager)
    assert Account.objects.get().owner == cast.manager.rep


def test_a_manager_sees_nothing_of_an_account_of_another_team(cast, tmp_path):
    make.account("PT Lain", owner=cast.outsider, sector="retail")
    importing.run(write_csv(tmp_path / "a.csv", ACCOUNTS_HEADER, [["PT Lain", "mining", "", "", "", "", ""]]), by=cast.manager)
    assert sorted(Account.objects.values_list("sector", "owner")) == sorted(
        [("retail", cast.outsider.rep.pk), ("mining", cast.manager.rep.pk)]
    )


def test_an_account_that_is_read_but_not_one_s_own_to_change_is_refused(cast, tmp_path):
    make.account("PT Bersama", owner=cast.budi)
    role = make.role("Importer", capabilities=["import.run", "account.edit", "deal.edit"])
    make.RoleAssignment.objects.create(rep=cast.ana.rep, role=role, valid=make.since())
    report = importing.rehearse(
        write_csv(tmp_path / "a.csv", ACCOUNTS_HEADER, [["PT Bersama", "mining", "", "", "", "", ""]]), by=cast.ana
    )
    assert importing.refused(report) == [(2, "account", "not_yours")]


# ── Leads ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_leads_come_in_marked_as_imported_and_do_not_double(cast, tmp_path):
    path = table(
        tmp_path, LEAD_COLUMNS,
        {"external_id": "L-1", "name": "Pak Joko", "company_name": "CV Joko", "owner": "Ana", "state": "working", "source": "web"},
        {"name": "Ibu Rina", "company_name": "CV Rina", "phone": "0811 222 333"},
    )  # fmt: skip
    importing.run(path)
    assert list(Lead.objects.order_by("pk").values_list("name", "state", "source", "owner", "is_import")) == [
        ("Pak Joko", "working", "web", cast.ana.rep.pk, True),
        ("Ibu Rina", "new", "other", None, True),
    ]
    before = importing.row_counts()
    assert importing.run(path).of("leads").unchanged == 2
    assert importing.row_counts() == before


def test_a_lead_nobody_owns_goes_to_the_team_of_the_manager_who_brings_it(cast, tmp_path):
    importing.run(table(tmp_path, LEAD_COLUMNS, {"name": "Pak Joko", "company_name": "CV Joko"}), by=cast.manager)
    assert Lead.objects.get().team == cast.north


def test_a_manager_brings_no_lead_for_another_team(cast, tmp_path):
    rows = [{"name": name, "company_name": "x", "owner": owner} for name, owner in (("A", "Oki"), ("B", "Ana"))]
    report = importing.rehearse(table(tmp_path, LEAD_COLUMNS, *rows), by=cast.manager)
    assert importing.refused(report) == [(2, "owner", "not_yours")]


# ── Activities ──────────────────────────────────────────────────────────────────────────────────────────────────────
CALL = {"external_id": "C-1", "rep": "Ana", "occurred_at": "2026-09-10 14:00", "channel": "call", "outcome": "reached"}


def test_an_activity_finds_its_deal_and_takes_its_account_from_there(cast, satu, tmp_path):
    deal = make.deal(owner=cast.ana, account=satu, name="Renewal", external_id="OPP7")
    importing.run(table(tmp_path, ACTIVITY_COLUMNS, {**CALL, "deal_id": "OPP7", "note": "Talked\nabout it"}))
    activity = Activity.objects.get()
    assert (activity.deal, activity.account, activity.note.text, activity.source) == (deal, satu, "Talked\nabout it", "import")
    assert activity.occurred_at == datetime(2026, 9, 10, 7, tzinfo=UTC)
    deal.refresh_from_db()
    assert str(deal.last_contact_on) == "2026-09-10"


def test_activities_do_not_double(cast, tmp_path):
    bare = {name: value for name, value in CALL.items() if name != "external_id"}
    path = table(tmp_path, ACTIVITY_COLUMNS, CALL, {**bare, "channel": "visit"})
    importing.run(path)
    before = importing.row_counts()
    assert importing.run(path).of("activities").unchanged == 2
    assert importing.row_counts() == before


def test_activities_come_with_their_deals_in_one_import(cast, satu, tmp_path):
    make.product("GTX Pro")
    deals = importing.deals_file(tmp_path, ["OPP1", "Ana", "GTX Pro", "PT Satu", "Qualified", "2026-08-03", "", ""])
    activities = table(tmp_path, ACTIVITY_COLUMNS, {**CALL, "deal_id": "OPP1"}, name="activities.csv")
    assert importing.refused(importing.rehearse(deals, activities)) == []
    importing.run(deals, activities)
    assert Activity.objects.get().deal == Deal.objects.get()


@pytest.mark.parametrize(
    ("cells", "problem"),
    [
        ({"rep": ""}, ("rep", "required")),
        ({"rep": "Anna"}, ("rep", "unknown_name")),
        ({"occurred_at": ""}, ("occurred_at", "required")),
        ({"occurred_at": "yesterday"}, ("occurred_at", "bad_instant")),
        ({"ended_at": "2026-09-10 13:00"}, ("ended_at", "ends_before_start")),
        ({"channel": ""}, ("channel", "required")),
        ({"channel": "pigeon"}, ("channel", "bad_choice")),
        ({"deal_id": "OPP404"}, ("deal_id", "unknown_name")),
        ({"deal": "Nothing"}, ("deal", "unknown_name")),
        ({"lead": "Nobody"}, ("lead", "unknown_name")),
        ({"contact": "Nobody"}, ("contact", "contact_without_account")),
        ({"note": "x" * 4001}, ("note", "too_long")),
    ],
)
def test_an_activity_that_cannot_be_stored_is_named(cast, tmp_path, cells, problem):
    report = importing.rehearse(table(tmp_path, ACTIVITY_COLUMNS, {**CALL, **cells}))
    assert importing.refused(report) == [(2, *problem)]


def test_a_manager_brings_no_activity_of_another_team(cast, tmp_path):
    report = importing.rehearse(table(tmp_path, ACTIVITY_COLUMNS, {**CALL, "rep": "Oki"}), by=cast.manager)
    assert importing.refused(report) == [(2, "rep", "not_yours")]


# ── Whose it is ─────────────────────────────────────────────────────────────────────────────────────────────────────
def test_an_owner_is_found_by_work_e_mail_or_sign_in_and_it_is_said(cast, tmp_path):
    Rep.objects.filter(pk=cast.budi.rep.pk).update(work_email="budi.s@kantor.example")
    rows = [
        {"name": "Satu", "company_name": "PT Satu", "owner": "ANA@example.com"},
        {"name": "Dua", "company_name": "PT Dua", "owner": "budi.s@kantor.example"},
        {"name": "Tiga", "company_name": "PT Tiga", "owner": "budi.s@kantor.example"},
    ]
    report = importing.run(table(tmp_path, LEAD_COLUMNS, *rows))
    assert dict(Lead.objects.values_list("name", "owner__name")) == {"Satu": "Ana", "Dua": "Budi", "Tiga": "Budi"}
    assert importing.said(report, "matched") == [
        {"kind": "rep", "text": "ANA@example.com", "name": "Ana", "rows": 1},
        {"kind": "rep", "text": "budi.s@kantor.example", "name": "Budi", "rows": 2},
    ]


def test_an_e_mail_of_nobody_or_of_two_is_asked(cast, tmp_path):
    Rep.objects.filter(pk__in=[cast.ana.rep.pk, cast.budi.rep.pk]).update(work_email="sales@kantor.example")
    rows = [
        {"name": "Satu", "company_name": "PT Satu", "owner": "sales@kantor.example"},
        {"name": "Dua", "company_name": "PT Dua", "owner": "cici@kantor.example"},
    ]
    report = importing.rehearse(table(tmp_path, LEAD_COLUMNS, *rows))
    assert importing.refused(report) == [(2, "owner", "ambiguous_name"), (3, "owner", "unknown_name")]
    assert next((each.text, len(each.options)) for each in report.questions) == ("sales@kantor.example", 2)


def test_a_manager_s_file_reaches_no_further_by_e_mail_than_by_name(cast, tmp_path):
    row = {"name": "Satu", "company_name": "PT Satu", "owner": "oki@example.com"}
    report = importing.rehearse(table(tmp_path, LEAD_COLUMNS, row), by=cast.manager)
    assert importing.refused(report) == [(2, "owner", "not_yours")]


# ── People ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_seller_who_stands_twice_is_refused(cast, tmp_path):
    path = write_csv(tmp_path / "t.csv", TEAMS_HEADER, [["Cici", "Dodi", "West"], ["cici", "Dodi", "West"]])
    assert importing.refused(importing.rehearse(path)) == [(3, "sales_agent", "twice_here")]


def test_names_of_people_match_after_folding_and_are_said_once(cast, tmp_path):
    path = write_csv(tmp_path / "t.csv", TEAMS_HEADER, [["Cici", "surya", ""], ["Dedi", "surya", ""]])
    report = importing.run(path)
    assert Rep.objects.filter(name__iexact="surya").count() == 1
    assert {"kind": "rep", "text": "surya", "name": "Surya", "rows": 2} in importing.said(report, "matched")


def test_a_person_without_a_letter_in_the_name_is_refused(cast, tmp_path):
    path = write_csv(tmp_path / "t.csv", TEAMS_HEADER, [["²", "Surya", ""], ["Cici", "42", ""]])
    assert importing.refused(importing.rehearse(path)) == [(2, "sales_agent", "no_letter"), (3, "manager", "no_letter")]
