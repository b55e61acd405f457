"""How a typed or pasted number of a quota is read: every spelling, never off by a thousand, unclear where both customs read it."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib import numbers
from metrics import quota_reading
from metrics.quota_reading import State, exact, read
from tests.inventions import invented

D = Decimal
SIXTY = D(60_000_000)


@pytest.mark.parametrize("custom", ["en", "id"])
@pytest.mark.parametrize(
    ("text", "amount"),
    [("60.000.000", SIXTY), ("60,000,000", SIXTY), ("60jt", SIXTY), ("60 jt", SIXTY), ("1,5 jt", D(1_500_000)),
     ("Rp 60.000.000", SIXTY), ("Rp60.000.000,-", SIXTY), ("IDR 60,000,000", SIXTY), ("250rb", D(250_000)), ("60000000", SIXTY),
     ("60 000 000", SIXTY), ("1.250.000,00", D(1_250_000)), ("60000000.00", SIXTY), ("60.000", D(60_000)), ("1,5 M", D("1.5e9")),
     ("2 miliar", D("2e9")), ("60 juta", SIXTY), ("1.5m", D(1_500_000)), ("0", D(0)), ("  60.000.000\u00a0", SIXTY)],
)  # fmt: skip
def test_every_spelling_of_rupiah_in_both_customs(text, amount, custom):
    found = read(text, currency="IDR", custom=custom)
    assert (found.state, found.amount) == (State.OK, amount)


@pytest.mark.parametrize("text", ["", "  ", "-", "–", "—"])
def test_a_blank_takes_the_number_away(text):
    assert read(text, currency="IDR", custom="en").state is State.EMPTY


@pytest.mark.parametrize(
    ("text", "says"),
    [("6,30", "has no cents"), ("x", "cannot be read"), ("12 apples", "cannot be read"), ("-5.000.000", "never negative"),
     ("(5.000.000)", "never negative"), ("9" * 16, "more than can be kept"), ("9" * 59, "more than can be kept"),
     ("1" * 61, "too long"), ("=1+1", "cannot be read"), ("1e9", "cannot be read"), ("NaN", "cannot be read")],
)  # fmt: skip
def test_what_cannot_be_read_says_why(text, says):
    found = read(text, currency="IDR", custom="en")
    assert found.state is State.UNREAD
    assert says in found.note
    assert not found.counts


def test_miliar_or_million_is_asked_unless_the_person_s_own_custom_writes_it_so():
    assert read("5m", currency="IDR", custom="en").amount == 5_000_000
    assert read("5 M", currency="IDR", custom="id").amount == 5_000_000_000
    for text, custom in (("5 M", "en"), ("5m", "id"), ("1.500 m", "en")):
        found = read(text, currency="IDR", custom=custom)
        assert found.state is State.UNCLEAR
        assert len(found.offers) == 2
    asked = read("5 M", currency="IDR", custom="en")
    assert [offer.label for offer in asked.offers] == ["5,000,000", "5,000,000,000"]


def test_what_came_with_it_settles_what_is_unclear():
    column = ["60.000.000", "5 M", "70.000.000"]
    assert quota_reading.custom_of(column, "IDR") == "id"
    assert read("5 M", currency="IDR", custom="en", settled="id").amount == 5_000_000_000
    assert quota_reading.custom_of(["60.000.000", "60,000,000"], "IDR") is None
    assert quota_reading.custom_of(["5", "6"], "IDR") is None


def test_dollars_have_cents_and_thousands():
    for text, amount in (
        ("40,000.50", "40000.50"),
        ("40.000,50", "40000.50"),
        ("60.000", "60000"),
        ("60,000", "60000"),
        ("12.5", "12.5"),
    ):
        for custom in ("en", "id"):
            assert read(text, currency="USD", custom=custom).amount == D(amount)
    assert read("40,000.125", currency="USD", custom="en").state is State.UNREAD


def test_three_decimals_of_a_dinar_are_asked_unless_written_as_the_person_s_screens_write_it():
    assert read("60.000", currency="KWD", custom="en").state is State.UNCLEAR
    assert read("60,000", currency="KWD", custom="en").amount == 60_000


def test_counts():
    for text, amount in (("17", "17"), ("8.5", "8.5"), ("8,5", "8.5"), ("1.200", "1200"), ("1,200", "1200"), ("8.1250", "8.125")):
        assert read(text, currency="", custom="en").amount == D(amount)


@invented(300)
@given(
    st.integers(0, 10**15 - 1),
    st.sampled_from(["en", "id"]),
    st.sampled_from(["en", "id"]),
    st.sampled_from(["IDR", "USD", "JPY"]),
)
def test_what_a_screen_shows_reads_back_to_the_same_amount(amount, shown, custom, currency):
    value = D(amount) if currency != "USD" else D(amount) / 100
    for text in (
        exact(value, shown),
        numbers.money(value, currency, shown),
        numbers.number(value, shown, 2 if currency == "USD" else 0),
    ):
        found = read(text, currency=currency, custom=custom)
        if shown == custom or found.state is not State.UNCLEAR:
            assert (found.state, found.amount) == (State.OK, value)
        else:
            assert value in {quota_reading.read(offer.text, currency=currency, custom=custom).amount for offer in found.offers}


@invented(300)
@given(
    st.integers(1, 10**9), st.sampled_from(["en", "id"]), st.sampled_from(["rb", "jt", "juta", "k", "mn", "bn", "miliar", "tn"])
)
def test_no_word_is_read_as_another_power(amount, custom, word):
    powers = {"rb": 3, "k": 3, "jt": 6, "juta": 6, "mn": 6, "bn": 9, "miliar": 9, "tn": 12}
    value = D(amount).scaleb(powers[word])
    found = read(f"{amount} {word}", currency="IDR", custom=custom)
    assert found.amount == value if value < quota_reading.TOO_MUCH else found.state is State.UNREAD


@invented(300)
@given(st.text(max_size=80), st.sampled_from(["IDR", "USD", "KWD", ""]), st.sampled_from(["en", "id"]))
def test_no_text_breaks_the_reader(text, currency, custom):
    found = read(text, currency=currency, custom=custom)
    assert found.state in State
    assert found.amount is None or 0 <= found.amount < quota_reading.TOO_MUCH


@invented(300)
@given(st.text("0123456789.,jtrbmM Rp-", max_size=16), st.sampled_from(["IDR", "USD", "KWD", ""]), st.sampled_from(["en", "id"]))
def test_nothing_like_a_number_is_read_off_by_a_thousand(text, currency, custom):
    """Where both customs would read it and differ by a power of ten, one is taken only if this person's screens write it so."""
    found = read(text, currency=currency, custom=custom)
    if found.state is not State.OK or found.amount is None:
        return
    again = read(exact(found.amount, custom), currency=currency, custom=custom)
    assert (again.state, again.amount) == (State.OK, found.amount)


# ── Unusual ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def compared(amount, row, sheet=()):
    cell = quota_reading.Read(exact(D(amount), "en"), State.OK, D(amount))
    return quota_reading.compare(cell, [D(value) for value in row], [D(value) for value in sheet], "en")


def test_sixty_per_cent_off_the_row_is_unusual():
    assert compared(1_458, [900] * 11).note == "1,458 is 62% above the usual 900."
    assert compared(1_440, [900] * 11).state is State.OK
    assert compared(360, [900] * 11).state is State.OK
    assert compared(359, [900] * 11).note == "359 is 60% below the usual 900."
    assert compared(5_000, []).state is State.OK
    assert compared(0, [900] * 11).state is State.OK


def test_sixty_among_sixty_million_offers_sixty_million():
    found = compared(60, [60_000_000] * 11)
    assert (found.state, found.offers[0].text) == (State.UNUSUAL, "60,000,000")
    assert found.counts


def test_ten_times_off_the_sheet_is_unusual_where_the_row_is_empty():
    assert compared(600, [], [60] * 5).state is State.UNUSUAL
    assert compared(599, [], [60] * 5).state is State.OK
    assert compared(6, [], [60] * 5).state is State.UNUSUAL
