"""Money: Decimal in, Decimal out, rounded once (DOMAIN §1)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal

# Decimal places by ISO 4217 code; what is not listed has two. Rupiah has none in this product (DOMAIN §17).
EXPONENTS = {
    "IDR": 0, "JPY": 0, "KRW": 0, "VND": 0, "CLP": 0, "ISK": 0, "UGX": 0, "XAF": 0, "XOF": 0, "PYG": 0,
    "KWD": 3, "BHD": 3, "OMR": 3, "JOD": 3, "TND": 3,
}  # fmt: skip
CURRENCIES = (
    "IDR", "USD", "EUR", "SGD", "MYR", "AUD", "GBP", "JPY", "CNY", "THB", "PHP", "VND", "INR", "HKD", "KRW", "TWD",
    "AED", "SAR", "KWD", "CHF", "CAD", "NZD", "BRL", "MXN", "ZAR", "SEK", "NOK", "DKK", "PLN", "TRY",
)  # fmt: skip


def places(currency: str) -> int:
    """Decimal places of a currency."""
    return EXPONENTS.get(currency, 2)


def quantize(amount: Decimal, currency: str) -> Decimal:
    """The amount in whole minor units of its currency, ties to even. PostgreSQL would round ties away from zero."""
    return amount.quantize(Decimal(1).scaleb(-places(currency)), rounding=ROUND_HALF_EVEN)


def minor_units(amount: Decimal, currency: str) -> int:
    """The amount as a whole number of minor units."""
    return int(quantize(amount, currency).scaleb(places(currency)))


def allocate(amount: Decimal, weights: Sequence[Decimal | int], currency: str) -> list[Decimal]:
    """Shares of `amount` by weight that sum to it exactly.

    Largest remainder, ties to the lowest index, the same for a negative amount with its sign turned (DOMAIN §1).
    Raises ValueError when no weight is positive or one is negative.
    """
    total = sum(Decimal(weight) for weight in weights)
    if total <= 0 or any(Decimal(weight) < 0 for weight in weights):
        raise ValueError("weights must not be negative and one must be positive")
    unit = Decimal(1).scaleb(-places(currency))
    whole = quantize(abs(amount), currency)
    exact = [whole * Decimal(weight) / total for weight in weights]
    shares = [value.quantize(unit, rounding=ROUND_DOWN) for value in exact]
    left = int((whole - sum(shares)) / unit)
    by_remainder = sorted(range(len(shares)), key=lambda index: (shares[index] - exact[index], index))
    for index in by_remainder[:left]:
        shares[index] += unit
    return [-share for share in shares] if amount < 0 else shares


@dataclass(frozen=True)
class Reading:
    """What a piece of typed money means.

    `amount` is None when it cannot be read, or when the two customs read it differently and none was given:
    then `english` and `indonesian` hold both readings for the person to choose from.
    """

    amount: Decimal | None
    custom: str | None = None  # "en" or "id" where the text itself shows its custom
    english: Decimal | None = None
    indonesian: Decimal | None = None

    @property
    def unclear(self) -> bool:
        """Both customs can read it and they differ."""
        return self.amount is None and self.english is not None and self.indonesian is not None


_SCALES_BOTH = {"": 0, "rb": 3, "ribu": 3, "k": 3, "jt": 6, "juta": 6, "mio": 6, "mn": 6, "million": 6, "miliar": 9, "milyar": 9,
                "bn": 9, "b": 9, "billion": 9, "triliun": 12, "trilyun": 12, "tn": 12, "trillion": 12, "t": 12}  # fmt: skip
_SCALES = {"en": {**_SCALES_BOTH, "m": 6}, "id": {**_SCALES_BOTH, "m": 9}}
_SHAPE = re.compile(r"^(?P<sign>[-−+]?)(?P<digits>\d[\d.,' ]*|[.,]\d+)(?P<scale>[a-z]*)$")
_MARKS = re.compile(r"(?<![a-z])(?:rp\.?|idr|usd|eur|us\$|\$|€|£|¥)|(?:idr|usd|eur|€)$", re.IGNORECASE)
_GROUPED = {"en": re.compile(r"^[1-9]\d{0,2}(,\d{3})+(\.\d+)?$"), "id": re.compile(r"^[1-9]\d{0,2}(\.\d{3})+(,\d+)?$")}
_PLAIN = {"en": re.compile(r"^\d*(\.\d+)?$"), "id": re.compile(r"^\d*(,\d+)?$")}


def read_money(typed: str, *, currency: str, custom: str | None = None) -> Reading:
    """Money as people write it in English and in Indonesian: "60.000.000", "60,000,000", "60 jt", "1,5 M".

    `custom` ("en" or "id") settles what both could mean; without it "5 M" (5 million or 5 miliar) and "60.000" in a
    currency with cents stay unclear. In a currency without minor units a lone group of three digits is thousands.
    """
    bare = _MARKS.sub("", typed.strip().lower().replace("\u00a0", " ")).strip()
    negative = bare.startswith("(") and bare.endswith(")")
    match = _SHAPE.match(bare.strip("() ").removesuffix(",-").replace(" ", ""))
    if not match:
        return Reading(None)
    sign = -1 if negative or match["sign"] in ("-", "−") else 1
    readings = {name: _read(match["digits"], match["scale"], name, currency) for name in ("en", "id")}
    values = {name: None if value is None else sign * value for name, value in readings.items()}
    return _settle(values, custom)


def _read(digits: str, scale: str, custom: str, currency: str) -> Decimal | None:
    """The digits under one custom, or None when that custom does not write them so."""
    if scale not in _SCALES[custom]:
        return None
    digits = digits.replace("'", "")
    thousands, point = (",", ".") if custom == "en" else (".", ",")
    if _GROUPED[custom].match(digits):
        digits = digits.replace(thousands, "")
    elif not _PLAIN[custom].match(digits):
        return None
    elif places(currency) == 0 and not scale and re.match(rf"^[1-9]\d{{0,2}}{re.escape(point)}\d{{3}}$", digits):
        return None  # "60.000" rupiah: a fraction of a currency without cents is no reading
    return Decimal(digits.replace(point, ".")).scaleb(_SCALES[custom][scale])


def _settle(values: dict[str, Decimal | None], custom: str | None) -> Reading:
    english, indonesian = values["en"], values["id"]
    if custom and values[custom] is not None:
        return Reading(values[custom], custom, english, indonesian)
    if english == indonesian:
        return Reading(english, None, english, indonesian)
    if indonesian is None:
        return Reading(english, "en", english, None)
    if english is None:
        return Reading(indonesian, "id", None, indonesian)
    return Reading(None, None, english, indonesian)
