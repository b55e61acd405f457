"""The leaderboard page and its file: what stands on it for whom, and what nobody finds who should not."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from lib import numbers
from reps.models import AuditEntry, Rep, Team
from tests import make
from tests.cast import Cast
from tests.metrics.test_attainment import asked

D = Decimal
PAGE = reverse("metrics:leaderboard")
SignIn = Callable[..., Client]


def text_of(html: str) -> str:
    """The words of the page's main part."""
    main = html.split("<main", 1)[1].split("</main>", 1)[0]
    return " ".join(
        re.sub(r"<[^>]+>", " ", re.sub(r"<(svg|ul class=.mark-key).*?</(svg|ul)>", " ", main, flags=re.DOTALL)).split()
    )


def lines(html: str, at: int = -1) -> list[list[str]]:
    """The cells of a table of the board, line by line, the last table unless told otherwise; empty cells left out."""
    body = re.findall(r'<table class="rows rows-dense board-rows">.*?<tbody[^>]*>(.*?)</tbody>', html, re.DOTALL)[at]
    found = []
    for row in re.findall(r"<tr.*?</tr>", body, re.DOTALL):
        cells = re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)
        words = [" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in cells]
        found.append([word for word in words if word])
    return found


@pytest.fixture
def ranked(cast: Cast) -> Cast:
    """Ana 120 %, Budi 90 % in North; Oki 100 %, Sari 40 % in South; both teams have a number of their own."""
    sari = make.user("Sari", team=cast.south)
    asked(dict.fromkeys((cast.ana, cast.budi, cast.outsider, sari), 100_000_000))
    asked({cast.north: 150_000_000, cast.whole: 300_000_000})
    for who, amount in ((cast.ana, 120), (cast.budi, 90), (cast.outsider, 100), (sari, 40)):
        make.won(owner=who, amount=D(amount) * 1_000_000, on=date(2026, 9, 3))
    return cast


def board(client: Client, **query: Any) -> str:
    response = client.get(PAGE, {"period": "2026-09", **query})
    assert response.status_code == 200
    return response.content.decode().replace("\u00a0", " ")


# ── What stands on it ───────────────────────────────────────────────────────────────────────────────────────────────
def test_a_manager_begins_with_the_team_and_reads_it_exactly(ranked: Cast, signed_in: SignIn) -> None:
    page = board(signed_in(ranked.manager))

    assert "<h1>Leaderboard, North</h1>" in page
    assert lines(page) == [
        ["1", "Ana North", "120.0%", "Over", "Rp 120 m", "Rp 100 m", "Rp 0", "220.0%"],
        ["2", "Budi North", "90.0%", "Near", "Rp 90 m", "Rp 100 m", "Rp 10 m", "165.0%"],
    ]
    head = text_of(page)
    for said in (
        "Won value Rp 210 m day 12 of 22", "Quota Rp 150 m as set for the team", "Attainment 140.0% Over", "Gap Rp 0",
        "Pace 256.6% Rp 81.8 m expected by now", "Run-rate Rp 385 m",
        "The reps' quotas add up to Rp 200 m, 33.3% above the Rp 150 m that was set.",
    ):  # fmt: skip
        assert said in head.replace("&#x27;", "'"), said


def test_a_rep_begins_with_the_company_and_reads_their_own_quota_only(ranked: Cast, signed_in: SignIn) -> None:
    page = board(signed_in(ranked.ana))

    assert lines(page) == [
        ["Ana you", "120.0%", "Over", "Rp 120 m", "Rp 100 m", "Rp 0", "220.0%"],
        ["Oki South", "Met", "—"],
        ["Budi North", "Near", "Rp 90 m"],
        ["Sari South", "Far below", "—"],
    ]
    assert "You stand at “Over”, nobody else does." in text_of(page)
    assert "North shows bands, and every other team what it chose." in text_of(page)
    assert "add up to" not in text_of(page)


def test_how_many_stand_in_my_band(ranked: Cast, signed_in: SignIn) -> None:
    make.won(owner=ranked.budi, amount=D(50_000_000))
    assert "You stand at “Over”, as does 1 other person." in text_of(board(signed_in(ranked.ana)))


def test_me_and_two_on_either_side_where_ranks_are_open(ranked: Cast, signed_in: SignIn) -> None:
    Team.objects.update(standing="rank")
    page = board(signed_in(ranked.budi))

    assert [row[:2] for row in lines(page, 0)] == [["1", "Ana North"], ["2", "Oki South"], ["3", "Budi you"], ["4", "Sari South"]]
    assert [row[:2] for row in lines(page)] == [row[:2] for row in lines(page, 0)]
    assert lines(page)[0] == ["1", "Ana North", "only the rank is shown", "Rp 120 m"]


def test_percentages_where_a_team_chose_them(ranked: Cast, signed_in: SignIn) -> None:
    Team.objects.update(standing="share")
    assert [row for row in lines(board(signed_in(ranked.outsider))) if row[1] != "Oki you"] == [
        ["1", "Ana North", "120.0%", "Over", "—", "220.0%"], ["3", "Budi North", "90.0%", "Near", "—", "165.0%"],
        ["4", "Sari South", "40.0%", "Far below", "Rp 40 m", "73.3%"],
    ]  # fmt: skip


def test_teams_with_the_manager_s_number_and_the_street(ranked: Cast, signed_in: SignIn) -> None:
    assert lines(board(signed_in(ranked.vp), by="team")) == [
        ["Company", "116.6%", "Met", "Rp 350 m", "Rp 300 m", "Rp 400 m", "Rp 0", "213.8%"],
        ["North", "140.0%", "Over", "Rp 210 m", "Rp 150 m", "Rp 200 m", "Rp 0", "256.6%"],
        ["South", "70.0%", "Below", "Rp 140 m", "Rp 200 m", "Rp 200 m", "Rp 60 m", "128.3%"],
    ]
    assert lines(board(signed_in(ranked.ana), by="team")) == [
        ["Company", "Met", "—"], ["North", "Over", "Rp 210 m"], ["South", "Below", "—"],
    ]  # fmt: skip
    Team.objects.filter(pk=ranked.south.pk).update(standing="rank")
    assert lines(board(signed_in(ranked.ana), by="team"))[-1] == ["South", "only the rank is shown", "—"]


@pytest.mark.parametrize(
    ("standing", "shown", "hidden"),
    [
        ("band", ("Over",), ("140.0%", "150 m")),
        ("share", ("140.0%", "Over"), ("150 m",)),
        ("rank", (), ("140.0%", "Over", "150 m")),
    ],
)
def test_a_member_reads_of_the_team_s_total_what_the_team_opened(
    ranked: Cast, signed_in: SignIn, standing: str, shown: tuple[str, ...], hidden: tuple[str, ...]
) -> None:
    Team.objects.update(standing=standing)
    whole = text_of(board(signed_in(ranked.budi), scope=f"team:{ranked.north.pk}")).split("Where you stand")[0]

    assert [word for word in shown if word not in whole] == []
    assert [word for word in hidden if word in whole] == []
    assert "Rp 210 m" in whole  # won value of one's own team is open


def test_outcome_and_activity_never_share_a_table(ranked: Cast, signed_in: SignIn) -> None:
    asked({ranked.ana: 10}, metric="visits")
    make.activity(rep=ranked.ana, channel="visit", outcome="held")
    page = board(signed_in(ranked.manager), metric="visits", type="renewal")

    assert lines(page) == [["1", "Ana North", "10.0%", "Far below", "1", "10", "9", "18.3%"]]
    assert "All deal types" not in page
    groups = page.split('<div class="board-group">')[1:]
    assert [("Won value" in group.split("</div>")[0], "Visits" in group.split("</div>")[0]) for group in groups] == [
        (True, False), (False, True),
    ]  # fmt: skip


def test_a_deal_type_has_quotas_of_its_own(ranked: Cast, signed_in: SignIn) -> None:
    asked({ranked.ana: 50_000_000}, deal_type="renewal")
    make.won(owner=ranked.ana, amount=D(20_000_000), deal_type="renewal")
    assert lines(board(signed_in(ranked.ana), type="renewal"))[0][1:5] == ["40.0%", "Far below", "Rp 20 m", "Rp 50 m"]


def test_pages_of_fifty_with_a_way_back(cast: Cast, signed_in: SignIn) -> None:
    for number in range(60):
        rep = make.rep(f"Rep {number:02}", team=cast.north)
        asked({rep: 100})
        make.won(owner=rep, amount=D(number + 1))
    client = signed_in(cast.vp)
    first, second = board(client), board(client, **{"from": "50"})

    assert (len(lines(first)), len(lines(second))) == (50, 10)
    assert "1 to 50 of 60" in first
    assert "from=50" in first
    assert 'rel="prev"' not in first
    assert (lines(second)[-1][1], 'rel="next"' in second, 'rel="prev"' in second) == ("Rep 00 North", False, True)


def test_as_many_queries_for_two_hundred_reps_as_for_ten(cast: Cast, signed_in: SignIn) -> None:
    client, counts = signed_in(cast.ana), []
    for more in (10, 190):
        made = [make.rep(team=cast.north) for _ in range(more)]
        asked(dict.fromkeys(made, 100))
        for query in ({}, {"by": "team"}, {"metric": "visits", "period": "2026"}):
            with CaptureQueriesContext(connection) as seen:
                assert client.get(PAGE, query).status_code == 200
            counts.append(len(seen))
    assert counts == [5, 6, 5] * 2


# ── Addresses ───────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("name", ["scope", "period", "metric", "type", "by", "from"])
def test_a_spoilt_address_is_no_fault(ranked: Cast, signed_in: SignIn, name: str) -> None:
    client = signed_in(ranked.admin)
    for value in ("", "x", "\x00", "-1", "9" * 30, "2026-W38", "0001", "9999-Q4", "2099", "rep:1", "team:0", "<b>", "'"):
        assert client.get(PAGE, {name: value}).status_code in (200, 404), value


def test_finance_and_strangers_do_not_come_in(ranked: Cast, signed_in: SignIn) -> None:
    assert signed_in(ranked.finance).get(PAGE).status_code == 403
    assert Client().get(PAGE).status_code == 302


def test_the_picker_offers_teams_and_stays_on_the_board(ranked: Cast, signed_in: SignIn) -> None:
    asked_for = {"for": "board", "period": "2026-09"}
    found = signed_in(ranked.manager).get(reverse("metrics:scopes"), asked_for).content.decode()
    links = re.findall(r'class="menu-item" href="([^"]*scope=[^"]*)"', found)
    assert f"{PAGE}?scope=team%3A{ranked.north.pk}&amp;period=2026-09" in links
    assert all(link.startswith(PAGE) and "rep" not in link for link in links)


# ── The file ────────────────────────────────────────────────────────────────────────────────────────────────────────
def rows_of(response: Any) -> list[dict[str, str]]:
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(text.splitlines()))


def test_the_file_holds_what_the_person_reads(ranked: Cast, signed_in: SignIn) -> None:
    address, query = reverse("metrics:leaderboard_csv"), {"scope": f"team:{ranked.north.pk}", "period": "2026-09"}
    rows = rows_of(signed_in(ranked.manager).get(address, query))

    assert [(row["rank"], row["name"], row["band"], row["attainment"], D(row["quota"])) for row in rows] == [
        ("1", "Ana", "over", "1.200000", 100_000_000), ("2", "Budi", "near", "0.900000", 100_000_000),
    ]  # fmt: skip
    assert AuditEntry.objects.filter(actor=ranked.manager).exists()
    assert signed_in(ranked.ana).get(address, query).status_code == 403


def test_the_file_of_teams(ranked: Cast, signed_in: SignIn) -> None:
    rows = rows_of(signed_in(ranked.admin).get(reverse("metrics:leaderboard_csv"), {"period": "2026-09", "by": "team"}))
    assert [(row["name"], D(row["quota"])) for row in rows] == [
        ("Company", 300_000_000), ("North", 150_000_000), ("South", 200_000_000),
    ]  # fmt: skip


# ── Canaries ────────────────────────────────────────────────────────────────────────────────────────────────────────
# Quota and won value of each, chosen so that no two amounts, gaps or percentages look alike.
_SEEDS = {
    "ana": (311_000_007, 116_000_000), "budi": (523_000_011, 378_000_000), "outsider": (737_000_013, 456_000_000),
    "third": (947_000_017, 803_000_000),
}  # fmt: skip
_NORTH_QUOTA = 1_283_000_019


@pytest.fixture
def seeded(cast: Cast) -> dict[str, Rep]:
    third = make.user("Tuti", team=cast.south)
    reps = {"ana": cast.ana.rep, "budi": cast.budi.rep, "outsider": cast.outsider.rep, "third": third.rep}
    for name, (quota, won) in _SEEDS.items():
        asked({reps[name]: quota})
        make.won(owner=reps[name], amount=D(won), on=date(2026, 9, 3))
    asked({cast.north: _NORTH_QUOTA, cast.whole: 3_001_000_021})
    return reps


def amounts(quota: int, won: int) -> Iterator[str]:
    """Every way in which a quota would show: itself, its gap, what was to be expected, whole and short."""
    for value in (quota, quota - won, round(quota * 12 / 22)):
        yield from (f"{value:,}", str(value), numbers.money_short(value, "IDR", "en").replace("\u00a0", " "))


def percents(quota: int, won: int) -> Iterator[str]:
    """Attainment and pace; the widths of bars are percentages as well."""
    for ratio in (D(won) / quota, D(won) * 22 / 12 / quota):
        yield from (numbers.percent_floor(ratio, "en"), numbers.percent_floor(ratio, "en", 2))
        yield f"{ratio / D('1.5') * 100:.2f}%"


def crawl(client: Client, cast: Cast, reps: dict[str, Rep]) -> str:
    """All that speaks of quotas, in one text, with parameters nobody offers."""
    scopes = [
        "company",
        *(f"team:{team.pk}" for team in (cast.whole, cast.north, cast.south)),
        *(f"rep:{r.pk}" for r in reps.values()),
    ]
    found = []
    for scope in scopes[:4]:
        for more in ({}, {"by": "team"}, {"sort": "quota", "order": "down"}, {"filter": "quota>1", "from": "1"}):
            found.append((PAGE, {"scope": scope, **more}))
        found.append((reverse("metrics:leaderboard_csv"), {"scope": scope}))
    for scope in scopes:
        for metric in ("attainment", "quota", "gap", "pace", "run_rate", "coverage", "over_assignment"):
            found.append((reverse("metrics:explain"), {"metric": metric, "scope": scope}))
        found.append((reverse("metrics:numbers"), {"scope": scope}))
    found += [(reverse("metrics:rep_panel", args=[rep.pk]), {}) for rep in reps.values()]
    texts = []
    for address, query in found:
        response = client.get(address, {"period": "2026-09", **query})
        assert response.status_code in (200, 302, 403, 404), (address, query)
        texts.append(b"".join(response.streaming_content).decode() if response.streaming else response.content.decode())
    return re.sub(r"(rep|team)s?[:/]\d+", " ", "\n".join(texts).replace("\u00a0", " "))


@pytest.mark.slow
@pytest.mark.parametrize("standing", ["band", "share", "rank"])
@pytest.mark.parametrize("who", ["ana", "outsider", "manager", "south_manager"])
def test_no_peer_s_quota_and_no_hidden_percentage_is_anywhere(
    cast: Cast, seeded: dict[str, Rep], signed_in: SignIn, who: str, standing: str
) -> None:
    Team.objects.update(standing=standing)
    person = getattr(cast, who)
    text = crawl(signed_in(person), cast, seeded)

    exact = person.viewer.own_ids | person.viewer.subtree_rep_ids
    for name, rep in seeded.items():
        if rep.pk in exact:
            assert any(canary in text for canary in amounts(*_SEEDS[name])), name
            continue
        assert [canary for canary in amounts(*_SEEDS[name]) if canary in text] == [], name
        if standing != "share":
            assert [canary for canary in percents(*_SEEDS[name]) if canary in text] == [], name
    if who != "manager":
        won = _SEEDS["ana"][1] + _SEEDS["budi"][1]
        assert [canary for canary in amounts(_NORTH_QUOTA, won) if canary in text] == []


@pytest.mark.slow
def test_an_auditor_finds_every_canary(cast: Cast, seeded: dict[str, Rep], signed_in: SignIn) -> None:
    """The control: the same crawl sees what may be seen."""
    text = crawl(signed_in(cast.auditor), cast, seeded)
    for name in seeded:
        assert numbers.money_short(_SEEDS[name][0], "IDR", "en").replace("\u00a0", " ") in text
        assert numbers.percent_floor(D(_SEEDS[name][1]) / _SEEDS[name][0], "en") in text
