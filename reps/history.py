"""Where somebody belonged, what they did there and what they led, as one list, the present first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from reps.models import Rep, RoleAssignment, Team, TeamLead, TeamMembership

_KINDS = ("lead", "team", "role")


@dataclass(frozen=True)
class Span:
    """One fact and the days it holds for; None on a side means ever."""

    kind: str
    words: str
    start_on: date | None
    end_on: date | None
    is_now: bool
    is_ahead: bool
    url_id: int


def of_rep(rep: Rep, today: date) -> list[Span]:
    """Teams, roles and leads of a rep, the latest first."""
    members = TeamMembership.objects.current().filter(rep=rep).select_related("team")
    roles = RoleAssignment.objects.current().filter(rep=rep).select_related("role")
    leads = TeamLead.objects.current().filter(rep=rep).select_related("team")
    spans = [_span("team", row.team.name, row, today, row.team_id) for row in members]
    spans += [_span("role", row.role.name, row, today, row.role_id) for row in roles]
    spans += [_span("lead", _("Leads %(team)s") % {"team": row.team.name}, row, today, row.team_id) for row in leads]
    return _latest_first(spans)


def of_team(team: Team, today: date) -> list[Span]:
    """Who led and who belonged to a team, the latest first."""
    leads = TeamLead.objects.current().filter(team=team).select_related("rep")
    members = TeamMembership.objects.current().filter(team=team).select_related("rep")
    spans = [_span("lead", row.rep.name, row, today, row.rep_id) for row in leads]
    spans += [_span("team", row.rep.name, row, today, row.rep_id) for row in members]
    return _latest_first([span for span in spans if not (span.kind == "team" and span.is_now)])


def _span(kind: str, words: str, row: Any, today: date, url_id: int) -> Span:
    start, end = row.valid.lower, row.valid.upper
    return Span(
        kind=kind, words=words, start_on=start, end_on=end, url_id=url_id,
        is_now=(start is None or start <= today) and (end is None or end > today),
        is_ahead=start is not None and start > today,
    )  # fmt: skip


def _latest_first(spans: list[Span]) -> list[Span]:
    """Each kind together, in it the latest first."""
    by_day = sorted(spans, key=lambda span: (span.end_on or date.max, span.start_on or date.min), reverse=True)
    return sorted(by_day, key=lambda span: _KINDS.index(span.kind))
