"""`manage.py kpis`: what it prints, and what it says to what it cannot read."""

from __future__ import annotations

import json
from datetime import date
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from tests import make
from tests.cast import Cast


def printed(*args: str) -> dict[str, Any]:
    out = StringIO()
    call_command("kpis", *args, stdout=out)
    return json.loads(out.getvalue())


def refused(*args: str) -> str:
    err = StringIO()
    with pytest.raises(SystemExit) as stop:
        call_command("kpis", *args, stderr=err)
    assert stop.value.code == 2
    return err.getvalue().strip()


def test_it_prints_counts_and_money_as_numbers_and_ratios_as_fractions(cast: Cast) -> None:
    make.won(owner=cast.ana, amount=30_000_000, on=date(2026, 9, 10), opened_on=date(2026, 8, 10))
    make.won(owner=cast.budi, amount=10_000_001, on=date(2026, 9, 10), opened_on=date(2026, 8, 11))
    make.lost(owner=cast.ana, on=date(2026, 9, 11), opened_on=date(2026, 9, 1))
    make.activity(rep=cast.ana, channel="call", outcome="reached")

    found = printed("--scope", "company", "--period", "2026-Q3")

    assert found == {
        "scope": "company",
        "period": "2026-Q3",
        "window": {"start": "2026-07-01", "end": "2026-10-01"},
        "as_of": "2026-09-16",
        "currency": "IDR",
        "won_count": 2,
        "lost_count": 1,
        "open_count": 0,
        "won_value": 40_000_001,
        "win_rate": 0.666666666667,
        "median_cycle_days": 30.5,
        "median_cycle_days_closed": 30,
        "average_deal": 20_000_000,
        "reasons": {},
        "left_out": {},
        "activity": {
            "leads_created": 0, "calls_made": 1, "connects": 1, "connect_rate": 1, "whatsapp_sent": 0, "visits": 0,
            "emails_sent": 0, "meetings_scheduled": 0, "meetings_held": 0, "show_rate": None,
        },
    }  # fmt: skip


def test_what_cannot_be_computed_is_null_with_its_reason(cast: Cast) -> None:
    found = printed("--scope", "rep:ana", "--period", "2026-09")

    assert found["scope"] == "rep:Ana"
    assert found["win_rate"] is None
    assert found["reasons"] == {
        "win_rate": "no_denominator",
        "median_cycle_days": "no_denominator",
        "median_cycle_days_closed": "no_denominator",
        "average_deal": "no_denominator",
    }


def test_a_team_is_named_in_any_case_and_holds_what_lies_below(cast: Cast) -> None:
    make.won(owner=cast.ana)
    make.won(owner=cast.outsider)

    assert printed("--scope", "team:north", "--period", "2026")["won_count"] == 1
    assert printed("--scope", "TEAM:COMPANY", "--period", "2026")["won_count"] == 2
    assert printed("--scope", f"team:{cast.south.pk}", "--period", "2026")["scope"] == "team:South"


def test_as_of_leaves_out_what_came_later(cast: Cast) -> None:
    make.won(owner=cast.ana, on=date(2026, 9, 10))

    found = printed("--period", "2026", "--as-of", "2026-09-09")

    assert (found["won_count"], found["open_count"], found["as_of"]) == (0, 1, "2026-09-09")


def test_what_it_cannot_read_is_answered_with_a_sentence_and_exit_code_2(cast: Cast) -> None:
    make.rep("Ana")

    assert refused("--scope", "team:Nort", "--period", "2026") == "There is no team “Nort”. Did you mean team:North?"
    assert refused("--scope", "rep:Zzz", "--period", "2026") == "There is no rep “Zzz”."
    assert refused("--scope", "rep:ana", "--period", "2026").startswith("Several reps are called “ana”. Write one of rep:")
    assert (
        refused("--scope", "region:x", "--period", "2026") == "“region:x” names no scope: write company, team:NAME or rep:NAME."
    )
    assert "write 2017, 2017-Q1, 2017-03 or 2017-W05" in refused("--period", "2026-13")
    assert refused("--period", "0001") == "Give a period between 1990 and 2099."
    assert refused("--period", "2026", "--as-of", "soon") == "“soon” is no day: write it as 2017-12-31."
