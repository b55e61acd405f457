"""What every step of an import needs to know: the company, the options, whose rows may be brought in, the names known."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from itertools import count
from typing import Any

from django.db.models import Model

from deals.bulk import Writer
from deals.imports.names import Known, Meaning, Unmatched, known_from, resolve, tidy
from deals.imports.report import BadRow, Problem, Report
from deals.imports.shapes import Table
from deals.models import Account, Competitor, Product
from lib import clock
from reps.models import Company, Rep, User


@dataclass(frozen=True)
class Options:
    """What a person decided: currency of bare amounts, customs, and answers by kind and name.

    An answer is the key of an existing row, "create" or "skip".
    """

    currency: str = ""
    money: str = ""  # "en" or "id"
    dates: str = ""  # "dmy" or "mdy"
    skip_bad: bool = False
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Scope:
    """Whose rows this person may bring in. `user` None is the command line, which may everything."""

    user: User | None = None

    @property
    def is_everything(self) -> bool:
        """Admins and the command line: also people, products and stages."""
        return self.user is None or self.user.is_admin

    @property
    def own_rep_id(self) -> int | None:
        """Who owns the accounts that a manager brings in without an owner."""
        return None if self.user is None or self.is_everything else self.user.viewer.rep_id

    def allows(self, rep_id: int | None) -> bool:
        """Rows of that rep: a manager's own and subtree's."""
        return self.is_everything or (self.user is not None and rep_id in self.user.viewer.editable_rep_ids)


class Rehearsal:
    """Stands where the writer stands while a file is only checked: gives out keys and writes nothing."""

    def __init__(self) -> None:
        self._keys = count(-1, -1)

    def keys(self, model: Any, number: int) -> list[int]:
        """Keys that no row has."""
        return [next(self._keys) for _ in range(number)]

    def save(self, row: Model) -> None:
        """Give the row a key."""
        row.pk = next(self._keys)

    def nothing(self, *_: Any, **__: Any) -> None:
        """Writes nothing."""

    deals = events = accounts = contacts = leads = activities = nothing


class Run:
    """One run over the files: what is known, what is said, and where rows go."""

    def __init__(self, *, company: Company, options: Options, scope: Scope, writer: Writer | None, report: Report) -> None:
        self.company, self.options, self.scope, self.report = company, options, scope, report
        self.is_rehearsal = writer is None
        self.rehearsal = Rehearsal()
        self.writer: Any = writer or self.rehearsal
        self.currency = options.currency or company.currency
        self.now = clock.now()
        self.today: date = clock.today(company.zone)
        self.known = self._load()
        # Hashes of the ids that each kind of file has named so far: half a million fit into little memory.
        self.seen: dict[str, set[int]] = {}
        # In a rehearsal, the contacts that would be there, by account and folded name.
        self.new_contacts: set[tuple[int, str]] = set()

    def _load(self) -> dict[str, Known]:
        accounts = Account.objects.all() if self.scope.user is None else Account.objects.visible_to(self.scope.user)
        pairs = accounts.order_by("pk").values_list("pk", "name")
        return {
            "rep": _known_reps(),
            "product": known_from("product", Product.objects.order_by("pk").values_list("pk", "name")),
            "competitor": known_from("competitor", Competitor.objects.order_by("pk").values_list("pk", "name")),
            "account": known_from("account", pairs.iterator(chunk_size=5000)),
        }

    @property
    def team_id(self) -> int | None:
        """The team that takes what a manager brings in without an owner."""
        user = self.scope.user
        return min(user.viewer.led_team_ids, default=None) if user else None

    def came_before(self, kind: str, external_id: str) -> bool:
        """Whether the files have named this id before; it is remembered."""
        seen, key = self.seen.setdefault(kind, set()), hash(external_id)
        if key in seen:
            return True
        seen.add(key)
        return False

    def advance(self, rows: int) -> None:
        """So many more rows are read."""

    def save(self, row: Model) -> None:
        """Write a single row; in a rehearsal it only gets a key."""
        if self.is_rehearsal:
            self.rehearsal.save(row)
        else:
            row.save()

    def refuse(self, table: Table, row: int, problem: BadRow) -> None:
        """Note a row that is not stored."""
        self.report.of(table.kind).rejected += 1
        column = table.column(problem.field) if problem.field else ""
        self.report.problems.add(
            Problem(table.source.name, row, column, problem.value[:200], problem.code, problem.facts, problem.near)
        )

    def meanings(self, kind: str, cells: dict[str, int], *, may_create: bool = False) -> dict[str, Meaning]:
        """What the cells of a column stand for; what must be said or asked goes into the report.

        A name answered with "create" stands for the key that `create` gives it.
        """
        found = resolve(self.known[kind], cells, self.options.answers.get(kind, {}), may_create=may_create)
        for code, facts in found.said:
            self.report.say(code, **facts)
        known_questions = {(question.kind, question.text) for question in self.report.questions}
        self.report.questions += [q for q in found.questions if (q.kind, q.text) not in known_questions]
        for name, spellings, _rows in found.to_create:
            key = self.create(kind, name)
            found.meanings.update(dict.fromkeys(spellings, key))
        return found.meanings

    def create(self, kind: str, name: str) -> int:
        """A new row of that name, as a person answered."""
        made: Any = {
            "account": lambda: Account(name=name[:160], owner_id=self.scope.own_rep_id),
            "product": lambda: Product(name=name[:120], currency=self.currency),
            "competitor": lambda: Competitor(name=name[:80]),
            "rep": lambda: Rep(name=name[:120]),
        }[kind]()
        self.save(made)
        self.known[kind].add(made.pk, name)
        return int(made.pk)


def _known_reps() -> Known:
    """Sellers by name, and by the e-mail on their card or the one they sign in with."""
    known = Known("rep")
    for key, name, *addresses in Rep.objects.order_by("pk").values_list("pk", "name", "work_email", "user__email"):
        known.add(key, name)
        for address in filter(None, addresses):
            known.add_alias(key, address)
    return known


class LeftOut(Exception):
    """A row to be skipped, as a person answered."""


def meant(meanings: dict[str, Meaning], cell: str, field: str) -> int | None:
    """The key behind a cell, None for an empty one. Raises BadRow, or LeftOut."""
    if not cell:
        return None
    meaning = meanings.get(cell, 0)
    if meaning == 0 or isinstance(meaning, Unmatched):
        if not tidy(cell):
            return None
        code = meaning.code if isinstance(meaning, Unmatched) else "unknown_name"
        near = meaning.near if isinstance(meaning, Unmatched) else ()
        raise BadRow(code, field, tidy(cell), near)
    if meaning is None:
        raise LeftOut
    return meaning
