"""The audit trail as people read it: who did what to whom, in words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reps.holiday_files import read_day
from reps.models import AuditEntry, HolidayCalendar, Rep, Role, Team, User

WORDS: dict[str, Promise] = {
    "calendar.create": gettext_lazy("made a holiday calendar"),
    "calendar.days": gettext_lazy("changed the days of a holiday calendar"),
    "calendar.delete": gettext_lazy("deleted a holiday calendar"),
    "calendar.edit": gettext_lazy("renamed a holiday calendar"),
    "company.edit": gettext_lazy("changed the company settings"),
    "export": gettext_lazy("exported data"),
    "quota.set": gettext_lazy("set quotas"),
    "rep.away": gettext_lazy("entered leave"),
    "rep.back": gettext_lazy("cancelled leave"),
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
    "activity.past_edit": gettext_lazy("changed an activity of a closed month"),
    "company.set_up": gettext_lazy("set the company up"),
    "competitor.saved": gettext_lazy("wrote down a competitor"),
    "contact.removed": gettext_lazy("removed a contact"),
    "deal.past_edit": gettext_lazy("changed a deal in a closed month"),
    "deal.reassign": gettext_lazy("gave a deal to another rep"),
    "import.discard": gettext_lazy("discarded an import"),
    "import.run": gettext_lazy("imported data"),
    "lead.given": gettext_lazy("gave a lead to another rep"),
    "pipeline.changed": gettext_lazy("changed the stages of a pipeline"),
    "pipeline.made": gettext_lazy("made a pipeline"),
    "product.saved": gettext_lazy("saved a product"),
    "rate.set": gettext_lazy("set an exchange rate"),
    "user.first_admin": gettext_lazy("became the first admin"),
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
    "user.recovery_code_used": gettext_lazy("signed in with a recovery code"),
    "user.recovery_codes": gettext_lazy("made new recovery codes"),
    "user.revoke": gettext_lazy("took an invitation back"),
    "user.second_factor_off": gettext_lazy("switched the second factor off"),
    "user.second_factor_on": gettext_lazy("switched the second factor on"),
    "user.second_factor_reset": gettext_lazy("reset a second factor"),
    "user.sign_out": gettext_lazy("signed somebody out everywhere"),
    "user.token": gettext_lazy("made a token for a program"),
    "user.token_revoke": gettext_lazy("revoked a token"),
}
# How the keys of facts and details read, in the order in which they stand.
LABELS: dict[str, Promise] = {
    "name": gettext_lazy("name"),
    "address": gettext_lazy("e-mail"),
    "new": gettext_lazy("new e-mail"),
    "phone": gettext_lazy("phone"),
    "kind": gettext_lazy("access"),
    "fields": gettext_lazy("changed"),
    "parent": gettext_lazy("part of"),
    "from_team": gettext_lazy("from"),
    "to_team": gettext_lazy("to"),
    "team": gettext_lazy("team"),
    "role": gettext_lazy("role"),
    "rep": gettext_lazy("rep"),
    "user": gettext_lazy("sign-in"),
    "calendar": gettext_lazy("calendar"),
    "from": gettext_lazy("from"),
    "to": gettext_lazy("to"),
    "last_on": gettext_lazy("last day"),
    "led": gettext_lazy("led"),
    "added": gettext_lazy("now may"),
    "taken": gettext_lazy("no longer may"),
    "put": gettext_lazy("days"),
    "removed": gettext_lazy("days removed"),
    "sessions": gettext_lazy("sessions"),
    "token": gettext_lazy("token"),
    "scopes": gettext_lazy("may"),
    "until": gettext_lazy("until"),
    "left": gettext_lazy("left"),
    "filters": gettext_lazy("filters"),
    "reason": gettext_lazy("why"),
}
_ORDER = {key: at for at, key in enumerate(LABELS)}
# Keys that hold ids, and of what.
_IDS = {
    "team": "team",
    "parent": "team",
    "from_team": "team",
    "to_team": "team",
    "led": "team",
    "role": "role",
    "rep": "rep",
    "user": "user",
    "calendar": "holidaycalendar",
}
# Keys that hold a list; any other list of two is what was and what is.
_LISTS = frozenset({"added", "fields", "filters", "led", "put", "removed", "scopes", "taken"})
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
Names = dict[tuple[str, str], str]

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


def in_words(
    entries: Iterable[AuditEntry] | QuerySet[AuditEntry], *, without_values: bool = False, about: User | None = None
) -> list[Line]:
    """The rows with names looked up: one query for the rows, one for each kind of subject among them.

    `without_values` leaves out what was typed and what stood there before: a manager reads that it was done, and by whom.
    `about` is somebody who was read with their rep: those two names are at hand already.
    """
    if isinstance(entries, QuerySet):
        entries = entries.select_related("actor", "detail")
    rows = list(entries)
    names = _names(rows, _at_hand(about) if about else {})
    lines = [_line(row, names) for row in rows]
    if not without_values:
        return lines
    return [
        replace(line, values=(), is_blanked=False, url="" if line.entry.subject_type == "user" else line.url) for line in lines
    ]


def did(verb: str) -> str:
    """What a verb says; the code itself where it has no words yet."""
    return str(WORDS[verb]) if verb in WORDS else verb


def _at_hand(about: User) -> Names:
    rep = getattr(about, "rep", None)
    return {("user", str(about.pk)): about.name} | ({("rep", str(rep.pk)): rep.name} if rep else {})


def _names(rows: list[AuditEntry], known: Names) -> Names:
    """The names of every subject and of every id in the facts."""
    wanted: dict[str, set[str]] = {kind: set() for kind in _NAMED}
    for row in rows:
        if row.subject_type in wanted and row.subject_id.isdigit():
            wanted[row.subject_type].add(row.subject_id)
        for key, value in row.facts.items():
            wanted.get(_IDS.get(key, ""), set()).update(str(one) for one in _each(value) if isinstance(one, int))
    names = dict(known)
    for kind, found_ids in wanted.items():
        if ids := {one for one in found_ids if (kind, one) not in known}:
            found = _NAMED[kind][0]._default_manager.filter(pk__in=ids).values_list("pk", "name")
            names |= {(kind, str(pk)): name for pk, name in found}
    return names


def _line(row: AuditEntry, names: Names) -> Line:
    name = names.get((row.subject_type, row.subject_id))
    detail = getattr(row, "detail", None)
    details = detail.values if detail else {}
    hidden = {"detail", "fields"} if details else {"detail"}
    values = {key: value for key, value in row.facts.items() if key not in hidden} | details
    ordered = sorted(values.items(), key=lambda item: _ORDER.get(item[0], len(_ORDER)))
    words = ((str(LABELS.get(key, key.replace("_", " "))), _plain(key, value, names)) for key, value in ordered)
    return Line(
        entry=row,
        at=row.at,
        who=row.actor.name if row.actor else _("The system"),
        did=did(row.verb),
        subject=name or " ".join(part for part in (row.subject_type, row.subject_id) if part),
        url=reverse(_NAMED[row.subject_type][1], args=[row.subject_id]) if name else "",
        values=tuple((label, text) for label, text in words if text),
        is_blanked=bool(detail and detail.blanked_at),
    )


def _each(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _plain(key: str, value: Any, names: Names) -> str:
    """A value of the trail as text; empty where there is nothing to say."""
    if isinstance(value, dict):
        return ", ".join(f"{inner} {_one(inner, one, names) or '–'}" for inner, one in value.items())
    if isinstance(value, list) and len(value) == 2 and key not in _LISTS:
        return " → ".join(_one(key, one, names) or "–" for one in value)
    return ", ".join(text for text in (_one(key, one, names) for one in _each(value)) if text)


def _one(key: str, value: Any, names: Names) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if key in _IDS:
        return names.get((_IDS[key], str(value)), str(value))
    day = read_day(value) if isinstance(value, str) and _DAY.fullmatch(value) else None
    return date_format(day, "j M Y") if day else str(value)
