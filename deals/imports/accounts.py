"""Accounts: new ones are written, those of the same id or name get what the file says of them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Any

from django.db import connection

from deals.imports.context import LeftOut, Run, meant
from deals.imports.names import Meaning, tidy
from deals.imports.report import BadRow
from deals.imports.rows import full, full_row, instant, limited, phone, raw, whole
from deals.imports.shapes import Table
from deals.imports.survey import Survey, chunks
from deals.models import Account
from lib.text import clean_line, fold

_LIMITS = (("name", 160), ("sector", 80), ("city", 80), ("website", 200), ("external_id", 80))
_TEXTS = ("sector", "city", "phone", "website")
_FIELDS = (*_TEXTS, "employees", "extra", "owner_id", "external_id")


def read_accounts(run: Run, table: Table, survey: Survey) -> None:
    """Bring in the rows of an accounts file. Parents may stand anywhere in it."""
    _Accounts(run, table, survey).read()


class _Accounts:
    """One accounts file on its way in. `keys` are those of its rows, given out before any row is read."""

    def __init__(self, run: Run, table: Table, survey: Survey) -> None:
        self.run, self.table = run, table
        self.keys: dict[str, int] = {}
        self.written: set[int] = set()
        self.parents: dict[int, int] = {}
        self.sectors: Counter[str] = Counter()
        for rows in chunks(table):
            self._name([(raw(table, cells, "external_id"), raw(table, cells, "name")) for _, cells in rows if full(table, cells)])
        self.owners = run.meanings("rep", survey.names.get("owner", {}), may_create=run.scope.is_everything)
        self.above: dict[str, Meaning] = run.meanings("account", survey.names.get("parent", {}), may_create=True)

    def _name(self, cells: Sequence[tuple[str, str]]) -> None:
        """Make the names in the file known, so that parents and deals may refer to them.

        A row is the account of its external id; else the one of its name, unless that one has another external id.
        """
        known, texts = self.run.known["account"], [(tidy(external_id), tidy(name)) for external_id, name in cells]
        named = {external_id for external_id, _ in texts if external_id}
        by_id = dict(Account.objects.filter(external_id__in=named).values_list("external_id", "pk")) if named else {}
        keys = [key for _, name in texts for key in known.find(name)]
        taken = dict(Account.objects.filter(pk__in=keys).exclude(external_id="").values_list("pk", "external_id"))
        for external_id, name in texts:
            identity = _identity(external_id, name)
            if not name or identity in self.keys:
                continue
            free = [key for key in known.find(name) if taken.get(key, external_id) == external_id or not external_id]
            key = by_id.get(external_id) or next(iter(free), None)
            if key is None:
                key = self.run.writer.keys(Account, 1)[0]
                known.add(key, name)
            self.keys[identity] = key
            taken[key] = external_id

    def read(self) -> None:
        """Read, store and link."""
        counts = self.run.report.of("accounts")
        for rows in chunks(self.table):
            good: list[tuple[int, dict[str, Any]]] = []
            for number, cells in rows:
                counts.read += 1
                try:
                    good.append((number, self._row(cells)))
                except BadRow as problem:
                    self.run.refuse(self.table, number, problem)
                except LeftOut:
                    counts.left_out += 1
            self._store(good)
            self.run.advance(len(rows))
        self._link()
        _say_sectors(self.run, self.sectors)

    def _row(self, cells: list[str]) -> dict[str, Any]:
        text = limited(full_row(self.table, cells), _LIMITS)
        if not text["name"]:
            raise BadRow("required", "name")
        owner_id = meant(self.owners, raw(self.table, cells, "owner"), "owner")
        if owner_id is not None and not self.run.scope.allows(owner_id):
            raise BadRow("not_yours", "owner", text["owner"])
        row: dict[str, Any] = {name: text.get(name, "") for name in ("name", "sector", "city", "website", "external_id")}
        row |= {"phone": phone(self.run, text), "employees": whole(text.get("employees", ""), "employees"), "owner_id": owner_id}
        row["extra"] = self._extra(text, cells)
        row["parent_id"] = meant(self.above, raw(self.table, cells, "parent"), "parent")
        row["created_at"] = instant(self.run, text, "created_at") or self.run.now
        return self._placed(row)

    def _placed(self, row: dict[str, Any]) -> dict[str, Any]:
        """With its key; every row of a name is one account."""
        row["id"] = self.keys[_identity(row["external_id"], row["name"])]
        if row["id"] in self.written:
            raise BadRow("twice_here", "external_id" if row["external_id"] else "name", row["external_id"] or row["name"])
        if row["parent_id"] == row["id"]:
            raise BadRow("own_parent", "parent", row["name"])
        self.written.add(row["id"])
        if row["parent_id"]:
            self.parents[row["id"]] = row["parent_id"]
        if row["sector"]:
            self.sectors[row["sector"]] += 1
        return row

    def _extra(self, text: dict[str, str], cells: list[str]) -> dict[str, str]:
        """What there is no column for, by the file's own names."""
        kept = _own_extra(text.get("extra", ""))
        kept |= {name.removeprefix("extra."): value for name, value in text.items() if name.startswith("extra.") and value}
        return kept | {name: tidy(cells[at]) for name, at in self.table.others.items() if cells[at]}

    def _store(self, rows: Sequence[tuple[int, dict[str, Any]]]) -> None:
        run, counts = self.run, self.run.report.of("accounts")
        here = Account.objects.in_bulk([row["id"] for _, row in rows])
        editable = _editable(run, here)
        new = [row for _, row in rows if row["id"] not in here]
        changed = []
        for number, row in rows:
            if row["id"] not in here:
                continue
            if not _takes_over(run, here[row["id"]], row):
                counts.unchanged += 1
            elif row["id"] in editable:
                changed.append(here[row["id"]])
            else:
                self.parents.pop(row["id"], None)
                run.refuse(self.table, number, BadRow("not_yours", "name", row["name"]))
        counts.new += len(new)
        counts.changed += len(changed)
        for row in new[:3]:
            run.report.sample("accounts", {name: str(row[name] or "") for name in ("name", "sector", "city", "employees")})
        if not run.is_rehearsal:
            run.writer.accounts([{**row, "parent_id": None, "owner_id": row["owner_id"] or run.scope.own_rep_id} for row in new])
            Account.objects.bulk_update(changed, ("name", *_FIELDS), batch_size=500)

    def _link(self) -> None:
        """Set the parents, now that every account is there; a new parent of an existing account is a change."""
        if self.run.is_rehearsal or not self.parents:
            return
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE deals_account a SET parent_id = t.parent FROM unnest(%s::bigint[], %s::bigint[]) AS t(id, parent) "
                "WHERE a.id = t.id AND a.parent_id IS DISTINCT FROM t.parent AND EXISTS (SELECT FROM deals_account p WHERE p.id = t.parent)",
                [list(self.parents), list(self.parents.values())],
            )


def _identity(external_id: str, name: str) -> str:
    return f"#{external_id}" if external_id else name


def _own_extra(typed: str) -> dict[str, str]:
    """The column `extra` of our own list: names and values as JSON."""
    if not typed:
        return {}
    try:
        kept = json.loads(typed)
    except ValueError:
        kept = None
    if not isinstance(kept, dict):
        raise BadRow("bad_json", "extra", typed[:80])
    return {clean_line(str(name))[:80]: clean_line(str(value)) for name, value in kept.items()}


def _editable(run: Run, keys: Iterable[int]) -> set[int]:
    """Those of these accounts that the person may change."""
    if run.scope.user is None or run.scope.is_everything:
        return set(keys)
    return set(Account.objects.editable_by(run.scope.user).filter(pk__in=list(keys)).values_list("pk", flat=True))


def _takes_over(run: Run, account: Account, row: dict[str, Any]) -> bool:
    """Give the account what the row says differently; empty cells change nothing. False when nothing differs."""
    row = {**row, "extra": {**account.extra, **row["extra"]}}
    if row["external_id"] == f"A{account.pk}":
        row["external_id"] = ""
    is_known_by_id = bool(account.external_id) and account.external_id == row["external_id"]
    if account.name != row["name"] and not is_known_by_id:
        run.report.say("matched", kind="account", text=row["name"], name=account.name, rows=1)
    fields = (*_FIELDS, "name") if is_known_by_id else _FIELDS
    differs = [name for name in fields if row[name] and row[name] != getattr(account, name)]
    for name in differs:
        setattr(account, name, row[name])
    return bool(differs) or bool(row["parent_id"] and row["parent_id"] != account.parent_id)


def _say_sectors(run: Run, sectors: Counter[str]) -> None:
    """Point to a sector that looks like a misspelt word; it is kept as it is."""
    for sector, rows in sorted(sectors.items()):
        near = get_close_matches(sector.casefold(), _SECTORS, n=1, cutoff=0.85)
        if near and near[0] != sector.casefold() and fold(near[0]) != fold(sector):
            run.report.say("sector_odd", text=sector, rows=rows, near=near[0])


# Words that sector columns are made of, to find a misspelt one.
_SECTORS = (
    "technology", "medical", "retail", "software", "entertainment", "marketing", "telecommunications", "finance", "employment",
    "services", "manufacturing", "education", "healthcare", "construction", "agriculture", "transportation", "logistics",
    "hospitality", "insurance", "banking", "mining", "energy", "government", "automotive", "pharmaceutical", "consulting",
)  # fmt: skip
