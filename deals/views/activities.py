"""What was done: the list of activities, its file, and the meetings that wait for an outcome."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from deals.activities import OUTCOMES, cancel_activity, edit_activity, move_meeting
from deals.columns import ACTIVITY_COLUMNS
from deals.days import Refused
from deals.exports import note_export
from deals.models import Activity
from deals.models.activities import reads_content
from lib import clock, htmx
from lib.csv_out import download
from lib.pages import as_instant, keyset
from lib.periods import containing
from lib.text import clean_param, int_param
from reps.access import Viewer, viewer_of
from reps.gates import editable_or_denied, for_sales, for_those_who_may
from reps.models import Company, Rep
from reps.requests import Request
from reps.sudo import recent_password_for_file

_WHENS = {
    "today": gettext_lazy("Today"),
    "yesterday": gettext_lazy("Yesterday"),
    "week": gettext_lazy("This week"),
    "month": gettext_lazy("This month"),
}
# So many booked meetings stand above the list; the rest are in it.
BOOKED = 12


@dataclass(frozen=True)
class Asked:
    """What the address asks for."""

    whose: str = ""
    channel: str = ""
    when: str = ""
    on: str = ""
    rep: int | None = None

    def link(self, **change: Any) -> str:
        """The address with something changed, from its first page."""
        kept = {name: value for name, value in asdict(replace(self, **change)).items() if value}
        return f"?{urlencode(kept)}"


@dataclass(frozen=True)
class Row:
    """An activity; `note` and `contact` are empty for who may not read its content."""

    activity: Activity
    note: str
    contact: str
    is_mine: bool


def _asked(request: Request) -> Asked:
    params, viewer = request.GET, viewer_of(request.user)
    whose, channel, when = (clean_param(params, name, most=12) for name in ("whose", "channel", "when"))
    on = clean_param(params, "on", most=10)
    return Asked(
        whose=whose if whose in ("mine", "all") and viewer.rep_id is not None else "",
        channel=channel if channel in Activity.Channel.values else "",
        when=when if when in _WHENS else "",
        on=on if _day(on) else "",
        rep=int_param(params, "rep"),
    )


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 1990 <= day.year < 2100 else None


def _span(asked: Asked, today: date) -> tuple[date, date] | None:
    """The days [start, end) asked for."""
    if asked.on and (day := _day(asked.on)):
        return day, day + timedelta(days=1)
    if asked.when in ("today", "yesterday"):
        start = today - timedelta(days=asked.when == "yesterday")
        return start, start + timedelta(days=1)
    if asked.when:
        period = containing(today, asked.when)
        return period.start_on, period.end_on
    return None


def _rows(request: Request, asked: Asked) -> QuerySet[Activity]:
    """Own activities for a rep, everybody's one sees for who leads or reads; as far as the address narrows them."""
    viewer, today = viewer_of(request.user), clock.today(request.company.zone)
    rows = Activity.objects.visible_to(request.user).standing()
    if _only_mine(asked, viewer):
        rows = rows.filter(rep=viewer.rep_id)
    exact = {"rep": asked.rep, "channel": asked.channel}
    rows = rows.filter(**{name: value for name, value in exact.items() if value})
    span = _span(asked, today)
    return rows.filter(occurred_on__gte=span[0], occurred_on__lt=span[1]) if span else rows


def _only_mine(asked: Asked, viewer: Viewer) -> bool:
    if asked.whose:
        return asked.whose == "mine"
    return viewer.rep_id is not None and not viewer.is_manager and asked.rep is None


def _chips(request: Request, asked: Asked) -> list[dict[str, Any]]:
    chips = [
        {"label": label, "on": asked.channel == value, "url": asked.link(channel="" if asked.channel == value else value)}
        for value, label in Activity.Channel.choices
    ]
    if asked.rep:
        name = Rep.objects.visible_to(request.user).filter(pk=asked.rep).values_list("name", flat=True).first()
        chips.insert(0, {"label": name or _("no longer there"), "on": True, "url": asked.link(rep=None)})
    if asked.on:
        chips.insert(0, {"label": asked.on, "on": True, "url": asked.link(on="")})
    return chips


def _whens(asked: Asked) -> list[dict[str, Any]]:
    return [
        {"label": label, "on": asked.when == when, "url": asked.link(when="" if asked.when == when else when, on="")}
        for when, label in _WHENS.items()
    ]


def _read(row: Activity, viewer: Viewer) -> Row:
    reads = reads_content(viewer, row.rep_id)
    note = getattr(row, "note", None) if reads else None
    return Row(row, note.text if note else "", row.contact.name if reads and row.contact else "", row.rep_id == viewer.rep_id)


@require_GET
@for_sales
def activities(request: Request) -> HttpResponse:
    """The list, newest first, under the meetings that lie ahead or wait for an outcome."""
    viewer, asked, now = viewer_of(request.user), _asked(request), clock.now()
    page = keyset(
        _rows(request, asked).filter(occurred_at__lte=now).select_related("rep", "deal", "account", "lead", "contact", "note"),
        key="occurred_at", parse=as_instant, descending=True, cursor=clean_param(request.GET, "after", most=400),
    )  # fmt: skip
    context = {
        "rows": [_read(row, viewer) for row in page],
        "booked": _booked(request, asked),
        "booked_is_mine": asked.rep in (None, viewer.rep_id),
        "reads_booked": asked.rep is None or reads_content(viewer, asked.rep),
        "now": now,
        "asked": asked,
        "chips": _chips(request, asked),
        "whens": _whens(asked),
        "is_mine": _only_mine(asked, viewer),
        "picks_person": not _only_mine(asked, viewer),
        "carried": {name: value for name, value in asdict(replace(asked, on="", when="", rep=None)).items() if value},
        "mine_url": asked.link(whose="mine", rep=None),
        "all_url": asked.link(whose="all"),
        "next_url": page.next_cursor and f"{asked.link()}&after={page.next_cursor}",
        "previous_url": page.previous_cursor and f"{asked.link()}&after={page.previous_cursor}",
        "first_url": page.previous_cursor and asked.link(),
        "query": asked.link(),
        "is_filtered": asked != Asked(),
        "today": clock.today(request.company.zone),
    }
    return htmx.page_or_fragment(request, "deals/activities.html", "deals/_activities.html", context)


def _booked(request: Request, asked: Asked) -> list[Activity]:
    """Meetings without an outcome, the longest waiting first: the person's own, or those of the rep asked for."""
    whose = (
        Activity.objects.visible_to(request.user).filter(rep=asked.rep)
        if asked.rep
        else Activity.objects.editable_by(request.user)
    )
    rows = whose.standing().exclude(booked_at=None).filter(outcome="")
    return list(rows.select_related("deal", "account", "lead", "contact").order_by("occurred_at", "pk")[:BOOKED])


# ── Outcomes of booked meetings ─────────────────────────────────────────────────────────────────────────────────────
@require_POST
@for_those_who_may("activity.log")
def activity_outcome(request: Request, pk: uuid.UUID) -> HttpResponse:
    """How a booked meeting went: held, nobody came, or moved to another time."""
    found = editable_or_denied(Activity, request.user, pk)
    outcome = clean_param(request.POST, "outcome")
    try:
        if outcome == Activity.Outcome.RESCHEDULED:
            moved = move_meeting(activity=found, by=request.user, to=_moved_to(request, request.company), company=request.company)
            text = _("Moved. It stands in your bookings, and counts as one meeting.")
            return _told(request, text, moved)
        if outcome == "cancel":
            cancelled = cancel_activity(activity=found, by=request.user, company=request.company)
            return _told(request, _("Called off. It is not counted as held."), cancelled)
        if outcome not in OUTCOMES[found.channel]:
            raise Refused(_("Choose how it went."))
        edited = edit_activity(
            activity=found, by=request.user, outcome=outcome, company=request.company, occurred_at=_started(found)
        )
        return _told(request, _("Saved."), edited)
    except Refused as refusal:
        htmx.say(request, str(refusal), state="warning")
        return htmx.go(request, "deals:activities")


def _started(found: Activity) -> datetime:
    """When it happened: as booked, or now where somebody came early."""
    return min(found.occurred_at, clock.now())


def _moved_to(request: Request, company: Company) -> datetime:
    try:
        local = datetime.fromisoformat(clean_param(request.POST, "to", most=20))
        if not 1990 <= local.year < 2100:
            raise ValueError
        return local.replace(tzinfo=company.zone)
    except ValueError:
        raise Refused(_("Choose the new day and hour.")) from None


def _told(request: Request, text: str, activity: Activity) -> HttpResponse:
    """After a held meeting the next step is asked for on the deal's page; else back to the list."""
    htmx.say(request, text)
    if activity.deal_id and activity.outcome == Activity.Outcome.HELD:
        return htmx.go(request, "deals:detail", activity.deal_id)
    return htmx.go(request, "deals:activities")


# ── File ────────────────────────────────────────────────────────────────────────────────────────────────────────────
@require_GET
@for_those_who_may("deal.export")
@recent_password_for_file
def activities_csv(request: Request) -> HttpResponseBase:
    """The list as a file; notes and contacts only of what this person may read."""
    asked, viewer = _asked(request), viewer_of(request.user)
    note_export(request, "activities", asdict(asked))
    related = ("rep", "deal", "account", "lead", "contact", "note")
    found: Iterable[Activity] = (
        _rows(request, asked).select_related(*related).order_by("occurred_at", "pk").iterator(chunk_size=2000)
    )
    return download("activities", ACTIVITY_COLUMNS, (_as_line(_read(row, viewer)) for row in found))


def _as_line(row: Row) -> Sequence[Any]:
    each, deal = row.activity, row.activity.deal
    return (
        each.external_id or str(each.pk), each.rep, each.occurred_at, each.ended_at, each.channel, each.purpose, each.direction,
        each.outcome, each.is_cold, (deal.external_id or f"D{deal.pk}") if deal else "", deal.name if deal else "", each.account,
        row.contact, each.lead, each.booked_at, each.cancelled_at, row.note,
    )  # fmt: skip
