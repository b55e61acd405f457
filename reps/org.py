"""Who belongs where, from which day: teams, leads, memberships, roles. Every change is dated and recorded.

Writes that touch several teams take their rows in id order, so that two of them never wait for each other.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import F, Value
from django.db.models.functions import Concat, Substr
from django.utils.translation import gettext as _

from lib import clock
from lib.versioned import revise
from reps import audit
from reps.models import Company, HolidayCalendar, Rep, Role, RoleAssignment, Team, TeamLead, TeamMembership, User

DEEPEST = 8
# Serialises changes to the shape of the tree: two moves at once could otherwise close a circle together.
_TREE_LOCK = 0x7EE


class WouldCircle(ValidationError):
    """A team cannot be part of itself or of a team below it."""


def create_team(
    *, name: str, parent: Team | None = None, calendar: HolidayCalendar | None = None, time_zone: str = "", by: User | None
) -> Team:
    """A new team below `parent`, or at the top. Raises ValidationError where the tree would get too deep."""
    with transaction.atomic():
        _lock_tree()
        above = Team.objects.get(pk=parent.pk) if parent else None
        if above and above.depth + 1 >= DEEPEST:
            raise ValidationError(_("A team can be at most %(levels)d levels deep.") % {"levels": DEEPEST})
        team = Team(name=name, parent=above, calendar=calendar, time_zone=time_zone)
        team.full_clean(exclude=["path"])
        team.save()
        team.path = f"{above.path if above else '/'}{team.pk}/"
        team.save(update_fields=["path"])
        audit.record(
            actor=by, verb="team.create", subject=team, facts={"parent": parent.pk if parent else None}, detail={"name": name}
        )
    return team


def move_team(*, team: Team, under: Team | None, by: User | None) -> Team:
    """Make the team, with all below it, part of another or put it at the top.

    Raises WouldCircle for a team below itself, ValidationError where the tree would get too deep.
    """
    with transaction.atomic():
        _lock_tree()
        subtree = list(Team.objects.select_for_update().filter(path__startswith=_path(team)).order_by("pk"))
        moved = next(found for found in subtree if found.pk == team.pk)
        target = Team.objects.get(pk=under.pk) if under else None
        if target and target.path.startswith(moved.path):
            raise WouldCircle(_circle_words(moved, target), code="circle")
        lowest = max(found.depth for found in subtree) - moved.depth
        if target and target.depth + 1 + lowest >= DEEPEST:
            raise ValidationError(_("A team can be at most %(levels)d levels deep.") % {"levels": DEEPEST})
        before, path = moved.parent_id, f"{target.path if target else '/'}{moved.pk}/"
        Team.objects.filter(path__startswith=moved.path).update(path=Concat(Value(path), Substr(F("path"), len(moved.path) + 1)))
        Team.objects.filter(pk=moved.pk).update(parent=target)
        audit.record(
            actor=by, verb="team.move", subject=moved, facts={"from_team": before, "to_team": target.pk if target else None}
        )
    team.refresh_from_db()
    return team


def edit_team(
    *, team: Team, name: str, calendar: HolidayCalendar | None, time_zone: str, closed_on: date | None = None, standing: str = "",
    by: User | None,
) -> Team:  # fmt: skip
    """Rename a team, give it holidays or a zone of its own, or close it. A closed team keeps its past.

    `standing` says what colleagues see of each other's attainment; empty leaves it as it is.
    """
    with transaction.atomic():
        found = Team.objects.select_for_update().get(pk=team.pk)
        before = _settings_of(found)
        old_name = found.name
        found.name, found.calendar, found.time_zone, found.closed_on = name, calendar, time_zone, closed_on
        found.standing = standing or found.standing
        found.full_clean(exclude=["path"])
        if closed_on and not before["closed_on"]:
            _refuse_to_close_with_people(found, closed_on)
        found.save()
        audit.record(
            actor=by, verb="team.edit", subject=found, facts={"before": before, "after": _settings_of(found)},
            detail={"name": [old_name, name]} if old_name != name else None,
        )  # fmt: skip
    return found


def _settings_of(team: Team) -> dict[str, Any]:
    return {"calendar": team.calendar_id, "time_zone": team.time_zone, "closed_on": team.closed_on, "standing": team.standing}


def set_lead(*, team: Team, rep: Rep | None, start: date | None, by: User | None, reason: str = "") -> TeamLead | None:
    """Have the rep lead the team from that day on (None: since ever); without a rep nobody does."""
    with transaction.atomic():
        Team.objects.select_for_update().get(pk=team.pk)
        if rep is not None:
            _refuse_who_left(rep, start)
        row = revise(TeamLead, subject={"team": team}, start=start, values={"rep": rep} if rep else None, actor=by, reason=reason)
        audit.record(actor=by, verb="team.lead", subject=team, facts={"rep": rep.pk if rep else None, "from": start})
    return row  # type: ignore[return-value]


def place(
    *, rep: Rep, team: Team | None, start: date | None, end: date | None = None, by: User | None, reason: str = ""
) -> TeamMembership | None:
    """Make the rep a member of the team on [start, end), replacing what held there; None means ever.

    Without a team they belong to none in that time. Days before and after stay as they were, and so does what was
    known earlier.
    """
    with transaction.atomic():
        Rep.objects.select_for_update().get(pk=rep.pk)
        if team is not None:
            _refuse_who_left(rep, start)
            _refuse_closed(team, start)
        row = revise(
            TeamMembership, subject={"rep": rep}, start=start, end=end, values={"team": team} if team else None,
            actor=by, reason=reason,
        )  # fmt: skip
        facts = {"team": team.pk if team else None, "from": start, "to": end}
        audit.record(actor=by, verb="rep.place", subject=rep, facts=facts, detail={"reason": reason} if reason else None)
    return row  # type: ignore[return-value]


def assign_role(*, rep: Rep, role: Role | None, start: date | None, by: User | None, reason: str = "") -> RoleAssignment | None:
    """Give the rep that role from that day on (None: since ever); without a role they hold none."""
    with transaction.atomic():
        Rep.objects.select_for_update().get(pk=rep.pk)
        row = revise(
            RoleAssignment, subject={"rep": rep}, start=start, values={"role": role} if role else None, actor=by, reason=reason
        )
        audit.record(actor=by, verb="rep.role", subject=rep, facts={"role": role.pk if role else None, "from": start})
    return row  # type: ignore[return-value]


def leave(*, rep: Rep, last_on: date, by: User | None) -> list[Team]:
    """Mark the rep as gone after that day, and end what they lead. Returns the teams that then have no lead.

    Their membership stays, so that past and open deals keep counting in the team. A sign-in ends at once where the day
    is past, else after it (reps/tasks.py).
    """
    with transaction.atomic():
        found = Rep.objects.select_for_update().get(pk=rep.pk)
        found.left_on = last_on
        found.full_clean(validate_unique=False)
        found.save(update_fields=["left_on"])
        after = last_on + timedelta(days=1)
        leaderless = _teams_led(found, after)
        for team in leaderless:
            revise(TeamLead, subject={"team": team}, start=after, values=None, actor=by)
        audit.record(
            actor=by, verb="rep.leave", subject=found, facts={"last_on": last_on, "led": [team.pk for team in leaderless]}
        )
    rep.left_on = last_on
    return leaderless


def come_back(*, rep: Rep, by: User | None) -> None:
    """Undo `leave`: the rep is with the company again. What they led is not given back."""
    with transaction.atomic():
        Rep.objects.filter(pk=rep.pk).update(left_on=None)
        audit.record(actor=by, verb="rep.come_back", subject=rep)
    rep.left_on = None


def today() -> date:
    """Today in the company's zone."""
    return clock.today(Company.load().zone)


def _teams_led(rep: Rep, day: date) -> list[Team]:
    led = TeamLead.objects.current().filter(rep=rep, valid__contains=day).select_related("team").order_by("team_id")
    return [row.team for row in led]


def _path(team: Team) -> str:
    """The path as it is now: another request may have moved the team."""
    return Team.objects.values_list("path", flat=True).get(pk=team.pk)


def _circle_words(team: Team, target: Team) -> str:
    names = {"team": team.name, "target": target.name}
    if team.pk == target.pk:
        return _("A team cannot be part of itself. Choose another team.") % names
    return _("%(target)s is below %(team)s. Move %(target)s out first, or choose another team.") % names


def _refuse_who_left(rep: Rep, start: date | None) -> None:
    if rep.left_on and start is not None and start > rep.left_on:
        raise ValidationError(_("%(name)s left on %(day)s. Choose an earlier day.") % {"name": rep.name, "day": rep.left_on})


def _refuse_closed(team: Team, start: date | None) -> None:
    if team.closed_on and start is not None and start >= team.closed_on:
        raise ValidationError(_("%(team)s is closed since %(day)s.") % {"team": team.name, "day": team.closed_on})


def _refuse_to_close_with_people(team: Team, closed_on: date) -> None:
    present: dict[str, Any] = {"team": team, "valid__contains": closed_on, "rep__left_on": None}
    names = TeamMembership.objects.current().filter(**present).values_list("rep__name", flat=True)[:3]
    if names:
        raise ValidationError(
            _("%(names)s still belong to this team on that day. Move them first.") % {"names": ", ".join(names)}
        )
    if Team.objects.filter(parent=team, closed_on=None).exists():
        raise ValidationError(_("Teams below this one are still open. Close or move them first."))


def _lock_tree() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_TREE_LOCK])
