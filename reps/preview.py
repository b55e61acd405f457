"""What a person may see and do, in words, from the same relations that every page asks (reps/access.py)."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lib import clock
from reps.access import Viewer, viewer_of
from reps.models import Capability, Company, Team, TeamLead, User

YES, PARTLY, NO = "yes", "partly", "no"


@dataclass(frozen=True)
class Line:
    """One thing: whether they see or may do it, and how far."""

    state: str
    what: str
    how: str = ""


@dataclass(frozen=True)
class Preview:
    """The whole answer for one person; `summary` says why they see it."""

    summary: str
    sees: tuple[Line, ...]
    may: tuple[Line, ...]


@dataclass(frozen=True)
class Reader:
    """Somebody who can read about a person, and what."""

    who: str
    what: str


def of(user: User, company: Company) -> Preview:
    """What this person may see and do today."""
    viewer = viewer_of(user)
    if not user.is_active:
        return Preview(_("This sign-in has ended: nothing can be seen or done with it."), (), ())
    sees = {
        User.Kind.ADMIN: _admin, User.Kind.AUDITOR: _auditor, User.Kind.FINANCE: _finance, User.Kind.MEMBER: _member,
    }[User.Kind(user.kind)](viewer, company)  # fmt: skip
    may = tuple(Line(YES if viewer.may(verb) else NO, str(label)) for verb, label in Capability.choices)
    return Preview(_summary(viewer), tuple(sees), may)


def _summary(viewer: Viewer) -> str:
    if viewer.kind == User.Kind.ADMIN:
        return _("An admin sets up the company, and reads deals without notes.")
    if viewer.kind == User.Kind.AUDITOR:
        return _("An auditor reads everything and changes nothing.")
    if viewer.kind == User.Kind.FINANCE:
        return _("Finance sees what paying needs. So far that is who works here.")
    if viewer.rep_id is None:
        return _("No rep belongs to this sign-in yet, so there is nothing to sell or to see.")
    if viewer.is_manager:
        return _("Sees what follows from leading a team: that team and every team below it.")
    return _("Sees what follows from belonging to a team: own work in full, the team's to read.")


def _names(team_ids: frozenset[int]) -> str:
    return ", ".join(Team.objects.filter(pk__in=team_ids).values_list("name", flat=True))


def _reps(count: int) -> str:
    return ngettext("%(count)d rep", "%(count)d reps", count) % {"count": count}


def _member(viewer: Viewer, company: Company) -> list[Line]:
    cards = Line(YES, _("Everybody's card"), _("Name, role, team, work phone and e-mail"))
    if viewer.rep_id is None:
        return [cards]
    lines = [Line(YES, _("Own deals, accounts, contacts and leads"), _("Reads and changes them"))]
    mates = viewer.mate_ids - viewer.own_ids - viewer.subtree_rep_ids
    if mates:
        how = _("Reads %(team)s, %(reps)s, without notes and messages") % {
            "team": _names(viewer.team_ids),
            "reps": _reps(len(mates)),
        }
        lines.append(Line(PARTLY, _("Deals, accounts and leads of the own team"), how))
    if viewer.is_manager:
        led = {"teams": _names(viewer.led_team_ids), "reps": _reps(len(viewer.subtree_rep_ids))}
        lines.append(
            Line(YES, _("Deals, accounts and leads of the teams led"), _("Reads and changes %(teams)s and below, %(reps)s") % led)
        )
        lines.append(Line(YES, _("Notes and messages of those reps"), _("Reads them, changes none")))
    outline = company.outline_across_teams
    how = _("Stage, size and expected close, without names") if outline else _("Switched off for this company")
    lines.append(Line(PARTLY if outline else NO, _("Deals of other teams"), how))
    return [*lines, cards, Line(YES, _("Teams, roles and holidays"), _("Reads them"))]


def _admin(_viewer: Viewer, _company: Company) -> list[Line]:
    return [
        Line(YES, _("Company, teams, roles, stages, holidays, sign-ins"), _("Reads and changes them")),
        Line(PARTLY, _("Every deal, account and lead"), _("Reads them, changes none")),
        Line(NO, _("Notes, messages and what was said in activities")),
        Line(YES, _("Audit trail"), _("Reads it; nobody can change it")),
    ]


def _auditor(_viewer: Viewer, _company: Company) -> list[Line]:
    return [
        Line(YES, _("Every deal, account and lead"), _("Reads them, notes and activities included")),
        Line(YES, _("Company, teams, roles, stages, holidays, sign-ins"), _("Reads them")),
        Line(YES, _("Audit trail"), _("Reads and exports it")),
    ]


def _finance(_viewer: Viewer, _company: Company) -> list[Line]:
    return [
        Line(YES, _("Everybody's card"), _("Name, role, team, work phone and e-mail")),
        Line(NO, _("Deals, accounts, leads and activities")),
    ]


def who_reads(user: User, company: Company) -> list[Reader]:
    """Who in the company can read about a person, from the teams as they are today."""
    viewer = viewer_of(user)
    readers = [Reader(_("Everyone who signs in"), _("Your card: name, role, team, work phone and e-mail"))]
    if viewer.rep_id is not None:
        readers += _readers_of_rep(viewer, company)
    readers += [
        Reader(_("Admins"), _("Your deals without notes, your sign-in state and where your rights come from. No passwords.")),
        Reader(_("Auditors"), _("Your deals, activities and notes, to read")),
    ]
    return readers


def _readers_of_rep(viewer: Viewer, company: Company) -> list[Reader]:
    found: list[Reader] = []
    own = list(Team.objects.filter(pk__in=viewer.team_ids).values_list("name", "path"))
    above = {int(part) for _name, path in own for part in path.split("/") if part}
    leads = TeamLead.objects.on(clock.today(company.zone)).filter(team__in=above).exclude(rep=viewer.rep_id)
    names = list(dict.fromkeys(leads.order_by("-team__path").values_list("rep__name", flat=True)))
    if names:
        found.append(Reader(", ".join(names), _("As your managers: your deals, activities and notes, to read and change")))
    if viewer.mate_ids - viewer.own_ids:
        team = _("Your team, %(team)s") % {"team": ", ".join(name for name, _path in own)}
        found.append(Reader(team, _("Your deals and how many activities, without notes")))
    if company.outline_across_teams:
        found.append(Reader(_("Other teams"), _("Your deals as stage, size and expected close, without names")))
    return found
