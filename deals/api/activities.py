"""`/activities/`: what was done. Colleagues see that it was; its content only who may read it (TRUST)."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.utils.translation import gettext as _
from rest_framework import serializers

from deals.activities import BOOKABLE, cancel_activity, edit_activity, log_activity, move_meeting
from deals.api.base import SalesView
from deals.models import Account, Activity, Contact, Deal, Lead
from deals.models.activities import reads_content
from lib import clock
from lib.api import lists, schema
from lib.api.answers import answer, nothing
from lib.api.errors import invalid
from lib.api.fields import Choice, Flag, Instant, Key, Ref, SeenRef, Strict, Text
from lib.api.lists import Listing, Order
from lib.pages import as_instant
from reps.access import Viewer
from reps.api.base import Shown, chosen, company_of, found_or_404, may, once, sales

TAG = "activities"
_ABOUT: dict[str, Any] = {"deal": Deal, "lead": Lead, "account": Account}


class ActivityOut(Shown):
    """An act of a rep, or one booked for later. `note` and `contact` are left out for who may not read its content.

    `deal`, `lead` and `account` are null also where the caller may not see them.
    """

    hideable: ClassVar = ("contact", "note")
    guarded: ClassVar = _ABOUT

    id = serializers.UUIDField()
    rep = Ref()
    channel = serializers.ChoiceField(Activity.Channel.choices)
    outcome = serializers.ChoiceField([("", ""), *Activity.Outcome.choices])
    purpose = serializers.ChoiceField([("", ""), *Activity.Purpose.choices])
    direction = serializers.ChoiceField(Activity.Direction.choices)
    is_cold = serializers.BooleanField()
    deal = SeenRef()
    lead = SeenRef()
    account = SeenRef()
    contact = Ref(allow_null=True)
    note = serializers.SerializerMethodField()
    booked_at = Instant(allow_null=True)
    occurred_at = Instant()
    occurred_on = serializers.DateField()
    ended_at = Instant(allow_null=True)
    recorded_at = Instant()
    external_id = serializers.CharField()

    def get_note(self, row: Activity) -> str:
        """What was written down."""
        note = getattr(row, "note", None)
        return note.text if note is not None else ""

    def hidden(self, row: Activity, viewer: Viewer) -> tuple[str, ...]:
        """Content is the rep's, their managers' and an auditor's."""
        return () if reads_content(viewer, row.rep_id) else ("contact", "note")


class ActivityChanges(Strict):
    """What may be corrected."""

    outcome = Choice(Activity.Outcome.choices, required=False)
    purpose = Choice(Activity.Purpose.choices, required=False, allow_blank=True)
    direction = Choice(Activity.Direction.choices, required=False)
    is_cold = Flag(required=False)
    deal = Key(allow_null=True, required=False)
    lead = Key(allow_null=True, required=False)
    account = Key(allow_null=True, required=False)
    contact = Key(allow_null=True, required=False)
    note = Text(max_length=4000, allow_blank=True, required=False, trim_whitespace=False)
    occurred_at = Instant(required=False, help_text="When it starts or started; now unless given.")
    ended_at = Instant(allow_null=True, required=False)
    why = Text(max_length=200, allow_blank=True, required=False, help_text="Kept where a closed month changes.")


class ActivityIn(ActivityChanges):
    """An act of the caller. With `booked` it lies ahead and has no outcome yet."""

    id = serializers.UUIDField(required=False, help_text="A key that the sender made: sent twice, it is written once.")
    channel = Choice(Activity.Channel.choices)
    booked = Flag(required=False)


class MoveIn(Strict):
    """When it takes place instead."""

    to = Instant()


ACTIVITIES = Listing(
    orders={"occurred_at": Order("occurred_at", as_instant)},
    usual="-occurred_at",
    filters={
        "rep": lists.number("rep", "Acts of that rep."),
        "channel": lists.word("channel", Activity.Channel.values, "Through that channel."),
        "outcome": lists.word("outcome", Activity.Outcome.values, "With that outcome."),
        "purpose": lists.word("purpose", Activity.Purpose.values, "With that purpose."),
        "deal": lists.seen(Deal, "deal", "About that deal."),
        "lead": lists.seen(Lead, "lead", "About that lead."),
        "account": lists.seen(Account, "account", "About that account."),
        "booked": lists.flag(lambda rows, so: rows.filter(booked_at__isnull=not so), "Whether it was booked beforehand."),
        "occurred_from": lists.instant("occurred_at__gte", "At that instant or later."),
        "occurred_before": lists.instant("occurred_at__lt", "Before that instant."),
    },
)


class ActivityView(SalesView):
    """What all addresses of activities share."""

    day_field = "occurred_at"

    def rows(self) -> Any:
        """The activities that the caller sees, at least as bare facts; cancelled ones are gone."""
        rows = Activity.objects.visible_to(self.request.user).standing()
        return rows.select_related("rep", "contact", "note", *_ABOUT)

    def one(self, pk: UUID, status: int = 200) -> HttpResponse:
        """The activity as it is now."""
        return answer(self.given(ActivityOut, found_or_404(self.rows(), pk)), status=status)

    def own(self, pk: UUID) -> Activity:
        """The activity when it is the caller's; 404 or 403 otherwise."""
        found: Activity = found_or_404(self.rows(), pk)
        if found.rep_id not in self.request.user.viewer.own_ids:
            raise PermissionDenied
        return found

    def with_rows(self, body: dict[str, Any]) -> dict[str, Any]:
        """The body with rows in the place of ids, each among those that the caller sees."""
        user = self.request.user
        models = {name: model for name, model in {**_ABOUT, "contact": Contact}.items() if name in body}
        return body | {name: chosen(model.objects.visible_to(user), body[name], name) for name, model in models.items()}


class Activities(ActivityView):
    """All activities."""

    gates: ClassVar = {"GET": sales, "POST": may("activity.log")}
    listing = ACTIVITIES

    @schema.shows_list(ActivityOut, ACTIVITIES, TAG)
    def get(self, request: Any) -> HttpResponse:
        """List activities of the caller, the team, and those below a manager."""
        return self.listed(self.rows(), ActivityOut)

    @schema.creates(ActivityIn, ActivityOut, TAG)
    @once
    def post(self, request: Any) -> HttpResponse:
        """Log an act of one's own, or book one."""
        body = self.with_rows(self.taken(ActivityIn))
        body["note"] = body.get("note", "").strip()
        _refuse_half_told(body)
        body.setdefault("occurred_at", clock.now())
        deal = body.get("deal")
        body.setdefault("contact", deal.contact if deal else None)
        made = log_activity(by=request.user, rep=request.user.rep, key=body.pop("id", None), company=company_of(request), **body)
        return self.one(made.pk, 201)


def _refuse_half_told(body: dict[str, Any]) -> None:
    """What the sheet asks for too: an outcome or a time to come, a note that says something."""
    channel, booked = body["channel"], body.get("booked", False)
    if booked and channel not in BOOKABLE:
        raise invalid({"booked": [_("Only a call, a visit or a meeting can be booked.")]})
    if booked and (body.get("outcome") or body.get("occurred_at", clock.now()) <= clock.now()):
        raise invalid({"occurred_at": [_("Choose a day and an hour that are still to come.")]})
    if channel == Activity.Channel.NOTE and not body["note"]:
        raise invalid({"note": [_("Write the note first.")]})
    if not booked and channel != Activity.Channel.NOTE and not body.get("outcome"):
        raise invalid({"outcome": [_("Choose how it went.")]})


class ActivityDetail(ActivityView):
    """One activity."""

    gates: ClassVar = {"GET": sales, "PATCH": may("activity.log"), "DELETE": may("activity.log")}

    @schema.shows(ActivityOut, TAG)
    def get(self, request: Any, pk: UUID) -> HttpResponse:
        """Show an activity."""
        return self.one(pk)

    @schema.changes(ActivityChanges, ActivityOut, TAG)
    def patch(self, request: Any, pk: UUID) -> HttpResponse:
        """Correct an activity of one's own."""
        found = self.own(pk)
        body = self.with_rows(self.taken(ActivityChanges, partial=True))
        if found.booked_at and "outcome" in body:  # somebody came early: it took place now
            body.setdefault("occurred_at", min(found.occurred_at, clock.now()))
        edit_activity(activity=found, by=request.user, company=company_of(request), **body)
        return self.one(pk)

    @schema.removes(TAG)
    def delete(self, request: Any, pk: UUID) -> HttpResponse:
        """Take back an activity of one's own; it stays on record as cancelled and counts nowhere."""
        cancel_activity(activity=self.own(pk), by=request.user, company=company_of(request))
        return nothing()


class ActivityMove(ActivityView):
    """A booked activity at another time."""

    gates: ClassVar = {"POST": may("activity.log")}
    day_field = "to"

    @schema.acts(MoveIn, ActivityOut, TAG)
    @once
    def post(self, request: Any, pk: UUID) -> HttpResponse:
        """Move a booked activity; the answer is the new booking, and both count as one."""
        found, body = self.own(pk), self.taken(MoveIn)
        if found.booked_at is None or found.outcome:
            raise invalid({"to": [_("Only a booking without an outcome can be moved.")]})
        moved = move_meeting(activity=found, by=request.user, company=company_of(request), **body)
        return self.one(moved.pk)
