"""One shape for everything the API refuses: `{"error": {"code", "message", "fields"?, …}}`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, ValidationError
from django.db import IntegrityError, OperationalError
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from rest_framework import exceptions, serializers

from lib.api.answers import answer

_LOCK_NOT_AVAILABLE = "55P03"


class Refusal(exceptions.APIException):
    """A request that is refused with this status, code, message, and what is wrong with which field."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        code: str = "refused",
        fields: Mapping[str, list[str]] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(message, code)
        self.status_code, self.code, self.message = status, code, message
        self.fields, self.more = fields, more


def invalid(fields: Mapping[str, list[str]], message: str = "") -> Refusal:
    """400 for fields that cannot be taken."""
    return Refusal(message or _("Some fields cannot be taken."), code="invalid", fields=fields)


def of_validation(error: ValidationError) -> Refusal:
    """400 for what a rule refused, at its field where it names one."""
    if not hasattr(error, "error_dict"):
        return Refusal(" ".join(error.messages))
    found = dict(error.message_dict)
    general = found.pop("__all__", [])
    return invalid(found, " ".join(general)) if found else Refusal(" ".join(general))


def handle(error: Exception, context: Any) -> HttpResponse | None:
    """The answer to an exception of a view; None for one that is a fault of ours."""
    refusal = _as_refusal(error)
    if refusal is None:
        return None
    said: dict[str, Any] = {"code": refusal.code, "message": refusal.message}
    if refusal.fields:
        said["fields"] = refusal.fields
    response = answer({"error": {**said, **refusal.more}}, status=refusal.status_code)
    for name, value in _headers(error).items():
        response[name] = value
    return response


def _as_refusal(error: Exception) -> Refusal | None:
    if isinstance(error, Refusal):
        return error
    if isinstance(error, ValidationError):
        return of_validation(error)
    if isinstance(error, exceptions.APIException):
        return _of_framework(error)
    if isinstance(error, Http404):
        return Refusal(_("There is nothing here that you may see."), status=404, code="not_found")
    if isinstance(error, PermissionDenied):
        return Refusal(_("You may see this and not change it."), status=403, code="forbidden")
    if isinstance(error, RequestDataTooBig):
        return Refusal(_("The body is larger than 1 MiB."), status=413, code="too_large")
    return _of_database(error)


def _of_database(error: Exception) -> Refusal | None:
    if isinstance(error, IntegrityError):
        return Refusal(
            _("Somebody changed this at the same moment. Read it again, then send your change."), status=409, code="conflict"
        )
    if isinstance(error, OperationalError) and getattr(error.__cause__, "pgcode", None) == _LOCK_NOT_AVAILABLE:
        return Refusal(_("Somebody else is changing this just now. Send it again in a few seconds."), status=409, code="busy")
    return None


_CODES = {400: "malformed", 401: "unauthorized", 403: "forbidden", 404: "not_found", 405: "method_not_allowed",
          415: "unsupported_media_type", 429: "throttled"}  # fmt: skip


def _of_framework(error: exceptions.APIException) -> Refusal:
    """What Django REST framework itself refuses, in our shape."""
    if isinstance(error, exceptions.ValidationError):
        detail = error.detail if isinstance(error.detail, dict) else {serializers.api_settings.NON_FIELD_ERRORS_KEY: error.detail}
        return invalid({name: _flat(said) for name, said in detail.items()})
    message = str(error.detail)
    if error.status_code == 401:
        message = _("Send a token that works: Authorization: Bearer st_….")
    elif error.status_code == 415:
        message = _("Send JSON: Content-Type: application/json.")
    return Refusal(message, status=error.status_code, code=_CODES.get(error.status_code, "refused"))


def _flat(said: Any) -> list[str]:
    if isinstance(said, dict):
        return [f"{name}: {text}" for name, inner in said.items() for text in _flat(inner)]
    return [text for inner in said for text in _flat(inner)] if isinstance(said, list) else [str(said)]


def _headers(error: Exception) -> dict[str, str]:
    headers = {}
    if scheme := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = scheme
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(wait)
    return headers


class TooMany(Refusal):
    """429: the token asked too often; `wait` is the seconds until it may again."""

    def __init__(self, wait: int) -> None:
        super().__init__(_("Too many requests. Wait %(count)d seconds.") % {"count": wait}, status=429, code="throttled")
        self.wait = wait
