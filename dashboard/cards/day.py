"""How a rep's day is shown: lines with the buttons to act on them, and the week as it was logged."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboard.panels.day import Booking, Day, Line
from deals.models import Activity, Contact
from deals.whatsapp import reach
from lib.charts import Column
from lib.templatetags.ui import day_short

CHANNEL_ICONS = {
    Activity.Channel.WHATSAPP: "whatsapp",
    Activity.Channel.CALL: "telephone",
    Activity.Channel.VISIT: "geo-alt",
    Activity.Channel.MEETING: "people",
    Activity.Channel.EMAIL: "envelope",
    Activity.Channel.MESSAGE: "chat-dots",
    Activity.Channel.NOTE: "sticky",
}


@dataclass(frozen=True)
class Step:
    """A next step: when it is due in words, and how to reach the person."""

    line: Line
    due: str
    state: str
    whatsapp_url: str


@dataclass(frozen=True)
class Meeting:
    """A booking with its icon, and whether it already lies behind."""

    booking: Booking
    icon: str
    channel: str
    is_past: bool


@dataclass(frozen=True)
class Logged:
    """How often one channel was used."""

    label: str
    icon: str
    count: int


@dataclass(frozen=True)
class DayCard:
    """What the template needs."""

    steps: tuple[Step, ...]
    meetings: tuple[Meeting, ...]
    logged: tuple[Logged, ...]
    columns: tuple[Column, ...]
    earlier: int


def card(found: Day, *, me: str, company: str, today: date) -> DayCard:
    """The cards of one rep's day."""
    monday = today - timedelta(days=today.weekday())
    return DayCard(
        steps=tuple(_step(line, me, company, today) for line in found.steps.lines),
        meetings=tuple(_meeting(booking, today) for booking in found.bookings),
        logged=tuple(
            Logged(str(channel.label), CHANNEL_ICONS[channel], found.by_channel[channel])
            for channel in CHANNEL_ICONS
            if found.by_channel.get(channel)
        ),
        columns=tuple(_columns(found, monday, today)),
        earlier=sum(found.by_day.get(monday - timedelta(days=7 - at), 0) for at in range(today.weekday() + 1)),
    )


def _step(line: Line, me: str, company: str, today: date) -> Step:
    days = (today - (line.step_on or today)).days
    if days > 0:
        due, state = ngettext("%(days)s\u00a0day late", "%(days)s\u00a0days late", days) % {"days": days}, "bad"
    elif days == 0:
        due, state = _("today"), "strong"
    else:
        due, state = day_short(line.step_on or today), "muted"
    person = reach(Contact(name=line.contact, phone=line.phone), me=me, company=company)
    return Step(line, due, state, person.whatsapp_url if person else "")


def _meeting(booking: Booking, today: date) -> Meeting:
    channel = Activity.Channel(booking.channel)
    return Meeting(booking, CHANNEL_ICONS[channel], str(channel.label), booking.on < today)


def _columns(found: Day, monday: date, today: date) -> Iterable[Column]:
    """The working week, and its end where something was logged; days to come are empty."""
    days = [monday + timedelta(days=at) for at in range(7)]
    for on in days:
        count = found.by_day.get(on, 0)
        if on.weekday() > 4 and not count:
            continue
        tone = "accent" if on == today else "n1"
        yield Column(float(count), date_format(on, "D"), str(count) if on <= today else "", tone=tone)
