"""Typed readers of environment variables: a wrong value stops the start with its name and what it should be."""

from __future__ import annotations

import os
from collections.abc import Mapping


class BadSetting(Exception):
    """An environment variable holds something that cannot be used; the message names it and the remedy."""


TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off", ""}


def text(name: str, default: str = "", *, env: Mapping[str, str] | None = None) -> str:
    """The variable as text without outer blanks."""
    return (os.environ if env is None else env).get(name, default).strip()


def flag(name: str, default: bool = False, *, env: Mapping[str, str] | None = None) -> bool:
    """The variable as yes or no."""
    raw = text(name, "1" if default else "0", env=env).lower()
    if raw in TRUE:
        return True
    if raw in FALSE:
        return False
    raise BadSetting(f"{name} is {raw!r}: set it to 1 or 0.")


def whole(name: str, default: int, *, low: int = 0, high: int = 2**31, env: Mapping[str, str] | None = None) -> int:
    """The variable as a whole number within [low, high]."""
    raw = text(name, str(default), env=env)
    try:
        value = int(raw)
    except ValueError:
        raise BadSetting(f"{name} is {raw!r}: set it to a whole number.") from None
    if not low <= value <= high:
        raise BadSetting(f"{name} is {value}: set it to a number from {low} to {high}.")
    return value


def words(name: str, default: str = "", *, env: Mapping[str, str] | None = None) -> list[str]:
    """The variable as a list split at commas, empty parts left out."""
    return [part.strip() for part in text(name, default, env=env).split(",") if part.strip()]


def choice(name: str, default: str, allowed: tuple[str, ...], *, env: Mapping[str, str] | None = None) -> str:
    """The variable as one of the allowed words."""
    raw = text(name, default, env=env)
    if raw not in allowed:
        raise BadSetting(f"{name} is {raw!r}: set it to one of {', '.join(allowed)}.")
    return raw
