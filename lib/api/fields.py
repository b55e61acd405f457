"""Fields that take exactly what the schema says: a number is no text, a text no number, and what is unknown is refused."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from lib.api import answers
from lib.api.errors import invalid
from lib.text import is_storable

MOST_ID = 2**31 - 1
# Years that plans and pasts of a sales team reach; close to the ends of a calendar, arithmetic breaks.
EARLIEST_YEAR, LATEST_YEAR = 1990, 2099
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class Strict(serializers.Serializer[Any]):
    """The keys of a body. One that is not named here, or that this caller may not set, is refused, never ignored."""

    # Whether a change (PATCH) needs the fields that are required, too.
    whole = False

    def __init__(self, *args: Any, forbidden: frozenset[str] = frozenset(), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.forbidden = forbidden

    def to_internal_value(self, data: Any) -> Any:
        """The values, or 400 that names each key in the way."""
        unknown = sorted(set(data) - set(self.fields))
        faults = {name: [_("There is no such field. Fields are: %(names)s.") % {"names": self._names()}] for name in unknown}
        faults |= {name: [_("You may not set this.")] for name in sorted(self.forbidden & set(data))}
        if faults:
            raise invalid(faults)
        return super().to_internal_value(data)

    def _names(self) -> str:
        return ", ".join(sorted(set(self.fields) - self.forbidden))


class Text(serializers.CharField):
    """A text in JSON's sense."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"trim_whitespace": True, **kwargs})

    def to_internal_value(self, data: Any) -> str:
        """The text."""
        if not isinstance(data, str):
            raise serializers.ValidationError(_("Send a text."))
        return super().to_internal_value(data)


class Whole(serializers.IntegerField):
    """A whole number in JSON's sense."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"min_value": 0, "max_value": MOST_ID, **kwargs})

    def to_internal_value(self, data: Any) -> int:
        """The number."""
        if not isinstance(data, int) or isinstance(data, bool):
            raise serializers.ValidationError(_("Send a whole number."))
        return data


class Key(Whole):
    """The id of something."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"min_value": 1, **kwargs})


class Flag(serializers.BooleanField):
    """True or false."""

    def to_internal_value(self, data: Any) -> bool:
        """The truth."""
        if not isinstance(data, bool):
            raise serializers.ValidationError(_("Send true or false."))
        return data


class Choice(serializers.ChoiceField):
    """One of a few words."""

    def to_internal_value(self, data: Any) -> str:
        """The word."""
        if not isinstance(data, str) or data not in self.choices:
            if data == "" and self.allow_blank:
                return ""
            names = ", ".join(map(str, self.choices))
            raise serializers.ValidationError(_("Choose one of: %(names)s.") % {"names": names})
        return data


class Money(serializers.RegexField):
    """An amount as text, such as "10000000" or "99.50", in the currency that stands beside it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(r"^[0-9]{1,14}(\.[0-9]{1,4})?$", **{"max_length": 19, **kwargs})
        self.error_messages["invalid"] = gettext_lazy("Send an amount as text, such as “99.50”.")

    def to_internal_value(self, data: Any) -> Any:
        """The amount."""
        if not isinstance(data, str) or data != data.strip():
            self.fail("invalid")
        return super().to_internal_value(data)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """The amount, once the text passed."""
        value = super().run_validation(data)
        return Decimal(value) if isinstance(value, str) else value


class Day(serializers.DateField):
    """A day as 2026-09-16."""

    def to_internal_value(self, data: Any) -> date:
        """The day."""
        day = as_day(data)
        if day is None:
            raise serializers.ValidationError(_("Send a day such as 2026-09-16, of the years 1990 to 2099."))
        return day


class Instant(serializers.DateTimeField):
    """An instant with its offset from UTC, such as 2026-09-16T03:00:00Z."""

    def to_internal_value(self, data: Any) -> datetime:
        """The instant in UTC."""
        at = as_instant(data)
        if at is None:
            raise serializers.ValidationError(_("Send an instant with its offset, such as 2026-09-16T03:00:00Z."))
        return at

    def to_representation(self, value: Any) -> str | None:
        """In UTC, with Z."""
        return None if value is None else answers.instant(value)


def as_day(typed: Any) -> date | None:
    """The day a text names, or None."""
    if not isinstance(typed, str) or not _DAY.fullmatch(typed) or not typed.isascii():
        return None
    try:
        day = parse_date(typed)
    except ValueError:
        return None
    return day if day is not None and EARLIEST_YEAR <= day.year <= LATEST_YEAR else None


def as_instant(typed: Any) -> datetime | None:
    """The instant in UTC that a text names, or None; one without an offset names none."""
    if not isinstance(typed, str) or not typed.isascii() or not _DAY.match(typed):
        return None
    try:
        at = parse_datetime(typed)
        if at is None or at.tzinfo is None or not EARLIEST_YEAR <= at.year <= LATEST_YEAR:
            return None
        return at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


class Ref(serializers.Serializer[Any]):
    """Something by id and name."""

    id = serializers.IntegerField()
    name = serializers.CharField()

    def to_representation(self, instance: Any) -> dict[str, Any]:
        """Said at once: a page holds hundreds of them."""
        return {"id": instance.pk, "name": instance.name}


@extend_schema_field({"allOf": [{"$ref": "#/components/schemas/Ref"}], "nullable": True})
class SeenRef(serializers.Field):
    """A reference to something that the caller may or may not see; null where they do not, as where there is none.

    `context["seen"]` holds by reference the ids that they see.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(source="*", read_only=True, **kwargs)

    def to_representation(self, value: Any) -> dict[str, Any] | None:
        """Id and name."""
        name = str(self.field_name)
        pk = getattr(value, f"{name}_id")
        return {"id": pk, "name": getattr(value, name).name} if pk in self.context["seen"][name] else None


@extend_schema_field(OpenApiTypes.STR)
class Amount(serializers.Field):
    """An amount of a row as text, with the places of the row's own currency."""

    def __init__(self, name: str, **kwargs: Any) -> None:
        super().__init__(source="*", read_only=True, **kwargs)
        self.name = name

    def to_representation(self, value: Any) -> str | None:
        """Text, or null."""
        return answers.money(getattr(value, self.name), value.currency)


def query_text(params: Mapping[str, str], name: str) -> str:
    """A query parameter's text, or 400 for one that no database can take."""
    text = params[name]
    if not is_storable(text):
        raise invalid({name: [_("This holds a NUL or half a character.")]})
    return text
