"""Contacts and leads: people at accounts, and people who may become customers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from deals.imports.context import LeftOut, Run, meant
from deals.imports.names import Meaning
from deals.imports.report import BadRow
from deals.imports.rows import email, full_row, instant, limited, one_of, phone, raw
from deals.imports.shapes import Table
from deals.imports.survey import Survey, chunks
from deals.models import Account, Contact, Lead
from lib.text import fold

Numbered = tuple[int, dict[str, Any]]
_CONTACT_LIMITS = (("name", 120), ("title", 80), ("external_id", 80))
_LEAD_LIMITS = (("name", 120), ("company_name", 160), ("external_id", 80))
_CONTACT_FIELDS = ("name", "title", "email", "phone", "external_id")
_LEAD_FIELDS = ("name", "company_name", "email", "phone", "source", "state", "owner_id", "external_id")


def read_contacts(run: Run, table: Table, survey: Survey) -> None:
    """Bring in the rows of a contacts file."""
    accounts = run.meanings("account", survey.names.get("account", {}), may_create=True)
    editable = _editable_accounts(run, accounts)

    def read(cells: list[str]) -> dict[str, Any]:
        text = _named(table, cells, _CONTACT_LIMITS)
        account_id = meant(accounts, cells[table.places["account"]], "account")
        if account_id is None:
            raise BadRow("required", "account")
        if editable is not None and account_id > 0 and account_id not in editable:
            raise BadRow("not_yours", "account", text["account"])
        row: dict[str, Any] = {name: text.get(name, "") for name in ("name", "title", "external_id")}
        row |= {"account_id": account_id, "phone": phone(run, text), "email": email(text)}
        return {**row, "created_at": instant(run, text, "created_at") or run.now}

    _read(run, table, read, _store_contacts)


def read_leads(run: Run, table: Table, survey: Survey) -> None:
    """Bring in the rows of a leads file."""
    owners = run.meanings("rep", survey.names.get("owner", {}), may_create=run.scope.is_everything)
    makers = run.meanings("rep", survey.names.get("created_by", {}), may_create=run.scope.is_everything)

    def read(cells: list[str]) -> dict[str, Any]:
        text = _named(table, cells, _LEAD_LIMITS)
        owner_id = meant(owners, raw(table, cells, "owner"), "owner")
        if owner_id is not None and not run.scope.allows(owner_id):
            raise BadRow("not_yours", "owner", text["owner"])
        row: dict[str, Any] = {name: text.get(name, "") for name in ("name", "company_name", "external_id")}
        row |= {"owner_id": owner_id, "created_by_id": meant(makers, raw(table, cells, "created_by"), "created_by")}
        row |= {"phone": phone(run, text), "email": email(text), "team_id": None if owner_id else run.team_id}
        row["source"] = one_of(text.get("source", ""), "source", Lead.Source.values)
        row["state"] = one_of(text.get("state", ""), "state", Lead.State.values)
        return {**row, "created_at": instant(run, text, "created_at") or run.now}

    _read(run, table, read, _store_leads)


def _editable_accounts(run: Run, accounts: dict[str, Meaning]) -> set[int] | None:
    """The accounts among these whose contacts this person may change; None is all."""
    if run.scope.user is None or run.scope.is_everything:
        return None
    keys = [key for key in accounts.values() if isinstance(key, int)]
    return set(Account.objects.editable_by(run.scope.user).filter(pk__in=keys).values_list("pk", flat=True))


def _read(run: Run, table: Table, read: Any, store: Any) -> None:
    counts = run.report.of(table.kind)
    for rows in chunks(table):
        good = []
        for number, cells in rows:
            counts.read += 1
            try:
                row = read(cells)
                if row["external_id"] and run.came_before(table.kind, row["external_id"]):
                    raise BadRow("twice_here", "external_id", row["external_id"])
                good.append((number, row))
            except BadRow as problem:
                run.refuse(table, number, problem)
            except LeftOut:
                counts.left_out += 1
        store(run, table, good)
        run.advance(len(rows))


def _store_contacts(run: Run, table: Table, rows: Sequence[Numbered]) -> None:
    here = Contact.objects.filter(account__in={row["account_id"] for _, row in rows if row["account_id"] > 0}).order_by("-pk")
    named = Contact.objects.filter(external_id__in=[row["external_id"] for _, row in rows if row["external_id"]])
    by_id = {contact.external_id: contact for contact in named}
    at = list(here)
    by_key = {(contact.account_id, fold(contact.name)): contact for contact in at}
    nameless = {(contact.account_id, fold(contact.name)): contact for contact in at if not contact.external_id}
    by_number = {f"C{contact.pk}": contact for contact in nameless.values()}
    new, changed, keys = [], [], set()
    for number, row in rows:
        key, external_id = (row["account_id"], fold(row["name"])), row["external_id"]
        found = by_id.get(external_id) or _same_name(by_number.get(external_id), row)
        found = found or (nameless if external_id else by_key).get(key)
        if found is None and not external_id and key in keys:
            run.refuse(table, number, BadRow("twice_here", "name", row["name"]))
        elif found is None:
            new.append(row)
            keys.add(key)
        elif _fill(found, row, _CONTACT_FIELDS, "C"):
            changed.append(found)
        else:
            run.report.of("contacts").unchanged += 1
    _written(run, "contacts", new, changed, ("name", "title", "phone", "email"))
    if run.is_rehearsal:
        run.new_contacts.update((row["account_id"], fold(row["name"])) for row in new)
    else:
        run.writer.contacts(new)
        Contact.objects.bulk_update(changed, _CONTACT_FIELDS, batch_size=500)


def _store_leads(run: Run, table: Table, rows: Sequence[Numbered]) -> None:
    named = [row["external_id"] for _, row in rows if row["external_id"]]
    by_id = {lead.external_id: lead for lead in Lead.objects.filter(external_id__in=named)}
    bare = Lead.objects.filter(name__in={row["name"] for _, row in rows}, external_id="").order_by("-pk")
    by_key = {_lead_key(vars(lead)): lead for lead in bare}
    by_number = {f"L{lead.pk}": lead for lead in bare}
    new, changed = [], []
    for number, row in rows:
        found = by_id.get(row["external_id"]) or _same_name(by_number.get(row["external_id"]), row)
        found = found or (None if row["external_id"] else by_key.get(_lead_key(row)))
        if found is None:
            new.append({**row, "source": row["source"] or Lead.Source.OTHER, "state": row["state"] or Lead.State.NEW})
        elif not run.scope.allows(found.owner_id):
            run.refuse(table, number, BadRow("not_yours", "external_id", row["external_id"]))
        elif _fill(found, row, _LEAD_FIELDS, "L"):
            changed.append(found)
        else:
            run.report.of("leads").unchanged += 1
    _written(run, "leads", new, changed, ("name", "company_name", "phone", "state"))
    if not run.is_rehearsal:
        run.writer.leads(new)
        Lead.objects.bulk_update(changed, _LEAD_FIELDS, batch_size=500)


def _lead_key(row: dict[str, Any]) -> tuple[str, ...]:
    return tuple(fold(row[name]) for name in ("name", "company_name", "email", "phone"))


def _same_name(found: Any, row: dict[str, Any]) -> Any:
    """Our own number counts only together with the name: the file may come from another installation."""
    return found if found is not None and fold(found.name) == fold(row["name"]) else None


def _fill(found: Any, row: dict[str, Any], fields: Sequence[str], letter: str) -> bool:
    """Give the row here what the file says differently; empty cells change nothing. False when nothing differs."""
    own = row["external_id"] == f"{letter}{found.pk}"
    differs = [name for name in fields if row[name] and row[name] != getattr(found, name) and not (name == "external_id" and own)]
    for name in differs:
        setattr(found, name, row[name])
    return bool(differs)


def _written(run: Run, kind: str, new: Sequence[dict[str, Any]], changed: Sequence[Any], shown: Sequence[str]) -> None:
    """Count what is stored, and keep the first as samples."""
    counts = run.report.of(kind)
    counts.new += len(new)
    counts.changed += len(changed)
    for row in new[:3]:
        run.report.sample(kind, {name: str(row[name]) for name in shown})


def _named(table: Table, cells: list[str], limits: Sequence[tuple[str, int]]) -> dict[str, str]:
    text = limited(full_row(table, cells), limits)
    if not text["name"]:
        raise BadRow("required", "name")
    return text


class ContactFinder:
    """The contacts that a chunk of rows refers to by account and name, read in one query."""

    def __init__(self, run: Run, account_ids: set[int]) -> None:
        self._rehearsed = run.new_contacts
        rows = Contact.objects.filter(account__in=account_ids).order_by("-pk") if account_ids else Contact.objects.none()
        self._keys = {(account_id, fold(name)): pk for pk, account_id, name in rows.values_list("pk", "account_id", "name")}

    def find(self, account_id: int | None, name: str) -> int | None:
        """The contact's key, None for an empty name. Raises BadRow for a name not known at the account."""
        if not name:
            return None
        key = (account_id or 0, fold(name))
        if key in self._rehearsed:
            return 0
        if key not in self._keys:
            raise BadRow("unknown_contact" if account_id else "contact_without_account", "contact", name)
        return self._keys[key]
