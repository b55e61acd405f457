"""Language and appearance: kept in the browser for pages before sign-in, and with the person for every device.

Smaller choices, such as list or board, are kept in the browser alone.
"""

from __future__ import annotations

from django.conf import settings
from django.http import HttpResponse

from reps.models import User

LANGUAGE_COOKIE = "salesteam_language"
THEME_COOKIE = "theme"
_YEAR_S = 365 * 24 * 3600


def remember_language(response: HttpResponse, language: str) -> None:
    """Set the cookie of the pages before sign-in."""
    keep(response, LANGUAGE_COOKIE, language)


def remember_theme(response: HttpResponse, theme: str) -> None:
    """Set the cookie that the first byte of a page is themed by; "system" needs none."""
    if theme in (User.Theme.LIGHT, User.Theme.DARK):
        keep(response, THEME_COOKIE, theme)
    else:
        response.delete_cookie(THEME_COOKIE, samesite="Lax")


def keep(response: HttpResponse, name: str, value: str) -> None:
    """Have the browser remember a choice of this person for a year."""
    response.set_cookie(name, value, max_age=_YEAR_S, samesite="Lax", httponly=True, secure=settings.SESSION_COOKIE_SECURE)
