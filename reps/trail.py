"""The audit trail as people read it: who did what to whom, in words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reps.models import AuditEntry, HolidayCalendar, Rep, Role, Team, User

WORDS: dict[str, Promise] = {
    "calendar.create": gettext_lazy("made a holiday calendar"),
    "calendar.days": gettext_lazy("changed the days of a holiday calendar"),
    "calendar.delete": gettext_lazy("deleted a holiday calendar"),
    "calendar.edit": gettext_lazy("renamed a holiday calendar"),
    "company.edit": gettext_lazy("changed the company settings"),
    "export": gettext_lazy("exported data"),
    "rep.come_back": gettext_lazy("took a rep back"),
    "rep.create": gettext_lazy("added a rep"),
    "rep.edit": gettext_lazy("changed a card"),
    "rep.leave": gettext_lazy("noted that a rep leaves"),
    "rep.link": gettext_lazy("gave a rep a sign-in"),
    "rep.place": gettext_lazy("moved a rep to a team"),
    "rep.role": gettext_lazy("changed a role"),
    "rep.unlink": gettext_lazy("took a sign-in off a rep"),
    "role.create": gettext_lazy("made a role"),
    "role.delete": gettext_lazy("deleted a role"),
    "role.edit": gettext_lazy("changed what a role may do"),
    "team.create": gettext_lazy("made a team"),
    "team.edit": gettext_lazy("changed a team"),
    "team.lead": gettext_lazy("changed who leads a team"),
    "team.move": gettext_lazy("moved a team"),
    "user.accept": gettext_lazy("accepted an invitation"),
    "user.address": gettext_lazy("changed an e-mail"),
    "user.ask_address": gettext_lazy("asked to change an e-mail"),
    "user.deactivate": gettext_lazy("ended a sign-in"),
    "user.invite": gettext_lazy("invited somebody"),
    "user.invite_again": gettext_lazy("sent an invitation again"),
    "user.kind": gettext_lazy("changed somebody's access"),
    "user.own_card": gettext_lazy("changed their own card"),
    "user.password": gettext_lazy("set a new password"),
    "user.reactivate": gettext_lazy("let somebody sign in again"),
    "user.revoke": gettext_lazy("took an invitation back"),
    "user.sign_out": gettext_lazy("signed somebody out everywhere"),
}
# Kinds of subject that have a name and a page here.
_NAMED: dict[str, tuple[type[Any], str]] = {
    "rep": (Rep, "reps:rep"),
    "user": (User, "reps:signin"),
    "team": (Team, "reps:team"),
    "role": (Role, "reps:role"),
    "holidaycalendar": (HolidayCalendar, "reps:calendar"),
}


@dataclass(frozen=True)
class Line:
    """One row of the trail for reading."""

    entry: AuditEntry
    at: datetime
    who: str
    did: str
    subject: str
    url: str = ""
    values: tuple[tuple[str, str], ...] = field(default_factory=tuple)
    is_blanked: bool = False


def in_words(entries: Iterable[AuditEntry] | QuerySet[AuditEntry]) -> list[Line]:
    """The rows with names looked up: one query for the rows, one for each kind of subject among them."""
    if isinstance(entries, QuerySet):
        entries = entries.select_related("actor", "detail")
    rows = list(entries)
    names = _names(rows)
    return [_line(row, names) for row in rows]


def did(verb: str) -> str:
    """What a verb says; the code itself where it has no words yet."""
    return str(WORDS[verb]) if verb in WORDS else verb


def _names(rows: list[AuditEntry]) -> dict[tuple[str, str], str]:
    names: dict[tuple[str, str], str] = {}
    for kind, (model, _page) in _NAMED.items():
        ids = {row.subject_id for row in rows if row.subject_type == kind and row.subject_id}
        if ids:
            found = model._default_manager.filter(pk__in=ids).values_list("pk", "name")
            names |= {(kind, str(pk)): name for pk, name in found}
    return names


def _line(row: AuditEntry, names: dict[tuple[str, str], str]) -> Line:
    name = names.get((row.subject_type, row.subject_id))
    detail = getattr(row, "detail", None)
    values = {key: value for key, value in row.facts.items() if key != "detail"} | (detail.values if detail else {})
    return Line(
        entry=row,
        at=row.at,
        who=row.actor.name if row.actor else _("The system"),
        did=did(row.verb),
        subject=name or " ".join(part for part in (row.subject_type, row.subject_id) if part),
        url=reverse(_NAMED[row.subject_type][1], args=[row.subject_id]) if name else "",
        values=tuple((key.replace("_", " "), _plain(value)) for key, value in values.items()),
        is_blanked=bool(detail and detail.blanked_at),
    )


def _plain(value: Any) -> str:
    """A value of the trail as text."""
    if value is None or value == "":
        return "–"
    if isinstance(value, dict):
        return ", ".join(f"{key} {_plain(inner)}" for key, inner in value.items())
    if isinstance(value, list):
        return " → ".join(_plain(inner) for inner in value) if len(value) == 2 else ", ".join(_plain(inner) for inner in value)
    return {True: _("yes"), False: _("no")}.get(value, str(value)) if isinstance(value, bool) else str(value)
