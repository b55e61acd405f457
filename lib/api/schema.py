"""What the schema says of an operation: its words, what it takes and gives, and everything it may refuse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import force_instance
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, inline_serializer
from rest_framework import serializers

from lib.api.fields import Strict
from lib.api.lists import Listing

_ONE = {"activities": "activity"}
_VERBS = {"GET": "show", "POST": "create", "PATCH": "change", "DELETE": "remove"}


class Described(AutoSchema):
    """The schema of our addresses: names for operations, bodies that take no other keys, answers that may leave some out."""

    def get_operation_id(self) -> str:
        """list_deals, show_deal, create_deal, change_deal, deal_close."""
        things, *rest = [part for part in self._tokenize_path() if not part.startswith("{")]
        if self.method == "GET" and not rest and "{" not in self.path:
            return f"list_{things}"
        one = _ONE.get(things, things.removesuffix("s"))
        name = "_".join([one, *rest])
        return name if self.method == "POST" and rest else f"{_VERBS[self.method]}_{name}"

    def get_summary(self) -> str:
        """The first sentence of the method's own words."""
        return str(self.get_description()).split("\n")[0].rstrip(".")

    def _get_request_for_media_type(self, serializer: Any, direction: Any = "request") -> Any:
        """A PATCH whose body says which fields it needs needs them."""
        serializer = force_instance(serializer)
        if self.method == "PATCH" and getattr(serializer, "whole", False):
            return self.resolve_serializer(serializer, direction).ref, True
        return super()._get_request_for_media_type(serializer, direction)

    def _map_basic_serializer(self, serializer: Any, direction: Any) -> Any:
        """No other keys in a body; in an answer every key but those that some callers do not see."""
        schema = super()._map_basic_serializer(serializer, direction)
        if isinstance(serializer, Strict):
            schema["additionalProperties"] = False
            if serializer.partial:
                schema["minProperties"] = 1
        else:
            for field in schema.get("properties", {}).values():
                field.pop("readOnly", None)
            hideable = getattr(serializer, "hideable", ())
            optional = {name for name, field in serializer.fields.items() if not (field.required or field.read_only)}
            schema["required"] = sorted(set(schema["properties"]) - optional - set(hideable))
        return schema


class Said(serializers.Serializer[Any]):
    """What is wrong."""

    code = serializers.CharField(help_text="A word for programs; it does not change.")
    message = serializers.CharField(help_text="A sentence for people, in the language of `Accept-Language`.")
    fields = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField()),
        required=False,
        help_text="What is wrong, by field or parameter.",
    )


class Error(serializers.Serializer[Any]):
    """The one shape of a refusal."""

    error = Said()


class Side(serializers.Serializer[Any]):
    """A field that two wanted to change."""

    yours = serializers.CharField(allow_null=True)
    current = serializers.CharField(allow_null=True)


class StaleSaid(Said):
    """What stands now."""

    version = serializers.IntegerField(required=False, help_text="Send this one if your change still holds.")
    conflict = serializers.DictField(child=Side(), required=False, help_text="Both values of each field you sent.")


class Conflict(serializers.Serializer[Any]):
    """A refusal because of what somebody else did."""

    error = StaleSaid()


_WORDS = {
    400: "The body or a parameter cannot be taken, or a rule forbids it.",
    401: "No token, or one that does not work (any more).",
    403: "A read-only token, or something you may see and not change, or not for you at all.",
    404: "Not there, or not for you to see: both answer alike.",
    405: "This address does not know that method.",
    409: "Somebody else was faster.",
    413: "The body is larger than 1 MiB.",
    415: "The body is not JSON.",
    422: "This `Idempotency-Key` came with another body before.",
    429: "Too many requests within the minute; `Retry-After` says how many seconds to wait.",
}
_ALWAYS = (400, 401, 403, 405, 429)
_KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "pattern": "^[A-Za-z0-9_-]{8,64}$"},
    OpenApiParameter.HEADER,
    description="Send a fresh one with each new thing: a repeated request with it gets the first answer, and writes nothing.",
)


def shows_list(of: type[serializers.Serializer[Any]], listing: Listing, tag: str) -> Callable[[Any], Any]:
    """GET of a list."""
    envelope = inline_serializer(f"{of.__name__}Page", {"results": of(many=True), "next": serializers.URLField(allow_null=True)})
    return extend_schema(tags=[tag], parameters=listing.parameters(), responses={200: envelope, **_refusals(_ALWAYS)})


def shows(of: type[serializers.Serializer[Any]], tag: str) -> Callable[[Any], Any]:
    """GET of one thing."""
    return extend_schema(tags=[tag], responses={200: of, **_refusals((*_ALWAYS, 404))})


def shows_figures(of: type[serializers.Serializer[Any]], parameters: list[OpenApiParameter], tag: str) -> Callable[[Any], Any]:
    """GET of numbers, which parameters ask for."""
    return extend_schema(tags=[tag], parameters=parameters, responses={200: of, **_refusals(_ALWAYS)})


def creates(takes: Any, gives: Any, tag: str) -> Callable[[Any], Any]:
    """POST that makes something, once for each `Idempotency-Key`."""
    refusals = _refusals((*_ALWAYS, 404, 409, 413, 415, 422))
    return extend_schema(tags=[tag], parameters=[_KEY], request=takes, responses={201: gives, **refusals})


def acts(takes: Any, gives: Any, tag: str) -> Callable[[Any], Any]:
    """POST that does something with what is there."""
    refusals = _refusals((*_ALWAYS, 404, 409, 413, 415, 422))
    return extend_schema(tags=[tag], parameters=[_KEY], request=takes, responses={200: gives, **refusals})


def changes(takes: Any, gives: Any, tag: str) -> Callable[[Any], Any]:
    """PATCH."""
    return extend_schema(tags=[tag], request=takes, responses={200: gives, **_refusals((*_ALWAYS, 404, 409, 413, 415))})


def removes(tag: str) -> Callable[[Any], Any]:
    """DELETE."""
    gone = OpenApiResponse(description="Done.")
    return extend_schema(tags=[tag], responses={204: gone, **_refusals((*_ALWAYS, 404, 409, 413))})


def _refusals(statuses: tuple[int, ...]) -> dict[int, OpenApiResponse]:
    return {
        status: OpenApiResponse(Conflict if status == 409 else Error, description=_WORDS[status]) for status in sorted(statuses)
    }
