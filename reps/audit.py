"""The audit trail (TRUST 34): one row for each privileged write, in the transaction of that write.

Rows form a chain: each holds the SHA-256 of the row before and of its own contents, and a head row says where the chain
ends, so a changed, missing or added row is found by `verify()`. Rows hold ids and codes only. Values of persons (a name,
an address, what stood there before) go into `detail`, a side table that an erasure may blank; the row keeps a salted
digest of them, whose salt is blanked too.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, models, transaction

from lib import clock
from lib.text import clean
from reps.models import AuditDetail, AuditEntry, AuditHead, User

# Any number that no other advisory lock of ours uses.
_CHAIN_LOCK = 0x5A1E57EA
START = "0" * 64


@dataclass(frozen=True)
class Break:
    """A row at which the chain does not hold; `entry_id` is None when it is the end that is wrong."""

    entry_id: int | None
    why: str


@dataclass(frozen=True)
class Report:
    """What `verify()` found: rows read, the hash of the last one, and where the chain breaks."""

    rows: int
    last_hash: str
    breaks: tuple[Break, ...]

    @property
    def whole(self) -> bool:
        """No row was changed, removed or added."""
        return not self.breaks


def record(
    *,
    actor: User | None,
    verb: str,
    subject: models.Model | str,
    facts: dict[str, Any] | None = None,
    detail: dict[str, Any] | None = None,
) -> AuditEntry:
    """Write down a privileged act. Must run in the transaction of the act itself.

    `verb` is a code such as "team.move". `subject` is the row acted upon, or the name of a kind of rows. `facts` holds
    ids, codes, dates and counts; `detail` holds values of persons. It waits for other audit rows being written, so call
    it last.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("audit.record() belongs into the transaction of what it records.")
    values = _plain(detail or {})
    salt = secrets.token_hex(16) if values else ""
    entry = AuditEntry(
        at=clock.now(),
        actor=actor,
        verb=verb,
        subject_type=subject if isinstance(subject, str) else subject._meta.model_name or "",
        subject_id="" if isinstance(subject, str) else str(subject.pk),
        facts=_plain(facts or {}) | ({"detail": _digest(salt, values)} if values else {}),
    )
    _append(entry)
    if values:
        AuditDetail.objects.create(entry=entry, values=values, salt=salt)
    return entry


def verify() -> Report:
    """Read the whole chain and report where it does not hold."""
    head = AuditHead.objects.filter(pk=1).first()
    entries = AuditEntry.objects.select_related("detail").order_by("id")
    if head:
        entries = entries.filter(id__lte=head.last_id)
    breaks: list[Break] = []
    rows, previous = 0, START
    for entry in entries.iterator(chunk_size=2000):
        rows += 1
        breaks += (Break(entry.pk, why) for why in _faults(entry, previous))
        previous = entry.row_hash
    breaks += (Break(None, why) for why in _end_faults(head, rows, previous))
    return Report(rows=rows, last_hash=previous, breaks=tuple(breaks))


def blank(entries: models.QuerySet[AuditEntry]) -> int:
    """Erase the values of persons that these rows hold; the chain stays whole. Returns how many were blanked."""
    details = AuditDetail.objects.filter(entry__in=entries, blanked_at=None)
    return details.update(values={}, salt="", blanked_at=clock.now())


def _append(entry: AuditEntry) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_CHAIN_LOCK])
    head = AuditHead.objects.get_or_create(pk=1, defaults={"last_hash": START})[0]
    entry.prev_hash = head.last_hash
    entry.row_hash = _row_hash(entry)
    entry.save(force_insert=True)
    head.rows, head.last_id, head.last_hash = head.rows + 1, entry.pk, entry.row_hash
    head.save(update_fields=["rows", "last_id", "last_hash"])


def _faults(entry: AuditEntry, previous: str) -> Iterator[str]:
    if entry.prev_hash != previous:
        yield "a row before it is missing, added or changed"
    if entry.row_hash != _row_hash(entry):
        yield "the row was changed"
    detail = getattr(entry, "detail", None)
    expected = entry.facts.get("detail") if isinstance(entry.facts, dict) else None
    if expected and detail is None:
        yield "its values were removed"
    elif detail and not detail.blanked_at and expected != _digest(detail.salt, detail.values):
        yield "its values were changed"


def _end_faults(head: AuditHead | None, rows: int, last_hash: str) -> Iterator[str]:
    if head is None:
        if rows:
            yield "the record of where the chain ends is missing"
        return
    if head.rows != rows:
        yield f"{head.rows} rows were written, {rows} are there"
    elif head.last_hash != last_hash:
        yield "the chain does not end where it ended last"


def _row_hash(entry: AuditEntry) -> str:
    at = entry.at.astimezone(UTC).isoformat(timespec="microseconds")
    parts = [at, entry.actor_id, entry.verb, entry.subject_type, entry.subject_id, entry.facts]
    return hashlib.sha256((entry.prev_hash + _canonical(parts)).encode()).hexdigest()


def _digest(salt: str, values: Any) -> str:
    return hashlib.sha256((salt + _canonical(values)).encode()).hexdigest()


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def _plain(value: Any) -> Any:
    """The value as JSON holds it: dates and decimals as text, text without what PostgreSQL refuses."""
    cleaned = json.loads(json.dumps(value, cls=DjangoJSONEncoder), parse_float=str)
    return _clean(cleaned)


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [_clean(item) for item in value]
    if isinstance(value, dict):
        return {clean(key): _clean(item) for key, item in value.items()}
    return value
