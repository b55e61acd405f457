"""`manage.py import_crm DIR_OR_FILE`: bring data in from CSV files."""

from __future__ import annotations

import csv
import sys
import time
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import IntegrityError

from deals.imports.context import Options, Scope
from deals.imports.files import inspect
from deals.imports.messages import KINDS, REFERENCES, BadFile, render
from deals.imports.report import Counts, Problem, Report
from deals.imports.run import Busy, Stopped, check, write
from deals.imports.shapes import Table, recognise
from deals.models import ImportBatch
from lib.csv_out import cell
from lib.money import CURRENCIES

_SHOWN = 10
_ENDINGS = {".csv", ".tsv", ".txt"}
EXAMPLES = """
examples:
  manage.py import_crm ../shared/data/crm-sales-opportunities --currency USD
  manage.py import_crm export/deals.csv --dry-run
  manage.py import_crm deals.csv --money id --dates dmy --skip-bad --errors refused.csv

A folder is read as a whole: teams, products, accounts, contacts, leads, deals and activities, each told by its columns.
Rows are known by their id (opportunity_id, external_id), so a second import of the same files changes nothing.
Either everything is stored or nothing; with --skip-bad the rows that cannot be stored are left out.
"""


class Command(BaseCommand):
    """Brings data in from CSV files."""

    help = "Bring teams, products, accounts, contacts, leads, deals and activities in from CSV files."

    def create_parser(self, *args: Any, **options: Any) -> Any:
        """With examples below the options."""
        return super().create_parser(*args, formatter_class=RawDescriptionHelpFormatter, epilog=EXAMPLES, **options)

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The command line."""
        parser.add_argument("path", type=Path, metavar="DIR_OR_FILE", help="a CSV file, or a folder of CSV files")
        parser.add_argument("--dry-run", action="store_true", help="read and check everything, write nothing")
        parser.add_argument("--skip-bad", action="store_true", help="leave out rows that cannot be stored, and store the others")
        parser.add_argument(
            "--currency", choices=CURRENCIES, metavar="CODE", default="", help="currency of amounts that name none, such as USD"
        )
        parser.add_argument(
            "--money", choices=("en", "id"), default="", help="read 60.000 as sixty (en) or as sixty thousand (id)"
        )
        parser.add_argument("--dates", choices=("dmy", "mdy"), default="", help="read 03/04/2026 with the day or the month first")
        parser.add_argument("--errors", type=Path, metavar="FILE", help="write every refused row to this CSV file")

    def handle(self, *_: Any, **given: Any) -> None:
        """Run it."""
        options = Options(currency=given["currency"], money=given["money"], dates=given["dates"], skip_bad=given["skip_bad"])
        started = time.monotonic()
        try:
            tables = [recognise(inspect(file)) for file in _files(given["path"])]
            report = self._run(tables, options, given["dry_run"])
        except BadFile as problem:
            raise CommandError(f"Nothing was written. {problem}") from None
        except Busy:
            raise CommandError("Nothing was written: another import is running. Try again when it is done.") from None
        except IntegrityError:
            raise CommandError("Nothing was written: what the rows refer to was changed meanwhile. Try again.") from None
        except Stopped as stopped:
            self._tell(stopped.report, given, "Nothing was written.")
            raise CommandError(_remedy(stopped.report, given)) from None
        ending = "Nothing was written: this was a dry run." if given["dry_run"] else ""
        if not given["dry_run"] and report.changes_nothing:
            ending = "Nothing was written: everything is here already."
        self._tell(report, given, ending or f"Done in {time.monotonic() - started:.1f} s.")
        if given["dry_run"] and report.stops(options.skip_bad):
            raise CommandError(_remedy(report, given))

    def _run(self, tables: list[Table], options: Options, is_dry: bool) -> Report:
        progress = self._progress if sys.stderr.isatty() else None
        try:
            if is_dry:
                return check(tables, options=options, scope=Scope(), progress=progress)
            names = [table.source.name for table in tables]
            batch = ImportBatch(state=ImportBatch.State.DONE, file_names=names, options={"currency": options.currency})
            return write(tables, options=options, scope=Scope(), batch=batch, progress=progress)
        finally:
            if progress:
                self.stderr.write("\r\033[K", ending="")

    def _progress(self, done: int, total: int) -> None:
        self.stderr.write(f"\r{done:,} of {total:,} rows", ending="")
        self.stderr.flush()

    def _tell(self, report: Report, given: dict[str, Any], ending: str) -> None:
        for kind, counts in report.counts.items():
            self.stdout.write(_line(kind, counts))
        for code, facts in report.said:
            self.stdout.write(f"- {render(code, facts)}")
        for question in report.questions:
            near = " or ".join(f"“{label}”" for _, label in question.options[:3])
            name = REFERENCES[question.kind]
            self.stdout.write(
                f"? {name}: “{question.text}” is not known ({question.rows:,} rows).{f' Did you mean {near}?' if near else ''}"
            )
        self._tell_problems(report, given["errors"])
        self.stdout.write(ending)

    def _tell_problems(self, report: Report, errors: Path | None) -> None:
        for problem in report.problems.first[:_SHOWN]:
            self.stdout.write(f"! {_problem_line(problem)}")
        more = report.problems.count - _SHOWN
        if more > 0:
            where = f"they are in {errors}" if errors else "write all of them to a file with --errors FILE"
            self.stdout.write(f"! … and {more:,} more: {where}.")
        if errors:
            with errors.open("w", newline="", encoding="utf-8") as stream:
                writer = csv.writer(stream)
                writer.writerow(("file", "row", "column", "value", "problem", "nearest"))
                for problem in report.problems:
                    writer.writerow([cell(value) for value in problem_cells(problem)])


def problem_cells(problem: Problem) -> tuple[Any, ...]:
    """A refused row as a row of the errors file."""
    return (problem.file, problem.row, problem.column, problem.value, problem.sentence, " / ".join(problem.near))


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        found = sorted(file for file in path.iterdir() if file.is_file() and file.suffix.lower() in _ENDINGS)
        if not found:
            raise BadFile("no_files", file=str(path))
        return found
    if not path.is_file():
        raise BadFile("not_there", file=str(path))
    return [path]


def _line(kind: str, counts: Counts) -> str:
    text = f"{KINDS[kind]}: {counts.read:,} read, {counts.stored:,} stored, {counts.rejected:,} rejected"
    for number, word in ((counts.changed, "changed"), (counts.unchanged, "here already"), (counts.left_out, "left out")):
        text += f", {number:,} {word}" if number else ""
    return text


def _problem_line(problem: Problem) -> str:
    where = f"{problem.file} row {problem.row}" + (f", {problem.column}" if problem.column else "")
    value = f" “{problem.value}”" if problem.value else ""
    near = f" Did you mean “{problem.near[0]}”?" if problem.near else ""
    return f"{where}{value}: {problem.sentence}{near}"


def _remedy(report: Report, given: dict[str, Any]) -> str:
    for what, readings in report.customs.items():
        flags = ("en", "id") if what == "money" else ("dmy", "mdy")
        first, second = (f"--{what} {flag} ({readings[flag]})" for flag in flags)
        return f"“{readings['text']}” in the column {readings['column']} of {readings['file']} can be read two ways. Say which: {first} or {second}."
    return "Correct the rows above and import again, or leave them out with --skip-bad."
