"""Intervals and medians against the worked examples of the definitions."""

from __future__ import annotations

from fractions import Fraction

import pytest

from metrics.figures import Figure, share
from metrics.stats import median, ratio, wilson


@pytest.mark.parametrize(("hits", "n", "low", "high"), [(6, 20, 0.1455, 0.5190), (12, 47, 0.1525, 0.3951)])
def test_wilson_interval(hits: int, n: int, low: float, high: float) -> None:
    found = wilson(hits, n)

    assert found is not None
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


@pytest.mark.parametrize(("hits", "n"), [(0, 1), (1, 1), (0, 1000), (1000, 1000)])
def test_an_interval_stays_between_nothing_and_all(hits: int, n: int) -> None:
    found = wilson(hits, n)

    assert found is not None
    assert 0 <= found.low <= hits / n <= found.high <= 1


def test_nothing_observed_has_no_interval() -> None:
    assert wilson(0, 0) is None


def test_the_median_of_an_even_number_lies_between_the_middle_two() -> None:
    assert median([200, 12, 31, 45, 30]) == 31
    assert median([12, 30, 31, 45]) == Fraction(61, 2)
    assert median([]) is None


def test_a_ratio_of_nothing_is_unknown() -> None:
    assert ratio(3, 0) is None
    assert ratio(1, 4) * 4 == 1


def test_a_figure_from_fewer_than_ten_rows_is_thin_and_one_from_none_is_not() -> None:
    assert share(4, 7).is_thin
    assert not share(5, 10).is_thin
    assert not share(0, 0).is_thin


def test_a_rate_of_counts_carries_its_interval_and_a_sum_of_money_does_not() -> None:
    assert round(share(12, 47).interval.low, 4) == 0.1525
    assert Figure(5, n=5).interval is None
