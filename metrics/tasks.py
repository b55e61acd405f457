"""Wakes the night. What is due stands in PostgreSQL; a lost message costs at most five minutes."""

from __future__ import annotations

from datetime import date

from celery import shared_task

from metrics import night


# Safe to deliver again when a worker dies with it: each run is one transaction, and its row counts the attempts.
@shared_task(acks_late=True, reject_on_worker_lost=True, ignore_result=True)
def run_due_nights() -> int:
    """Do the business days that are due; returns how many values changed."""
    return night.run_due().written


# Safe to deliver again when a worker dies with it: each run is one transaction, and its row counts the attempts.
@shared_task(acks_late=True, reject_on_worker_lost=True, ignore_result=True)
def run_night(day: str) -> int:
    """Do one business day again, as an admin asked; returns how many values changed."""
    return night.run_day(date.fromisoformat(day)).written
