"""The grid of quotas: the page, what counts, pasting, what is read while somebody types, filling a row."""

from __future__ import annotations

import time
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from metrics.models import Quota
from reps import org
from reps.absence import give_leave
from reps.models import Company
from tests import make
from tests.cast import NOW, Cast
from tests.metrics.grid import check, key, where


@pytest.fixture
def admin(cast: Cast, signed_in: Any) -> Client:
    return signed_in(cast.admin)


# ── The page ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_the_page_shows_the_year_with_sums_and_over_assignment(cast: Cast, admin: Client) -> None:
    make.quotas(cast.ana, 60_000_000)
    make.quotas(cast.budi, 75_000_000)
    make.quotas(cast.north, 100_000_000)
    answer = admin.get(where(cast.north))
    grid = answer.context["grid"]
    assert [line.row.name for line in grid.lines] == ["Ana", "Budi"]
    assert ([total.text for total in grid.sums], grid.unit) == (["405", "405", "405", "405", "1,620"], "Rp\u00a0m")
    assert [over.text for over in grid.overs] == ["35.0%"] * 5
    assert (
        grid.warnings[0].sentence
        == "Q1 asks reps for Rp\u00a0105\u00a0m more than the team owes. Cut Rp\u00a045\u00a0m to get to 20%."
    )
    assert grid.lines[0].cells[0].text == "60,000,000"


def test_exactly_a_quarter_more_is_no_warning(cast: Cast, admin: Client) -> None:
    make.quotas(cast.ana, 125_000_000)
    make.quotas(cast.north, 100_000_000)
    assert not admin.get(where(cast.north)).context["grid"].warnings


def test_no_digit_is_lost_in_the_unit_of_the_page(cast: Cast, admin: Client) -> None:
    make.quotas(cast.ana, 60_000_001)
    grid = admin.get(where(cast.north)).context["grid"]
    assert grid.lines[0].cells[0].short in ("60,000,001", "60,000.001", "60,000.0010", "60.000001")


def test_the_fiscal_year_begins_where_the_company_says(cast: Cast, admin: Client) -> None:
    Company.objects.update(fiscal_start=4)
    asked = admin.get(where(cast.north, year="2027")).context["asked"]
    assert (asked.months[0], asked.months[-1]) == (date(2026, 4, 1), date(2027, 3, 1))


def test_what_leave_and_joining_leave_of_a_month_stands_in_the_cell(cast: Cast, admin: Client) -> None:
    cast.ana.rep.joined_on = date(2026, 9, 14)
    cast.ana.rep.save()
    make.quotas(cast.ana, 44_000_000)
    grid = admin.get(where(cast.north)).context["grid"]
    august, september = grid.lines[0].cells[7:9]
    assert (august.is_out, august.is_open) == (True, False)
    assert (september.share, september.words, september.text) == ("59%", "13 of 22 working days", "44,000,000")
    assert grid.part_months[0].words == "13 of 22 working days: Rp\u00a026\u00a0m of Rp\u00a044\u00a0m count here"
    assert grid.sums[2].text == "26"


def test_the_home_team_is_the_one_they_lead_and_the_largest_for_admins(cast: Cast, signed_in: Any) -> None:
    assert signed_in(cast.south_manager).get("/quotas/").context["asked"].team == cast.south
    assert signed_in(cast.admin).get("/quotas/").context["asked"].team == cast.north
    assert signed_in(cast.admin).get("/quotas/").context["asked"].year.label == "2026"


def test_in_the_last_quarter_the_next_year_is_planned(cast: Cast, signed_in: Any) -> None:
    with time_machine.travel(NOW + timedelta(days=30), tick=False):
        assert signed_in(cast.admin).get("/quotas/").context["asked"].year.label == "2027"


def test_sixty_reps_cost_as_many_queries_as_six(cast: Cast, admin: Client) -> None:
    def cost() -> tuple[int, int]:
        with CaptureQueriesContext(connection) as page:
            assert admin.get(where(cast.north)).status_code == 200
        with CaptureQueriesContext(connection) as checked:
            check(admin, cast.north, paste="60jt\t61jt")
        return len(page), len(checked)

    for rep in [make.rep(team=cast.north) for _ in range(4)]:
        make.quotas(rep)
    six = cost()
    for rep in [make.rep(team=cast.north) for _ in range(54)]:
        make.quotas(rep)
        give_leave(rep=rep, start=date(2026, 9, 7), end=date(2026, 9, 19), by=None)
    assert cost() == six


def test_a_manager_reads_the_own_number_and_cannot_type_it(cast: Cast, signed_in: Any) -> None:
    make.quotas(cast.north, 100_000_000)
    answer = signed_in(cast.manager).get(where(cast.north))
    own = answer.context["grid"].own
    assert (own.row.editable, own.cells[0].short, own.cells[0].is_open) == (False, "100", False)
    assert f'name="t{cast.north.pk}-2026-01"' not in answer.content.decode()


def test_a_rep_of_another_team_s_manager_gets_nothing(cast: Cast, signed_in: Any) -> None:
    assert signed_in(cast.manager).get(where(cast.south)).status_code == 404
    assert signed_in(cast.ana).get(where(cast.north)).status_code == 403


# ── Pasting ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_block_is_laid_from_the_chosen_cell(cast: Cast, admin: Client) -> None:
    found = check(admin, cast.north, paste="60.000.000\t61jt\n62,000,000\t63 jt", at=key(cast.ana, 2))
    texts = {name: told["text"] for name, told in found["cells"].items()}
    assert texts == {
        key(cast.ana, 2): "60,000,000", key(cast.ana, 3): "61,000,000", key(cast.budi, 2): "62,000,000", key(cast.budi, 3): "63,000,000",
    }  # fmt: skip
    assert found["save"] == {"count": 4, "words": "Save 4 quotas"}
    assert not Quota.objects.exists()


def test_names_and_months_find_their_places_in_any_order(cast: Cast, admin: Client) -> None:
    table = "Rep\tMaret\tJan\tTotal\nBUDI\t63.000.000\t61.000.000\t124\nana\t62.000.000\t60.000.000\t122\nZorro\t1\t2\t3"
    found = check(admin, cast.north, paste=table, at=key(cast.budi, 9))
    assert {name: told["text"] for name, told in found["cells"].items()} == {
        key(cast.budi, 3): "63,000,000", key(cast.budi, 1): "61,000,000", key(cast.ana, 3): "62,000,000", key(cast.ana, 1): "60,000,000",
    }  # fmt: skip
    assert "No row here is called Zorro." in found["parts"]["bar"]
    assert "Left out, since they are no month: Total." in found["parts"]["bar"]


def test_months_of_another_year_are_left_out_and_said(cast: Cast, admin: Client) -> None:
    found = check(admin, cast.north, paste="Name;Jan 2026;Feb 2027\nAna;60.000.000;70.000.000")
    assert [*found["cells"]] == [key(cast.ana, 1)]
    assert "another year: Feb 2027" in found["parts"]["bar"]


def test_a_name_that_fits_two_is_not_guessed(cast: Cast, admin: Client) -> None:
    make.rep("Ana Lestari", team=cast.north)
    make.rep("Dewi Lestari", team=cast.north)
    found = check(admin, cast.north, paste="Lestari\t60jt\nDewi\t61jt\nAna\t62jt")
    assert sorted(told["text"] for told in found["cells"].values()) == ["61,000,000", "62,000,000"]
    assert "No row here is called Lestari." in found["parts"]["bar"]


def test_what_does_not_fit_is_said_and_not_put_elsewhere(cast: Cast, admin: Client) -> None:
    found = check(admin, cast.north, paste="\n".join("\t".join(["60jt"] * 14) for _ in range(4)))
    assert len(found["cells"]) == 24
    assert "2 columns do not fit into the year" in found["parts"]["bar"]
    assert "2 rows found no place below the last one" in found["parts"]["bar"]


def test_a_semicolon_file_with_decimal_commas(cast: Cast, admin: Client) -> None:
    found = check(admin, cast.north, paste='"60.000.000,00";"1,5 jt"\r\n', at=key(cast.ana, 1))
    assert [told["text"] for told in found["cells"].values()] == ["60,000,000", "1,500,000"]


def test_sixty_never_stands_for_sixty_million_unseen(cast: Cast, admin: Client) -> None:
    block = "\t".join(["60.000.000"] * 11 + ["60"])
    found = check(admin, cast.north, paste=block, at=key(cast.ana, 1))
    assert found["cells"][key(cast.ana, 1)]["text"] == "60,000,000"
    assert found["cells"][key(cast.ana, 12)]["state"] == "unusual"
    assert "Use 60,000,000" in found["parts"]["notes"]
    kept = check(
        admin, cast.north, typed={name: told["text"] for name, told in found["cells"].items()}, kept={key(cast.ana, 12): "60"}
    )
    assert kept["cells"][key(cast.ana, 12)]["state"] == "ok"


def test_unread_and_unclear_cells_are_left_out_of_sums_and_of_the_save(cast: Cast, admin: Client) -> None:
    make.quotas(cast.ana, 60_000_000)
    found = check(admin, cast.north, typed={key(cast.ana, 1): "x", key(cast.ana, 2): "5 M", key(cast.ana, 3): "61jt"})
    assert [told["state"] for told in found["cells"].values()] == ["unread", "unclear", "ok"]
    assert found["save"]["count"] == 1
    assert "without 2 cells" in found["parts"]["sums"]
    assert found["years"][f"r{cast.ana.rep.pk}"]["without"] == 2
    assert "5,000,000,000" in found["parts"]["notes"]


def test_small_numbers_may_be_meant_in_millions(cast: Cast, admin: Client) -> None:
    block = "\t".join(str(60 + month) for month in range(12))
    assert "data-scale" in check(admin, cast.north, paste=block)["parts"]["bar"]
    found = check(admin, cast.north, paste=block, scale="6")
    assert found["cells"][key(cast.ana, 1)]["text"] == "60,000,000"


def test_who_is_not_here_takes_no_number(cast: Cast, admin: Client) -> None:
    org.place(rep=cast.budi.rep, team=cast.south, start=date(2026, 7, 1), by=None)
    found = check(admin, cast.north, paste="\t".join(["60jt"] * 12), at=key(cast.budi, 1))
    assert len(found["cells"]) == 6
    assert "6 values stand where nothing can be entered" in found["parts"]["bar"]


def test_what_was_pasted_together_settles_miliar_or_million(cast: Cast, admin: Client) -> None:
    found = check(admin, cast.north, paste="60.000.000\t5 M", at=key(cast.ana, 1))
    assert found["cells"][key(cast.ana, 2)]["text"] == "5,000,000,000"
    later = check(admin, cast.north, typed={key(cast.ana, 1): "60.000.000", key(cast.ana, 2): "5 M"})
    assert later["cells"][key(cast.ana, 2)]["state"] == "unclear"


def test_the_reading_follows_the_person_s_custom(cast: Cast, signed_in: Any) -> None:
    cast.admin.language = "id"
    cast.admin.save()
    found = check(signed_in(cast.admin), cast.north, typed={key(cast.ana, 1): "5 M", key(cast.ana, 2): "60,000,000"})
    # The comma of the cell beside it settles nothing: they were not pasted together.
    assert [told["text"] for told in found["cells"].values()] == ["5.000.000.000", "60.000.000"]


def test_ten_thousand_cells_are_answered_quickly_and_said(cast: Cast, admin: Client) -> None:
    block = "\n".join("\t".join(["60.000.000"] * 100) for _ in range(100))
    began = time.perf_counter()
    found = check(admin, cast.north, paste=block)
    assert time.perf_counter() - began < 4
    assert len(found["cells"]) == 24
    assert "98 rows found no place" in found["parts"]["bar"]


@pytest.mark.parametrize(
    "fields",
    [{"paste": "\x00\x00\t\x00"}, {"paste": "\ud800"}, {"paste": '"' * 999}, {"paste": "\t" * 50_000}, {"typed": "["}, {"typed": "[]"},
     {"typed": '{"x": 1}'}, {"typed": '{"r1-2026-01": null}'}, {"typed": "\x00"}, {"typed": "[" * 5000}, {"kept": "7"}, {"was": "NaN"},
     {"fill_row": "r0"}, {"paste": "60", "scale": "-1"}, {"paste": "60", "at": "\x00"}, {"paste": "x" * 400_001}],
)  # fmt: skip
def test_nothing_that_is_sent_breaks_it(cast: Cast, admin: Client, fields: dict[str, str]) -> None:
    body = {name: value.encode("utf-8", "replace").decode() for name, value in fields.items()}
    for path in ("/quotas/check/", "/quotas/", "/quotas/paste/"):
        assert admin.post(f"{path}?team={cast.north.pk}", body).status_code < 500


def test_a_table_is_pasted_without_script(cast: Cast, admin: Client) -> None:
    answer = admin.post(where(cast.north).replace("/quotas/", "/quotas/paste/"), {"paste": "Ana\t60jt\tx"})
    text = answer.content.decode()
    assert "2 cells pasted." in text
    assert f'name="{key(cast.ana, 1)}" value="60,000,000" data-shown=""' in text
    assert 'data-state="unread"' in text


# ── A row at once ───────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_row_is_filled_with_the_same_number_or_a_year_is_spread(cast: Cast, admin: Client) -> None:
    row = f"r{cast.ana.rep.pk}"
    same = check(admin, cast.north, fill_row=row, fill_amount="60jt", fill_how="same")
    assert {told["text"] for told in same["cells"].values()} == {"60,000,000"}
    year = check(admin, cast.north, fill_row=row, fill_amount="1.000.000.000", fill_how="equal")
    texts = [year["cells"][key(cast.ana, month)]["text"] for month in range(1, 13)]
    assert texts == ["83,333,334"] * 4 + ["83,333,333"] * 8


def test_a_year_is_spread_as_last_year_s_months_were(cast: Cast, admin: Client) -> None:
    for month in range(1, 13):
        make.quotas(cast.ana, month, first=date(2025, month, 1), months=1)
    fields = {"fill_row": f"r{cast.ana.rep.pk}", "fill_amount": "780.000.000", "fill_how": "last"}
    found = check(admin, cast.north, **fields)
    assert found["cells"][key(cast.ana, 12)]["text"] == "120,000,000"
    other = check(admin, cast.north, **{**fields, "fill_row": f"r{cast.budi.rep.pk}"})
    assert "no quotas of the year before" in other["error"]


def test_counts_are_spread_in_whole_numbers(cast: Cast, admin: Client) -> None:
    fields = {"fill_row": f"r{cast.ana.rep.pk}", "fill_amount": "100", "fill_how": "equal", "address": {"metric": "visits"}}
    found = check(admin, cast.north, **fields)
    assert [found["cells"][key(cast.ana, month)]["text"] for month in (1, 4, 5, 12)] == ["9", "9", "8", "8"]
