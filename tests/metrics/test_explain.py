"""*Explain this number*: what is in it adds up, what is left out is counted, and nobody reads rows that are not theirs."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from deals.models import Deal
from lib import clock, periods
from metrics import rows, scopes
from metrics.definitions import ACTIVITIES, METRICS, OUTCOMES
from metrics.explain import explain
from metrics.rows import Question
from metrics.scopes import Scope
from metrics.windows import as_of
from reps.models import AuditEntry, User
from tests import make
from tests.cast import Cast

SEPTEMBER = periods.named("2026-09")
SignIn = Callable[..., Client]


def question(cast: Cast, key: str, scope: Scope = scopes.COMPANY, user: User | None = None) -> Question:
    return Question(METRICS[key], scope, SEPTEMBER, as_of(cast.company), cast.company, user or cast.admin)


def address(metric: str, scope: str = "company", period: str = "2026-09", route: str = "metrics:explain", **more: str) -> str:
    query = "&".join(f"{name}={value}" for name, value in {"metric": metric, "scope": scope, "period": period, **more}.items())
    return f"{reverse(route)}?{query}"


def all_rows(asked: Question, size: int = 2) -> list[dict[str, Any]]:
    """Every row, read page by page."""
    found, after = [], ""
    while True:
        page = rows.page(asked, after=after, size=size)
        found += page.rows
        after = page.after
        if not after:
            return found


@pytest.fixture
def book(cast: Cast) -> Cast:
    """Some of everything in September, in two teams."""
    for owner, amount in ((cast.ana, 30), (cast.ana, 20), (cast.budi, 20), (cast.outsider, 50), (cast.outsider, 0)):
        make.won(owner=owner, amount=amount * 1_000_000, on=date(2026, 9, 3))
    make.lost(owner=cast.ana, on=date(2026, 9, 4))
    make.deal(owner=cast.budi, outcome=Deal.Outcome.NO_DECISION, closed_on=date(2026, 9, 5))
    make.deal(owner=cast.budi, stage="Lead", outcome=Deal.Outcome.LOST, closed_on=date(2026, 9, 5))
    make.deal(owner=cast.ana)
    Deal.objects.filter(pk=make.deal(owner=cast.outsider).pk).update(opened_on=None)
    for person in (cast.ana, cast.budi, cast.outsider):
        make.activity(rep=person, channel="call", outcome="reached")
        make.activity(rep=person, channel="call", outcome="no_answer")
        make.activity(rep=person, channel="meeting", outcome="held", booked_at=clock.now(), booked_by=person.rep)
        make.lead(owner=person, created_by=person.rep)
    return cast


# ── Adding up ───────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("key", [metric.key for metric in (*OUTCOMES, *ACTIVITIES)])
def test_the_rows_are_those_that_were_counted(book: Cast, key: str) -> None:
    asked = question(book, key)
    found = explain(asked, SEPTEMBER)
    listed = all_rows(asked)

    assert len(listed) == found.figure.n
    assert len({row["id"] for row in listed}) == len(listed)


def test_rows_and_teams_of_the_won_value_sum_to_it(book: Cast) -> None:
    asked = question(book, "won_value")
    found = explain(asked, SEPTEMBER)

    assert found.figure.value == Decimal(120_000_000)
    assert sum(row["amount"] for row in all_rows(asked)) == found.figure.value
    assert [(part.name, part.figure.value) for part in found.parts] == [("North", 70_000_000), ("South", 50_000_000)]


def test_a_team_is_explained_by_its_reps_and_a_rep_by_rows_alone(book: Cast) -> None:
    team = explain(question(book, "won_count", scopes.of_team(book.north)), SEPTEMBER)
    rep = explain(question(book, "won_count", scopes.of_rep(book.ana.rep)), SEPTEMBER)

    assert [(part.name, part.figure.value) for part in team.parts] == [("Ana", 2), ("Budi", 1)]
    assert (rep.figure.value, rep.parts, len(rep.rows.rows)) == (2, [], 2)


def test_the_median_is_the_middle_row(cast: Cast) -> None:
    for days in (12, 30, 31, 45, 200):
        make.won(owner=cast.ana, on=date(2026, 9, 15), opened_on=date.fromordinal(date(2026, 9, 15).toordinal() - days))
    asked = question(cast, "median_cycle_days")

    assert [row["days"] for row in all_rows(asked)] == [12, 30, 31, 45, 200]
    assert explain(asked, SEPTEMBER).figure.value == 31


def test_what_is_left_out_is_counted(book: Cast) -> None:
    def notes(key: str) -> dict[str, int]:
        return {note.text: note.n for note in explain(question(book, key), SEPTEMBER).notes}

    assert notes("win_rate") == {"Lost before they qualified": 1, "Ended without a decision: count as lost": 1}
    assert notes("won_value") == {"Won, without an amount: adds nothing": 1}
    assert notes("open_count") == {"Opened on an unknown day": 1}


def test_wins_without_a_rate_come_first_and_the_sum_is_a_lower_bound(cast: Cast, signed_in: SignIn) -> None:
    make.won(owner=cast.ana, amount=30_000_000)
    deal = make.deal(owner=cast.ana, name="Singapore", amount=5000, currency="SGD", outcome="won", closed_on=date(2026, 9, 15))
    deal.credits.update(superseded_at=clock.now())
    make.credit(deal, cast.ana, fx=None)

    page = signed_in(cast.manager).get(address("won_value", f"team:{cast.north.pk}")).content.decode()

    assert all_rows(question(cast, "won_value"), size=1)[0]["name"] == "Singapore"
    assert "≥\u00a0Rp\u00a030" in page
    assert "S$5,000.00, no rate" in page
    assert "Won, without an exchange rate" in page


# ── Rights ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_rep_reads_the_companys_sum_and_only_own_teams_rows(book: Cast) -> None:
    asked = question(book, "won_value", user=book.ana)
    found = explain(asked, SEPTEMBER)

    assert found.figure.value == 120_000_000
    assert [(part.name, part.figure.value) for part in found.parts] == [("North", 70_000_000), ("Other teams", 50_000_000)]
    assert {row["rep"] for row in all_rows(asked)} == {"Ana", "Budi"}
    assert (found.unseen.n, found.unseen.amount) == (2, 50_000_000)


def test_counts_of_another_team_are_open_and_its_amounts_are_not_there(book: Cast, signed_in: SignIn) -> None:
    client = signed_in(book.ana)
    count = client.get(address("won_count", f"team:{book.south.pk}"))
    value, missing = (client.get(address("won_value", f"team:{pk}")) for pk in (book.south.pk, 2_000_000_000))

    assert count.status_code == 200
    assert "2 more rows that you do not read" in count.content.decode()
    assert value.status_code == missing.status_code == 404


@pytest.mark.parametrize(
    ("who", "scope", "status"),
    [("admin", "company", 200), ("manager", "north", 200), ("manager", "company", 403), ("manager", "south", 403),
     ("ana", "ana", 200), ("ana", "north", 403), ("auditor", "company", 403), ("finance", "company", 403)],
)  # fmt: skip
def test_who_may_take_the_rows_out(book: Cast, signed_in: SignIn, who: str, scope: str, status: int) -> None:
    keys = {
        "company": "company",
        "north": f"team:{book.north.pk}",
        "south": f"team:{book.south.pk}",
        "ana": f"rep:{book.ana.rep.pk}",
    }
    user, metric = getattr(book, who), "won_count"

    response = signed_in(user).get(address(metric, keys[scope], route="metrics:explain_csv"))

    assert response.status_code == status
    assert AuditEntry.objects.filter(verb="export").count() == (status == 200)


def test_the_file_holds_the_rows_of_the_number(book: Cast, signed_in: SignIn) -> None:
    response = signed_in(book.manager).get(address("won_value", f"team:{book.north.pk}", route="metrics:explain_csv"))
    lines = list(csv.DictReader(response.getvalue().decode().splitlines()))

    assert sum(Decimal(line["company_amount"]) for line in lines) == 70_000_000
    assert {line["rep"] for line in lines} == {"Ana", "Budi"}


@pytest.mark.parametrize("key", ["calls_made", "leads_created", "win_rate"])
def test_each_kind_of_row_makes_a_file(book: Cast, signed_in: SignIn, key: str) -> None:
    response = signed_in(book.admin).get(address(key, route="metrics:explain_csv"))

    assert len(response.getvalue().decode().splitlines()) == 1 + explain(question(book, key), SEPTEMBER).figure.n


# ── Page ────────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("key", [metric.key for metric in (*OUTCOMES, *ACTIVITIES)])
def test_every_number_has_its_page_and_panel(book: Cast, signed_in: SignIn, key: str) -> None:
    page = signed_in(book.manager).get(address(key, f"team:{book.north.pk}"))
    panel = signed_in(book.manager, htmx=True).get(address(key, f"team:{book.north.pk}"))

    assert (page.status_code, panel.status_code) == (200, 200)
    assert METRICS[key].computed_by in panel.content.decode()
    assert "<html" in page.content.decode()
    assert "<html" not in panel.content.decode()


def test_a_rate_from_few_rows_is_called_thin_and_shows_its_interval(book: Cast, signed_in: SignIn) -> None:
    text = signed_in(book.admin).get(address("win_rate")).content.decode()

    assert "thin" in text
    assert "With 95% confidence between" in text


def test_more_rows_follow_by_their_cursor(cast: Cast, signed_in: SignIn) -> None:
    for _ in range(30):
        make.won(owner=cast.ana)
    client = signed_in(cast.ana, htmx=True)
    first = client.get(address("won_count")).content.decode()
    more = re.search(r'hx-get="(/numbers/explain/rows/[^"]+)"', first)
    assert more

    second = client.get(more[1].replace("&amp;", "&")).content.decode()

    assert [text.count('<li class="list-row">') for text in (first, second)] == [8, 22]
    assert "<html" not in second


@pytest.mark.parametrize(
    "cursor", ["", "x", "~", "2026-09-01~x", "9999-99-99~1", "2026-09-01~99999999999999999999", "-infinity~1", "NaN~1"]
)
@pytest.mark.parametrize("metric", ["won_value", "won_count", "median_cycle_days", "open_count", "calls_made", "leads_created"])
def test_a_spoilt_cursor_begins_at_the_first_row(book: Cast, signed_in: SignIn, metric: str, cursor: str) -> None:
    response = signed_in(book.admin, htmx=True).get(address(metric, route="metrics:explain_rows", after=cursor))

    assert response.status_code == 200
    assert "list-row" in response.content.decode()


@pytest.mark.parametrize(
    ("asked"),
    [{"metric": "nonsense"}, {"metric": ""}, {"scope": "team:x"}, {"scope": "rep:0"}, {"scope": "team:%00"}, {"scope": "team:" + "9" * 30},
     {"period": "2026-13"}, {"period": "0001"}, {"period": "9999"}, {"period": ""}, {"as_of": "0001-01-01"}, {"as_of": "x"},
     {"known_at": "x"}, {"known_at": "0001-01-01T00:00"}],
)  # fmt: skip
def test_what_there_is_not_is_not_found(book: Cast, signed_in: SignIn, asked: dict[str, str]) -> None:
    response = signed_in(book.admin).get(address(**{"metric": "won_value", **asked}))

    assert response.status_code == 404


def test_as_of_and_known_at_are_kept_along_the_way(book: Cast, signed_in: SignIn) -> None:
    known = datetime.fromisoformat("2026-09-16T09:00:00+07:00")
    url = address("won_value", as_of="2026-09-02", known_at="2026-09-16T09:00:00%2B07:00")

    text = signed_in(book.admin).get(url).content.decode()

    assert "as_of=2026-09-02" in text
    assert "Nothing had been recorded by then." in text
    assert known < clock.now()


@pytest.mark.parametrize("metric", ["won_value", "win_rate", "open_count", "calls_made"])
def test_an_explanation_costs_at_most_nine_queries_however_many_rows(book: Cast, signed_in: SignIn, metric: str) -> None:
    client = signed_in(book.ana)
    with CaptureQueriesContext(connection) as few:
        client.get(address(metric, f"team:{book.north.pk}"))
    for _ in range(40):
        make.won(owner=book.ana)
        make.lost(owner=book.budi)
        make.activity(rep=book.budi, channel="call")
    with CaptureQueriesContext(connection) as many:
        client.get(address(metric, f"team:{book.north.pk}"))

    assert len(few) == len(many) <= 9


def test_the_definitions_name_the_function_behind_each_number(cast: Cast, signed_in: SignIn) -> None:
    text = signed_in(cast.ana).get(reverse("metrics:definitions")).content.decode()

    assert all(str(metric.title) in text for metric in (*OUTCOMES, *ACTIVITIES))
    assert "metrics.kpis.kpis" in text
