"""An import from its files to its report: one transaction, one import at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from django.db import connection, transaction

from deals.bulk import Writer
from deals.imports.accounts import read_accounts
from deals.imports.activities import read_activities
from deals.imports.catalogue import read_products
from deals.imports.contacts import read_contacts, read_leads
from deals.imports.context import Options, Run, Scope
from deals.imports.customs import Evidence, money_reading, read_date
from deals.imports.deals import read_deals
from deals.imports.names import tidy
from deals.imports.people import read_teams
from deals.imports.report import Report
from deals.imports.shapes import ORDER, Table
from deals.imports.survey import Survey, survey
from deals.models import Deal, ImportBatch
from lib.text import fold
from reps.audit import record
from reps.models import Company

# Any number that no other advisory lock of ours uses.
_LOCK = 0x1A9097
Progress = Callable[[int, int], None]


class Busy(Exception):
    """Another import is being written."""


class Stopped(Exception):
    """Nothing was written: rows were refused, or questions are open. The report says which."""

    def __init__(self, report: Report) -> None:
        super().__init__("nothing was written")
        self.report = report


def check(tables: Sequence[Table], *, options: Options, scope: Scope, progress: Progress | None = None) -> Report:
    """Read everything and say what an import would do; writes nothing. Raises BadFile."""
    report = Report()
    company = Company.load()
    _adopt_currency(company, options, report)
    run = _Run(company=company, options=options, scope=scope, writer=None, report=report)
    _read_all(run, tables, progress)
    return report


def write(
    tables: Sequence[Table], *, options: Options, scope: Scope, batch: ImportBatch, progress: Progress | None = None
) -> Report:
    """Bring everything in, or nothing. Raises BadFile, Busy, and Stopped for refused rows and open questions.

    With `options.skip_bad` refused rows, and rows with names nobody answered for, are left out instead.
    """
    report, company = Report(), Company.load()
    with transaction.atomic(), _alone():
        if _adopt_currency(company, options, report):
            company.save(update_fields=["currency"])
        is_own = batch._state.adding  # no page waits for it: it is finished here
        if is_own:
            batch.save()
        with Writer(company=company, actor=scope.user, batch=batch) as writer:
            run = _Run(company=company, options=options, scope=scope, writer=writer, report=report)
            _read_all(run, tables, progress)
            if report.stops(options.skip_bad):
                raise Stopped(report)
        if report.changes_nothing:
            transaction.set_rollback(True)
            return report
        if is_own:
            batch.rows_total = batch.rows_done = run.total
            batch.finished_at, batch.report = run.now, report.as_json()
            batch.save()
        counts = {kind: {"read": c.read, "stored": c.stored, "rejected": c.rejected} for kind, c in report.counts.items()}
        record(actor=scope.user, verb="import.run", subject=batch, facts={"counts": counts, "files": len(tables)})
    return report


class _Run(Run):
    """A run that tells how far it is."""

    progress: Progress | None = None
    done = total = 0

    def advance(self, rows: int) -> None:
        self.done += rows
        if self.progress:
            self.progress(self.done, self.total)


@contextmanager
def _alone() -> Iterator[None]:
    """Holds the one place in which an import is written, until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        if not cursor.fetchone()[0]:
            raise Busy
    yield


def _adopt_currency(company: Company, options: Options, report: Report) -> bool:
    """The first import of a company that is not set up brings its currency along; True when it is another one."""
    if options.currency in ("", company.currency) or company.set_up_at is not None or Deal.objects.exists():
        return False
    company.currency = options.currency
    report.say("company_currency", currency=options.currency)
    return True


def _read_all(run: _Run, tables: Sequence[Table], progress: Progress | None) -> None:
    surveys = [(table, survey(table, run.currency)) for table in sorted(tables, key=lambda table: ORDER.index(table.kind))]
    run.progress, run.total = progress, sum(found.rows for _, found in surveys)
    customs = [_customs(run, table, found) for table, found in surveys]
    for (table, found), chosen in zip(surveys, customs, strict=True):
        _say_columns(run, table)
        _read_table(run, table, found, chosen)
    _say_tally(run)
    _say_idle_sellers(run, surveys)


def _read_table(run: _Run, table: Table, found: Survey, customs: dict[str, str]) -> None:
    readers: dict[str, Callable[[], None]] = {
        "teams": lambda: read_teams(run, table),
        "products": lambda: read_products(run, table, customs),
        "accounts": lambda: read_accounts(run, table, found),
        "contacts": lambda: read_contacts(run, table, found),
        "leads": lambda: read_leads(run, table, found),
        "deals": lambda: read_deals(run, table, found, customs),
        "activities": lambda: read_activities(run, table, found),
    }
    readers[table.kind]()


def _customs(run: Run, table: Table, found: Survey) -> dict[str, str]:
    """The custom of each money and date column: as its cells show, as a person said, or a question."""
    chosen: dict[str, str] = {}
    for what, columns, said in (("money", found.money, run.options.money), ("dates", found.dates, run.options.dates)):
        shown_elsewhere = {evidence.settled for evidence in columns.values() if evidence.settled}
        for name, evidence in columns.items():
            custom = said or evidence.settled or (next(iter(shown_elsewhere)) if len(shown_elsewhere) == 1 else "")
            if custom:
                chosen[name] = custom
            if evidence.unclear and not custom:
                run.report.customs.setdefault(what, _example(run, table, name, what, evidence))
            elif evidence.unclear and not said:
                example = evidence.shown.get(custom, evidence.unclear)
                run.report.say(
                    "money_custom" if what == "money" else "date_custom",
                    file=table.source.name, column=table.column(name), custom=custom, example=example,
                )  # fmt: skip
    return chosen


def _example(run: Run, table: Table, name: str, what: str, evidence: Evidence) -> dict[str, str]:
    where = {"file": table.source.name, "column": table.column(name), "text": evidence.unclear}
    if what == "money":
        money = money_reading(evidence.unclear, run.currency)
        return {**where, "en": str(money.english), "id": str(money.indonesian)}
    day = read_date(evidence.unclear)
    return {**where, "dmy": str(day.day_first), "mdy": str(day.month_first)}


def _say_columns(run: Run, table: Table) -> None:
    if table.kind != "accounts":
        for column in table.others:
            run.report.say("unused_column", column=column, file=table.source.name)
    if table.kind in ("deals", "products") and "currency" not in table.places:
        run.report.say("currency_assumed", currency=run.currency)


def _say_idle_sellers(run: Run, surveys: Sequence[tuple[Table, Survey]]) -> None:
    """How many sellers of the teams file have no deal in the deals file beside it."""
    sellers = {fold(tidy(cell)) for table, found in surveys if table.kind == "teams" for cell in found.names["rep"]}
    owners = {fold(tidy(cell)) for table, found in surveys if table.kind == "deals" for cell in found.names["owner"]}
    if sellers and owners and sellers - owners:
        run.report.say("reps_without_rows", n=len(sellers - owners))


def _say_tally(run: Run) -> None:
    for code in ("no_account", "no_opening", "lost_zero"):
        if run.report.tally[code]:
            run.report.say(code, n=run.report.tally[code])
