"""One deal: its page, its time line, and everything that can be changed on it, each with an address of its own."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from deals.changes import Refused, StaleDeal, change_deal, close_deal, reopen_deal, void_events
from deals.closing import naming_competitor
from deals.conflict import Conflict, conflict_of
from deals.dates import quick_days, soon
from deals.forms.deals import EDITS, DayInput, EditForm, MoneyForm
from deals.models import Credit, Deal, Stage
from deals.signs import signs
from deals.timeline import timeline
from deals.whatsapp import reach
from lib import clock, htmx
from lib.text import clean_line, clean_param, int_param
from reps.access import viewer_of
from reps.gates import editable_or_denied, for_sales, for_those_who_may
from reps.requests import Request

_SHOWN = ("account", "contact", "owner", "stage", "product", "competitor", "pipeline", "lead")
# Reasons offered for each end of a deal: at most six, one tap, none needed.
REASONS = {
    Deal.Outcome.LOST: ("price", "competitor", "feature", "budget", "timing", "silence"),
    Deal.Outcome.NO_DECISION: ("budget", "timing", "need", "silence"),
    Deal.Outcome.DISQUALIFIED: ("need", "budget", "feature", "other"),
}


def _visible(request: Request, pk: int) -> Deal:
    return get_object_or_404(Deal.objects.visible_to(request.user).select_related(*_SHOWN), pk=pk)


def _editable(request: Request, pk: int) -> Deal:
    return editable_or_denied(Deal, request.user, pk, *_SHOWN)


def _context(request: Request, deal: Deal, **extra: Any) -> dict[str, Any]:
    """Everything the deal's part of the page shows; the time line apart."""
    viewer, today = viewer_of(request.user), clock.today(request.company.zone)
    may_edit = viewer.may("deal.edit") and deal.owner_id in viewer.editable_rep_ids
    return {
        "deal": deal,
        "signs": signs(deal, today),
        "today": today,
        "steps": _steps(deal),
        "stage_days": (today - deal.stage_since).days if deal.stage_since else None,
        "may_edit": may_edit,
        "may_give": may_edit and viewer.may("deal.reassign"),
        "credits": list(Credit.objects.current().filter(deal=deal).select_related("rep")) if deal.outcome == "won" else [],
        "asks_agreement": False,
        "quick_days": quick_days(today),
        "who": reach(deal.contact, me=request.user.name, company=request.company.name),
        **extra,
    }


def _steps(deal: Deal) -> list[dict[str, Any]]:
    """The stages of the pipeline, in order, with where the deal stands among them."""
    stages = [
        stage
        for stage in Stage.objects.filter(pipeline=deal.pipeline_id).order_by("order")
        if stage.is_active or stage.pk == deal.stage_id
    ]
    now = deal.stage.order
    return [
        {"stage": stage, "state": "now" if stage.pk == deal.stage_id else "done" if stage.order < now else "next"}
        for stage in stages
    ]


@require_GET
@for_sales
def deal(request: Request, pk: int) -> HttpResponse:
    """The page of a deal."""
    found = _visible(request, pk)
    ask = clean_param(request.GET, "ask") == "agreement" and found.agreement_ready_on is None and found.is_open
    return _page(request, found, asks_agreement=ask)


def _page(request: Request, found: Deal, *, status: int = 200, **extra: Any) -> HttpResponse:
    line = timeline(found, user=request.user, company=request.company)
    return render(request, "deals/deal.html", _context(request, found, line=line, **extra), status=status)


@require_GET
@for_sales
def deal_part(request: Request, pk: int) -> HttpResponse:
    """The deal without its time line, by which the page refreshes itself; on its own, the page."""
    found = _visible(request, pk)
    return render(request, "deals/_deal.html", _context(request, found)) if htmx.is_fragment(request) else _page(request, found)


@require_GET
@for_sales
def deal_timeline(request: Request, pk: int) -> HttpResponse:
    """A page of the time line; the first refreshes itself when the deal changes."""
    found = _visible(request, pk)
    line = timeline(found, user=request.user, company=request.company, cursor=clean_param(request.GET, "after", most=300))
    context = {"deal": found, "line": line, "is_more": "after" in request.GET, "today": clock.today(request.company.zone)}
    return htmx.page_or_fragment(request, "deals/timeline.html", "deals/_timeline.html", context)


# ── Changing ────────────────────────────────────────────────────────────────────────────────────────────────────────
def _undo_url(deal: Deal) -> str:
    events = deal.last_events  # type: ignore[attr-defined]
    return reverse("deals:undo", args=[deal.pk, events[0].pk, events[-1].pk])


def _saved(request: Request, pk: int, text: str, *, changed: Deal, ask: str = "") -> HttpResponse:
    """The deal's part of the page anew with a toast that can undo; without htmx, the page with the same words."""
    undo_url = _undo_url(changed) if getattr(changed, "last_events", None) else ""
    if not htmx.is_fragment(request):
        if text:
            htmx.say(request, text, undo_url=undo_url)
        return htmx.go(request, f"{reverse('deals:detail', args=[pk])}{'?ask=agreement' if ask else ''}")
    response = render(request, "deals/_deal.html", _context(request, _visible(request, pk), asks_agreement=bool(ask)))
    htmx.event(response, "deal-changed", deal=pk)
    return htmx.toast(response, text, undo_url=undo_url) if text else response


def _stale(request: Request, stale: StaleDeal) -> HttpResponse:
    """409: both values, and a way to take either. What was typed is sent back to the letter."""
    conflict: Conflict = conflict_of(stale, posted=request.POST, action=request.path)
    found = _visible(request, stale.deal.pk)
    if not htmx.is_fragment(request):
        return _page(request, found, status=409, conflict=conflict)
    response = render(request, "deals/_deal.html", _context(request, found, conflict=conflict), status=409)
    return _in_place(response, "#deal", "outerHTML")


def _refused(request: Request, pk: int, refusal: Refused) -> HttpResponse:
    """422: the rule in words, beside the deal as it is."""
    found = _visible(request, pk)
    if not htmx.is_fragment(request):
        return _page(request, found, status=422, refusal=str(refusal))
    response = render(request, "deals/_deal.html", _context(request, found, refusal=str(refusal)), status=422)
    return _in_place(response, "#deal", "outerHTML")


def _day_posted(request: Request, name: str) -> date | None:
    """A day of the form; Refused for what is no day."""
    typed = clean_param(request.POST, name, most=20)
    if not typed:
        return None
    try:
        return date.fromisoformat(typed)
    except ValueError:
        raise Refused(_("Choose a day from the calendar."), field=name) from None


@require_POST
@for_those_who_may("deal.edit")
def deal_stage(request: Request, pk: int) -> HttpResponse:
    """Move the deal to a stage: one click, with undo. Entering a proposal stage asks for the agreement date."""
    found = _editable(request, pk)
    stage = Stage.objects.filter(pk=int_param(request.POST, "stage") or 0).first()
    try:
        if stage is None:
            raise Refused(_("This stage is no longer there. Choose another."))
        changed = change_deal(
            deal_id=pk, version=int_param(request.POST, "version", low=0) or 0, by=request.user, company=request.company,
            stage=stage, effective_on=_day_posted(request, "when"), why=clean_param(request.POST, "why"),
        )  # fmt: skip
    except StaleDeal as stale:
        return _stale(request, stale)
    except Refused as refusal:
        return _refused(request, pk, refusal)
    asks = stage.kind == Stage.Kind.PROPOSAL and changed.agreement_ready_on is None and stage.pk != found.stage_id
    text = _("Moved %(deal)s to %(stage)s.") % {"deal": found.name, "stage": stage.name}
    return _saved(request, pk, text, changed=changed, ask="agreement" if asks else "")


@require_http_methods(["GET", "POST"])
@for_those_who_may("deal.edit")
def deal_edit(request: Request, pk: int, field: str) -> HttpResponse:
    """Change one thing in its place: the form, and its saving. Typed text stays whatever happens."""
    found, kind = _editable(request, pk), EDITS.get(field)
    if kind is None:
        raise Http404
    if field == "owner" and not viewer_of(request.user).may("deal.reassign"):
        raise PermissionDenied
    custom = clean_param(request.POST, "custom") or request.session.get("money_custom")
    form = kind(
        request.POST if request.method == "POST" else None,
        deal=found, user=request.user, company=request.company, custom=custom if custom in ("en", "id") else None,
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        if request.POST.get("custom") in ("en", "id"):
            request.session["money_custom"] = request.POST["custom"]
        try:
            return _save_edit(request, pk, form)
        except Refused as refusal:
            form.add_error("why" if refusal.field == "why" else "when" if refusal.field == "when" else None, str(refusal))
    return _edit_form(request, found, field, form)


def _save_edit(request: Request, pk: int, form: EditForm) -> HttpResponse:
    try:
        changed = change_deal(
            deal_id=pk, version=form.cleaned_data["version"], by=request.user, company=request.company,
            effective_on=form.cleaned_data["when"], why=form.cleaned_data["why"], **form.changes(),
        )  # fmt: skip
    except StaleDeal as stale:
        return _stale(request, stale)
    text = _("%(what)s saved.") % {"what": form.title} if getattr(changed, "last_events", None) else ""
    return _saved(request, pk, text, changed=changed)


def _edit_form(request: Request, found: Deal, field: str, form: EditForm) -> HttpResponse:
    today = clock.today(request.company.zone)
    context = {
        "deal": found,
        "field": field,
        "form": form,
        "reading": form.reading if isinstance(form, MoneyForm) else None,
        "quick_days": quick_days(today, since=form.initial.get("day") if field == "close" else None),
        "shows_day": field in ("amount", "close", "agreement", "owner") or form.has_error("when") or form.has_error("why"),
        "soon": soon(today),
        "today": today,
        "account_text": request.POST.get("account_text", found.account.name if found.account else ""),
        "typed": request.POST,
    }
    status = 422 if request.method == "POST" else 200
    response = htmx.page_or_fragment(request, "deals/edit.html", "deals/_edit.html", context, status=status)
    # The form that was sent stays where it is; only a saved one gives way to the deal.
    return _in_place(response, f"#edit-{field}", "outerHTML") if status == 422 else response


def _in_place(response: HttpResponse, target: str, swap: str) -> HttpResponse:
    """Have htmx put the answer there instead of over the whole deal."""
    response["HX-Retarget"], response["HX-Reswap"] = target, swap
    return response


# ── Ending ──────────────────────────────────────────────────────────────────────────────────────────────────────────
@require_http_methods(["GET", "POST"])
@for_those_who_may("deal.edit")
def deal_close(request: Request, pk: int) -> HttpResponse:
    """End the deal. A win is one click; the other ends take a reason chip, and a competitor where there is one."""
    found = _editable(request, pk)
    outcome = clean_param(request.POST if request.method == "POST" else request.GET, "outcome") or Deal.Outcome.LOST
    if request.method == "GET" or outcome not in Deal.Outcome.values:
        return _close_form(request, found, outcome)
    reason = clean_param(request.POST, "reason")
    try:
        changed = close_deal(
            deal_id=pk, version=int_param(request.POST, "version", low=0) or 0, outcome=outcome, by=request.user,
            company=request.company, reason=reason if reason in Deal.Reason.values else "", on=_day_posted(request, "on"),
            competitor=naming_competitor(clean_line(request.POST.get("competitor_text", ""))[:80]),
            why=clean_param(request.POST, "why"),
        )  # fmt: skip
    except StaleDeal as stale:
        return _stale(request, stale)
    except Refused as refusal:
        return _close_form(request, found, outcome, refusal)
    return _saved(request, pk, _closed_words(changed, found), changed=changed)


def _closed_words(changed: Deal, found: Deal) -> str:
    words = {
        "won": _("%(deal)s is won."),
        "lost": _("%(deal)s is marked as lost."),
        "no_decision": _("%(deal)s ended without a decision."),
        "disqualified": _("%(deal)s is marked as not a fit."),
    }[changed.outcome]
    return words % {"deal": found.name}


def _close_form(request: Request, found: Deal, outcome: str, refusal: Refused | None = None) -> HttpResponse:
    known = outcome if outcome in Deal.Outcome.values else Deal.Outcome.LOST
    context = {
        "deal": found,
        "outcome": known,
        "ends": [(value, label) for value, label in Deal.Outcome.choices if value != Deal.Outcome.WON],
        "reasons": [(value, Deal.Reason(value).label) for value in REASONS.get(Deal.Outcome(known), ())],
        "refusal": str(refusal) if refusal else "",
        "needs_why": bool(refusal and refusal.needs_why),
        "typed": request.POST,
        "day_widget": DayInput().render(
            "on", clean_param(request.POST, "on", most=20), {"class": "form-control", "id": "close-on"}
        ),
    }
    response = htmx.page_or_fragment(request, "deals/close.html", "deals/_close.html", context, status=422 if refusal else 200)
    return _in_place(response, "#deal-sheet", "innerHTML") if refusal else response


@require_POST
@for_those_who_may("deal.edit")
def deal_reopen(request: Request, pk: int) -> HttpResponse:
    """Open a closed deal again."""
    found = _editable(request, pk)
    try:
        changed = reopen_deal(
            deal_id=pk, version=int_param(request.POST, "version", low=0) or 0, by=request.user, company=request.company,
            why=clean_param(request.POST, "why"),
        )  # fmt: skip
    except StaleDeal as stale:
        return _stale(request, stale)
    except Refused as refusal:
        return _refused(request, pk, refusal)
    return _saved(request, pk, _("%(deal)s is open again.") % {"deal": found.name}, changed=changed)


@require_POST
@for_those_who_may("deal.edit")
def deal_undo(request: Request, pk: int, first: int, last: int) -> HttpResponse:
    """Take back what one save wrote. Fresh saves need no reason; those of a closed month do."""
    found = _editable(request, pk)
    try:
        ids = range(first, min(last, first + 50) + 1)
        void_events(deal_id=pk, event_ids=ids, by=request.user, why=clean_param(request.POST, "why"), company=request.company)
        htmx.say(request, _("Taken back: %(deal)s is as before.") % {"deal": found.name}, state="info")
    except Refused as refusal:
        htmx.say(request, str(refusal), state="warning")
    return htmx.go(request, _back(request, reverse("deals:detail", args=[pk])))


def _back(request: Request, otherwise: str) -> str:
    """The page the person came from, when it is one of ours."""
    where = request.headers.get("Referer", "")
    is_ours = url_has_allowed_host_and_scheme(where, {request.get_host()}, require_https=request.is_secure())
    return where if is_ours else otherwise
