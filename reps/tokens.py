"""The secrets in mailed links."""

from __future__ import annotations

import hashlib
import secrets

from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core import signing

from reps.models import User

_ADDRESS_SALT = "reps.address-change"
ADDRESS_LINK_S = 60 * 60


class ResetTokens(PasswordResetTokenGenerator):
    """Django's reset tokens, which work once and for PASSWORD_RESET_TIMEOUT; signing out everywhere spoils them too."""

    def _make_hash_value(self, user: User, timestamp: int) -> str:
        return f"{super()._make_hash_value(user, timestamp)}{user.session_epoch}{user.is_active}"


def new_secret() -> str:
    """A secret of 256 bits for a link."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """What is stored of a secret."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def sign_address(user: User, new_address: str) -> str:
    """The secret that confirms a new address; it fits only while the old one stands."""
    return signing.dumps([user.pk, user.email, new_address], salt=_ADDRESS_SALT, compress=True)


def read_address(secret: str) -> tuple[int, str, str] | None:
    """User id, old and new address of a confirmation that is still good, else None."""
    try:
        user_id, old, new = signing.loads(secret, salt=_ADDRESS_SALT, max_age=ADDRESS_LINK_S)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return int(user_id), str(old), str(new)
