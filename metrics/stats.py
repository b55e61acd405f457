"""Statistics as pure functions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

# The standard normal quantile of a two-sided 95 % interval.
_Z95 = 1.959963984540054
# Below this a rate says little (DOMAIN §0.9).
THIN_BELOW = 10


@dataclass(frozen=True)
class Interval:
    """The range a true rate lies in with 95 % confidence, as fractions."""

    low: float
    high: float


def wilson(hits: int, n: int) -> Interval | None:
    """Wilson's 95 % interval of `hits` out of `n`; None where nothing was observed (DOMAIN §0.9)."""
    if n <= 0:
        return None
    share, z2 = hits / n, _Z95**2
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z95 / (1 + z2 / n) * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return Interval(0.0 if hits == 0 else middle - half, 1.0 if hits == n else middle + half)


def median(values: Sequence[int]) -> Fraction | None:
    """The middle value, or the mean of the two middle ones; None of nothing. As PostgreSQL's percentile_cont(0.5)."""
    if not values:
        return None
    ordered, half = sorted(values), len(values) // 2
    return Fraction(ordered[half]) if len(values) % 2 else Fraction(ordered[half - 1] + ordered[half], 2)


def ratio(part: int | Decimal, whole: int | Decimal) -> Decimal | None:
    """The fraction, unrounded; None of nothing (DOMAIN §0.6)."""
    return Decimal(part) / Decimal(whole) if whole else None
