"""The *Numbers* page, its table and file, its scope picker, and the figures other pages load."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from datetime import date

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from lib.versioned import revise
from reps.models import AuditEntry, Holiday, HolidayCalendar, TeamMembership
from tests import make
from tests.cast import Cast

PAGE = reverse("metrics:numbers")
SignIn = Callable[..., Client]


@pytest.fixture
def book(cast: Cast) -> Cast:
    """Wins in two teams this month and last."""
    make.won(owner=cast.ana, amount=30_000_000, on=date(2026, 9, 3))
    make.won(owner=cast.budi, amount=20_000_000, on=date(2026, 9, 4))
    make.won(owner=cast.outsider, amount=50_000_000, on=date(2026, 9, 4))
    make.won(owner=cast.ana, amount=5_000_000, on=date(2026, 8, 4))
    make.lost(owner=cast.ana, on=date(2026, 9, 4))
    make.activity(rep=cast.ana, channel="call", outcome="reached")
    return cast


def table(text: str) -> list[list[str]]:
    """The cells of the table, line by line, as plain text."""
    body = re.search(r'<table class="rows rows-dense numbers-rows">(.*?)</table>', text, re.DOTALL)
    assert body
    rows = re.findall(r"<tr>(.*?)</tr>", body[1], re.DOTALL)[1:]
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in rows]
    return [[" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in row if "<svg" not in cell] for row in cells]


def test_a_rep_begins_with_their_own_numbers_and_a_manager_with_the_team(book: Cast, signed_in: SignIn) -> None:
    own = signed_in(book.ana).get(PAGE, {"period": "2026-09"}).content.decode()
    team = signed_in(book.manager).get(PAGE, {"period": "2026-09"}).content.decode()
    company = signed_in(book.admin).get(PAGE, {"period": "2026-09"}).content.decode()

    assert ("<h1>Ana</h1>" in own, "<h1>North</h1>" in team, "<h1>Company</h1>" in company) == (True, True, True)
    assert "Rp\u00a030\u00a0m" in own
    assert "Rp\u00a050\u00a0m" in team
    assert "Rp\u00a0100\u00a0m" in company


def test_the_table_of_reps_is_sorted_by_won_value_and_ends_with_the_whole(book: Cast, signed_in: SignIn) -> None:
    text = signed_in(book.manager).get(PAGE, {"scope": f"team:{book.whole.pk}", "period": "2026-09"}).content.decode()

    rows = table(text)

    assert [row[0].split()[0] for row in rows] == ["Ana", "Budi", "Oki", "Company"]
    assert [row[1] for row in rows] == ["Rp 30 m", "Rp 20 m", "—", "Rp 100 m"]
    assert rows[0][1:4] == ["Rp 30 m", "1", "50.0%"]


def test_the_table_of_the_whole_for_someone_who_leads_it(book: Cast, signed_in: SignIn) -> None:
    text = signed_in(book.vp).get(PAGE, {"period": "2026-09", "by": "team"}).content.decode()

    assert [row[:3] for row in table(text)] == [
        ["North", "Rp 50 m", "2"],
        ["South", "Rp 50 m", "1"],
        ["Company", "Rp 100 m", "3"],
    ]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"sort": "won_count", "order": "up"}, ["Budi", "Oki", "Ana"]),
        ({"sort": "name", "order": "down"}, ["Oki", "Budi", "Ana"]),
        ({"sort": "name"}, ["Ana", "Budi", "Oki"]),
        ({"sort": "nonsense", "order": "sideways"}, ["Oki", "Ana", "Budi"]),
        ({"show": "activity"}, ["Ana", "Budi", "Oki"]),
        ({"show": "activity", "sort": "calls_made"}, ["Ana", "Budi", "Oki"]),
    ],
)
def test_the_table_sorts_by_every_column(book: Cast, signed_in: SignIn, query: dict[str, str], names: list[str]) -> None:
    make.won(owner=book.ana, amount=1, on=date(2026, 9, 5))
    text = signed_in(book.vp).get(PAGE, {"period": "2026-09", **query}).content.decode()

    assert [row[0].split()[0] for row in table(text)][:-1] == names


def test_amounts_of_other_teams_are_withheld_and_their_counts_are_not(book: Cast, signed_in: SignIn) -> None:
    client = signed_in(book.ana)
    company = client.get(PAGE, {"scope": "company", "period": "2026-09"}).content.decode()
    south = client.get(PAGE, {"scope": f"team:{book.south.pk}", "period": "2026-09"}).content.decode()

    rows = {row[0].split()[0]: row[1:] for row in table(company)}
    assert (rows["Oki"][0], rows["Oki"][1], rows["Ana"][0], rows["Company"][0]) == ("—", "1", "Rp 30 m", "Rp 100 m")
    assert "Amounts of other teams are not shown; they are in the sum." in company
    assert "You read counts and shares of other teams, not their amounts." in south
    assert "Rp" not in re.sub(r"<script.*?</script>", "", south.split("<main")[1])


def test_a_rep_who_moved_away_stays_in_the_table_of_the_months_before(book: Cast, signed_in: SignIn) -> None:
    revise(TeamMembership, subject={"rep": book.ana.rep}, start=date(2026, 9, 10), values={"team": book.south}, actor=None)
    text = signed_in(book.manager).get(PAGE, {"scope": f"team:{book.north.pk}", "period": "2026-09"}).content.decode()

    assert [row[:2] for row in table(text)] == [["Ana", "Rp 30 m"], ["Budi", "Rp 20 m"], ["North", "Rp 50 m"]]


def test_figures_of_a_running_period_stand_beside_as_many_days_of_the_one_before(book: Cast, signed_in: SignIn) -> None:
    make.won(owner=book.ana, amount=900_000_000, on=date(2026, 8, 20))
    text = signed_in(book.ana).get(PAGE, {"period": "2026-09"}).content.decode()

    assert "before: August 2026, day 16" in text
    assert "before Rp\u00a05\u00a0m" in text


def test_holidays_stand_under_the_months_of_the_chart(book: Cast, signed_in: SignIn) -> None:
    calendar = HolidayCalendar.objects.create(name="Indonesia")
    for day in (17, 18, 22):
        Holiday.objects.create(calendar=calendar, day_on=date(2026, 8, day), name="Day off")
    book.company.calendar = calendar
    book.company.save()

    assert "2 days off" in signed_in(book.ana).get(PAGE, {"period": "2026-09"}).content.decode()


@pytest.mark.parametrize(
    "query",
    [
        {"scope": "team:0"},
        {"scope": "rep:99999999999999999999"},
        {"scope": "company:1"},
        {"scope": "nonsense"},
        {"scope": "rep:\x00"},
    ],
)
def test_a_scope_that_is_not_there_is_not_found(book: Cast, signed_in: SignIn, query: dict[str, str]) -> None:
    expected = 200 if not query["scope"].strip("\x00").removeprefix("rep:") else 404

    assert signed_in(book.admin).get(PAGE, query).status_code in {expected, 404}


@pytest.mark.parametrize(
    "period", ["week", "month", "quarter", "year", "2026-W38", "1990", "2099", "0001", "9999-Q4", "x", "\x00"]
)
def test_any_period_is_an_ordinary_page(book: Cast, signed_in: SignIn, period: str) -> None:
    assert signed_in(book.vp).get(PAGE, {"period": period}).status_code == 200


def test_finance_and_people_without_a_seller_have_no_numbers(book: Cast, signed_in: SignIn) -> None:
    nobody = make.user("Nobody")
    nobody.rep.delete()

    assert signed_in(book.finance).get(PAGE).status_code == 403
    assert signed_in(type(nobody).objects.get(pk=nobody.pk)).get(PAGE).status_code == 403


def test_the_file_is_the_managers_and_admins(book: Cast, signed_in: SignIn) -> None:
    url = reverse("metrics:table_csv")
    north = {"scope": f"team:{book.north.pk}", "period": "2026-09"}
    taken = signed_in(book.manager).get(url, north)
    lines = list(csv.DictReader(taken.getvalue().decode().splitlines()))

    assert [(line["rep"], line["won_value"], line["won_count"], line["currency"]) for line in lines] == [
        ("Ana", "30000000", "1", "IDR"),
        ("Budi", "20000000", "1", "IDR"),
    ]
    assert AuditEntry.objects.filter(verb="export").count() == 1
    statuses = [
        signed_in(person).get(url, north).status_code for person in (book.ana, book.south_manager, book.auditor, book.finance)
    ]
    assert statuses == [403, 403, 403, 403]
    assert signed_in(book.admin).get(url, {"scope": "company"}).status_code == 200
    assert AuditEntry.objects.filter(verb="export").count() == 2


def test_scopes_are_found_by_typing_and_keep_the_period(book: Cast, signed_in: SignIn) -> None:
    client = signed_in(book.ana, htmx=True)
    found = client.get(reverse("metrics:scopes"), {"q": "out", "period": "2026-08"}).content.decode()
    none = client.get(reverse("metrics:scopes"), {"q": "zzz"}).content.decode()

    assert f"scope=team%3A{book.south.pk}&amp;period=2026-08" in found
    assert "North" not in found
    assert "Nobody of that name" in none


def test_figures_and_rep_panel_answer_as_fragment_and_as_page(book: Cast, signed_in: SignIn) -> None:
    for url in (reverse("metrics:figures") + "?scope=company", reverse("metrics:rep_panel", args=[book.ana.rep.pk])):
        page, fragment = (signed_in(book.budi, htmx=htmx).get(url).content.decode() for htmx in (False, True))
        assert "<html" in page
        assert "<html" not in fragment
        assert "Won value" in fragment
    other = signed_in(book.budi, htmx=True).get(reverse("metrics:rep_panel", args=[book.outsider.rep.pk])).content.decode()
    assert "Won value" not in other
    assert signed_in(book.budi).get(reverse("metrics:rep_panel", args=[2_000_000_000])).status_code == 404


@pytest.mark.parametrize("query", [{}, {"by": "team"}, {"show": "activity"}, {"period": "month"}])
def test_the_page_costs_at_most_nine_queries_however_much_there_is(book: Cast, signed_in: SignIn, query: dict[str, str]) -> None:
    book.company.calendar = HolidayCalendar.objects.create(name="Indonesia")
    book.company.save()
    client, asked = signed_in(book.manager), {"scope": f"team:{book.north.pk}", **query}
    with CaptureQueriesContext(connection) as few:
        client.get(PAGE, asked)
    for number in range(30):
        person = make.rep(f"Rep {number}", team=book.north)
        make.won(owner=person)
        make.activity(rep=person, channel="call")
    with CaptureQueriesContext(connection) as many:
        client.get(PAGE, asked)

    assert len(few) == len(many) <= 9


def test_a_long_table_is_read_in_parts(cast: Cast, signed_in: SignIn) -> None:
    for number in range(55):
        make.rep(f"Rep {number:02}", team=cast.north)
    client = signed_in(cast.manager)
    first = client.get(PAGE, {"sort": "name"}).content.decode()
    second = client.get(PAGE, {"sort": "name", "from": "50"}).content.decode()

    assert len(table(first)) == 26
    assert "from=25" in first
    assert [row[0] for row in table(second)][-2:] == ["Rep 54", "North"]
    assert len(table(second)) == 8
