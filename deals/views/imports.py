"""Importing files: uploading them, watching the check, answering, writing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models.functions import Lower
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from deals.forms.imports import OTHERS, UploadForm, asked, others, read_answers
from deals.imports import batches
from deals.imports.files import display_name
from deals.imports.messages import KINDS, REFERENCES, BadFile
from deals.imports.messages import render as sentence
from deals.imports.report import Counts, Problem, read_problems
from deals.models import Deal, ImportBatch
from deals.tasks import wake
from lib import clock, htmx
from lib.csv_out import download
from lib.text import clean_param
from reps.gates import editable_or_denied, for_those_who_may
from reps.idempotency import idempotent
from reps.requests import Request
from reps.sudo import recent_password_for_file

_MOST_EARLIER = 20
# After so long in the queue it is likely that no worker runs.
_PATIENCE = timedelta(seconds=12)
_MOVING = (ImportBatch.State.UPLOADED, ImportBatch.State.CHECKING, ImportBatch.State.WRITING)
# What is asked while questions are open, and no problem of its own then.
_ASKED = ("unclear_money", "unclear_date", "unknown_name", "ambiguous_name")
_TONES = {
    ImportBatch.State.DONE: "good", ImportBatch.State.FAILED: "bad", ImportBatch.State.ASKING: "warn",
    ImportBatch.State.READY: "info",
}  # fmt: skip


@require_http_methods(["GET", "POST"])
@for_those_who_may("import.run")
@idempotent
def imports(request: Request) -> HttpResponse:
    """Upload files, and the imports so far."""
    form = UploadForm(initial={"currency": request.company.currency})
    if request.method == "POST":
        form = UploadForm(request.POST, request.FILES)
        batch = _received(request, form)
        if batch:
            return htmx.go(request, "deals:import", batch.pk)
    earlier = ImportBatch.objects.visible_to(request.user).select_related("created_by").defer("report")[:_MOST_EARLIER]
    rows = [{"batch": batch, "tone": _TONES.get(ImportBatch.State(batch.state), "neutral")} for batch in earlier]
    status = 422 if form.errors else 200
    context = {"form": form, "earlier": rows, "most_bytes": settings.IMPORT_MAX_BYTES}
    return render(request, "deals/imports.html", context, status=status)


def _received(request: Request, form: UploadForm) -> ImportBatch | None:
    for name in getattr(request, "too_big", ()):
        form.add_error("csv", sentence("too_big", {"file": display_name(name), "most": 50}))
    if not form.is_valid():
        return None
    try:
        batch = batches.receive(
            uploads=form.cleaned_data["csv"],
            currency=form.cleaned_data["currency"] or request.company.currency,
            by=request.user,
        )
    except BadFile as problem:
        form.add_error("csv", str(problem))
        return None
    wake()
    return batch


@require_GET
@for_those_who_may("import.run")
def import_batch(request: Request, pk: int) -> HttpResponse:
    """One import, in whatever state it is; while the worker is at it, the fragment asks again by itself."""
    batch = ImportBatch.objects.visible_to(request.user).select_related("created_by").filter(pk=pk).first()
    if batch is None:
        raise Http404
    return htmx.page_or_fragment(request, "deals/import.html", "deals/_import.html", _context(request, batch))


@require_POST
@for_those_who_may("import.run")
@idempotent
def import_answer(request: Request, pk: int) -> HttpResponse:
    """Take a person's answers and have the files checked again."""
    batch = editable_or_denied(ImportBatch, request.user, pk)
    given = read_answers(request.POST, batch.report, request.user)
    if batches.answer(batch=batch, given=given, by=request.user):
        wake()
    else:
        htmx.say(request, _("This import does not wait for an answer any more."), state="info")
    return htmx.go(request, "deals:import", pk)


@require_POST
@for_those_who_may("import.run")
@idempotent
def import_write(request: Request, pk: int) -> HttpResponse:
    """Have a checked import written."""
    batch = editable_or_denied(ImportBatch, request.user, pk)
    if batches.order_write(batch=batch, skip_bad=clean_param(request.POST, "skip_bad") == "1", by=request.user):
        wake()
    else:
        htmx.say(request, _("Look at the check again before you write."), state="info")
    return htmx.go(request, "deals:import", pk)


@require_POST
@for_those_who_may("import.run")
def import_discard(request: Request, pk: int) -> HttpResponse:
    """Give an import up."""
    batch = editable_or_denied(ImportBatch, request.user, pk)
    if batches.discard(batch=batch, by=request.user):
        htmx.say(request, _("The import is given up. Nothing was written."))
    return htmx.go(request, "deals:imports")


@require_GET
@for_those_who_may("import.run")
def import_options(request: Request, kind: str) -> HttpResponse:
    """Names that a name in a file may mean, as one types."""
    if kind not in OTHERS:
        raise Http404
    typed = next((clean_param(request.GET, name) for name in request.GET if name.endswith("_text")), "")
    rows = others(kind, request.user).filter(name__icontains=typed).order_by(Lower("name"), "pk")[:8] if typed else []
    return render(request, "components/_picker_options.html", {"options": [{"value": row.pk, "text": row.name} for row in rows]})


@require_GET
@for_those_who_may("import.run")
@recent_password_for_file
def import_errors(request: Request, pk: int) -> HttpResponseBase:
    """Every refused row as a file."""
    batch = ImportBatch.objects.visible_to(request.user).filter(pk=pk).first()
    path = batches.errors_path(batch) if batch else None
    if path is None:
        raise Http404
    header = (_("File"), _("Row"), _("Column"), _("What stands there"), _("Problem"), _("Nearest"))
    return download(_("refused-rows"), header, _error_rows(path))


def _error_rows(path: Any) -> Iterator[Sequence[Any]]:
    with path.open(encoding="utf-8") as lines:
        for problem in read_problems(lines):
            near = " / ".join(problem.near)
            yield problem.file, problem.row, problem.column, problem.value, problem.sentence, near


def _context(request: Request, batch: ImportBatch) -> dict[str, Any]:
    report, state = batch.report, ImportBatch.State(batch.state)
    moving = state in _MOVING
    is_told = state in (ImportBatch.State.READY, ImportBatch.State.DONE)
    counts = {kind: Counts(**numbers) for kind, numbers in report.get("counts", {}).items()} if is_told else {}
    failed = report.get("failed") if state == ImportBatch.State.FAILED else None
    return {
        "batch": batch,
        "tone": _TONES.get(state, "neutral"),
        "moving": moving,
        "waiting": state == ImportBatch.State.UPLOADED or (moving and not batch.rows_done),
        "overdue": moving and clock.now() - batches.waits_since(batch) > _PATIENCE and not batch.rows_done,
        "counts": [{"kind": KINDS[kind], "n": numbers} for kind, numbers in counts.items()],
        "stored": sum(numbers.stored for numbers in counts.values()),
        "unchanged": sum(numbers.unchanged for numbers in counts.values()),
        "rejected": sum(numbers.rejected for numbers in counts.values()),
        "said": [sentence(code, facts) for code, facts in report.get("said", ())] if not moving else [],
        "questions": [
            {"kind": kind, "label": REFERENCES[kind], "asked": found, "total": _total(report, kind), "others": kind in OTHERS}
            for kind, found in (asked(report).items() if state == ImportBatch.State.ASKING else ())
        ],
        "customs": _customs(report) if state == ImportBatch.State.ASKING else {},
        "samples": [_sample(row) for row in report.get("samples", {}).get("deals", ())],
        "problems": _problems(report, state),
        "failed": sentence(*failed) if failed else "",
        "is_own": ImportBatch.objects.editable_by(request.user).filter(pk=batch.pk).exists(),
    }


def _total(report: dict[str, Any], kind: str) -> int:
    return sum(question["kind"] == kind for question in report.get("questions", ()))


def _problems(report: dict[str, Any], state: ImportBatch.State) -> list[Problem]:
    """The first refused rows; while questions are open, those that an answer may settle are left out."""
    asked_about = _ASKED if state == ImportBatch.State.ASKING else ()
    found = (Problem(**{**row, "near": tuple(row["near"])}) for row in report.get("first_problems", ()))
    return [problem for problem in found if problem.code not in asked_about][:20]


def _customs(report: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The unclear examples with both readings as values."""
    customs = {what: dict(example) for what, example in report.get("customs", {}).items()}
    if "money" in customs:
        customs["money"] |= {name: Decimal(customs["money"][name]) for name in ("en", "id")}
    if "dates" in customs:
        customs["dates"] |= {name: date.fromisoformat(customs["dates"][name]) for name in ("dmy", "mdy")}
    return customs


def _sample(row: dict[str, str]) -> dict[str, Any]:
    """One of the first deals with its text as values."""
    days = {name: date.fromisoformat(row[name]) if row[name] else None for name in ("opened_on", "closed_on")}
    outcome = str(Deal.Outcome(row["outcome"]).label) if row["outcome"] else ""
    return {**row, **days, "outcome": outcome, "amount": Decimal(row["amount"]) if row["amount"] else None}
