"""The audit trail: filtered, paged, and for auditors as a file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import urlencode
from django.views.decorators.http import require_GET

from lib.csv_out import download
from lib.pages import keyset
from lib.periods import midnight
from lib.text import clean_param, int_param
from reps import audit, trail
from reps.gates import gate
from reps.holiday_files import read_day
from reps.models import AuditEntry, User
from reps.requests import Request
from reps.sudo import recent_password_for_file
from reps.views.answers import show


@dataclass(frozen=True)
class Asked:
    """The filters in the address."""

    who: int | None
    verb: str
    day_on: date | None

    @property
    def as_query(self) -> dict[str, str]:
        """The filters as they stand in an address."""
        pairs = {"who": str(self.who or ""), "verb": self.verb, "day": self.day_on.isoformat() if self.day_on else ""}
        return {name: value for name, value in pairs.items() if value}


def _asked(request: Request) -> Asked:
    return Asked(
        who=int_param(request.GET, "who"),
        verb=clean_param(request.GET, "verb", most=40),
        day_on=read_day(clean_param(request.GET, "day", most=10)),
    )


def _found(request: Request, asked: Asked) -> QuerySet[AuditEntry]:
    rows = AuditEntry.objects.visible_to(request.user)
    if asked.who:
        rows = rows.filter(actor=asked.who)
    if asked.verb:
        rows = rows.filter(verb=asked.verb)
    if asked.day_on:
        zone = request.company.zone
        rows = rows.filter(at__gte=midnight(asked.day_on, zone), at__lt=midnight(asked.day_on + timedelta(days=1), zone))
    return rows


@require_GET
@gate(lambda viewer: viewer.reads_everything or viewer.is_manager)
def audit_list(request: Request) -> HttpResponse:
    """Who did what, the latest first; for a manager, to their own people and without values."""
    asked, reads_values = _asked(request), request.user.viewer.reads_everything
    rows = _found(request, asked).select_related("actor", "detail")
    page = keyset(rows, key="id", parse=int, descending=True, cursor=clean_param(request.GET, "after", most=400))
    context: dict[str, Any] = {
        "lines": trail.in_words(page.rows, without_values=not reads_values),
        "reads_values": reads_values,
        "asked": asked,
        "people": User.objects.visible_to(request.user)[:500],
        "verbs": [(verb, str(words)) for verb, words in trail.WORDS.items()],
        "is_filtered": bool(asked.as_query),
        "next_url": page.next_cursor and "?" + urlencode(asked.as_query | {"after": page.next_cursor}),
        "first_url": page.previous_cursor and "?" + urlencode(asked.as_query),
        "csv_query": urlencode(asked.as_query),
        "may_export": request.user.is_auditor,
    }
    return show(request, "reps/audit.html", context)


@require_GET
@gate(lambda viewer: viewer.kind == "auditor")
@recent_password_for_file
def audit_csv(request: Request) -> HttpResponseBase:
    """The trail as a file, hashes included, for an auditor to check elsewhere."""
    asked = _asked(request)
    with transaction.atomic():
        audit.record(actor=request.user, verb="export", subject="audit", facts={"filters": sorted(asked.as_query)})
    header = ("id", "at", "actor_id", "verb", "subject_type", "subject_id", "facts", "prev_hash", "row_hash")
    rows = _found(request, asked).order_by("id").values_list(*header).iterator(chunk_size=2000)
    return download("audit", header, rows)
