"""Phone numbers in one form, so that call and WhatsApp links work."""

from __future__ import annotations

import re

# Country calling code by company currency, for numbers written without one; only where the two go together.
DIAL_CODES = {
    "IDR": "62", "SGD": "65", "MYR": "60", "AUD": "61", "GBP": "44", "JPY": "81", "THB": "66", "PHP": "63",
    "VND": "84", "INR": "91", "HKD": "852", "KRW": "82", "TWD": "886", "AED": "971", "SAR": "966", "NZD": "64",
}  # fmt: skip
# How many digits stand together, by how many there are after the country code.
_GROUPS = {6: (3, 3), 7: (3, 4), 8: (4, 4), 9: (3, 3, 3), 10: (3, 3, 4), 11: (3, 4, 4), 12: (4, 4, 4), 13: (4, 4, 5)}
_SHAPE = re.compile(r"^\+?\d{6,15}$")


def normalise(typed: str, currency: str = "IDR") -> str:
    """The number as +62812…: "0812-345 678" in a rupiah company becomes "+62812345678".

    A number without a country code in a company whose currency names no single country keeps its digits. Raises
    ValueError for what cannot be a phone number.
    """
    bare = re.sub(r"[\s().\-/\u2010-\u2015\u00a0]", "", typed)
    if not bare:
        return ""
    if bare.startswith("00"):
        bare = "+" + bare[2:]
    if not _SHAPE.match(bare):
        raise ValueError(typed)
    code = DIAL_CODES.get(currency, "")
    if bare.startswith("+") or not code:
        return bare
    if bare.startswith("0"):
        return f"+{code}{bare[1:]}"
    return f"+{bare}" if bare.startswith(code) else bare


def spaced(number: str) -> str:
    """The number for reading: +62 812 1197 2803."""
    code = next((code for code in set(DIAL_CODES.values()) if number.startswith(f"+{code}")), "")
    rest = number[len(code) + 1 :] if code else number
    if not rest.isdigit():
        return number
    parts, at = [f"+{code}"] if code else [], 0
    for size in _GROUPS.get(len(rest), (len(rest),)):
        parts.append(rest[at : at + size])
        at += size
    return " ".join(parts)


def whatsapp(number: str) -> str:
    """The digits that a wa.me link takes; empty without a country code, which WhatsApp needs."""
    return number[1:] if number.startswith("+") else ""
