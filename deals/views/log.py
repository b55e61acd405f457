"""The log sheet: a channel, an outcome, saved. What it was about and what comes next may be said before or after."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from django.db.models import Q
from django.db.models.functions import Lower
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from deals import dates
from deals.activities import BOOKABLE, OUTCOMES, cancel_activity, edit_activity, log_activity
from deals.changes import change_deal
from deals.days import Refused
from deals.forms.book import LeadForm
from deals.models import Account, Activity, Deal, Lead
from deals.views.log_about import About, about_deal, asked_about, recent_deals
from lib import clock, htmx
from lib.ids import uuid7
from lib.text import clean, clean_line, clean_param
from reps.access import viewer_of
from reps.gates import editable_or_denied, for_those_who_may
from reps.idempotency import idempotent
from reps.requests import Request

# Tiles in their order: channel, icon, the key that chooses it after L.
TILES = (
    ("whatsapp", "whatsapp", "w"), ("call", "telephone", "c"), ("visit", "geo-alt", "v"), ("meeting", "people", "m"),
    ("lead", "person-plus", "d"), ("email", "envelope", "e"), ("note", "sticky", "n"),
)  # fmt: skip


@require_GET
@for_those_who_may("activity.log")
def log_options(request: Request) -> HttpResponse:
    """Open deals, accounts and leads for the picker, as a name is typed."""
    user, typed = request.user, clean_param(request.GET, "q", most=100)
    options: list[dict[str, Any]] = []
    if typed:
        deals = Deal.objects.visible_to(user).open().named_like(typed).select_related("account", "stage").order_by("-pk")[:6]
        options += [{"value": f"deal:{row.pk}", "text": row.name, "note": row.stage.name, "icon": "kanban"} for row in deals]
        accounts = Account.objects.visible_to(user).filter(name__icontains=typed).order_by(Lower("name"), "pk")[:4]
        options += [{"value": f"account:{row.pk}", "text": row.name, "note": row.city, "icon": "building"} for row in accounts]
        leads = Lead.objects.visible_to(user).live().filter(Q(name__icontains=typed) | Q(company_name__icontains=typed))
        options += [
            {"value": f"lead:{row.pk}", "text": row.name, "note": row.company_name, "icon": "funnel"} for row in leads[:4]
        ]
    return render(request, "components/_picker_options.html", {"options": options})


# ── The sheet ───────────────────────────────────────────────────────────────────────────────────────────────────────
def _sheet(
    request: Request, *, about: About | None, refusal: str = "", lead_form: LeadForm | None = None, status: int = 200
) -> HttpResponse:
    params = request.POST if request.method == "POST" else request.GET
    recent, last_channel = ([], "") if about else recent_deals(request)
    asked = clean_param(params, "channel")
    known = [name for name, _icon, _key in TILES]
    channel = asked if asked in known else last_channel if last_channel in known else "whatsapp"
    context: dict[str, object] = {
        "about": about,
        "from_page": about is not None and request.method == "GET",
        "recent": recent,
        "tiles": _tiles(),
        "channel": channel,
        "key": clean_param(request.POST, "key") or str(uuid7()),
        "days": dates.soon(clock.today(request.company.zone)),
        "lead_form": lead_form or _lead_form(request),
        "refusal": refusal,
        "wrote": clean_param(request.GET, "wrote") == "1",
        "typed": request.POST,
    }
    return htmx.page_or_fragment(request, "deals/log.html", "deals/_log.html", context, status=status)


def _tiles() -> list[dict[str, Any]]:
    labels = {**dict(Activity.Channel.choices), "lead": _("Lead")}
    return [
        {
            "value": name, "icon": icon, "key": key, "label": labels[name], "bookable": name in BOOKABLE,
            "outcomes": [(value, Activity.Outcome(value).label) for value in OUTCOMES.get(name, ())],
        }
        for name, icon, key in TILES
    ]  # fmt: skip


@require_http_methods(["GET", "POST"])
@for_those_who_may("activity.log")
@idempotent
def log(request: Request) -> HttpResponse:
    """The sheet; an outcome saves at once. Without script it is a page."""
    about = asked_about(request)
    if request.method == "GET":
        return _sheet(request, about=about)
    if clean_param(request.POST, "channel") == "lead":
        return _log_lead(request)
    try:
        activity = _logged(request, about)
        _set_next_step(request, about.deal if about else None)
    except Refused as refusal:
        return _sheet(request, about=about, refusal=str(refusal), status=422)
    return _after(request, activity, about)


def _logged(request: Request, about: About | None) -> Activity:
    channel, outcome = clean_param(request.POST, "channel"), clean_param(request.POST, "outcome")
    note = clean(request.POST.get("note", ""))[:4000]
    if channel not in OUTCOMES:
        raise Refused(_("Choose what you did: a call, a visit, a message."))
    booked = outcome == "book"
    if not outcome and channel != Activity.Channel.NOTE:
        raise Refused(_("Choose how it went."))
    if channel == Activity.Channel.NOTE and not note.strip():
        raise Refused(_("Write the note first."))
    at = _instant(request, "book_at") if booked else None
    if booked and (at is None or at <= clock.now() or channel not in BOOKABLE):
        raise Refused(_("Choose a day and an hour that are still to come."))
    return log_activity(
        by=request.user, rep=request.user.rep, channel=channel, outcome="" if booked else outcome, booked=booked, note=note,
        key=_key(request), company=request.company, deal=about.deal if about else None, lead=about.lead if about else None,
        account=about.account if about else None, contact=about.contact if about else None, occurred_at=at or clock.now(),
    )  # fmt: skip


def _key(request: Request) -> uuid.UUID | None:
    """The key the sheet or a phone gave the entry."""
    try:
        return uuid.UUID(clean_param(request.POST, "key", most=40))
    except ValueError:
        return None


def _instant(request: Request, name: str) -> datetime | None:
    """A local day and hour of the form as an instant, in the company's zone."""
    try:
        local = datetime.fromisoformat(clean_param(request.POST, name, most=20))
        return local.replace(tzinfo=request.company.zone) if 1990 <= local.year < 2100 else None
    except ValueError:
        return None


def _day(request: Request, name: str) -> date | None:
    try:
        return date.fromisoformat(clean_param(request.POST, name, most=12))
    except ValueError:
        return None


def _set_next_step(request: Request, deal: Deal | None) -> bool:
    """Write the next step that the sheet carries to the deal; True when there was one."""
    text, on = clean_line(request.POST.get("next_text", ""))[:160], _day(request, "next_on") or _day(request, "next_day")
    if deal is None or not (text or on) or deal.owner_id not in viewer_of(request.user).editable_rep_ids:
        return False
    change_deal(
        deal_id=deal.pk, version=None, by=request.user, company=request.company, next_action=text or deal.next_action,
        next_action_on=on,
    )  # fmt: skip
    return True


def _lead_form(request: Request, data: Any = None) -> LeadForm:
    """The lead's fields in the sheet; none is marked as required, since hidden ones would hold up the other tiles."""
    return LeadForm(data, currency=request.company.currency, prefix="lead", use_required_attribute=False)


def _log_lead(request: Request) -> HttpResponse:
    form = _lead_form(request, request.POST)
    if not form.is_valid():
        return _sheet(request, about=None, lead_form=form, status=422)
    made = form.create(request.user)
    text = _("%(name)s is saved as your lead.") % {"name": made.name}
    if not htmx.is_fragment(request):
        htmx.say(request, text)
        return htmx.go(request, "deals:lead", made.pk)
    return render(request, "deals/_log_lead_saved.html", {"lead": made})


# ── After saving ────────────────────────────────────────────────────────────────────────────────────────────────────
def _after(request: Request, activity: Activity, about: About | None) -> HttpResponse:
    """What the sheet shows once it is saved: undo, and all that may still be said."""
    if not htmx.is_fragment(request):
        return htmx.go(request, "deals:log_more", activity.pk)
    response = _more(request, activity, about, note=clean(request.POST.get("note", "")))
    htmx.event(response, "activity-logged")
    if activity.deal_id:
        htmx.event(response, "deal-changed", deal=activity.deal_id)
    return response


def _more(
    request: Request, activity: Activity, about: About | None, *, note: str = "", refusal: Refused | None = None
) -> HttpResponse:
    deal = about.deal if about else None
    context: dict[str, object] = {
        "activity": activity,
        "about": about,
        "recent": [] if about else recent_deals(request)[0],
        "may_plan": deal is not None and deal.is_open and deal.owner_id in viewer_of(request.user).editable_rep_ids,
        "days": dates.soon(clock.today(request.company.zone)),
        "purposes": Activity.Purpose.choices,
        "outcomes": [(value, Activity.Outcome(value).label) for value in OUTCOMES[activity.channel]],
        "refusal": str(refusal) if refusal else "",
        "needs_why": bool(refusal and refusal.needs_why),
        "typed": request.POST if request.method == "POST" and refusal else {},
        "note": request.POST.get("note", "") if refusal else note,
        "local_at": activity.occurred_at.astimezone(request.company.zone).strftime("%Y-%m-%dT%H:%M"),
    }
    return htmx.page_or_fragment(request, "deals/log_more.html", "deals/_log_more.html", context, status=422 if refusal else 200)


def _note_of(activity: Activity) -> str:
    note = getattr(activity, "note", None)
    return note.text if note is not None else ""


def _about_of(request: Request, activity: Activity) -> About | None:
    if activity.deal:
        return about_deal(request, activity.deal)
    if activity.lead:
        return About(f"lead:{activity.lead_id}", activity.lead.name, lead=activity.lead)
    if activity.account:
        return About(f"account:{activity.account_id}", activity.account.name, account=activity.account)
    return None


@require_http_methods(["GET", "POST"])
@for_those_who_may("activity.log")
def log_more(request: Request, pk: uuid.UUID) -> HttpResponse:
    """Say more about what was logged, or correct it: one's own entries only."""
    found = editable_or_denied(Activity, request.user, pk, "deal__contact", "deal__account", "lead", "account", "note")
    if request.method == "GET":
        return _more(request, found, _about_of(request, found), note=_note_of(found))
    about = asked_about(request) or _about_of(request, found)
    try:
        edits = _edits(request, found, about)
        edited = edit_activity(
            activity=found, by=request.user, why=clean_param(request.POST, "why"), company=request.company, **edits
        )
        planned = _set_next_step(request, about.deal if about else None)
    except Refused as refusal:
        return _more(request, found, about, refusal=refusal)
    text = _("Saved, with the next step.") if planned else _("Saved.")
    if not htmx.is_fragment(request):
        htmx.say(request, text)
        return htmx.go(
            request, "deals:detail" if edited.deal_id else "deals:activities", *([edited.deal_id] if edited.deal_id else [])
        )
    response = HttpResponse(status=204)
    for name in ("close-log", "activity-logged"):
        htmx.event(response, name)
    if edited.deal_id:
        htmx.event(response, "deal-changed", deal=edited.deal_id)
    return htmx.toast(response, text)


def _edits(request: Request, found: Activity, about: About | None) -> Any:
    """The corrections the form asks for; fields it does not carry stay as they are."""
    posted, edits = request.POST, dict[str, Any]()
    choices = {"purpose": Activity.Purpose.values, "direction": Activity.Direction.values, "outcome": OUTCOMES[found.channel]}
    for name, allowed in choices.items():
        value = clean_param(posted, name)
        if name in posted and (value in allowed or (value == "" and name == "purpose")):
            edits[name] = value
    if "note" in posted:
        edits["note"] = clean(posted["note"])[:4000]
    if "touch" in posted:
        edits["is_cold"] = posted["touch"] == "cold"
    at = _instant(request, "at")
    if at is not None and at.strftime("%Y-%m-%dT%H:%M") != found.occurred_at.astimezone(request.company.zone).strftime(
        "%Y-%m-%dT%H:%M"
    ):
        edits["occurred_at"] = at
    if about is not None and about.deal and about.deal.pk != found.deal_id:
        edits["deal"] = about.deal
    elif about is not None and about.account and about.account.pk != found.account_id:
        edits["account"] = about.account
    elif about is not None and about.lead and about.lead.pk != found.lead_id:
        edits["lead"] = about.lead
    return edits


@require_POST
@for_those_who_may("activity.log")
def log_undo(request: Request, pk: uuid.UUID) -> HttpResponse:
    """Take an own entry back."""
    found = editable_or_denied(Activity, request.user, pk)
    try:
        cancel_activity(activity=found, by=request.user, why=clean_param(request.POST, "why"), company=request.company)
        text, state = _("Taken back: it counts nowhere."), "good"
    except Refused as refusal:
        text, state = str(refusal), "warning"
    if not htmx.is_fragment(request):
        htmx.say(request, text, state="info")
        return htmx.go(request, "deals:activities")
    response = HttpResponse(status=204)
    for name in ("close-log", "activity-logged"):
        htmx.event(response, name)
    if found.deal_id:
        htmx.event(response, "deal-changed", deal=found.deal_id)
    return htmx.toast(response, text, state=state)
