"""Money is read in both customs, rounded once and shared out to the last unit."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.money import allocate, minor_units, quantize, read_money


@pytest.mark.parametrize(
    ("amount", "rounded"),
    [("0.125", "0.12"), ("0.135", "0.14"), ("2.675", "2.68"), ("2.665", "2.66"), ("-0.125", "-0.12"), ("10.005", "10.00")],
)
def test_ties_round_to_even(amount: str, rounded: str) -> None:
    assert quantize(Decimal(amount), "USD") == Decimal(rounded)


def test_each_currency_has_its_places() -> None:
    assert str(quantize(Decimal("19.99") * Decimal("151.37"), "JPY")) == "3026"
    assert str(quantize(Decimal("19.99") * Decimal("0.30725"), "KWD")) == "6.142"
    assert str(quantize(Decimal("250000000") * Decimal("0.000061"), "USD")) == "15250.00"
    assert minor_units(Decimal("15250.00"), "USD") == 1525000
    assert minor_units(Decimal("60000000.4"), "IDR") == 60000000


def test_shares_sum_to_the_whole() -> None:
    assert allocate(Decimal(1000), [1, 1, 1], "USD") == [Decimal("333.34"), Decimal("333.33"), Decimal("333.33")]
    assert allocate(Decimal(-1000), [1, 1, 1], "USD") == [Decimal("-333.34"), Decimal("-333.33"), Decimal("-333.33")]
    weights = [Decimal("33.34"), Decimal("33.33"), Decimal("33.33")]
    assert allocate(Decimal("0.05"), weights, "USD") == [Decimal("0.02"), Decimal("0.02"), Decimal("0.01")]
    assert allocate(Decimal(120001), [1] * 12, "USD") == [Decimal("10000.09")] * 4 + [Decimal("10000.08")] * 8


@pytest.mark.parametrize("weights", [[], [0, 0], [1, -1]])
def test_shares_need_a_positive_weight(weights: list[int]) -> None:
    with pytest.raises(ValueError, match="weights"):
        allocate(Decimal(1), weights, "USD")


@given(
    st.integers(-(10**12), 10**12),
    st.lists(st.integers(0, 10**6), min_size=1, max_size=12).filter(any),
    st.sampled_from(["IDR", "USD", "KWD"]),
)
def test_shares_always_sum_and_mirror(cents: int, weights: list[int], currency: str) -> None:
    amount = quantize(Decimal(cents).scaleb(-3), currency)
    shares = allocate(amount, weights, currency)
    assert sum(shares) == amount
    assert allocate(-amount, weights, currency) == [-share for share in shares]


@pytest.mark.parametrize(
    ("typed", "currency", "amount"),
    [
        ("60.000.000", "IDR", "60000000"),
        ("60.000.000", "USD", "60000000"),
        ("60,000,000", "IDR", "60000000"),
        ("60 jt", "IDR", "60000000"),
        ("250rb", "IDR", "250000"),
        ("1,5 M", "IDR", "1500000000"),
        ("1.5 M", "USD", "1500000"),
        ("1,5 jt", "IDR", "1500000"),
        ("Rp 1.250.000,00", "IDR", "1250000"),
        ("Rp1.250.000,-", "IDR", "1250000"),
        ("IDR 1.25bn", "IDR", "1250000000"),
        ("$6,640.00", "USD", "6640"),
        ("(1,200.50)", "USD", "-1200.50"),
        ("−5", "USD", "-5"),
        ("1054", "USD", "1054"),
        ("60.000", "IDR", "60000"),
        ("12.50", "USD", "12.50"),
        ("12,50", "EUR", "12.50"),
        ("0.125", "USD", "0.125"),
        ("2 triliun", "IDR", "2000000000000"),
    ],
)
def test_money_is_read_in_both_customs(typed: str, currency: str, amount: str) -> None:
    assert read_money(typed, currency=currency).amount == Decimal(amount)


@pytest.mark.parametrize(
    ("typed", "english", "indonesian"), [("5 M", "5E+6", "5E+9"), ("60.000", "60", "60000"), ("60,000", "60000", "60")]
)
def test_what_both_customs_read_differently_is_asked(typed: str, english: str, indonesian: str) -> None:
    reading = read_money(typed, currency="USD")
    assert reading.unclear
    assert (reading.english, reading.indonesian) == (Decimal(english), Decimal(indonesian))
    assert read_money(typed, currency="USD", custom="en").amount == Decimal(english)
    assert read_money(typed, currency="USD", custom="id").amount == Decimal(indonesian)


@pytest.mark.parametrize("custom", [None, "en", "id"])
def test_sixty_million_never_becomes_sixty(custom: str | None) -> None:
    for currency in ("IDR", "USD"):
        assert read_money("60.000.000", currency=currency, custom=custom).amount == Decimal(60_000_000)
        assert read_money("60,000,000", currency=currency, custom=custom).amount == Decimal(60_000_000)


@pytest.mark.parametrize("typed", ["", "abc", "1e5", "12.34.56", "--5", "1,2,3", "NaN", "∞", "5 parsec"])
def test_what_is_no_money_is_refused(typed: str) -> None:
    reading = read_money(typed, currency="USD")
    assert reading.amount is None
    assert not reading.unclear


@given(st.text(max_size=30))
def test_no_text_breaks_the_reader(typed: str) -> None:
    reading = read_money(typed, currency="IDR")
    assert reading.amount is None or reading.amount.is_finite()
