"""The grid of quotas: the page, what is read while somebody types, saving all or nothing, and its undo."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from django.core import signing
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from lib.htmx import go, say
from lib.text import clean_param, int_param
from metrics import quota_asking, quota_fill, quota_paste, quotas
from metrics.models import Quota
from metrics.quota_asking import Opened, texts_of
from metrics.quota_grid import Grid, short_of, written_out
from metrics.quota_reading import Offer, Read, State, exact
from metrics.quota_sheet import Asked, Sheet, cell_key, is_of_types
from metrics.targets import OVER_ASSIGNED
from metrics.views.quota_words import kinds, metrics_named
from reps.gates import gate
from reps.requests import Request
from reps.sudo import ask, recent_password

_SALT = "quotas.undo"
_UNDO_FOR_S = 24 * 3600
_FEW_TEAMS = 8
LIMIT_PERCENT = int(OVER_ASSIGNED * 100)
# Numbers smaller than this in money without cents are rather thousands or millions.
_SMALL = 100_000

for_quotas = gate(lambda viewer: viewer.reads_everything or viewer.is_manager)


@require_http_methods(["GET", "POST"])
@for_quotas
def quotas_page(request: Request) -> HttpResponse:
    """A team's year. A POST saves what was typed, all that can be read or nothing."""
    opened = quota_asking.open_sheet(request)
    if request.method != "POST":
        return show(request, opened, quota_asking.grid(request, opened.sheet, {}))
    if not opened.sheet.is_editable:
        raise PermissionDenied
    return ask(request) or _save(request, opened)


def show(request: HttpRequest, opened: Opened, grid: Grid, *, status: int = 200, **more: Any) -> HttpResponse:
    """The page with this grid."""
    return render(request, "metrics/quotas.html", {**context(request, opened, grid), **more}, status=status)  # type: ignore[arg-type]


def context(request: Request, opened: Opened, grid: Grid) -> dict[str, Any]:
    """What the page and its parts show."""
    asked = opened.sheet.asked
    return {
        "grid": grid,
        "sheet": opened.sheet,
        "asked": asked,
        "address": urlencode(asked.as_query),
        "teams": [
            (team, _link(asked, team=str(team.pk))) for team in opened.teams if team.closed_on is None or team == asked.team
        ],
        "has_many_teams": len(opened.teams) > _FEW_TEAMS,
        "years": [(year, _link(asked, year=year.label)) for year in quota_asking.years(asked, request.company.fiscal_start)],
        "metrics": metrics_named(),
        "kinds": kinds() if is_of_types(asked.metric) else (),
        "was": quota_asking.was(opened.sheet),
        "may_export": request.user.viewer.may("deal.export"),
        "limit": LIMIT_PERCENT,
    }


def _link(asked: Asked, **change: str) -> str:
    return "?" + urlencode({**asked.as_query, **change})


# ── While somebody types ────────────────────────────────────────────────────────────────────────────────────────────
@require_POST
@for_quotas
def quotas_check(request: Request) -> HttpResponse:
    """What the texts mean, a paste and a filled row included, and the sums with them. Nothing is saved."""
    opened = quota_asking.open_sheet(request)
    if not opened.sheet.is_editable:
        raise PermissionDenied
    texts = quota_asking.typed(request, opened.sheet)
    try:
        added, said = brought(request, opened.sheet)
    except ValidationError as error:
        return JsonResponse({"error": " ".join(error.messages)}, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    grid = quota_asking.grid(request, opened.sheet, {**texts, **added}, pasted=added.keys())
    if "paste" in request.POST:
        bar = {**told_of(grid, len(added), said), "scales": _scales(request, opened.sheet, added)}
    else:
        count = int_param(request.POST, "pasted")
        bar = told_of(grid, count, texts_of(request.POST.get("said", "")).values()) if count else {}
    page = {"grid": grid, "sheet": opened.sheet, "asked": opened.sheet.asked, "pasted": bar, "limit": LIMIT_PERCENT}
    return JsonResponse(
        {
            "cells": {key: _told(grid, key, read) for key, read in grid.reads.items()},
            "added": [*added],
            "said": dict(enumerate(said)),
            "years": {line.row.key: line.year.__dict__ for line in [*grid.lines, *([grid.own] if grid.own else [])]},
            "save": {"count": len(grid.changes()), "words": grid.save_words},
            "parts": {
                name: render_to_string(f"metrics/_quota_{name}.html", page, request) for name in ("sums", "over", "bar", "notes")
            },
        }
    )


def told_of(grid: Grid, count: int, said: Iterable[str]) -> dict[str, Any]:
    """What the bar says of a paste: how many cells, how many of them read cleanly, what found no place."""
    return {"count": count, "clean": max(count - len(grid.looks), 0), "said": [text[:500] for text in said]}


def brought(request: Request, sheet: Sheet) -> tuple[dict[str, str], list[str]]:
    """The texts of a paste or a filled row in this request, and what is said of what found no place."""
    if "fill_row" in request.POST:
        row, typed, how = (clean_param(request.POST, name) for name in ("fill_row", "fill_amount", "fill_how"))
        return quota_fill.fill(sheet, row_key=row, typed=typed, how=how, lang=quota_asking.lang(request)), []
    return pasted(request, sheet)


def pasted(request: Request, sheet: Sheet) -> tuple[dict[str, str], list[str]]:
    """The texts of a paste by cell, and what is said of what found no place."""
    lang, currency = quota_asking.lang(request), sheet.asked.currency
    laid = quota_paste.lay(request.POST.get("paste", ""), sheet, at=clean_param(request.POST, "at"))
    power = int_param(request.POST, "scale", high=9)
    texts = quota_fill.scaled(laid.texts, power, currency=currency, lang=lang) if power else laid.texts
    return texts, laid.said


def _told(grid: Grid, key: str, read: Read) -> dict[str, str]:
    return {
        "text": written_out(read, grid.lang),
        "typed": read.text,
        "short": short_of(grid, key),
        "state": str(read.state),
        "note": read.note,
    }


def _scales(request: Request, sheet: Sheet, texts: dict[str, str]) -> list[tuple[int, str]]:
    """Thousands and millions to choose from, when every bare number of a paste is small for its currency."""
    if sheet.asked.currency != "IDR" or "scale" in request.POST or not texts:
        return []
    grid = quota_asking.grid(request, sheet, texts, pasted=texts.keys())
    amounts = [read.amount for read in grid.reads.values() if read.amount]
    bare = all(quota_fill.read_bare(text) for text in texts.values())
    if not amounts or not bare or max(amounts) >= _SMALL:
        return []
    return [(3, _("Thousands")), (6, _("Millions"))]


# ── Saving ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def _save(request: Request, opened: Opened) -> HttpResponse:
    sheet = opened.sheet
    asked, texts = sheet.asked, quota_asking.typed(request, sheet)
    grid = quota_asking.grid(request, sheet, texts)
    try:
        saved = quotas.set_quotas(
            metric=asked.metric, deal_type=asked.deal_type, numbers=grid.changes(), by=request.user, company=request.company,
            reason=clean_param(request.POST, "reason"), seen=quota_asking.seen(request, sheet),
        )  # fmt: skip
    except quotas.Stale as stale:
        return _conflict(request, texts, stale)
    left = {key: read.text for key, read in grid.reads.items() if not read.counts}
    _say_saved(request, saved, asked, len(left))
    if not left:
        return go(request, f"{reverse('metrics:quotas')}?{urlencode(asked.as_query)}")
    fresh = quota_asking.open_sheet(request)
    return show(request, fresh, quota_asking.grid(request, fresh.sheet, left), left=len(left))


def _say_saved(request: Request, saved: quotas.Saved, asked: Asked, left: int) -> None:
    if not saved.count:
        say(request, _("Nothing was changed."), state="info")
        return
    words = ngettext("%(count)d quota is saved.", "%(count)d quotas are saved.", saved.count) % {"count": saved.count}
    if left:
        kept = ngettext("%(count)d cell keeps its old value.", "%(count)d cells keep their old value.", left)
        words = f"{words} {kept % {'count': left}}"
    word = signing.dumps([request.user.pk, saved.at.isoformat()], salt=_SALT)
    say(request, words, undo_url=f"{reverse('metrics:quotas_undo', args=[word])}?{urlencode(asked.as_query)}")


def _conflict(request: Request, texts: dict[str, str], stale: quotas.Stale) -> HttpResponse:
    """Somebody was faster: both values in each such cell, everything typed still there, nothing saved."""
    opened = quota_asking.open_sheet(request)
    reads = quota_asking.grid(request, opened.sheet, texts).reads
    conflicts = {}
    for (rep, team, month), row in stale.now.items():
        key = cell_key(f"r{rep}" if rep else f"t{team}", month)
        if key in reads:
            conflicts[key] = _both(reads[key], row, quota_asking.lang(request))
    grid = quota_asking.grid(request, opened.sheet, texts, conflicts=conflicts)
    return show(request, opened, grid, status=HTTPStatus.CONFLICT, conflicts=len(conflicts))


def _both(mine: Read, row: Quota | None, lang: str) -> Read:
    theirs = exact(row.amount, lang) if row else ""
    who = row.actor.name if row and row.actor else _("Somebody")
    said = _("%(who)s set %(theirs)s meanwhile.") if row else _("%(who)s took the quota away meanwhile.")
    note = said % {"who": who, "theirs": theirs} + " " + _("You typed %(mine)s.") % {"mine": written_out(mine, lang) or "—"}
    offer = Offer(theirs, _("Use %(value)s") % {"value": theirs or _("nothing")})
    return replace(mine, state=State.CONFLICT, note=note, offers=(offer,))


@require_POST
@for_quotas
@recent_password
def quotas_undo(request: Request, word: str) -> HttpResponse:
    """Take a save back, where nobody has changed the numbers since."""
    asked = f"{reverse('metrics:quotas')}?{urlencode({name: clean_param(request.GET, name) for name in ('team', 'year', 'metric', 'type')})}"
    try:
        who, at = signing.loads(word, salt=_SALT, max_age=_UNDO_FOR_S)
        made_at = datetime.fromisoformat(at)
    except (signing.BadSignature, ValueError):
        say(request, _("This can no longer be undone."), state="warning")
        return go(request, asked)
    if who != request.user.pk:
        raise PermissionDenied
    try:
        count = quotas.undo(made_at=made_at, by=request.user, company=request.company)
    except quotas.Stale:
        count = 0
    words = ngettext("%(count)d quota is as before.", "%(count)d quotas are as before.", count) % {"count": count}
    say(
        request,
        words if count else _("Somebody has changed them since. Nothing was undone."),
        state="success" if count else "warning",
    )
    return go(request, asked)
