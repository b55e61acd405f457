"""Work outside requests. Each task is safe to run twice and at once; what is due stands in PostgreSQL."""

from __future__ import annotations

from celery import shared_task
from django.db import transaction

from deals.imports import batches


@shared_task(ignore_result=True, time_limit=600, soft_time_limit=540)
def run_imports() -> int:
    """Check and write the imports that wait. Beat calls it every half minute, an upload at once."""
    return batches.work_off()


@shared_task(ignore_result=True)
def drop_old_files() -> int:
    """Every quarter of an hour: remove uploaded files nobody came back for."""
    return batches.drop_old()


def wake() -> None:
    """Have the worker look once this transaction is committed; without a broker the next tick finds the work."""
    transaction.on_commit(lambda: run_imports.apply_async(retry=False), robust=True)
