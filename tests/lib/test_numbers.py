"""Numbers as people read them, in both languages."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib import numbers

NB = "\u00a0"


@pytest.mark.parametrize(
    ("amount", "currency", "english", "indonesian"),
    [
        ("7620000000", "IDR", f"Rp{NB}7.62{NB}bn", f"Rp{NB}7,62{NB}M"),
        ("12900000000", "IDR", f"Rp{NB}12.90{NB}bn", f"Rp{NB}12,90{NB}M"),
        ("840000000", "IDR", f"Rp{NB}840{NB}m", f"Rp{NB}840{NB}jt"),
        ("18400000", "IDR", f"Rp{NB}18.4{NB}m", f"Rp{NB}18,4{NB}jt"),
        ("48000000", "IDR", f"Rp{NB}48{NB}m", f"Rp{NB}48{NB}jt"),
        ("600000", "IDR", f"Rp{NB}600{NB}k", f"Rp{NB}600{NB}rb"),
        ("99999", "IDR", f"Rp{NB}99,999", f"Rp{NB}99.999"),
        ("0", "IDR", f"Rp{NB}0", f"Rp{NB}0"),
        ("-840000000", "IDR", f"−Rp{NB}840{NB}m", f"−Rp{NB}840{NB}jt"),
        ("1520000000000", "IDR", f"Rp{NB}1.52{NB}tn", f"Rp{NB}1,52{NB}T"),
        ("10005534", "USD", f"$10.01{NB}m", f"$10,01{NB}jt"),
        ("23000.40", "USD", "$23,000", "$23.000"),
    ],
)
def test_short_money_has_about_three_figures_and_its_unit(amount: str, currency: str, english: str, indonesian: str) -> None:
    assert numbers.money_short(Decimal(amount), currency, "en") == english
    assert numbers.money_short(Decimal(amount), currency, "id") == indonesian


def test_an_amount_that_rounds_up_to_a_thousand_takes_the_next_unit() -> None:
    assert numbers.money_short(Decimal("999999999"), "IDR", "en") == f"Rp{NB}1.00{NB}bn"
    assert numbers.money_short(Decimal("999499999"), "IDR", "en") == f"Rp{NB}999{NB}m"


def test_whole_money_has_the_decimals_of_its_currency() -> None:
    assert numbers.money(Decimal("6640"), "USD", "en") == "$6,640.00"
    assert numbers.money(Decimal("6640"), "USD", "id") == "$6.640,00"
    assert numbers.money(Decimal("61200000"), "IDR", "id") == f"Rp{NB}61.200.000"
    assert numbers.money(Decimal("-5"), "EUR", "en") == "−€5.00"
    assert numbers.money(Decimal("12.5"), "CHF", "en") == f"CHF{NB}12.50"
    assert numbers.money(Decimal("1500"), "JPY", "en") == "¥1,500"


def test_ties_go_to_even() -> None:
    assert numbers.money(Decimal("0.125"), "USD", "en") == "$0.12"
    assert numbers.percent(Decimal("0.5645"), "en") == "56.4%"
    assert numbers.percent(Decimal("0.5655"), "en") == "56.6%"


def test_a_share_is_closed_up_and_takes_the_decimal_sign_of_the_language() -> None:
    assert numbers.percent(0.564, "en") == "56.4%"
    assert numbers.percent(0.564, "id") == "56,4%"
    assert numbers.percent(Fraction(139, 438), "en") == "31.7%"
    assert numbers.percent(1.5, "en", 0) == "150%"
    assert numbers.percent(-0.021, "en") == "−2.1%"


def test_a_share_of_a_target_rounds_down() -> None:
    assert numbers.percent_floor(Decimal("0.9996"), "en") == "99.9%"
    assert numbers.percent_floor(Decimal("1"), "en") == "100.0%"
    assert numbers.percent_floor(Decimal("0.5644"), "id") == "56,4%"


def test_numbers_are_grouped_and_lose_trailing_zeros() -> None:
    assert numbers.number(1234567, "en") == "1,234,567"
    assert numbers.number(1234567, "id") == "1.234.567"
    assert numbers.number(Decimal("45.50"), "id") == "45,5"
    assert numbers.number(Decimal("1E+3"), "en") == "1,000"
    assert numbers.number(-3, "en") == "−3"
    assert numbers.number(2.345, "en", 1) == "2.3"


def test_what_rounds_to_nothing_has_no_minus() -> None:
    assert numbers.number(Decimal("-0.001"), "en") == "0"
    assert numbers.money(Decimal("-0.4"), "IDR", "en") == f"Rp{NB}0"
    assert numbers.percent(Decimal("-0.0001"), "en") == "0.0%"


@pytest.mark.parametrize("nothing", [None, "", "abc", float("nan"), Decimal("Infinity")])
def test_unknown_is_a_dash_and_never_zero(nothing: object) -> None:
    assert numbers.number(nothing, "en") == "—"  # type: ignore[arg-type]
    assert numbers.percent(nothing, "en") == "—"  # type: ignore[arg-type]
    assert numbers.money(nothing, "IDR", "id") == "—"  # type: ignore[arg-type]
    assert numbers.money_short(nothing, "USD", "en") == "—"  # type: ignore[arg-type]
    assert numbers.money_scaled(nothing, "USD", "en", 6) == "—"  # type: ignore[arg-type]


def test_a_panel_may_name_its_unit_once() -> None:
    assert numbers.unit_name(6, "IDR", "en") == f"Rp{NB}m"
    assert numbers.unit_name(6, "IDR", "id") == f"Rp{NB}jt"
    assert numbers.unit_name(0, "USD", "en") == "$"
    assert numbers.money_scaled(Decimal("1240000000"), "IDR", "en", 6) == "1,240"
    assert numbers.money_scaled(Decimal("7620000000"), "IDR", "id", 9, 2) == "7,62"


def test_any_language_but_indonesian_is_written_as_english() -> None:
    assert [numbers.language(code) for code in ("id", "id-id", "en", "de", "", None)] == ["id", "id", "en", "en", "en", "en"]


@given(st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**30), max_value=10**30))
def test_no_amount_breaks_a_page_and_none_shows_four_figures_with_a_unit(amount: Decimal) -> None:
    short = numbers.money_short(amount, "IDR", "en")

    assert short.startswith(("Rp", "−Rp"))
    assert "," not in short.removesuffix("tn") or short.endswith("tn") or abs(amount) < 100_000
