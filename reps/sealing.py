"""Secrets that must be read again are sealed with SECRET_KEY, so that a copy of the database alone opens nothing.

What an earlier key sealed is read with it while it stands in SECRET_KEY_FALLBACKS; `is_current` and `reseal` bring it to
the present key.
"""

from __future__ import annotations

import base64
import hmac
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


def seal(text: str) -> str:
    """The text, readable only with the key."""
    return _box(settings.SECRET_KEY).encrypt(text.encode()).decode()


def unseal(sealed: str, *, within_s: int | None = None) -> str | None:
    """The text again; None when another key sealed it, it was touched, or it is older than so many seconds."""
    try:
        return _boxes().decrypt(sealed.encode("ascii"), within_s).decode()
    except (InvalidToken, UnicodeError):
        return None


def is_current(sealed: str) -> bool:
    """Whether the present key sealed it."""
    try:
        _box(settings.SECRET_KEY).decrypt(sealed.encode("ascii"))
    except (InvalidToken, UnicodeError):
        return False
    return True


def _boxes() -> MultiFernet:
    return MultiFernet([_box(key) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


@lru_cache(maxsize=8)
def _box(key: str) -> Fernet:
    """A key of its own for sealing, so that nothing else made from SECRET_KEY opens it."""
    return Fernet(base64.urlsafe_b64encode(hmac.new(key.encode(), b"reps.sealing", "sha256").digest()))
