"""Numbers, shares and money as people read them, in English and in Indonesian.

Every function takes the language ("en", "id") and returns plain text with no-break spaces where a line must not
break. Unknown (None) is a dash: never 0.
"""

from __future__ import annotations

from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal, InvalidOperation
from fractions import Fraction

from lib.money import places

Number = Decimal | int | float | Fraction | str | None

DASH = "—"
MINUS = "\u2212"
NBSP = "\u00a0"

CURRENCY_SYMBOLS = {
    "IDR": "Rp", "USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "CNY": "CN¥", "INR": "₹", "KRW": "₩",
    "SGD": "S$", "AUD": "A$", "HKD": "HK$", "NZD": "NZ$", "CAD": "CA$", "TWD": "NT$",
    "MYR": "RM", "THB": "฿", "PHP": "₱", "VND": "₫",
}  # fmt: skip

_SEPARATORS = {"en": (",", "."), "id": (".", ",")}
# The Indonesian M is miliar (10^9); the English m is million (10^6).
_UNITS = {
    "en": ((12, "tn"), (9, "bn"), (6, "m"), (3, "k")),
    "id": ((12, "T"), (9, "M"), (6, "jt"), (3, "rb")),
}
# The default 28 digits make quantize() raise on absurd but storable amounts.
_WIDE = Context(prec=80)
# Below this an amount is short enough to be written out.
_SHORT_FROM = Decimal(100_000)


def language(code: str | None) -> str:
    """The custom to write numbers in: Indonesian, or English for anything else."""
    return "id" if (code or "").lower().startswith("id") else "en"


def decimal(value: Number) -> Decimal | None:
    """The value as a finite Decimal, or None when it is missing or no number."""
    if value is None or value == "":
        return None
    if isinstance(value, Fraction):
        return Decimal(value.numerator) / Decimal(value.denominator)
    try:
        number = value if isinstance(value, Decimal) else Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def number(value: Number, lang: str, digits: int | None = None) -> str:
    """1,234.5 or 1.234,5. Without `digits`, at most two decimals and no trailing zeros."""
    amount = decimal(value)
    if amount is None:
        return DASH
    if digits is None:
        amount = _round(amount, 2)
        digits = max(0, -int(amount.normalize().as_tuple().exponent))
    return _signed(amount, digits, lang)


def percent(ratio: Number, lang: str, digits: int = 1, rounding: str = ROUND_HALF_EVEN) -> str:
    """A fraction as 56.4%, closed up in both languages."""
    share = decimal(ratio)
    if share is None:
        return DASH
    return f"{_signed(_round(share * 100, digits, rounding), digits, lang)}%"


def percent_floor(ratio: Number, lang: str, digits: int = 1) -> str:
    """A fraction rounded down, so that 99.96 % of a target never reads as met."""
    return percent(ratio, lang, digits, ROUND_FLOOR)


def money(amount: Number, currency: str, lang: str) -> str:
    """The whole amount: $6,640.00, Rp 61.200.000."""
    value = decimal(amount)
    if value is None:
        return DASH
    digits = places(currency)
    return _with_symbol(_round(value, digits), digits, currency, lang)


def money_short(amount: Number, currency: str, lang: str) -> str:
    """The amount to about three figures with its unit: Rp 7.62 bn, Rp 840 jt. Small amounts are written out."""
    value = decimal(amount)
    if value is None:
        return DASH
    if abs(value) < _SHORT_FROM:
        return _with_symbol(_round(value, 0), 0, currency, lang)
    power = next(power for power, _ in reversed(_UNITS[lang]) if _fits(value, power, currency))
    scaled = value.scaleb(-power)
    digits = _short_digits(scaled, power, currency)
    return f"{_with_symbol(_round(scaled, digits), digits, currency, lang)}{NBSP}{dict(_UNITS[lang])[power]}"


def money_scaled(amount: Number, currency: str, lang: str, power: int, digits: int = 0) -> str:
    """The bare figure in a unit that the panel's header names: 1,240 for Rp 1.24 bn in millions (power 6)."""
    value = decimal(amount)
    if value is None:
        return DASH
    return _signed(value.scaleb(-power), digits, lang)


def unit_name(power: int, currency: str, lang: str) -> str:
    """The unit of `money_scaled` for a header: "Rp m", "Rp jt"."""
    symbol = CURRENCY_SYMBOLS.get(currency, currency)
    return f"{symbol}{NBSP}{dict(_UNITS[lang])[power]}" if power else symbol


def _fits(value: Decimal, power: int, currency: str) -> bool:
    """Whether the amount, rounded as it will be shown, stays under a thousand of this unit (or there is no larger one)."""
    scaled = value.scaleb(-power)
    return power == 12 or abs(_round(scaled, _short_digits(scaled, power, currency))) < 1000


def _short_digits(scaled: Decimal, power: int, currency: str) -> int:
    """Two decimals from a billion on (a million where the currency has cents), one for lesser millions, none below."""
    if power >= 9:
        return 2 if abs(scaled) < 1000 else 0
    if power == 6 and abs(scaled) < 100:
        if places(currency):
            return 2
        tenth = _round(scaled, 1)
        return 0 if tenth == tenth.to_integral_value() else 1
    return 0


def _with_symbol(value: Decimal, digits: int, currency: str, lang: str) -> str:
    symbol = CURRENCY_SYMBOLS.get(currency, currency)
    gap = NBSP if symbol[-1].isalpha() else ""
    sign = MINUS if value < 0 else ""
    return f"{sign}{symbol}{gap}{_signed(abs(value), digits, lang)}"


def _signed(value: Decimal, digits: int, lang: str) -> str:
    thousands, point = _SEPARATORS[lang]
    rounded = _round(value, digits)
    text = f"{abs(rounded):,.{digits}f}".translate({ord(","): thousands, ord("."): point})
    return f"{MINUS}{text}" if rounded < 0 else text


def _round(value: Decimal, digits: int, rounding: str = ROUND_HALF_EVEN) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-digits), rounding=rounding, context=_WIDE)
