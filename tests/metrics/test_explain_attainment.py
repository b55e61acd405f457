"""*Explain this number* for quota, attainment, pace, run-rate, gap, coverage and over-assignment; and the command that prints them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from metrics import rows
from metrics.models import NightRun
from metrics.revisions import write
from metrics.rows import Question
from metrics.scopes import COMPANY, Scope, by_key, of_rep
from metrics.standing_definitions import STANDING_METRICS, STANDINGS
from metrics.standing_explain import NotTheirs, Standing, explain_standing, numerator_of
from metrics.standings import Target
from metrics.windows import as_of, read_period
from reps.absence import give_leave
from reps.models import Team, User
from tests import make
from tests.cast import NOW, Cast
from tests.metrics.test_attainment import asked

D = Decimal
PAGE = reverse("metrics:explain")
KEYS = [metric.key for metric in STANDINGS]
SignIn = Callable[..., Client]


@pytest.fixture
def set_up(cast: Cast) -> Cast:
    """Ana 130 of 120 (220 less ten days of leave), Budi nothing of 200; Oki 30 of 100; the company answers for 450."""
    with time_machine.travel(NOW - timedelta(days=2), tick=False):
        asked({cast.ana: 220_000_000, cast.budi: 200_000_000, cast.whole: 450_000_000, cast.outsider: 100_000_000})
    give_leave(rep=cast.ana.rep, start=date(2026, 9, 7), end=date(2026, 9, 19), by=None)
    make.won(owner=cast.ana, amount=D(90_000_000), on=date(2026, 9, 3))
    make.won(owner=cast.ana, amount=D(40_000_000), on=date(2026, 9, 4), deal_type="renewal")
    make.won(owner=cast.outsider, amount=D(30_000_000), on=date(2026, 9, 3))
    return cast


def scope_of(cast: Cast, text: str, user: User | None = None) -> Scope:
    """`north`, `ana`, `company` as a scope of an address."""
    if text == "company":
        return COMPANY
    thing = getattr(cast, text)
    found = by_key(f"team:{thing.pk}" if isinstance(thing, Team) else f"rep:{thing.rep.pk}", user or cast.admin)
    assert found is not None
    return found


def explained(
    cast: Cast, key: str, scope: str = "company", user: User | None = None, target: Target | None = None, **at: Any
) -> Standing:
    person = user or cast.admin
    place, period = scope_of(cast, scope, person), read_period("2026-09", cast.company)
    question = Question(STANDING_METRICS[key], place, period, as_of(cast.company, **at), cast.company, person)
    return explain_standing(question, target or Target())


def address(cast: Cast, metric: str, scope: str, **more: str) -> dict[str, str]:
    return {"metric": metric, "scope": scope_of(cast, scope).key, "period": "2026-09", **more}


def panel(client: Client, query: dict[str, str]) -> str:
    """The words of the panel."""
    response = client.get(PAGE, query, headers={"HX-Request": "true"})
    assert response.status_code == 200
    text = re.sub(r"<svg.*?</svg>", " ", response.content.decode(), flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", text).replace("\u00a0", " ").replace("&#x27;", "'").split())


# ── Values ──────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("key", "scope", "value"),
    [
        ("attainment", "ana", D(130) / 120), ("attainment", "north", D(130) / 320), ("attainment", "company", D(160) / 450),
        ("quota", "ana", D(120_000_000)), ("quota", "north", D(320_000_000)), ("gap", "company", D(290_000_000)),
        ("gap", "ana", D(0)), ("pace", "north", D(130) * 22 / 12 / 320), ("run_rate", "outsider", D(55_000_000)),
        ("over_assignment", "company", D(420) / 450 - 1),
    ],
)  # fmt: skip
def test_the_value_is_that_of_the_definition(set_up: Cast, key: str, scope: str, value: Decimal) -> None:
    assert round(explained(set_up, key, scope).figure.value or 0, 9) == round(value, 9)


@pytest.mark.parametrize("metric", ["won_value", "won_count"])
@pytest.mark.parametrize("deal_type", ["", "renewal"])
@pytest.mark.parametrize("scope", ["company", "north", "ana"])
def test_the_rows_add_up_to_the_numerator(set_up: Cast, metric: str, deal_type: str, scope: str) -> None:
    target = Target(metric, deal_type)
    found = explained(set_up, "attainment", scope, target=target)
    assert found.rows is not None
    counted = sum((row["amount"] for row in found.rows.rows), D(0)) if metric == "won_value" else len(found.rows.rows)
    assert counted == found.whole.roll_up.actual > 0


def test_the_parts_of_a_company_are_its_teams_and_of_a_team_its_reps(set_up: Cast) -> None:
    company, north = explained(set_up, "attainment"), explained(set_up, "attainment", "north")
    assert [(row.scope.name, row.credited, row.quota) for row in company.parts] == [
        ("North", 130_000_000, 320_000_000), ("South", 30_000_000, 100_000_000),
    ]  # fmt: skip
    assert [(row.scope.name, row.credited, row.quota) for row in north.parts] == [
        ("Ana", 130_000_000, 120_000_000), ("Budi", 0, 200_000_000),
    ]  # fmt: skip
    assert sum(row.credited or 0 for row in company.parts) == company.whole.roll_up.actual
    assert explained(set_up, "attainment", "whole").figure == company.figure


def test_why_there_is_no_value(set_up: Cast) -> None:
    assert explained(set_up, "attainment", target=Target("visits")).figure.reason == "no_quota"
    assert explained(set_up, "coverage", "ana").figure.reason == "quota_met"
    assert explained(set_up, "coverage", day=date(2026, 9, 10)).figure.reason == "only_today"
    assert explained(set_up, "over_assignment", "north").figure.reason == "no_team_quota"
    assert explained(set_up, "run_rate", "north", day=date(2026, 8, 31)).figure.reason == "not_begun"


def test_coverage_weighs_what_may_still_close_against_what_is_missing(set_up: Cast) -> None:
    due, later, past = date(2026, 9, 28), date(2026, 10, 2), date(2026, 9, 10)
    make.deal(owner=set_up.budi, amount=D(50_000_000), stage=set_up.proposal, expected_close_on=due)
    make.deal(owner=set_up.ana, amount=D(8_000_000), stage=set_up.qualified, expected_close_on=date(2026, 9, 16))
    for day, stage in ((later, set_up.proposal), (past, set_up.proposal), (due, set_up.lead_in)):
        make.deal(owner=set_up.budi, amount=D(70_000_000), stage=stage, expected_close_on=day)
    found = explained(set_up, "coverage")
    assert (found.figure.part, found.figure.whole, found.figure.n) == (58_000_000, 290_000_000, 2)
    assert found.figure.value == D("0.2")
    make.deal(owner=set_up.budi, amount=D(5000), currency="SGD", stage=set_up.proposal, expected_close_on=due)
    assert explained(set_up, "coverage").open.without_rate == 1  # type: ignore[union-attr]
    with pytest.raises(NotTheirs):
        explained(set_up, "coverage", target=Target("visits"))


# ── What is in the quota, and how it changed ────────────────────────────────────────────────────────────────────────
def test_the_panel_says_what_leave_took_and_who_set_the_quota(set_up: Cast, signed_in: SignIn) -> None:
    asked({set_up.ana: 330_000_000})
    text = panel(signed_in(set_up.manager), address(set_up, "attainment", "ana"))
    for said in (
        "Attainment, Ana, September 2026 72.2% Below", "Won value Rp 130,000,000 Quota Rp 180,000,000 = 72.22%",
        "September 2026 Rp 330,000,000 × 12 of 22 working days: leave 7 Sep to 18 Sep",
        "set by the system, 16 Sep 2026, version 2 Rp 180,000,000", "Working days 12 of 22 gone", "Attainment, version 1",
    ):  # fmt: skip
        assert said in text, said


def test_joining_in_the_month_is_said_too(cast: Cast, signed_in: SignIn) -> None:
    asked({cast.budi: 22_000_000})
    cast.budi.rep.joined_on = date(2026, 9, 14)
    cast.budi.rep.save()
    assert "× 13 of 22 working days: joined 14 Sep" in panel(signed_in(cast.admin), address(cast, "quota", "budi"))


def test_as_known_then_and_as_restated_now(set_up: Cast, signed_in: SignIn) -> None:
    with time_machine.travel(NOW - timedelta(days=1), tick=False):
        asked({set_up.outsider: 60_000_000})
    client = signed_in(set_up.admin)
    then, now = (panel(client, address(set_up, "quota", "outsider", **known)) for known in ({"known_on": "2026-09-14"}, {}))
    assert "Rp 100,000,000" in then
    assert "as known on 14 Sep 2026" in then
    assert "As restated now" in then
    assert ("Rp 60,000,000" in now, "version 2" in now, "As restated now" in now) == (True, True, False)
    assert panel(client, address(set_up, "quota", "outsider", known_on="2026-09-16")) == now  # the day is not over


def test_former_values_stand_with_the_night_that_replaced_them(set_up: Cast, signed_in: SignIn) -> None:
    for day, amount in ((14, 20), (15, 5)):
        with time_machine.travel(NOW - timedelta(days=16 - day), tick=False):
            run = NightRun.objects.create(job="quota", business_day=date(2026, 9, day))
            write(run, [date(2026, 9, 1)], set_up.company)
        make.won(owner=set_up.outsider, amount=D(amount) * 1_000_000, on=date(2026, 9, day))
    write(NightRun.objects.create(job="quota", business_day=date(2026, 9, 16)), [date(2026, 9, 1)], set_up.company)
    text = panel(signed_in(set_up.admin), address(set_up, "attainment", "outsider"))
    assert "Won value was Rp 50,000,000 until the night of 16 Sep 2026" in text
    assert "Won value was Rp 30,000,000 until the night of 15 Sep 2026" in text


# ── Rights ──────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("who", "scope", "reads"),
    [
        ("ana", "ana", {"attainment", "quota", "gap", "pace", "run_rate", "coverage"}), ("ana", "budi", {"run_rate"}),
        ("ana", "outsider", set()), ("ana", "north", {"run_rate"}), ("ana", "south", set()),
        ("ana", "company", set(KEYS) - {"over_assignment"}), ("manager", "company", set(KEYS)),
        ("manager", "north", set(KEYS)), ("manager", "ana", set(KEYS) - {"over_assignment"}), ("manager", "outsider", set()),
        ("south_manager", "north", set()), ("vp", "ana", set(KEYS) - {"over_assignment"}), ("auditor", "budi", set(KEYS) - {"over_assignment"}),
    ],
)  # fmt: skip
def test_who_reads_which_of_them(set_up: Cast, signed_in: SignIn, who: str, scope: str, reads: set[str]) -> None:
    client = signed_in(getattr(set_up, who))
    answers = {key: client.get(PAGE, address(set_up, key, scope)).status_code for key in KEYS}
    assert {key for key, status in answers.items() if status == 200} == reads
    assert set(answers.values()) <= {200, 404}


def test_a_percentage_that_a_team_opened_comes_without_its_amounts(set_up: Cast, signed_in: SignIn) -> None:
    Team.objects.update(standing="share")
    text = panel(signed_in(set_up.budi), address(set_up, "attainment", "ana"))
    assert "108.3%" in text
    assert "120,000,000" not in text
    assert "What is in the quota" not in text
    assert signed_in(set_up.budi).get(PAGE, address(set_up, "quota", "ana")).status_code == 404


def test_the_company_s_months_name_no_team_to_who_does_not_lead_it(set_up: Cast, signed_in: SignIn) -> None:
    assert "What is in the quota" not in panel(signed_in(set_up.ana), address(set_up, "quota", "company"))
    assert "Company, September 2026" in panel(signed_in(set_up.vp), address(set_up, "quota", "company"))


def test_rows_that_are_not_mine_to_read_are_one_line(set_up: Cast, signed_in: SignIn) -> None:
    assert "1 more row that you do not read: Rp 30,000,000" in panel(
        signed_in(set_up.ana), address(set_up, "attainment", "company")
    )


# ── Addresses and cost ──────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("name", ["metric", "scope", "period", "of", "type", "as_of", "known_at", "known_on", "after"])
def test_a_spoilt_address_is_no_fault(set_up: Cast, signed_in: SignIn, name: str) -> None:
    client = signed_in(set_up.admin)
    for value in (
        "x",
        "\x00",
        "2026-W38",
        "0001-01-01",
        "9999-12-31",
        "2099-12-31",
        "-",
        "9" * 30,
        "renewal",
        "visits",
        "1~2",
        "'",
    ):
        for key in ("attainment", "coverage"):
            assert client.get(PAGE, {**address(set_up, key, "company"), name: value}).status_code in (200, 404), value


def test_no_more_queries_for_many_reps(set_up: Cast, signed_in: SignIn) -> None:
    found, asks = [], ((set_up.ana, "company"), (set_up.vp, "whole"), (set_up.manager, "north"), (set_up.ana, "ana"))
    clients = [(signed_in(who), address(set_up, "attainment", scope)) for who, scope in asks]
    for more in (5, 60):
        made = [make.rep(team=set_up.south) for _ in range(more)]
        asked(dict.fromkeys(made, 100))
        for client, query in clients:
            with CaptureQueriesContext(connection) as seen:
                assert client.get(PAGE, query).status_code == 200
            found.append(len(seen))
    assert found[:4] == found[4:]
    assert max(found) <= 9


def test_every_one_is_explained_on_the_page_of_definitions(cast: Cast, signed_in: SignIn) -> None:
    page = signed_in(cast.ana).get(reverse("metrics:definitions")).content.decode()
    assert [key for key in KEYS if f'id="{key}"' not in page] == []
    assert 'id="who-reads"' in page


# ── The rep's page ──────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("who", "standing", "shown", "hidden"),
    [
        ("ana", "band", ("108.3%", "Rp 120 m", "Met"), ()), ("manager", "rank", ("108.3%", "Rp 120 m"), ()),
        ("budi", "band", ("Met",), ("108.3%", "120 m")), ("budi", "share", ("108.3%", "Met"), ("120 m",)),
        ("budi", "rank", (), ("Against the quota", "108.3%", "120 m")),
    ],
)  # fmt: skip
def test_the_rep_s_page_shows_the_quota_to_whom_it_is_open(
    set_up: Cast, signed_in: SignIn, who: str, standing: str, shown: tuple[str, ...], hidden: tuple[str, ...]
) -> None:
    Team.objects.update(standing=standing)
    response = signed_in(getattr(set_up, who)).get(reverse("metrics:rep_panel", args=[set_up.ana.rep.pk]), {"period": "2026-09"})
    main = response.content.decode().replace("\u00a0", " ").split("<main", 1)[1]
    assert [word for word in shown if word not in main] == []
    assert [word for word in hidden if word in main] == []


# ── The command ─────────────────────────────────────────────────────────────────────────────────────────────────────
def printed(capsys: pytest.CaptureFixture[str], *words: str) -> list[dict[str, Any]]:
    call_command("attainment", "--period", "2026-09", *words)
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_the_command_prints_each_rep_and_the_whole(set_up: Cast, capsys: pytest.CaptureFixture[str]) -> None:
    ana, *_others, whole = printed(capsys, "--scope", "company")
    assert (ana["rep"], ana["quota"], ana["credited"], ana["attainment"], ana["band"]) == (
        "Ana", 120_000_000, 130_000_000, 1.083333333333, "met",
    )  # fmt: skip
    assert (whole["quota"], whole["street_quota"], whole["over_assignment"], whole["unit"]) == (
        450_000_000, 420_000_000, -0.066666666667, "IDR",
    )  # fmt: skip
    assert printed(capsys, "--scope", "rep:Ana", "--known-at", "2026-09-15")[-1]["quota"] == 220_000_000
    assert printed(capsys, "--metric", "won_count", "--deal-type", "renewal")[-1]["credited"] == 1


@pytest.mark.parametrize(
    "words", [("--scope", "team:Nowhere"), ("--known-at", "x"), ("--as-of", "x"), ("--metric", "visits", "--deal-type", "new")]
)
def test_the_command_says_what_it_cannot_read(set_up: Cast, words: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit) as refused:
        call_command("attainment", "--period", "2026-09", *words)
    assert refused.value.code == 2


def test_the_rows_of_a_type_are_those_of_the_type(set_up: Cast) -> None:
    question = Question(
        STANDING_METRICS["attainment"], of_rep(set_up.ana.rep), read_period("2026-09", set_up.company), as_of(set_up.company),
        set_up.company, set_up.admin,
    )  # fmt: skip
    assert [row["amount"] for row in rows.page(numerator_of(question, Target("won_value", "renewal"))).rows] == [40_000_000]
