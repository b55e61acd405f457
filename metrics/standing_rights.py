"""Who reads what of quotas and attainment (TRUST: KPI board, quota): pure rules, beside metrics/scopes.py.

The amount of a quota is read by whose it is, by those above them, by admins and auditors; the company's by everybody who
reads numbers. Of a colleague or a colleague's team the rest is what that team's setting opens: percentage, band or rank.
"""

from __future__ import annotations

from collections.abc import Sequence

from metrics.attainment import Line
from metrics.quotas import is_money
from metrics.scopes import Scope, shows_money
from reps.access import Viewer
from reps.models import Team

EXACT = "exact"
_SHARE, _BAND, _RANK = Team.Standing.SHARE.value, Team.Standing.BAND.value, Team.Standing.RANK.value


def shows_quota(viewer: Viewer, scope: Scope) -> bool:
    """The amounts asked of the scope, and what follows from them: gap, expected by now, coverage."""
    if scope.is_company or viewer.reads_everything:
        return True
    if scope.is_team:
        return scope.id in viewer.subtree_team_ids
    return scope.id in viewer.own_ids | viewer.subtree_rep_ids


def sees(viewer: Viewer, scope: Scope, standing: str) -> str:
    """exact, share, band or rank; `standing` is the setting of the team, or of the team the rep sits in."""
    return EXACT if shows_quota(viewer, scope) else standing or _BAND


def setting_of(scope: Scope, lines: Sequence[Line]) -> str:
    """The setting of the team, or of the team the rep sits in."""
    if scope.is_team:
        return scope.standing
    return lines[0].standing if lines else ""


def shows_ratio(how: str) -> bool:
    """The percentage and the pace may be read."""
    return how in (EXACT, _SHARE)


def shows_band(how: str) -> bool:
    """The band may be read."""
    return how != _RANK


def shows_credited(viewer: Viewer, scope: Scope, metric: str) -> bool:
    """What was reached: counts are open to all who read numbers, money as on the *Numbers* page."""
    return not is_money(metric) or shows_money(viewer, scope)


def shows_over_assignment(viewer: Viewer, scope: Scope) -> bool:
    """By how much the reps' quotas exceed the team's: for who may set quotas of it, and who reads everything."""
    return not scope.is_rep and shows_quota(viewer, scope) and (viewer.reads_everything or viewer.may("quota.edit"))
