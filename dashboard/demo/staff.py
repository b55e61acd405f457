"""Writes the people of the demo company: users, reps, teams, roles, memberships; all known since long ago."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from dashboard.demo.calendar import Days, at
from dashboard.demo.people import ADMIN, AUDITOR, COMPANY, FINANCE, GROUPS, LEAVER, REP_AT_THE_DEMO_ADDRESS, VP, Kind
from dashboard.demo.plan import CAME_FROM_MIDDLE, LEFT_MONTHS_AGO, STARTED, moved_back
from lib.versioned import since
from reps.holiday_files import shipped
from reps.models import (
    Capability,
    Company,
    Holiday,
    HolidayCalendar,
    Rep,
    Role,
    RoleAssignment,
    Team,
    TeamLead,
    TeamMembership,
    User,
)

HIRED = {"Yoga Aditya": STARTED["Yoga Aditya"]}
REP_VERBS = [
    Capability.DEAL_CREATE, Capability.DEAL_EDIT, Capability.DEAL_EXPORT, Capability.ACCOUNT_EDIT, Capability.LEAD_EDIT,
    Capability.ACTIVITY_LOG,
]  # fmt: skip


@dataclass
class Seller:
    """A rep as the demo builds on them."""

    name: str
    rep: Rep
    user: User
    group: str
    city: str
    kind: Kind | None
    team: Team


@dataclass
class Staff:
    """Everybody, by name."""

    company: Company
    admin: User
    sellers: dict[str, Seller]

    def of(self, group: str) -> list[Seller]:
        """The sellers of a team, those who left included."""
        return [seller for seller in self.sellers.values() if seller.group == group]


def address(name: str) -> str:
    """firstname.lastname@example.com, and the short addresses of the five who are shown round."""
    short = {ADMIN: "admin", VP: "manager", REP_AT_THE_DEMO_ADDRESS: "rep", FINANCE: "finance", AUDITOR: "auditor"}
    return f"{short.get(name) or '.'.join(name.lower().split())}@example.com"


def hire(*, days: Days, rnd: Random, password_hash: str) -> Staff:
    """The company, its calendar, its team tree and everybody in it."""
    known = at(days.month(20)[0], 600)
    company = _company(known)
    users = _users(password_hash, known)
    reps = _reps(users, days, rnd)
    teams = _teams()
    staff = Staff(company, users[ADMIN], {})
    for group in GROUPS:
        for name, city in (*group.people, *([(LEAVER[0], LEAVER[2])] if group.name == LEAVER[1] else ())):
            staff.sellers[name] = Seller(name, reps[name], users[name], group.name, city, group.kind, teams[group.name])
    _place(staff, reps, teams, days, known)
    return staff


def _company(known: datetime) -> Company:
    calendar = HolidayCalendar.objects.create(name="Indonesia", source="SKB 3 Menteri")
    Holiday.objects.bulk_create(
        Holiday(calendar=calendar, day_on=day.day_on, name=day.name, kind=day.kind)
        for year in shipped()
        if year.country == "id"
        for day in year.read("id").days
    )
    values: dict[str, Any] = {
        "name": COMPANY,
        "time_zone": "Asia/Jakarta",
        "currency": "IDR",
        "calendar": calendar,
        "set_up_at": known,
    }
    return Company.objects.update_or_create(pk=1, defaults=values)[0]


def _users(password_hash: str, known: datetime) -> dict[str, User]:
    leads = [VP, *(group.lead for group in GROUPS)]
    sellers = [name for group in GROUPS for name, _ in group.people]
    kinds = {ADMIN: User.Kind.ADMIN, FINANCE: User.Kind.FINANCE, AUDITOR: User.Kind.AUDITOR}
    made = [
        User(email=address(name), name=name, password=password_hash, kind=kinds.get(name, User.Kind.MEMBER), created_at=known,
             is_active=name != LEAVER[0])
        for name in (ADMIN, FINANCE, AUDITOR, *leads, *sellers, LEAVER[0])
    ]  # fmt: skip
    return {user.name: user for user in User.objects.bulk_create(made)}


def _reps(users: dict[str, User], days: Days, rnd: Random) -> dict[str, Rep]:
    made = []
    for name, user in users.items():
        if user.kind != User.Kind.MEMBER:
            continue
        months = HIRED.get(name, rnd.randint(20, 60))
        left = days.month(LEFT_MONTHS_AGO)[1] - timedelta(days=1) if name == LEAVER[0] else None
        made.append(
            Rep(
                user=user, name=name, work_email=user.email, phone=f"+62812{rnd.randrange(10**7, 10**8)}",
                sells=any(name == person for group in GROUPS for person, _ in group.people) or name == LEAVER[0],
                joined_on=days.month(months)[0], left_on=left, created_at=user.created_at,
            )
        )  # fmt: skip
    return {rep.name: rep for rep in Rep.objects.bulk_create(made)}


def _teams() -> dict[str, Team]:
    root = _team("Penjualan", None)
    return {"Penjualan": root, **{group.name: _team(group.name, root) for group in GROUPS}}


def _team(name: str, parent: Team | None) -> Team:
    team = Team.objects.create(name=name, parent=parent)
    team.path = f"{parent.path if parent else '/'}{team.pk}/"
    team.save(update_fields=["path"])
    return team


def _place(staff: Staff, reps: dict[str, Rep], teams: dict[str, Team], days: Days, known: datetime) -> None:
    roles = {
        name: Role.objects.create(name=name, capabilities=REP_VERBS) for name in dict.fromkeys(group.role for group in GROUPS)
    }
    memberships, assignments = [], []
    for seller in staff.sellers.values():
        role = next(roles[group.role] for group in GROUPS if group.name == seller.group)
        for team, job, start, end in _stations(seller, teams, roles, role, days):
            recorded = max(known, at(start, 540)) if start else known
            memberships.append(
                TeamMembership(rep=seller.rep, team=team, valid=since(start, end), recorded_at=recorded, actor=staff.admin)
            )
            assignments.append(
                RoleAssignment(rep=seller.rep, role=job, valid=since(start, end), recorded_at=recorded, actor=staff.admin)
            )
    TeamMembership.objects.bulk_create(memberships)
    RoleAssignment.objects.bulk_create(assignments)
    leads = [(teams["Penjualan"], VP), *((teams[group.name], group.lead) for group in GROUPS)]
    TeamLead.objects.bulk_create(
        TeamLead(team=team, rep=reps[name], valid=since(), recorded_at=known, actor=staff.admin) for team, name in leads
    )


Station = tuple[Team, Role, date | None, date | None]


def _stations(seller: Seller, teams: dict[str, Team], roles: dict[str, Role], role: Role, days: Days) -> list[Station]:
    """Where the seller has been: most have always been where they are."""
    if seller.name == "Rizky Pratama":
        moved = days.month(STARTED["Rizky Pratama"])[0]
        return [(teams["SDR"], roles["SDR"], None, moved), (seller.team, role, moved, None)]
    if seller.name == "Maya Lasut":
        moved = days.month(moved_back(days))[0]
        return [(teams["UKM Luar Jawa"], roles["Sales lapangan"], None, moved), (seller.team, role, moved, None)]
    if seller.name == CAME_FROM_MIDDLE[0]:
        moved = days.month(CAME_FROM_MIDDLE[1])[0]
        return [(teams["Menengah Jawa"], role, None, moved), (seller.team, role, moved, None)]
    joined = seller.rep.joined_on if seller.name in HIRED else None
    return [(seller.team, role, joined, None)]
