"""The activity report and the quota report: what they add up, whose lines they show, and their files."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from lib.versioned import revise
from metrics.activity import activity
from metrics.attainment import attainment
from metrics.models import MetricRevision, NightRun
from metrics.quota_report import quota_report
from metrics.quotas import NewQuota, set_quotas
from metrics.report_asking import period as read_period
from metrics.reports import Asked, activity_report
from metrics.scopes import COMPANY, Scope, of_rep, of_team
from metrics.standings import Target
from metrics.windows import as_of
from reps.models import AuditEntry, Company, Team, TeamMembership
from tests import make
from tests.cast import NOW, Cast

D = Decimal
ACTIVITY, QUOTA = reverse("metrics:activity_report"), reverse("metrics:quota_report")
SignIn = Callable[..., Client]


def asked(numbers: dict[Any, int], month: date = date(2026, 9, 1), metric: str = "won_value") -> None:
    """Set numbers by person or team."""
    rows = [
        NewQuota(month, D(amount), **({"team_id": who.pk} if isinstance(who, Team) else {"rep_id": make.rep_of(who).pk}))
        for who, amount in numbers.items()
    ]
    set_quotas(metric=metric, numbers=rows, by=None, company=Company.load())


def span(text: str, cast: Cast) -> Any:
    return read_period({"period": text}, cast.company, None)  # type: ignore[arg-type]


def did(cast: Cast, who: Any, scope: Scope, text: str, *, by_team: bool = False) -> Any:
    return activity_report(Asked(scope, span(text, cast), by_team), viewer=who.viewer, company=cast.company)


def stood(cast: Cast, who: Any, scope: Scope, text: str, *, by_team: bool = False, target: Target | None = None) -> Any:
    return quota_report(Asked(scope, span(text, cast), by_team), target or Target(), viewer=who.viewer, company=cast.company)


def at(day: int, hour: int = 2) -> datetime:
    return datetime(2026, 9, day, hour, tzinfo=UTC)


@pytest.fixture
def busy(cast: Cast) -> Cast:
    """Activity of two teams on the 14th and 15th, and something booked for this afternoon."""
    for day, who, count in ((14, cast.ana, 3), (15, cast.ana, 2), (15, cast.budi, 1), (15, cast.outsider, 4)):
        for n in range(count):
            make.activity(rep=who, channel="call", outcome="reached" if n % 2 else "no_answer", at=at(day))
    make.activity(rep=cast.ana, channel="meeting", outcome="held", at=at(15), booked_at=at(14))
    make.activity(rep=cast.ana, channel="meeting", outcome="no_show", at=at(15), booked_at=at(14))
    make.activity(rep=cast.budi, channel="call", outcome="", at=NOW + timedelta(hours=3))
    make.activity(rep=cast.budi, channel="visit", outcome="", at=NOW + timedelta(days=2))
    return cast


# ── Activity ────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("text", ["2026-09-15", "2026-09-16", "2026-W38", "2026-09", "2026-Q3"])
def test_every_line_and_sum_is_what_the_rows_say(busy: Cast, text: str) -> None:
    for scope in (COMPANY, of_team(busy.north), of_rep(busy.ana.rep)):
        found = did(busy, busy.admin, scope, text)
        assert found.whole.figures == activity(scope, span(text, busy), company=busy.company)
        for line in found.lines:
            assert line.place.scope
            assert line.figures == activity(line.place.scope, span(text, busy), company=busy.company)


def test_rates_of_the_sum_are_ratios_of_sums(busy: Cast) -> None:
    whole = did(busy, busy.admin, COMPANY, "2026-09-15").whole.figures
    assert (whole.connect_rate.part, whole.connect_rate.whole) == (3, 7)
    assert (whole.show_rate.part, whole.show_rate.whole) == (1, 2)


def test_teams_are_lines_with_everyone_below_in_the_order_of_the_tree(busy: Cast) -> None:
    found = did(busy, busy.admin, COMPANY, "2026-09-15", by_team=True)
    assert [(line.place.name, line.place.depth, line.figures.calls_made.value) for line in found.lines] == [
        ("Company", 0, 7), ("North", 1, 3), ("South", 1, 4),
    ]  # fmt: skip
    below = did(busy, busy.admin, of_team(busy.whole), "2026-09-15", by_team=True)
    assert [(line.place.name, line.place.depth) for line in below.lines] == [("North", 0), ("South", 0)]
    alone = did(busy, busy.admin, of_team(busy.north), "2026-09-15", by_team=True)
    assert [line.place.name for line in alone.lines] == ["North"]


def test_what_is_booked_for_later_has_not_happened(busy: Cast) -> None:
    whole = did(busy, busy.admin, COMPANY, "2026-09").whole.figures
    assert (whole.calls_made.value, whole.visits.value) == (10, 0)
    with time_machine.travel(NOW + timedelta(days=3), tick=False):
        later = did(busy, busy.admin, COMPANY, "2026-09").whole.figures
    assert (later.calls_made.value, later.visits.value) == (11, 1)


def test_an_idle_seller_is_a_line_and_somebody_who_left_is_not(busy: Cast) -> None:
    make.rep("Gone", team=busy.north, left_on=date(2026, 8, 1))
    names = [line.place.name for line in did(busy, busy.manager, of_team(busy.north), "2026-W37").lines]
    assert names == ["Ana", "Budi"]


def test_a_rep_who_moved_counts_for_each_team_by_the_day(busy: Cast) -> None:
    revise(TeamMembership, subject={"rep": busy.ana.rep}, start=date(2026, 9, 15), values={"team": busy.south}, actor=None)
    calls = {
        team.name: did(busy, busy.admin, of_team(team), "2026-09").whole.figures.calls_made.value
        for team in (busy.north, busy.south)
    }
    assert calls == {"North": 4, "South": 6}


def target_of(line: Any) -> Any:
    found = line.targets.get("meetings_held")
    return found and found.asked


def test_a_target_is_held_against_what_those_did_who_were_asked(busy: Cast, signed_in: SignIn) -> None:
    asked({busy.ana: 4, busy.budi: 6}, metric="calls_made")
    found = did(busy, busy.admin, COMPANY, "2026-09")
    assert (found.whole.figures.calls_made.value, found.whole.targets["calls_made"].done, found.whole.targets["calls_made"].asked) == (
        10, 6, 10,
    )  # fmt: skip
    text = " ".join(signed_in(busy.admin).get(ACTIVITY, {"period": "2026-09"}).content.decode().split())
    assert "6 of 10, 60%" in text
    assert "of 4, 125%" in text


def test_targets_are_shown_to_those_who_read_quotas(busy: Cast) -> None:
    asked({busy.ana: 18, busy.budi: 20, busy.outsider: 30}, metric="meetings_held")
    shown = {name: [target_of(line) for line in did(busy, who, COMPANY, "2026-09").lines] for name, who in busy.people().items()}
    assert shown["ana"] == [18, None, None]
    assert shown["manager"] == [18, 20, None]
    assert shown["outsider"] == [None, None, 30]
    assert shown["admin"] == shown["auditor"] == shown["vp"] == [18, 20, 30]
    assert did(busy, busy.ana, COMPANY, "2026-09").whole.targets == {}
    assert target_of(did(busy, busy.admin, COMPANY, "2026-09").whole) == 68
    assert did(busy, busy.admin, COMPANY, "2026-09-15").whole.targets == {}


def test_the_page_begins_with_yesterday_and_holds_no_outcome(busy: Cast, signed_in: SignIn) -> None:
    make.won(owner=busy.ana, amount=777_000_000, on=date(2026, 9, 15))
    text = signed_in(busy.manager).get(ACTIVITY).content.decode().split("<main")[1]
    assert "Tue 15 Sep 2026" in text
    assert "Rp" not in text
    assert "777" not in text
    assert "No night has proved these numbers yet." in text


# ── Quota ───────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture
def sold(cast: Cast) -> Cast:
    """Quotas and wins of two teams in September; one win has no rate."""
    asked(
        {
            cast.ana: 400_000_123,
            cast.budi: 300_000_457,
            cast.north: 600_000_000,
            cast.outsider: 500_000_789,
            cast.whole: 900_000_000,
        }
    )
    make.won(owner=cast.ana, amount=100_000_000, on=date(2026, 9, 3))
    make.won(owner=cast.ana, amount=50_000_000, on=date(2026, 9, 15))
    make.won(owner=cast.budi, amount=30_000_000, on=date(2026, 8, 31))
    make.won(owner=cast.outsider, amount=70_000_111, on=date(2026, 9, 14))
    foreign = make.deal(owner=cast.budi, amount=9, outcome="lost", closed_on=date(2026, 9, 7), currency="USD")
    make.credit(foreign, cast.budi, fx=None)
    return cast


@pytest.mark.parametrize("text", ["2026-08", "2026-09", "2026-Q3"])
def test_lines_and_sum_are_those_of_attainment(sold: Cast, text: str) -> None:
    for scope in (COMPANY, of_team(sold.north), of_rep(sold.ana.rep)):
        found, known = (
            stood(sold, sold.admin, scope, text),
            attainment(scope, span(text, sold), at=as_of(sold.company), company=sold.company),
        )
        lines = {line.place.name: line for line in found.lines}
        assert [name for name in lines if lines[name].credited or lines[name].quota] == [line.name for line in known.lines]
        assert all(
            (lines[line.name].credited, lines[line.name].quota, lines[line.name].band, lines[line.name].pace)
            == (line.credited, line.quota, line.band, line.pace)
            for line in known.lines
        )
        assert found.whole.roll_up == known.roll_up


def test_teams_stand_against_both_denominators(sold: Cast) -> None:
    found = stood(sold, sold.admin, COMPANY, "2026-09", by_team=True)
    lines = {line.place.name: line for line in found.lines}
    assert list(lines) == ["Company", "North", "South"]
    north, south = lines["North"], lines["South"]
    assert (north.credited, north.own, north.street, north.quota) == (150_000_000, 600_000_000, 700_000_580, 600_000_000)
    assert round(north.roll_up.over_assignment, 4) == D("0.1667")
    assert (south.own, south.quota, south.band.value) == (None, 500_000_789, "critical")
    assert found.whole.own == 900_000_000
    assert found.whole.is_over_assigned


def test_a_day_tells_what_was_won_on_it_and_how_the_month_stood_then(sold: Cast) -> None:
    ana = stood(sold, sold.admin, of_team(sold.north), "2026-09-15").lines[0]
    assert (ana.inside, ana.credited, ana.quota) == (50_000_000, 150_000_000, 400_000_123)
    assert (ana.elapsed, ana.total) == (11, 22)
    before = stood(sold, sold.admin, of_team(sold.north), "2026-09-14").lines[0]
    assert (before.inside, before.credited, before.elapsed) == (0, 100_000_000, 10)


def test_a_week_over_the_end_of_a_month_counts_its_days_and_the_later_month(sold: Cast) -> None:
    lines = {line.place.name: line for line in stood(sold, sold.admin, of_team(sold.north), "2026-W36").lines}
    assert (lines["Budi"].inside, lines["Budi"].credited) == (30_000_000, 0)
    assert (lines["Ana"].inside, lines["Ana"].credited) == (100_000_000, 100_000_000)


def test_wins_without_a_rate_are_counted_and_warned_of(sold: Cast, signed_in: SignIn) -> None:
    assert stood(sold, sold.admin, of_team(sold.north), "2026-09").whole.unrated == 1
    text = signed_in(sold.manager).get(QUOTA).content.decode()
    assert "1 win has no exchange rate and adds nothing to these sums." in text


def test_meetings_still_to_come_are_no_attainment(busy: Cast) -> None:
    asked({busy.budi: 10}, metric="calls_made")
    line = next(
        line
        for line in stood(busy, busy.admin, COMPANY, "2026-09", target=Target("calls_made")).lines
        if line.place.name == "Budi"
    )
    assert (line.credited, line.quota) == (1, 10)


def test_a_mover_s_quota_is_no_longer_the_old_manager_s_to_read(sold: Cast) -> None:
    revise(TeamMembership, subject={"rep": sold.ana.rep}, start=date(2026, 9, 10), values={"team": sold.south}, actor=None)
    ana = next(line for line in stood(sold, sold.manager, of_team(sold.north), "2026-09").lines if line.place.name == "Ana")
    assert (ana.credited, ana.quota, ana.attainment, ana.is_withheld) == (100_000_000, None, None, True)


# ── Who reads what ──────────────────────────────────────────────────────────────────────────────────────────────────
# Written as no other number is: each is one person's quota, or a win.
CANARIES = {
    "ana": ("400,000,123", "400000123"), "budi": ("300,000,457", "300000457"), "outsider": ("500,000,789", "500000789"),
    "oki's win": ("70,000,111", "70000111"),
}  # fmt: skip
READS = {
    "ana": {"ana"}, "budi": {"budi"}, "outsider": {"outsider", "oki's win"}, "manager": {"ana", "budi"},
    "south_manager": {"outsider", "oki's win"}, "vp": set(CANARIES), "admin": set(CANARIES), "auditor": set(CANARIES), "finance": set(),
}  # fmt: skip


@pytest.mark.parametrize("name", READS)
def test_nobody_reads_a_quota_that_is_not_theirs(
    sold: Cast, signed_in: SignIn, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every page and file, every scope, period and switch, with amounts written out in full."""
    monkeypatch.setattr("lib.numbers.money_short", __import__("lib.numbers", fromlist=["money"]).money)
    asked({sold.ana: 18_181, sold.budi: 19_191, sold.outsider: 17_171}, metric="meetings_held")
    counts = {"ana": ("18,181", "18181"), "budi": ("19,191", "19191"), "outsider": ("17,171", "17171")}
    client, seen = signed_in(sold.people()[name]), ""
    scopes = ["company", *(f"team:{team.pk}" for team in (sold.whole, sold.north, sold.south))]
    scopes += [f"rep:{who.rep.pk}" for who in (sold.ana, sold.budi, sold.outsider)]
    for route in ("activity_report", "quota_report", "activity_report_csv", "quota_report_csv"):
        for scope in scopes:
            for query in ({}, {"by": "team"}, {"metric": "meetings_held"}, {"period": "2026-09-15"}, {"period": "2026-Q3"}):
                answer = client.get(reverse(f"metrics:{route}"), {"period": "2026-09", **query, "scope": scope})
                assert answer.status_code in (200, 403, 404)
                if answer.status_code == 200:
                    seen += answer.getvalue().decode()
    readable = READS[name]
    for whose, words in [*CANARIES.items(), *counts.items()]:
        found = any(word in seen for word in words)
        assert found == (whose in readable), (whose, found)


def test_scopes_whose_quotas_are_not_theirs_are_not_found(sold: Cast, signed_in: SignIn) -> None:
    asked_for = {"own": {}, "company": {"scope": "company"}, "north": {"scope": f"team:{sold.north.pk}"}}
    found = {
        name: [signed_in(person).get(QUOTA, query).status_code for query in asked_for.values()]
        for name, person in sold.people().items()
    }
    assert found["ana"] == [200, 404, 404]
    assert found["manager"] == [200, 404, 200]
    assert found["vp"] == [200, 404, 200]
    assert found["admin"] == found["auditor"] == [200, 200, 200]
    assert found["finance"] == [403, 403, 403]


# ── Files ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_files_hold_every_line_and_the_sum(sold: Cast, signed_in: SignIn) -> None:
    client = signed_in(sold.manager)
    north = {"scope": f"team:{sold.north.pk}", "period": "2026-09"}
    lines = list(csv.DictReader(client.get(reverse("metrics:quota_report_csv"), north).getvalue().decode().splitlines()))
    assert [(line["rep"], line["credited"], line["quota"], line["wins_without_rate"]) for line in lines] == [
        ("Ana", "150000000", "400000123", "0"), ("Budi", "0", "300000457", "1"), ("North", "150000000", "600000000", "1"),
    ]  # fmt: skip
    assert lines[2]["over_assignment"] == "0.166668"
    rows = list(csv.DictReader(client.get(reverse("metrics:activity_report_csv"), north).getvalue().decode().splitlines()))
    assert [row["rep"] for row in rows] == ["Ana", "Budi", "North"]
    assert AuditEntry.objects.filter(verb="export").count() == 2


def test_a_name_is_no_formula_in_a_file(cast: Cast, signed_in: SignIn) -> None:
    make.rep("=HYPERLINK(1)", team=cast.north)
    answer = signed_in(cast.manager).get(reverse("metrics:activity_report_csv"), {"scope": f"team:{cast.north.pk}"})
    assert "'=HYPERLINK(1)" in answer.getvalue().decode()


# ── Pages, proof and restatements ───────────────────────────────────────────────────────────────────────────────────
def test_fifty_reps_stand_on_a_page_and_the_sum_is_of_all(cast: Cast, signed_in: SignIn) -> None:
    for n in range(55):
        make.activity(rep=make.rep(f"Rep {n:02}", team=cast.north), channel="call", outcome="reached", at=at(15))
    client, north = signed_in(cast.manager), {"scope": f"team:{cast.north.pk}"}
    first, second = (client.get(ACTIVITY, {**north, "from": start}).content.decode() for start in ("0", "50"))
    assert [len(re.findall('<th scope="row" class="row-title depth', text)) for text in (first, second)] == [50, 7]
    assert "from=50" in first
    assert "First page" in second
    for text in (first, second):
        assert re.search(r"<tfoot>.*?Calls made.*?<span class=\"report-value strong\">55</span>", text, re.DOTALL)


def test_the_page_says_what_proved_it_and_what_changed_since(sold: Cast, signed_in: SignIn) -> None:
    run = NightRun.objects.create(
        job="quota",
        business_day=date(2026, 9, 15),
        state="done",
        seen_at=NOW,
        finished_at=datetime(2026, 9, 15, 17, 31, tzinfo=UTC),
    )
    for value, cause in ((D(100_000_000), "first"), (D(115_000_000), "late")):
        MetricRevision.objects.create(
            metric="won_value", scope_kind="team", scope_id=sold.north.pk, grain="month", start_on=date(2026, 8, 1), value=value,
            known_at=NOW, input_hash="x", run=run, cause=cause,
        )  # fmt: skip
    text = " ".join(signed_in(sold.manager).get(QUOTA, {"period": "2026-08"}).content.decode().split())
    assert "Proved by the night of Tue 15 Sep, done 16 Sep, 00:31." in text
    assert "restated on 16 Sep 2026, was Rp 100 m" in text
    assert "Rp 115 m" in text
    assert "restated" not in signed_in(sold.south_manager).get(QUOTA, {"period": "2026-08"}).content.decode()


@pytest.mark.parametrize(
    "text", ["", "day", "week", "2026-13", "2026-02-30", "2026", "0001-01-01", "9999-12-31", "x", "\x00", "2099-12-31"]
)
def test_any_period_opens(busy: Cast, signed_in: SignIn, text: str) -> None:
    client = signed_in(busy.manager)
    assert [client.get(page, {"period": text}).status_code for page in (ACTIVITY, QUOTA)] == [200, 200]


def test_a_company_without_anybody(cast: Cast, signed_in: SignIn) -> None:
    text = signed_in(cast.south_manager).get(QUOTA).content.decode()
    assert "No quota was set and nothing won" in text


@pytest.mark.parametrize("text", ["2026-09-15", "2026-09"])
def test_the_lines_cost_one_query(sold: Cast, text: str) -> None:
    viewer = sold.admin.viewer
    for read in (
        lambda: activity_report(Asked(COMPANY, span(text, sold), False), viewer=viewer, company=sold.company),
        lambda: quota_report(Asked(COMPANY, span(text, sold), False), Target(), viewer=viewer, company=sold.company),
    ):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            read()
        assert len(queries) == 1
