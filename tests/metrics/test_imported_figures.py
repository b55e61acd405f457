"""The figures of imported files, each value counted a second time from the files themselves."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from tests import crm_like
from tests.metrics import recount

REAL = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "crm-sales-opportunities"
needs_real = pytest.mark.skipif(not REAL.is_dir(), reason="the folder of real files is not beside the repository")
pytestmark = pytest.mark.django_db
PRINTED = (
    "won_count", "lost_count", "open_count", "won_value", "win_rate", "median_cycle_days", "median_cycle_days_closed",
    "average_deal",
)  # fmt: skip


def imported(folder: Path) -> Path:
    """The folder, imported into an empty company."""
    call_command("import_crm", str(folder), currency="USD", stdout=StringIO())
    return folder


def printed(scope: str, period: str) -> dict[str, Any]:
    """The eight figures that the command prints, the rate to nine places."""
    out = StringIO()
    call_command("kpis", "--scope", scope, "--period", period, stdout=out)
    found = json.loads(out.getvalue())
    rate = found["win_rate"]
    return {**{key: found[key] for key in PRINTED}, "win_rate": rate and round(rate, 9)}


def expected(deals: list[recount.Sold], period: str) -> dict[str, Any]:
    """The same by recount, money as the command prints it."""
    found = recount.figures(deals, period)
    return {key: float(value) if value is not None else None for key, value in found.items()}


def check_every_scope(folder: Path, periods: list[str]) -> None:
    """Company, managers and sellers, in each period."""
    deals = recount.read(folder)
    scopes = {"company": deals}
    for deal in deals:
        for key in (f"team:{deal.manager}", f"rep:{deal.seller}"):
            scopes.setdefault(key, []).append(deal)
    for period in periods:
        for scope, mine in scopes.items():
            assert printed(scope, period) == expected(mine, period), (scope, period)


def test_generated_files_give_back_what_stands_in_them(tmp_path: Path) -> None:
    folder = imported(crm_like.generate(deals=400).write(tmp_path))

    check_every_scope(folder, ["2017", "2017-Q2", "2017-05", "2016-12"])


@needs_real
def test_the_facts_of_the_real_files(tmp_path: Path) -> None:
    imported(REAL)

    year = printed("company", "2017")
    quarters = [printed("company", f"2017-Q{quarter}")["won_value"] for quarter in (1, 2, 3, 4)]
    managers = {
        "Melvin Marxen": 2_251_930, "Summer Sewald": 1_964_750, "Rocco Neubert": 1_960_545, "Celia Rouche": 1_603_897,
        "Cara Losch": 1_130_049, "Dustin Brinkmann": 1_094_363,
    }  # fmt: skip

    assert {**year, "win_rate": round(year["win_rate"], 6)} == {
        "won_count": 4238,
        "lost_count": 2473,
        "open_count": 2089,
        "won_value": 10_005_534,
        "win_rate": 0.631501,
        "median_cycle_days": 57,
        "median_cycle_days_closed": 45,
        "average_deal": 2360.91,
    }
    assert quarters == [1_134_672, 3_086_111, 2_982_255, 2_802_496]
    assert {name: printed(f"team:{name}", "2017")["won_value"] for name in managers} == managers


@needs_real
@pytest.mark.slow
def test_every_scope_of_the_real_files_by_recount() -> None:
    imported(REAL)

    check_every_scope(REAL, ["2017", "2017-Q1", "2017-Q4", "2017-03"])
