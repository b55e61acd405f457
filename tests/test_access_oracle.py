"""Who sees and edits which row, against an oracle that knows the rules of TRUST and none of our code.

People, teams, leads and owners change at random; after every step each person's rows are compared with what plain sets say.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import pytest

from deals.models import Account, Activity, Deal, Lead
from reps import org
from reps.models import Rep, User
from tests import make

pytestmark = pytest.mark.django_db
STEPS = 60


@dataclass
class Oracle:
    """The state as plain dictionaries: ids only."""

    parent: dict[int, int | None] = field(default_factory=dict)
    member: dict[int, int | None] = field(default_factory=dict)
    lead_of: dict[int, int | None] = field(default_factory=dict)
    deals: dict[int, int] = field(default_factory=dict)
    leads: dict[int, tuple[int | None, int | None]] = field(default_factory=dict)
    activities: dict[object, int] = field(default_factory=dict)
    accounts: dict[int, int | None] = field(default_factory=dict)
    account_of: dict[int, int] = field(default_factory=dict)

    def above(self, team: int | None) -> set[int]:
        """The team and every team it is part of."""
        found = set()
        while team is not None:
            found.add(team)
            team = self.parent[team]
        return found

    def mates(self, rep: int) -> set[int]:
        mine = self.member[rep]
        return {other for other, team in self.member.items() if mine is not None and team == mine} | {rep}

    def below(self, rep: int) -> set[int]:
        led = {team for team, lead in self.lead_of.items() if lead == rep}
        return {other for other, team in self.member.items() if self.above(team) & led}

    def teams_of(self, rep: int) -> set[int]:
        led = {team for team, lead in self.lead_of.items() if lead == rep}
        return {team for team in self.parent if self.above(team) & led} | ({self.member[rep]} - {None})

    def seen(self, rep: int) -> dict[str, set]:
        """What the person reads in full and what they may change."""
        reads, edits, teams = self.mates(rep) | self.below(rep), {rep} | self.below(rep), self.teams_of(rep)
        return {
            "deals read": {deal for deal, owner in self.deals.items() if owner in reads},
            "deals edited": {deal for deal, owner in self.deals.items() if owner in edits},
            "leads read": {lead for lead, (owner, team) in self.leads.items() if self._lead(owner, team, reads, teams)},
            "leads edited": {lead for lead, (owner, team) in self.leads.items() if self._lead(owner, team, edits, teams)},
            "accounts read": self._accounts(reads),
            "accounts edited": self._accounts(edits),
            "activities seen": {act for act, who in self.activities.items() if who in reads},
            "notes read": {act for act, who in self.activities.items() if who in edits},
        }

    def _lead(self, owner: int | None, team: int | None, reps: set[int], teams: set[int]) -> bool:
        return owner in reps if owner is not None else team in teams

    def _accounts(self, reps: set[int]) -> set[int]:
        touched = {self.account_of[deal] for deal, owner in self.deals.items() if owner in reps}
        return {account for account, owner in self.accounts.items() if owner is None or owner in reps} | touched


def actual(user: User) -> dict[str, set]:
    """The same, by the product's words."""
    fresh = User.objects.get(pk=user.pk)
    sets = {
        "deals read": Deal.objects.visible_to(fresh),
        "deals edited": Deal.objects.editable_by(fresh),
        "leads read": Lead.objects.visible_to(fresh),
        "leads edited": Lead.objects.editable_by(fresh),
        "accounts read": Account.objects.visible_to(fresh),
        "accounts edited": Account.objects.editable_by(fresh),
        "activities seen": Activity.objects.visible_to(fresh),
        "notes read": Activity.objects.readable_by(fresh),
    }
    return {name: set(rows.values_list("pk", flat=True)) for name, rows in sets.items()}


class Company:
    """The database and its oracle, changed together."""

    def __init__(self, chance: random.Random) -> None:
        self.chance, self.oracle = chance, Oracle()
        root = make.team()
        self.teams = [root, *(make.team(parent=root) for _ in range(2))]
        self.teams += [make.team(parent=team) for team in self.teams[1:]]
        self.people = [make.user(team=chance.choice(self.teams)) for _ in range(7)]
        self.oracle.parent = {team.pk: team.parent_id for team in self.teams}
        self.oracle.member = {person.rep.pk: person.rep.memberships.get().team_id for person in self.people}
        self.oracle.lead_of = dict.fromkeys(self.oracle.parent)
        for person in self.people:
            self._give_rows(person)

    def _give_rows(self, person: User) -> None:
        account = make.account(owner=person)
        deal, lead = make.deal(owner=person, account=account), make.lead(owner=person)
        nobodys = make.lead(team=self.chance.choice(self.teams))
        self.oracle.accounts[account.pk] = person.rep.pk
        self.oracle.deals[deal.pk], self.oracle.account_of[deal.pk] = person.rep.pk, account.pk
        self.oracle.leads[lead.pk], self.oracle.leads[nobodys.pk] = (person.rep.pk, None), (None, nobodys.team_id)
        self.oracle.activities[make.activity(rep=person).pk] = person.rep.pk

    def step(self) -> str:
        """One change, in the database through the product's verbs and in the oracle by hand."""
        rep, team = self.chance.choice(self.people).rep, self.chance.choice(self.teams)
        return self.chance.choice([self.move_rep, self.set_lead, self.move_team, self.hand_deal, self.drop_lead])(rep, team)

    def move_rep(self, rep: Rep, team) -> str:
        to = self.chance.choice([team, team, None])
        org.place(rep=rep, team=to, start=make.today(), by=None)
        self.oracle.member[rep.pk] = to.pk if to else None
        return f"{rep} to {to}"

    def set_lead(self, rep: Rep, team) -> str:
        lead = self.chance.choice([rep, rep, None])
        org.set_lead(team=team, rep=lead, start=make.today(), by=None)
        self.oracle.lead_of[team.pk] = lead.pk if lead else None
        return f"{lead} leads {team}"

    def move_team(self, _rep: Rep, team) -> str:
        under = self.chance.choice([*self.teams, None])
        circle = under is not None and team.pk in self.oracle.above(under.pk)
        if circle:
            with pytest.raises(org.WouldCircle):
                org.move_team(team=team, under=under, by=None)
            return f"{team} under {under} refused"
        org.move_team(team=team, under=under, by=None)
        self.oracle.parent[team.pk] = under.pk if under else None
        return f"{team} under {under}"

    def hand_deal(self, rep: Rep, _team) -> str:
        deal = self.chance.choice(list(self.oracle.deals))
        Deal.objects.filter(pk=deal).update(owner=rep)
        self.oracle.deals[deal] = rep.pk
        return f"deal {deal} to {rep}"

    def drop_lead(self, rep: Rep, team) -> str:
        lead = self.chance.choice(list(self.oracle.leads))
        owner = self.chance.choice([rep, None])
        Lead.objects.filter(pk=lead).update(owner=owner, team=team)
        self.oracle.leads[lead] = (owner.pk if owner else None, team.pk)
        return f"lead {lead} to {owner} in {team}"


@pytest.mark.parametrize("start", [1, 2, 3])
def test_rows_follow_from_relations_alone(start):
    company, checked = Company(random.Random(start)), 0
    for number in range(STEPS):
        done = company.step()
        for person in company.people:
            expected, found = company.oracle.seen(person.rep.pk), actual(person)
            assert found == expected, f"step {number}: {done}; as {person}: " + ", ".join(
                f"{name} has {found[name] ^ expected[name]} too many or too few"
                for name in expected
                if found[name] != expected[name]
            )
            checked += len(expected)
    assert checked >= 2000


def test_a_leak_would_be_found(monkeypatch):
    """The control: a viewer who also reads the teams beside their own is caught."""
    from reps import access

    monkeypatch.setattr(
        access.Viewer, "readable_rep_ids", property(lambda viewer: frozenset(Rep.objects.values_list("pk", flat=True)))
    )
    with pytest.raises(AssertionError, match="too many"):
        test_rows_follow_from_relations_alone(1)
