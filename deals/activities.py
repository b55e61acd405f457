"""What reps do, written down: logged at once, corrected, cancelled, booked ahead and given their outcome.

A logged act stands where it is about: its deal, lead or account; one about a deal also counts for the deal's account.
`Deal.last_contact_on` caches the last day the customer took part, which only the outcomes in
`Activity.CONTACT_OUTCOMES` are: a call nobody took moves nothing.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import TypedDict, Unpack

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from deals.days import Refused, is_past_instant, sane
from deals.models import Account, Activity, ActivityText, Contact, Deal, Lead
from lib import clock
from lib.text import clean
from reps import audit
from reps.models import Company, Rep, User

Channel, Outcome, Direction = Activity.Channel, Activity.Outcome, Activity.Direction

# The outcomes offered for each channel, the usual one first.
OUTCOMES: dict[str, tuple[str, ...]] = {
    Channel.WHATSAPP: (Outcome.SENT, Outcome.REPLIED, Outcome.NO_ANSWER, Outcome.WRONG_NUMBER),
    Channel.CALL: (Outcome.REACHED, Outcome.NO_ANSWER, Outcome.LEFT_MESSAGE, Outcome.WRONG_NUMBER),
    Channel.VISIT: (Outcome.HELD, Outcome.NO_SHOW, Outcome.RESCHEDULED),
    Channel.MEETING: (Outcome.HELD, Outcome.NO_SHOW, Outcome.RESCHEDULED),
    Channel.EMAIL: (Outcome.SENT, Outcome.REPLIED),
    Channel.MESSAGE: (Outcome.SENT, Outcome.REPLIED),
    Channel.NOTE: (),
}
# Channels that are agreed with the customer beforehand.
BOOKABLE = (Channel.MEETING, Channel.VISIT, Channel.CALL)


class ActivityFacts(TypedDict, total=False):
    """What may be said of an activity besides its channel. `occurred_at` is when it starts or started."""

    outcome: str
    purpose: str
    direction: str
    is_cold: bool
    contact: Contact | None
    occurred_at: datetime
    ended_at: datetime | None


class Edits(ActivityFacts, total=False):
    """What may be corrected later."""

    deal: Deal | None
    account: Account | None
    lead: Lead | None
    note: str


def log_activity(
    *,
    by: User | None,
    rep: Rep,
    channel: str,
    deal: Deal | None = None,
    lead: Lead | None = None,
    account: Account | None = None,
    note: str = "",
    key: uuid.UUID | None = None,
    booked: bool = False,
    root: Activity | None = None,
    why: str = "",
    company: Company | None = None,
    **facts: Unpack[ActivityFacts],
) -> Activity:
    """Write an activity down, or give back the one that is there under the same `key` of the same rep.

    `occurred_at` defaults to now. With `booked` it lies ahead and has no outcome yet. Raises Refused for an instant to
    come of something that is not booked, a closed month without right and reason, and an outcome the channel has not.
    """
    company, now = company or Company.load(), clock.now()
    at = facts.setdefault("occurred_at", now)
    past = _checked(channel, facts, company=company, by=by, why=why, booked=booked)
    activity = Activity(
        rep=rep, deal=deal, lead=lead, account=account or (deal.account if deal else None), channel=channel,
        occurred_on=clock.local_date(at, company.zone), booked_at=now if booked else None,
        booked_by=rep if booked else None, root=root, recorded_at=now, **{"id": key} if key else {}, **facts,
    )  # fmt: skip
    try:
        with transaction.atomic():
            activity.save(force_insert=True)
            if clean(note).strip():
                ActivityText.objects.create(activity=activity, text=clean(note).strip()[:4000])
            if activity.outcome in Activity.CONTACT_OUTCOMES:
                refresh_last_contact(activity.deal_id, at_least=activity.occurred_on)
            if past:
                _audit_past(activity, by, why)
    except IntegrityError:
        return _known(key, rep)
    return activity


def edit_activity(
    *, activity: Activity, by: User, why: str = "", company: Company | None = None, **edits: Unpack[Edits]
) -> Activity:
    """Correct an activity; what is absent stays. Raises Refused as `log_activity` does."""
    company = company or Company.load()
    note = edits.pop("note", None)
    with transaction.atomic():
        activity = Activity.objects.select_for_update().get(pk=activity.pk)
        before = activity.deal_id
        facts = ActivityFacts(outcome=activity.outcome, occurred_at=activity.occurred_at, ended_at=activity.ended_at)
        facts.update({key: value for key, value in edits.items() if key in facts})  # type: ignore[typeddict-item]
        booked = activity.booked_at is not None and not facts["outcome"]
        past = _checked(activity.channel, facts, company=company, by=by, why=why, booked=booked)
        past |= _edits_closed_month(activity, company=company, by=by, why=why)
        for name, value in edits.items():
            setattr(activity, name, value)
        if edits.get("deal") and "account" not in edits:
            activity.account = edits["deal"].account if edits["deal"] else None
        activity.occurred_on = clock.local_date(activity.occurred_at, company.zone)
        activity.save()
        if note is not None:
            ActivityText.objects.update_or_create(activity=activity, defaults={"text": clean(note).strip()[:4000]})
        for deal_id in sorted(touched for touched in {before, activity.deal_id} if touched is not None):
            refresh_last_contact(deal_id)
        if past:
            _audit_past(activity, by, why)
    return activity


def cancel_activity(*, activity: Activity, by: User, why: str = "", company: Company | None = None) -> Activity:
    """Take an activity back: it stays on record as cancelled and counts nowhere."""
    company = company or Company.load()
    with transaction.atomic():
        activity = Activity.objects.select_for_update().get(pk=activity.pk)
        if activity.cancelled_at is None:
            past = _edits_closed_month(activity, company=company, by=by, why=why)
            activity.cancelled_at = clock.now()
            activity.save(update_fields=["cancelled_at"])
            refresh_last_contact(activity.deal_id)
            if past:
                _audit_past(activity, by, why)
    return activity


def move_meeting(*, activity: Activity, by: User, to: datetime, company: Company | None = None) -> Activity:
    """Move a booked meeting: the old row ends as moved, a new one keeps its root, so it counts as scheduled once."""
    company = company or Company.load()
    if to <= clock.now():
        raise Refused(_("Choose a time that is still to come."), field="when")
    with transaction.atomic():
        old = Activity.objects.select_for_update().get(pk=activity.pk)
        if old.outcome == Outcome.RESCHEDULED:
            raise Refused(_("This meeting was moved already."), field="when")
        old.outcome = Outcome.RESCHEDULED
        old.save(update_fields=["outcome"])
        return log_activity(
            by=by, rep=old.rep, channel=old.channel, deal=old.deal, lead=old.lead, account=old.account, booked=True,
            root=old.root or old, company=company, occurred_at=to, purpose=old.purpose, contact=old.contact,
        )  # fmt: skip


def refresh_last_contact(deal_id: int | None, *, at_least: date | None = None) -> None:
    """Bring the deal's last customer contact to what its activities say; `at_least` alone can only move it forward."""
    if deal_id is None:
        return
    deals = Deal.objects.filter(pk=deal_id)
    if at_least is not None:
        deals.exclude(last_contact_on__gte=at_least).update(last_contact_on=at_least)
        return
    touched = Activity.objects.standing().filter(deal=deal_id, outcome__in=Activity.CONTACT_OUTCOMES)
    deals.update(last_contact_on=touched.aggregate(last=Max("occurred_on"))["last"])


def _checked(channel: str, facts: ActivityFacts, *, company: Company, by: User | None, why: str, booked: bool) -> bool:
    """Whether this writes into a closed month. Raises Refused for an outcome or an instant that cannot be."""
    outcome, at = facts.get("outcome", ""), facts["occurred_at"]
    if outcome and outcome not in OUTCOMES.get(channel, ()):
        raise Refused(_("Choose one of the outcomes shown."), field="outcome")
    ended = facts.get("ended_at")
    if ended is not None and ended < at:
        raise Refused(_("The end lies before the start. Correct one of them."), field="ended_at")
    if booked and not outcome:
        sane(at.date(), "when")
        return False
    return is_past_instant(at, company=company, by=by, why=why)


def _known(key: uuid.UUID | None, rep: Rep) -> Activity:
    """The activity that a phone sent before under the same key."""
    known = Activity.objects.filter(pk=key).first() if key else None
    if known is None or known.rep_id != rep.pk:
        raise Refused(_("This entry is already saved for somebody else. Log it anew."))
    return known


def _edits_closed_month(activity: Activity, *, company: Company, by: User, why: str) -> bool:
    """Whether the activity as it stands lies in a closed month; one still to come never does."""
    if activity.occurred_at > clock.now():
        return False
    return is_past_instant(activity.occurred_at, company=company, by=by, why=why)


def _audit_past(activity: Activity, by: User | None, why: str) -> None:
    facts = {"on": activity.occurred_on.isoformat(), "channel": activity.channel}
    audit.record(actor=by, verb="activity.past_edit", subject=activity, facts=facts, detail={"why": why[:200]} if why else None)
