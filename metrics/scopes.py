"""Whose numbers: the company, a team with everything below it, or a rep; and who may read them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from difflib import get_close_matches
from enum import StrEnum

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from lib.text import clean_line, fold
from metrics.definitions import Metric, Visibility
from reps.access import Viewer, viewer_of
from reps.models import Rep, Team, User
from reps.models.teams import TeamQuerySet

_MOST_ID = 2**63 - 1


class ScopeKind(StrEnum):
    """The three kinds of scope."""

    COMPANY = "company"
    TEAM = "team"
    REP = "rep"


class BadScope(ValueError):
    """The text names no scope, or several; the message says what would."""


@dataclass(frozen=True)
class Scope:
    """Whose deals and activities count. `id` is the team's or rep's; `path` a team's place in the tree.

    `is_parent` says that there are teams below, `holds_mine` that the reader's own team is it or among them; both are
    known of scopes read by `by_key`. `standing` is what colleagues read of a team's attainments.
    """

    kind: ScopeKind
    id: int = 0
    name: str = ""
    path: str = ""
    is_parent: bool = False
    holds_mine: bool = False
    standing: str = ""

    @property
    def key(self) -> str:
        """As it stands in an address: company, team:7, rep:12."""
        return self.kind.value if self.kind is ScopeKind.COMPANY else f"{self.kind.value}:{self.id}"

    @property
    def title(self) -> str:
        """As people call it."""
        return _("Company") if self.kind is ScopeKind.COMPANY else self.name

    @property
    def is_company(self) -> bool:
        """The whole company."""
        return self.kind is ScopeKind.COMPANY

    @property
    def is_team(self) -> bool:
        """A team and everything below it."""
        return self.kind is ScopeKind.TEAM

    @property
    def is_rep(self) -> bool:
        """One seller."""
        return self.kind is ScopeKind.REP


COMPANY = Scope(ScopeKind.COMPANY)


def of_team(team: Team) -> Scope:
    """The team and everything below it."""
    return Scope(ScopeKind.TEAM, team.pk, team.name, team.path, standing=team.standing)


def of_rep(rep: Rep) -> Scope:
    """One seller."""
    return Scope(ScopeKind.REP, rep.pk, rep.name)


# ── Reading ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def named(text: str) -> Scope:
    """The scope that `company`, `team:NAME` or `rep:NAME` names, whatever the case; `team:7` and `rep:12` by number.

    Raises BadScope with a sentence that says what there is.
    """
    kind, _colon, name = clean_line(text).partition(":")
    kind, name = kind.strip().casefold(), name.strip()
    if kind == ScopeKind.COMPANY and not name:
        return COMPANY
    if kind == ScopeKind.TEAM and name:
        return _one_team(name)
    if kind == ScopeKind.REP and name:
        return _one_rep(name)
    raise BadScope(_("“%(text)s” names no scope: write company, team:NAME or rep:NAME.") % {"text": text})


def by_key(text: str, user: User) -> Scope | None:
    """The scope of an address, if this person may read its numbers; None for what is not there or not theirs."""
    kind, _colon, number = text.partition(":")
    if not may_read(user):
        return None
    if kind == ScopeKind.COMPANY and not number:
        return COMPANY
    if not (number.isascii() and number.isdigit()) or int(number) > _MOST_ID:
        return None
    if kind == ScopeKind.TEAM:
        return _placed_team(Team.objects.visible_to(user).filter(pk=int(number)), viewer_of(user))
    if kind == ScopeKind.REP:
        rep = Rep.objects.visible_to(user).filter(pk=int(number)).first()
        return of_rep(rep) if rep else None
    return None


def home_of(user: User) -> Scope:
    """Where a person's numbers begin: their highest led team, themselves as a rep, else the company."""
    viewer = viewer_of(user)
    if viewer.led_team_ids:
        return _placed_team(Team.objects.visible_to(user).filter(pk__in=viewer.led_team_ids).order_by("path"), viewer) or COMPANY
    if viewer.rep_id is not None:
        return of_rep(user.rep)
    return COMPANY


def _placed_team(teams: TeamQuerySet, viewer: Viewer) -> Scope | None:
    """The first of the teams, with what lies below it."""
    mine = Team.objects.filter(pk__in=viewer.team_ids | viewer.led_team_ids, path__startswith=OuterRef("path"))
    below = Team.objects.filter(parent=OuterRef("pk"))
    team = teams.annotate(is_parent=Exists(below), holds_mine=Exists(mine)).first()
    return replace(of_team(team), is_parent=team.is_parent, holds_mine=team.holds_mine) if team else None


def _one_team(name: str) -> Scope:
    team = Team.objects.filter(name__iexact=name).first()
    if team is None and name.isascii() and name.isdigit() and int(name) <= _MOST_ID:
        team = Team.objects.filter(pk=int(name)).first()
    if team is None:
        raise BadScope(
            _("There is no team “%(name)s”.") % {"name": name} + _hint("team", name, Team.objects.values_list("name", flat=True))
        )
    return of_team(team)


def _one_rep(name: str) -> Scope:
    found = list(Rep.objects.filter(name__iexact=name).order_by("pk")[:10])
    if not found and name.isascii() and name.isdigit() and int(name) <= _MOST_ID:
        found = list(Rep.objects.filter(pk=int(name)))
    if not found:
        raise BadScope(
            _("There is no rep “%(name)s”.") % {"name": name} + _hint("rep", name, Rep.objects.values_list("name", flat=True))
        )
    if len(found) > 1:
        choices = ", ".join(f"rep:{rep.pk}" for rep in found)
        raise BadScope(_("Several reps are called “%(name)s”. Write one of %(choices)s.") % {"name": name, "choices": choices})
    return of_rep(found[0])


def _hint(kind: str, name: str, names: object) -> str:
    """The nearest names there are, or how many there are."""
    by_fold = {fold(known): known for known in names}  # type: ignore[attr-defined]
    near = [by_fold[key] for key in get_close_matches(fold(name), by_fold, n=3, cutoff=0.6)]
    near += [known for key, known in by_fold.items() if fold(name) and fold(name) in key and known not in near][: 3 - len(near)]
    if not near:
        return ""
    return " " + _("Did you mean %(names)s?") % {"names": ", ".join(f"{kind}:{known}" for known in near)}


# ── Rights (TRUST: KPI board, won value on boards, reports) ──────────────────────────────────────────────────────────
def may_read(user: User) -> bool:
    """Numbers are open to reps, managers, admins and auditors; finance has no part in them yet."""
    viewer = viewer_of(user)
    return viewer.reads_everything or viewer.rep_id is not None


def shows_money(viewer: Viewer, scope: Scope) -> bool:
    """Amounts of the company, of one's own and led teams with those above, and of the reps in own and led ones.

    Of other teams there are only counts and shares.
    """
    return scope.is_company or scope.holds_mine or shows_parts(viewer, scope)


def shows_parts(viewer: Viewer, scope: Scope) -> bool:
    """Whether also the amounts of each team and rep in the scope are open to this person."""
    if viewer.reads_everything:
        return True
    if scope.is_team:
        return scope.id in viewer.team_ids | viewer.subtree_team_ids
    return scope.is_rep and scope.id in viewer.readable_rep_ids


def shows(viewer: Viewer, metric: Metric, scope: Scope) -> bool:
    """Whether this person may read the metric of the scope."""
    return metric.visibility is Visibility.OPEN or shows_money(viewer, scope)


def may_export(viewer: Viewer, scope: Scope) -> bool:
    """Files of numbers: an admin all, a manager the teams below them, a rep their own."""
    if not viewer.may("deal.export"):
        return False
    if viewer.kind == "admin":
        return True
    if scope.is_team:
        return scope.id in viewer.subtree_team_ids
    return scope.is_rep and scope.id in viewer.editable_rep_ids


def options(text: str, user: User, *, most: int = 8) -> list[Scope]:
    """Scopes whose name holds the text, teams first, for a picker; a few even for no text."""
    if not may_read(user):
        return []
    wanted = Q(name__icontains=text) if text else Q()
    company = [COMPANY] if not text or fold(text) in fold(COMPANY.title) else []
    teams = Team.objects.visible_to(user).filter(wanted, closed_on=None)[:most]
    reps = Rep.objects.visible_to(user).sellers().filter(wanted)[:most]
    return [*company, *map(of_team, teams), *map(of_rep, reps)][: 2 * most]
