"""Builds the demo company in one transaction: the same rows for the same day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import chain, islice
from random import Random
from typing import Any

from django.db import transaction

from dashboard.demo import arcs
from dashboard.demo.calendar import MONTHS, Days, at
from dashboard.demo.market import open_market
from dashboard.demo.plan import monthly_wins
from dashboard.demo.quotas import set_targets
from dashboard.demo.sales import Story, Teller
from dashboard.demo.staff import Staff, hire
from dashboard.demo.touches import Toucher
from deals.bulk import CHUNK, Writer
from reps.holiday_files import shipped
from reps.models import Company, Rep, User

# Leads are kept for a year; what the prospectors did before shows in their activities alone.
LEAD_MONTHS = 12


class NotEmpty(Exception):
    """The database holds a company already."""


@dataclass(frozen=True)
class Built:
    """How much there is."""

    people: int
    deals: int
    leads: int
    activities: int


@transaction.atomic
def build(*, today: date, password_hash: str) -> Built:
    """The demo company as of the morning of `today`. Raises NotEmpty where there is anybody already."""
    if User.objects.exists() or Rep.objects.exists() or Company.objects.filter(set_up_at__isnull=False).exists():
        raise NotEmpty
    rnd = Random(f"Niaga Contoh {today.isoformat()}")  # noqa: S311 - the same company for the same day is the point
    days = Days.around(today, _holidays())
    staff = hire(days=days, rnd=rnd, password_hash=password_hash)
    set_targets(staff, days)
    with Writer(company=staff.company, actor=staff.admin, now=at(today, 0)) as writer:
        market = open_market(staff=staff, writer=writer, days=days, rnd=rnd)
        teller = Teller(staff, market, days, rnd)
        told = chain(
            arcs.stories(teller), teller.closed(monthly_wins(days, rnd)), teller.disqualified(range(MONTHS)), teller.open()
        )
        stories = _write_deals(writer, told)
        leads, activities = _write_touches(writer, staff, days, rnd, stories)
    return Built(len(staff.sellers), len(stories), leads, activities)


def _write_deals(writer: Writer, told: Iterable[Story]) -> list[Story]:
    written: list[Story] = []
    for chunk in _chunks(told, 2000):
        for story, key in zip(chunk, writer.deals([story.deal for story in chunk]), strict=True):
            story.key = key
            story.deal.events = []
        written += chunk
    return written


def _write_touches(writer: Writer, staff: Staff, days: Days, rnd: Random, stories: list[Story]) -> tuple[int, int]:
    toucher = Toucher(staff, days, rnd)
    rows = toucher.leads(range(LEAD_MONTHS - 1, -1, -1))
    keys = list(chain.from_iterable(writer.leads(chunk) for chunk in _chunks(rows, CHUNK)))
    touches: Iterator[dict[str, Any]] = chain(
        chain.from_iterable(map(toucher.about, stories)),
        toucher.booked(stories),
        toucher.prospecting(list(zip(keys, rows, strict=True)), range(MONTHS - 1, -1, -1)),
    )
    return len(rows), sum(len(writer.activities(chunk)) for chunk in _chunks(touches, CHUNK))


def _holidays() -> set[date]:
    return {day.day_on for year in shipped() if year.country == "id" for day in year.read("id").days}


def _chunks(rows: Iterable[Any], size: int) -> Iterator[list[Any]]:
    rows = iter(rows)
    while chunk := list(islice(rows, size)):
        yield chunk
