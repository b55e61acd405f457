"""Reading untrusted text so that nothing typed can end in an error page."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

# C0 and C1 controls (newline and tab kept), zero-width and bidirectional marks, lone surrogates.
_UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
_BLANKS = re.compile(r"\s+")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def clean(value: str) -> str:
    """The text without characters that a database or a reader cannot take."""
    return _UNWANTED.sub("", value)


def is_storable(value: str) -> bool:
    """Whether a database can take the text as it is."""
    return _UNSTORABLE.search(value) is None


def clean_line(value: str) -> str:
    """One line: cleaned, blanks folded, ends trimmed."""
    return _BLANKS.sub(" ", clean(value)).strip()


def clean_param(params: Mapping[str, str], name: str, default: str = "", *, most: int = 200) -> str:
    """A query parameter as one clean line of at most `most` characters."""
    return clean_line(params.get(name) or default)[:most]


def int_param(params: Mapping[str, str], name: str, *, low: int = 1, high: int = 2**31 - 1) -> int | None:
    """A query parameter as a whole number within [low, high], or None when it is anything else."""
    raw = clean_param(params, name, most=12)
    if not (raw.isascii() and raw.isdigit()):
        return None
    value = int(raw)
    return value if low <= value <= high else None


def has_letter(value: str) -> bool:
    """Whether a letter of any script stands in the text; digits and raised digits are none."""
    return any(char.isalpha() for char in value)


def fold(value: str) -> str:
    """The name with case, blanks, accents and punctuation folded: `GTX Pro` and `GTXPro` fold to `gtxpro`."""
    decomposed = unicodedata.normalize("NFKD", value).casefold()
    return "".join(char for char in decomposed if char.isalnum())
