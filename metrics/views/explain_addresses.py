"""Addresses of explanations, and the choice of the day by which a number is to be known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlencode

from django.urls import reverse

from lib import clock
from lib.periods import Period
from metrics.rows import Question


@dataclass(frozen=True)
class Picker:
    """What the form "as known on" carries along, the day chosen and the last it may be; `now_url` leads back."""

    action: str
    carried: list[tuple[str, str]]
    day: date | None
    last: date
    now_url: str


def address(name: str, question: Question, period: Period, **more: str) -> str:
    """Where a question is answered, its day and state of knowledge kept; `more` without a value is left out."""
    kept = _asked(question, period.label)
    if question.at.known_at:
        kept["known_at"] = question.at.known_at.isoformat()
    return f"{reverse(name)}?{urlencode({**kept, **{key: value for key, value in more.items() if value}})}"


def picker(question: Question, **more: str) -> Picker:
    """For the number of this question."""
    asked = {**_asked(question, question.span.label), **more}
    today, known = clock.today(question.company.zone), question.at.known_at
    return Picker(
        action=reverse("metrics:explain"),
        carried=list(asked.items()),
        day=(known - timedelta(microseconds=1)).astimezone(question.company.zone).date() if known else None,
        last=today - timedelta(days=1),
        now_url=f"{reverse('metrics:explain')}?{urlencode(asked)}",
    )


def _asked(question: Question, period: str) -> dict[str, str]:
    asked = {"metric": question.metric.key, "scope": question.scope.key, "period": period}
    if question.deal_type:
        asked["type"] = question.deal_type
    if question.at.day != clock.today(question.company.zone):
        asked["as_of"] = question.at.day.isoformat()
    return asked
