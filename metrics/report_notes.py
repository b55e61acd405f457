"""What stands under a report: which night last proved its numbers, and which of them changed after their period was over."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from lib.periods import Period
from metrics.models.rollups import ACTIVE
from metrics.report_cells import is_by_month
from metrics.scopes import Scope
from metrics.sql import document

MOST = 12
# The counts whose changes are written down (metrics/revisions.py).
ACTIVITY_KEYS = tuple(name for name in ACTIVE if name not in ("no_shows", "late_cancels"))


@dataclass(frozen=True)
class Proof:
    """The last business day whose night is done, and when it was."""

    business_day: date
    finished_at: datetime


@dataclass(frozen=True)
class Restated:
    """A value of a closed period that a night found changed: what it was, what it is, since when that is known."""

    name: str
    metric: str
    was: Decimal | None
    value: Decimal | None
    known_at: datetime


@dataclass(frozen=True)
class Notes:
    """`more` says how many restated values there are beyond those told."""

    proof: Proof | None
    restated: Sequence[Restated]
    more: int = 0


_NOTES = """
WITH late AS (
    SELECT * FROM (
        SELECT r.id, r.scope_kind, r.scope_id, r.metric, r.value, r.known_at, r.cause,
               lag(r.value) OVER (PARTITION BY r.metric, r.scope_kind, r.scope_id ORDER BY r.id) AS was,
               row_number() OVER (PARTITION BY r.metric, r.scope_kind, r.scope_id ORDER BY r.id DESC) AS place
        FROM metrics_metricrevision r
        WHERE r.grain = %(grain)s AND r.start_on = %(start_on)s AND r.metric = ANY(%(metrics)s)
          AND (r.scope_kind = 'company' AND %(company)s OR r.scope_kind = 'team' AND r.scope_id = ANY(%(teams)s)
               OR r.scope_kind = 'rep' AND r.scope_id = ANY(%(reps)s))
    ) x WHERE place = 1 AND cause = 'late'
)
SELECT json_build_object(
    'proof', (SELECT json_build_object('day', business_day, 'at', finished_at) FROM metrics_nightrun
              WHERE job = %(job)s AND state = 'done' ORDER BY business_day DESC LIMIT 1),
    'count', (SELECT count(*) FROM late),
    'late', (SELECT json_agg(json_build_object('kind', scope_kind, 'id', scope_id, 'metric', metric, 'value', value, 'was', was,
                    'at', known_at) ORDER BY known_at DESC, id)
             FROM (SELECT * FROM late ORDER BY known_at DESC, id LIMIT %(most)s) l)
)::text
"""


def notes(job: str, span: Period, metrics: Iterable[str], places: Iterable[Scope]) -> Notes:
    """The notes of a report of these scopes, all of which its reader may read. One query."""
    named = {(place.kind.value, place.id): place.title for place in places}
    found = document(
        _NOTES,
        {
            "job": job, "grain": span.grain if is_by_month(span) else "none", "start_on": span.start_on, "metrics": list(metrics),
            "company": ("company", 0) in named, "teams": [pk for kind, pk in named if kind == "team"],
            "reps": [pk for kind, pk in named if kind == "rep"], "most": MOST,
        },
    )  # fmt: skip
    proof = found["proof"]
    late = [_restated(row, named) for row in found["late"] or ()]
    return Notes(
        proof=Proof(date.fromisoformat(proof["day"]), datetime.fromisoformat(proof["at"])) if proof else None,
        restated=late,
        more=found["count"] - len(late),
    )


def _restated(row: dict[str, Any], named: dict[tuple[str, int], str]) -> Restated:
    value, was = (None if row[key] is None else Decimal(row[key]) for key in ("value", "was"))
    return Restated(named[row["kind"], row["id"]], row["metric"], was, value, datetime.fromisoformat(row["at"]))
