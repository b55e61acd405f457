"""Reading what a program sent: JSON, and nothing that a database or a reader could not take."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.utils.translation import gettext as _
from rest_framework.parsers import BaseParser

from lib.api.errors import Refusal
from lib.text import is_storable


class _Unreadable(ValueError):
    """JSON of a kind that is refused; its text says why."""


class StrictJSON(BaseParser):
    """One JSON object. Refuses NaN, keys that stand twice, NUL and lone surrogates, with 400; more than 1 MiB with 413."""

    media_type = "application/json"

    def parse(
        self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """The object that was sent."""
        request = (parser_context or {})["request"]
        try:
            raw = request._request.body
        except RequestDataTooBig:
            raise Refusal(_("The body is larger than 1 MiB."), status=413, code="too_large") from None
        try:
            found = json.loads(raw.decode(), parse_constant=_no_number, object_pairs_hook=_once)
        except _Unreadable as error:
            raise Refusal(str(error), code="malformed") from None
        except (ValueError, RecursionError):
            raise Refusal(_("The body is not JSON that can be read."), code="malformed") from None
        if not isinstance(found, dict):
            raise Refusal(_("Send one JSON object."), code="malformed")
        return found


def _no_number(name: str) -> Any:
    raise _Unreadable(_("%(name)s is no number that JSON knows.") % {"name": name})


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise _Unreadable(_("“%(name)s” stands twice.") % {"name": name[:80]})
        if not (is_storable(name) and _is_storable(value)):
            raise _Unreadable(_("A text holds a NUL or half a character, which cannot be stored."))
        found[name] = value
    return found


def _is_storable(value: Any) -> bool:
    """What stands in lists is looked at here, what in objects by `_once` of its own."""
    if isinstance(value, list):
        return all(map(_is_storable, value))
    return not isinstance(value, str) or is_storable(value)
