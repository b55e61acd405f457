"""Wakes the night. What is due stands in PostgreSQL; a lost message costs at most five minutes."""

from __future__ import annotations

from datetime import date

from celery import shared_task

from metrics import night


@shared_task(acks_late=True, ignore_result=True)
def run_due_nights() -> int:
    """Do the business days that are due; returns how many values changed."""
    return night.run_due().written


@shared_task(acks_late=True, ignore_result=True)
def run_night(day: str) -> int:
    """Do one business day again, as an admin asked; returns how many values changed."""
    return night.run_day(date.fromisoformat(day)).written
