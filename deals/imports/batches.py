"""Imports from the browser: uploaded, checked by the worker, asked about, written by the worker.

What is to be done stands in the batch row. The worker takes one batch at a time, under a lock that dies with it, so a
batch that a killed worker left half checked or half written is simply begun again; its transaction never happened.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import connection, transaction

from deals.imports import storage
from deals.imports.context import Options, Scope
from deals.imports.files import display_name, inspect
from deals.imports.messages import BadFile
from deals.imports.report import Report
from deals.imports.run import Busy, Stopped, check, write
from deals.imports.shapes import Table, recognise
from deals.models import ImportBatch
from lib import clock
from reps import audit
from reps.models import User

MOST_FILES = 10
MOST_ATTEMPTS = 3
# Any number that no other advisory lock of ours uses.
_WORKER_LOCK = 0x1A9098
State = ImportBatch.State


def receive(*, uploads: Sequence[UploadedFile], currency: str, by: User) -> ImportBatch:
    """Keep uploaded files and queue their check. Raises BadFile, keeping nothing, when one of them is of no use."""
    if len(uploads) > MOST_FILES:
        raise BadFile("too_many_files", most=MOST_FILES)
    kept: list[dict[str, str]] = []
    try:
        for upload in uploads:
            name = display_name(upload.name or "")
            kept.append({"name": name, "token": storage.keep(upload.chunks())})
            recognise(inspect(storage.path(kept[-1]["token"]), name))
    except BadFile:
        storage.drop(file["token"] for file in kept)
        raise
    return ImportBatch.objects.create(
        created_by=by,
        file_names=[file["name"] for file in kept],
        options={"files": kept, "currency": currency, "answers": {}, "queued_at": clock.now().isoformat()},
    )


def answer(*, batch: ImportBatch, given: dict[str, Any], by: User) -> bool:
    """Add a person's answers and have the files checked again; False when the batch waits for no answer any more.

    `given` may hold `currency`, `money`, `dates` and `answers` (by kind and name).
    """
    with transaction.atomic():
        locked = ImportBatch.objects.select_for_update().get(pk=batch.pk)
        if locked.state not in (State.ASKING, State.READY):
            return False
        answers = {kind: dict(names) for kind, names in locked.options.get("answers", {}).items()}
        for kind, names in given.pop("answers", {}).items():
            answers.setdefault(kind, {}).update(names)
        _queue(locked, State.UPLOADED, {**given, "answers": answers})
    return True


def order_write(*, batch: ImportBatch, skip_bad: bool, by: User) -> bool:
    """Have a checked batch written; False when it is not ready any more. With refused rows `skip_bad` must be said."""
    with transaction.atomic():
        locked = ImportBatch.objects.select_for_update().get(pk=batch.pk)
        if locked.state != State.READY or (locked.report.get("problems") and not skip_bad):
            return False
        _queue(locked, State.WRITING, {"skip_bad": skip_bad})
    return True


def discard(*, batch: ImportBatch, by: User) -> bool:
    """Give the import up and remove its files; False when it is being written or over."""
    with transaction.atomic():
        locked = ImportBatch.objects.select_for_update().get(pk=batch.pk)
        if locked.state in (State.WRITING, State.DONE, State.FAILED):
            return False
        _finish(locked, State.FAILED, {"failed": ["discarded", {}]})
        audit.record(actor=by, verb="import.discard", subject=locked)
    return True


def work_off() -> int:
    """Do everything that is due, one batch after the other; returns how many were worked on.

    Does nothing while another worker is at it. Safe to be called at any time, and twice.
    """
    done = 0
    with _alone() as is_alone:
        while is_alone and (batch := ImportBatch.objects.due().first()):
            try:
                _work(batch)
            except Busy:
                break
            done += 1
    return done


def drop_old() -> int:
    """Remove files older than a week, and give up imports that waited so long for an answer; returns how many files."""
    waiting = ImportBatch.objects.filter(created_at__lt=clock.now() - storage.KEPT, state__in=(State.ASKING, State.READY))
    for batch in waiting.order_by("pk"):
        with transaction.atomic():
            _finish(batch, State.FAILED, {"failed": ["waited_too_long", {}]})
    return storage.drop_old()


def errors_path(batch: ImportBatch) -> Any:
    """The file with every refused row, or None when there is none any more."""
    token = batch.report.get("errors", "")
    found = storage.path(token) if token else None
    return found if found is not None and found.is_file() else None


def waits_since(batch: ImportBatch) -> datetime:
    """When the batch was last given to the worker."""
    return datetime.fromisoformat(batch.options.get("queued_at") or batch.created_at.isoformat())


def _queue(batch: ImportBatch, state: str, options: dict[str, Any]) -> None:
    batch.state = state
    batch.rows_done = 0
    batch.options = {**batch.options, **options, "attempts": 0, "queued_at": clock.now().isoformat()}
    batch.save(update_fields=["state", "rows_done", "options"])


@contextmanager
def _alone() -> Iterator[bool]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_WORKER_LOCK])
        is_alone = bool(cursor.fetchone()[0])
    try:
        yield is_alone
    finally:
        if is_alone:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_WORKER_LOCK])


def _work(batch: ImportBatch) -> None:
    """Check or write one batch. A batch that failed three times without a word is given up."""
    attempts = batch.options.get("attempts", 0) + 1
    if attempts > MOST_ATTEMPTS:
        _finish(batch, State.FAILED, {"failed": ["gave_up", {}]})
        return
    if not _may_still(batch.created_by):
        _finish(batch, State.FAILED, {"failed": ["right_lost", {}]})
        return
    is_write = batch.state == State.WRITING
    batch.options["attempts"] = attempts
    batch.state = batch.state if is_write else State.CHECKING
    batch.save(update_fields=["state", "options"])
    try:
        (_write if is_write else _check)(batch)
    except BadFile as problem:
        _finish(batch, State.FAILED, {"failed": [problem.code, problem.facts]})
    except Busy:
        batch.options["attempts"] = attempts - 1
        batch.save(update_fields=["options"])
        raise


def _may_still(user: User | None) -> bool:
    return user is not None and user.is_active and user.viewer.may("import.run")


def _check(batch: ImportBatch) -> None:
    with _Progress(batch) as progress:
        report = check(_tables(batch), options=_options(batch), scope=Scope(batch.created_by), progress=progress)
    _keep_report(batch, report)


def _write(batch: ImportBatch) -> None:
    try:
        with _Progress(batch) as progress, transaction.atomic():
            report = write(_tables(batch), options=_options(batch), scope=Scope(batch.created_by), batch=batch, progress=progress)
            if not report.changes_nothing:
                _finish(batch, State.DONE, {**report.as_json(), **_errors(batch, report)})
    except Stopped as stopped:
        # Something changed since the check: what was known then is not known now, or belongs to somebody else.
        _keep_report(batch, stopped.report)
        return
    if report.changes_nothing:
        _finish(batch, State.DONE, {**report.as_json(), **_errors(batch, report)})


def _keep_report(batch: ImportBatch, report: Report) -> None:
    storage.drop(filter(None, [batch.report.get("errors")]))
    asks = report.questions or report.customs
    batch.state = State.ASKING if asks else State.READY
    batch.report = {**report.as_json(), **_errors(batch, report)}
    batch.options["attempts"] = 0
    batch.save(update_fields=["state", "report", "options"])


def _errors(batch: ImportBatch, report: Report) -> dict[str, str]:
    """Keep the refused rows in a file, each a line of JSON."""
    if not report.problems.count:
        return {}
    return {"errors": storage.keep((json.dumps(asdict(problem)) + "\n").encode() for problem in report.problems)}


def _finish(batch: ImportBatch, state: str, report: dict[str, Any]) -> None:
    """The end of a batch, for better or worse; its files are not needed any more."""
    batch.state, batch.finished_at = state, clock.now()
    batch.report = {**batch.report, **report} if state == State.FAILED else report
    batch.save(update_fields=["state", "finished_at", "report"])
    tokens = [file["token"] for file in batch.options.get("files", ())]
    transaction.on_commit(lambda: storage.drop(tokens))


def _tables(batch: ImportBatch) -> list[Table]:
    tables = []
    for file in batch.options["files"]:
        path = storage.path(file["token"])
        if not path.is_file():
            raise BadFile("gone", file=file["name"])
        tables.append(recognise(inspect(path, file["name"])))
    return tables


def _options(batch: ImportBatch) -> Options:
    kept = batch.options
    return Options(
        currency=kept.get("currency", ""), money=kept.get("money", ""), dates=kept.get("dates", ""),
        skip_bad=bool(kept.get("skip_bad")), answers=kept.get("answers", {}),
    )  # fmt: skip


class _Progress:
    """Writes how far a batch is, at most twice a second, over a connection of its own: the import's own transaction
    shows nothing to anybody before it ends."""

    def __init__(self, batch: ImportBatch) -> None:
        self._pk = batch.pk
        self._next = 0.0

    def __enter__(self) -> _Progress:
        self._connection = connection.copy()
        return self

    def __exit__(self, *_: Any) -> None:
        self._connection.close()

    def __call__(self, done: int, total: int) -> None:
        if time.monotonic() < self._next and done < total:
            return
        self._next = time.monotonic() + 0.5
        with self._connection.cursor() as cursor:
            cursor.execute("UPDATE deals_importbatch SET rows_done = %s, rows_total = %s WHERE id = %s", [done, total, self._pk])
