"""Nothing typed ends in an error page."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib import phones
from lib.csv_out import cell, lines
from lib.ids import uuid7
from lib.text import clean_line, clean_param, fold, int_param


def test_characters_no_database_takes_are_left_out() -> None:
    assert clean_line("  A\x00na \u202e Wi\ud800jaya\u200b ") == "Ana Wijaya"
    assert clean_param({"q": "x" * 500}, "q") == "x" * 200
    assert clean_param({}, "q", "all") == "all"


@pytest.mark.parametrize(
    ("typed", "number"),
    [("7", 7), ("0", None), ("-1", None), ("9" * 30, None), ("٣", None), ("1.5", None), ("", None), (" 8 ", 8)],
)
def test_only_whole_numbers_in_range_are_ids(typed: str, number: int | None) -> None:
    assert int_param({"id": typed}, "id") == number


def test_names_are_the_same_after_folding_case_blanks_and_punctuation() -> None:
    assert fold("GTX Pro") == fold("GTXPro") == fold("gtx-pro.") == "gtxpro"
    assert fold("PT. Sinar Contoh, Tbk") == fold("PT Sinar  Contoh Tbk")
    assert fold("Zoë") == fold("ZOE")
    assert fold("GTX Basic") != fold("GTX Plus Basic")


@pytest.mark.parametrize(
    ("typed", "currency", "number"),
    [
        ("0812-3456 7890", "IDR", "+6281234567890"),
        ("62812 3456 7890", "IDR", "+6281234567890"),
        ("+62 812 3456 7890", "IDR", "+6281234567890"),
        ("0065 6123 4567", "IDR", "+6561234567"),
        ("(555) 123-4567", "USD", "5551234567"),
        ("", "IDR", ""),
    ],
)
def test_phones_are_written_one_way(typed: str, currency: str, number: str) -> None:
    assert phones.normalise(typed, currency) == number


@pytest.mark.parametrize("typed", ["call me", "12", "0812x345", "+" * 9])
def test_what_is_no_phone_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        phones.normalise(typed)


def test_whatsapp_needs_a_country_code() -> None:
    assert phones.whatsapp("+6281234567890") == "6281234567890"
    assert phones.whatsapp("5551234567") == ""


@pytest.mark.parametrize("text", ["=1+1", "+62", "-2", "@x", "\tx", "\r=1", " =1", "＝1", "＋1", "－1", "＠x", "\u00a0=1"])
def test_no_cell_is_a_formula(text: str) -> None:
    assert cell(text) == f"'{text}"


def test_numbers_stay_numbers() -> None:
    from decimal import Decimal

    assert [cell(value) for value in (-5, Decimal("-12.50"), Decimal("1E+3"), None, True)] == ["-5", "-12.50", "1000", "", "yes"]


@given(st.lists(st.text(max_size=20), min_size=1, max_size=4))
def test_every_row_reads_back_as_written(values: list[str]) -> None:
    import csv
    import io

    text = "".join(lines(["a"] * len(values), [values]))
    read = list(csv.reader(io.StringIO(text, newline=""), strict=False))
    assert read[1] == [cell(value) for value in values]


def test_ids_are_ordered_by_time() -> None:
    made = [uuid7() for _ in range(3)]
    assert all(one.version == 7 and one.variant == "specified in RFC 4122" for one in made)
    assert made[0].int >> 80 <= made[-1].int >> 80
