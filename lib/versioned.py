"""Dated facts that are corrected by a new row, never in place (membership, role, lead, credit)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar, Self

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import Q

from lib import clock


def since(start: date | None = None, end: date | None = None) -> DateRange:
    """The days [start, end); None on a side means ever."""
    return DateRange(start, end, "[)")


class VersionedQuerySet(models.QuerySet[Any]):
    """Words for reading dated facts."""

    def current(self) -> Self:
        """Rows not replaced by a later correction, whatever days they speak of."""
        return self.filter(superseded_at=None)

    def on(self, day: date) -> Self:
        """Rows that hold on that day, as known now."""
        return self.current().filter(valid__contains=day)

    def as_known(self, day: date, instant: datetime) -> Self:
        """Rows that held on that day as they were known at that instant."""
        known = Q(recorded_at__lte=instant) & (Q(superseded_at=None) | Q(superseded_at__gt=instant))
        return self.filter(known, valid__contains=day)


class Versioned(models.Model):
    """A fact with the days it holds for. The only update allowed is `superseded_at`, once: a trigger refuses others."""

    valid = DateRangeField()
    recorded_at = models.DateTimeField(default=clock.now)
    superseded_at = models.DateTimeField(null=True, blank=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=200, blank=True)

    # Fields that say whom the fact is about; rows of one subject never overlap while current.
    SUBJECT: ClassVar[tuple[str, ...]] = ()

    objects = VersionedQuerySet.as_manager()

    class Meta:
        abstract = True


def no_overlap(name: str, *subject: str) -> ExclusionConstraint:
    """The exclusion constraint by which current rows of one subject never overlap."""
    pairs = [(field, RangeOperators.EQUAL) for field in subject]
    return ExclusionConstraint(
        name=name, expressions=[*pairs, ("valid", RangeOperators.OVERLAPS)], condition=Q(superseded_at=None)
    )


def revise(
    model: type[Versioned],
    *,
    subject: dict[str, Any],
    start: date | None,
    end: date | None = None,
    values: dict[str, Any] | None,
    actor: Any,
    reason: str = "",
) -> Versioned | None:
    """Make `values` hold for the subject on [start, end); with `values=None` nothing holds there.

    Current rows that overlap are superseded and come back cut to the days before and after. Must run in a
    transaction; locks the subject's current rows. Returns the new row, or None. A revision that changes nothing
    writes nothing.
    """
    now = clock.now()
    rows = list(model.objects.current().select_for_update().filter(**subject, valid__overlap=since(start, end)).order_by("pk"))
    if values is not None and len(rows) == 1 and _covers(rows[0].valid, start, end) and _says(rows[0], values):
        return rows[0]
    for row in rows:
        model.objects.filter(pk=row.pk).update(superseded_at=now)
        kept = {field.name: getattr(row, field.name) for field in model._meta.concrete_fields}
        for drop in ("id", "superseded_at", "recorded_at", "valid"):
            kept.pop(drop, None)
        if start is not None and (row.valid.lower is None or row.valid.lower < start):
            model.objects.create(**kept, valid=since(row.valid.lower, start), recorded_at=now)
        if end is not None and (row.valid.upper is None or row.valid.upper > end):
            model.objects.create(**kept, valid=since(end, row.valid.upper), recorded_at=now)
    if values is None:
        return None
    return model.objects.create(**subject, **values, valid=since(start, end), recorded_at=now, actor=actor, reason=reason)


def _says(row: Versioned, values: dict[str, Any]) -> bool:
    return all(getattr(row, name) == value for name, value in values.items())


def _covers(valid: DateRange, start: date | None, end: date | None) -> bool:
    begins = valid.lower is None or (start is not None and valid.lower <= start)
    ends = valid.upper is None or (end is not None and valid.upper >= end)
    return begins and ends
