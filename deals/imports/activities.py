"""Activities: what was done, when and by whom. Those that are here already stay as they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from deals.imports.contacts import ContactFinder
from deals.imports.context import LeftOut, Run, meant
from deals.imports.customs import read_instant
from deals.imports.names import Meaning, tidy
from deals.imports.report import BadRow
from deals.imports.rows import check_width
from deals.imports.shapes import Table
from deals.imports.survey import Survey, chunks
from deals.models import Activity, Deal, Lead
from lib.text import clean, fold

SOURCE = "import"
_YES = {"yes", "true", "1", "ya", "t"}
_MOST_NOTE = 4000
_CHOICES = {
    "channel": frozenset(Activity.Channel.values), "purpose": frozenset(Activity.Purpose.values),
    "direction": frozenset(Activity.Direction.values), "outcome": frozenset(Activity.Outcome.values),
}  # fmt: skip


def read_activities(run: Run, table: Table, survey: Survey) -> None:
    """Bring in the rows of an activities file."""
    reader = _Reader(run, table, survey)
    counts = run.report.of("activities")
    for rows in chunks(table):
        good = []
        for number, cells in rows:
            counts.read += 1
            try:
                good.append((number, reader.read(cells)))
            except BadRow as problem:
                run.refuse(table, number, problem)
            except LeftOut:
                counts.left_out += 1
        _store(run, table, good)
        run.advance(len(rows))


class _Reader:
    """Reads the rows of one activities file. What rows refer to by id stays text until the chunk is looked up."""

    def __init__(self, run: Run, table: Table, survey: Survey) -> None:
        self.run, self.zone = run, run.company.zone
        self.reps: dict[str, Meaning] = run.meanings("rep", survey.names["rep"], may_create=run.scope.is_everything)
        self.accounts = run.meanings("account", survey.names.get("account", {}), may_create=True)
        self.width = len(table.source.header)
        places = table.places
        self.at = {name: places.get(name, -1) for name in (
            "external_id", "rep", "occurred_at", "ended_at", "channel", "purpose", "direction", "outcome", "is_cold",
            "deal_id", "deal", "account", "contact", "lead", "booked_at", "cancelled_at", "note",
        )}  # fmt: skip

    def read(self, cells: list[str]) -> dict[str, Any]:
        """The row. Raises BadRow, or LeftOut."""
        check_width(cells, self.width)
        at, cells = self.at, [*cells, ""]  # a column that is not there reads the empty cell at the end
        rep_id = meant(self.reps, cells[at["rep"]], "rep")
        if rep_id is None:
            raise BadRow("required", "rep")
        if not self.run.scope.allows(rep_id):
            raise BadRow("not_yours", "rep", cells[at["rep"]])
        occurred_at = self._instant(cells, "occurred_at")
        if occurred_at is None:
            raise BadRow("required", "occurred_at")
        row: dict[str, Any] = {
            "rep_id": rep_id, "occurred_at": occurred_at, "ended_at": self._instant(cells, "ended_at"),
            "cancelled_at": self._instant(cells, "cancelled_at"), "booked_at": self._instant(cells, "booked_at"),
            "is_cold": cells[at["is_cold"]].strip().lower() in _YES, "source": SOURCE,
            "account_id": meant(self.accounts, cells[at["account"]], "account"),
            "external_id": tidy(cells[at["external_id"]]), "deal_key": tidy(cells[at["deal_id"]]), "deal_name": tidy(cells[at["deal"]]),
            "contact_name": tidy(cells[at["contact"]]), "lead_name": tidy(cells[at["lead"]]),
            "note": clean(cells[at["note"]]).strip(),
        }  # fmt: skip
        for name, choices in _CHOICES.items():
            row[name] = self._choice(cells[at[name]], name, choices)
        return self._checked(row)

    def _instant(self, cells: list[str], field: str) -> Any:
        typed = cells[self.at[field]].strip()
        if not typed:
            return None
        made = read_instant(typed, self.zone)
        if made is None:
            raise BadRow("bad_instant", field, typed)
        return made

    def _choice(self, typed: str, field: str, choices: frozenset[str]) -> str:
        if typed in choices or not typed:
            return typed
        text = tidy(typed).lower()
        if text not in choices:
            raise BadRow("bad_choice", field, text, choices=", ".join(sorted(choices)))
        return text

    def _checked(self, row: dict[str, Any]) -> dict[str, Any]:
        if not row["channel"]:
            raise BadRow("required", "channel")
        row["direction"] = row["direction"] or Activity.Direction.OUT.value
        if row["ended_at"] and row["ended_at"] < row["occurred_at"]:
            raise BadRow("ends_before_start", "ended_at")
        if len(row["external_id"]) > 80:
            raise BadRow("too_long", "external_id", row["external_id"][:80], most=80)
        if len(row["note"]) > _MOST_NOTE:
            raise BadRow("too_long", "note", row["note"][:80], most=_MOST_NOTE)
        if row["booked_at"]:
            row["booked_by_id"] = row["rep_id"]
        if row["external_id"] and self.run.came_before("activities", row["external_id"]):
            raise BadRow("twice_here", "external_id", row["external_id"])
        return row


def _store(run: Run, table: Table, rows: Sequence[tuple[int, dict[str, Any]]]) -> None:
    """Look up what the rows refer to, leave those that are here, write the others."""
    here, counts = _here([row for _, row in rows]), run.report.of("activities")
    links = _Links(run, [row for _, row in rows])
    new = []
    for number, row in rows:
        if _identity(row) in here:
            counts.unchanged += 1
            continue
        try:
            links.follow(row)
        except BadRow as problem:
            run.refuse(table, number, problem)
            continue
        new.append(row)
    counts.new += len(new)
    for row in new[:3]:
        run.report.sample("activities", {name: str(row[name]) for name in ("occurred_at", "channel", "outcome")})
    if new and not run.is_rehearsal:
        run.writer.activities(new)


def _identity(row: dict[str, Any]) -> object:
    """What makes an activity the same one: its id, or who did what when."""
    return row["external_id"] or (row["rep_id"], row["occurred_at"], row["channel"])


def _here(rows: Sequence[dict[str, Any]]) -> set[object]:
    named = [row["external_id"] for row in rows if row["external_id"]]
    found: set[object] = set(Activity.objects.filter(external_id__in=named).values_list("external_id", flat=True))
    own = {key: text for text in named if (key := _uuid(text))}
    found |= {own[key] for key in Activity.objects.filter(pk__in=own).values_list("pk", flat=True)} if own else set()
    bare = [row for row in rows if not row["external_id"]]
    if bare:
        whens, whose = {row["occurred_at"] for row in bare}, {row["rep_id"] for row in bare}
        found |= set(
            Activity.objects.filter(rep__in=whose, occurred_at__in=whens).values_list("rep_id", "occurred_at", "channel")
        )
    return found


def _uuid(text: str) -> UUID | None:
    if len(text) != 36:
        return None
    try:
        return UUID(text)
    except ValueError:
        return None


class _Links:
    """The deals, contacts and leads that a chunk of rows refers to."""

    def __init__(self, run: Run, rows: Sequence[dict[str, Any]]) -> None:
        self.run = run
        keys = {row["deal_key"] for row in rows if row["deal_key"]}
        ours = {int(key[1:]) for key in keys if key[:1] == "D" and key[1:].isdecimal() and len(key) < 19}
        deals = Deal.objects.order_by("-pk").values_list("pk", "external_id", "name", "account_id")
        self.by_id = (
            {external_id: (pk, account) for pk, external_id, _, account in deals.filter(external_id__in=keys)} if keys else {}
        )
        self.by_number = (
            {f"D{pk}": (pk, name, account) for pk, _, name, account in deals.filter(pk__in=ours, external_id="")} if ours else {}
        )
        names = {row["deal_name"] for row in rows if row["deal_name"] and not row["deal_key"]}
        self.by_name: dict[str, list[tuple[int, int | None]]] = {}
        for pk, _, name, account in deals.filter(name__in=names) if names else ():
            self.by_name.setdefault(name, []).append((pk, account))
        at = {row["account_id"] or self._account_of(row) for row in rows if row["contact_name"]}
        self.contacts = ContactFinder(run, {key for key in at if key})
        leads = {row["lead_name"] for row in rows if row["lead_name"]}
        self.leads: dict[str, list[int]] = {}
        for pk, name in Lead.objects.filter(name__in=leads).values_list("pk", "name") if leads else ():
            self.leads.setdefault(name, []).append(pk)

    def follow(self, row: dict[str, Any]) -> None:
        """Put the keys into the row. Raises BadRow for a name or id that stands for nothing, or for several."""
        deal = self._deal(row)
        if deal:
            row["deal_id"] = deal[0]
            row["account_id"] = row["account_id"] or deal[1]
        if row["lead_name"]:
            row["lead_id"] = _only(self.leads.get(row["lead_name"], []), "lead", row["lead_name"])
        if row["contact_name"]:
            row["contact_id"] = self.contacts.find(row["account_id"], row["contact_name"])

    def _account_of(self, row: dict[str, Any]) -> int | None:
        """The account of the row's deal, as far as it can be told without refusing the row."""
        deal = self.by_id.get(row["deal_key"])
        numbered = self.by_number.get(row["deal_key"])
        return deal[1] if deal else numbered[2] if numbered else None

    def _deal(self, row: dict[str, Any]) -> tuple[int, int | None] | None:
        key, name = row["deal_key"], row["deal_name"]
        if key in self.by_id:
            return self.by_id[key]
        numbered = self.by_number.get(key)
        if numbered and fold(numbered[1]) == fold(name):
            return numbered[0], numbered[2]
        if key:
            if hash(key) in self.run.seen.get("deals", ()):
                return 0, None
            raise BadRow("unknown_name", "deal_id", key)
        return _only(self.by_name.get(name, []), "deal", name) if name else None


def _only(found: Sequence[Any], field: str, text: str) -> Any:
    if len(found) != 1:
        raise BadRow("ambiguous_name" if found else "unknown_name", field, text)
    return found[0]
