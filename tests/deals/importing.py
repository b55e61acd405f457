"""What the import tests share: running the import on files made here, and looking at what it wrote."""

from __future__ import annotations

from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from typing import Any

from django.apps import apps
from django.core.management import call_command

from deals.bulk import CACHED
from deals.draft import events_of
from deals.imports.context import Options, Scope
from deals.imports.files import inspect
from deals.imports.report import Report
from deals.imports.run import check, write
from deals.imports.shapes import Table, recognise
from deals.models import Deal, ImportBatch
from deals.replay import replay
from reps.models import User
from tests.crm_like import DEALS_HEADER, write_csv

# Tables in which an import may write; counted before and after to see that it did not.
WRITTEN = (
    "reps.Company", "reps.Team", "reps.Rep", "reps.TeamLead", "reps.TeamMembership", "reps.AuditEntry", "deals.Product",
    "deals.Pipeline", "deals.Stage", "deals.Account", "deals.Contact", "deals.Lead", "deals.Deal", "deals.DealEvent",
    "deals.DealEventText", "deals.Credit", "deals.Activity", "deals.ActivityText", "deals.ImportBatch",
)  # fmt: skip


def tables(*paths: Path) -> list[Table]:
    """The files as tables."""
    return [recognise(inspect(path)) for path in paths]


def run(*paths: Path, by: User | None = None, **options: Any) -> Report:
    """Import the files, all or nothing."""
    batch = ImportBatch(state=ImportBatch.State.DONE)
    return write(tables(*paths), options=Options(**options), scope=Scope(by), batch=batch)


def rehearse(*paths: Path, by: User | None = None, **options: Any) -> Report:
    """Check the files without writing."""
    return check(tables(*paths), options=Options(**options), scope=Scope(by))


def command(*args: Any, **options: Any) -> str:
    """What `manage.py import_crm` prints."""
    out = StringIO()
    call_command("import_crm", *[str(arg) for arg in args], stdout=out, **options)
    return out.getvalue()


def deals_file(
    folder: Path, *rows: Sequence[str], header: Sequence[str] = DEALS_HEADER, name: str = "deals.csv", **options: Any
) -> Path:
    """A file of deals in the shape of sales_pipeline.csv."""
    return write_csv(folder / name, header, rows, **options)


def row_counts() -> dict[str, int]:
    """How many rows stand in each table an import may write to."""
    return {name: apps.get_model(name).objects.count() for name in WRITTEN}


def said(report: Report, code: str) -> list[dict[str, Any]]:
    """The facts of every sentence of that code."""
    return [facts for found, facts in report.said if found == code]


def refused(report: Report) -> list[tuple[int, str, str]]:
    """Row, column and code of every refused row."""
    return [(problem.row, problem.column, problem.code) for problem in report.problems]


def cached(deal: Deal) -> dict[str, Any]:
    """The cached columns of a deal."""
    return {name: getattr(deal, name) for name in CACHED}


def replayed(deal: Deal) -> dict[str, Any]:
    """What its events say those columns must be."""
    state = replay(events_of(deal.pk))
    return {name: getattr(state, name) for name in CACHED}
