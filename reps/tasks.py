"""Work outside requests. Each task is safe to run twice and at once; what is due stands in PostgreSQL."""

from __future__ import annotations

from celery import shared_task

from reps import idempotency, mail, people, second_factor, throttle
from reps.models import Session


@shared_task(ignore_result=True)
def send_mail() -> int:
    """Send the mails that are due. Beat calls it every few seconds."""
    return mail.send_due()


@shared_task(ignore_result=True)
def tidy() -> dict[str, int]:
    """Once an hour: end the sign-ins of people who have left, forget what is no longer needed."""
    return {
        "left": people.end_signins_of_leavers(),
        "keys": idempotency.forget_old_keys(),
        "attempts": throttle.forget_old_attempts(),
        "mails": mail.forget_old_mails(),
        "resealed": second_factor.reseal(),
        "sessions": Session.objects.run_out().delete()[0],
    }
