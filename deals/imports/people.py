"""Teams and people: a team is named after its manager and part of its office; sellers and managers are reps without users.

Memberships and leads hold since ever, since the file names no day. Whoever belongs elsewhere already stays there.
One audit row tells of the whole import (run.py), so no verb of reps/org.py, each of which would write its own, is used.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from deals.imports.context import Run
from deals.imports.names import Known, known_from
from deals.imports.report import BadRow
from deals.imports.rows import full_row, limited
from deals.imports.shapes import Table
from deals.imports.survey import chunks
from lib.text import fold, has_letter
from lib.versioned import since
from reps.models import Rep, Team, TeamLead, TeamMembership


@dataclass
class _Org:
    """Teams, members and leads as they are, and as the rows read so far make them."""

    teams: dict[int, Team]
    names: Known
    member_of: dict[int, int]
    led_by: dict[int, int]
    matched: Counter[tuple[str, str, str]] = field(default_factory=Counter)  # kind, as written, as known


def read_teams(run: Run, table: Table) -> None:
    """Bring in the rows of a teams file."""
    counts, org = run.report.of("teams"), _load()
    sellers: set[str] = set()
    made = len(org.teams)
    for rows in chunks(table):
        for number, cells in rows:
            counts.read += 1
            try:
                changed = _row(run, table, org, cells, sellers)
            except BadRow as problem:
                run.refuse(table, number, problem)
                continue
            counts.new += changed
            counts.unchanged += not changed
    for (kind, text, name), rows_of_it in org.matched.items():
        run.report.say("matched", kind=kind, text=text, name=name, rows=rows_of_it)
    if len(org.teams) > made:
        run.report.say("office_team", n=len(org.teams) - made)


def _load() -> _Org:
    teams = {team.pk: team for team in Team.objects.order_by("pk")}
    return _Org(
        teams,
        known_from("team", ((team.pk, team.name) for team in teams.values())),
        dict(TeamMembership.objects.current().order_by("valid").values_list("rep_id", "team_id")),
        dict(TeamLead.objects.current().order_by("valid").values_list("team_id", "rep_id")),
    )


def _row(run: Run, table: Table, org: _Org, cells: list[str], sellers: set[str]) -> bool:
    """Store one seller with team, manager and office; False when all of it was there."""
    row = _named(run, table, cells)
    if fold(row["rep"]) in sellers:
        raise BadRow("twice_here", "rep", row["rep"])
    sellers.add(fold(row["rep"]))
    before = (len(org.teams), len(org.member_of), len(org.led_by), len(run.known["rep"].labels))
    office = _team(run, org, row["office"], None) if row["office"] else None
    team = _team(run, org, row["manager"], office) if row["manager"] else office
    seller = _rep(run, org, "rep", row["rep"], sells=True)
    if team is not None:
        if row["manager"]:
            _lead(run, org, team, _rep(run, org, "manager", row["manager"], sells=row["manager"] == row["rep"]))
        _member(run, org, seller, team)
    return before != (len(org.teams), len(org.member_of), len(org.led_by), len(run.known["rep"].labels))


def _named(run: Run, table: Table, cells: list[str]) -> dict[str, str]:
    if not run.scope.is_everything:
        raise BadRow("not_allowed")
    row = {"office": "", **full_row(table, cells)}
    if not row["rep"]:
        raise BadRow("required", "rep")
    return limited(row, (("rep", 120), ("manager", 80), ("office", 80)))


def _team(run: Run, org: _Org, name: str, parent: Team | None) -> Team:
    found = org.names.find(name)
    if found:
        team = org.teams[found[0]]
        if parent and team.parent_id != parent.pk:
            above = org.teams[team.parent_id].name if team.parent_id else "—"
            raise BadRow("team_elsewhere", "office", parent.name, team=team.name, parent=above)
        if team.name != name:
            org.matched["team", name, team.name] += 1
        return team
    team = Team(name=name, parent=parent)
    run.save(team)
    team.path = f"{parent.path if parent else '/'}{team.pk}/"
    if not run.is_rehearsal:
        team.save(update_fields=["path"])
    org.teams[team.pk] = team
    org.names.add(team.pk, name)
    return team


def _rep(run: Run, org: _Org, column: str, name: str, *, sells: bool) -> int:
    found = run.known["rep"].find(name)
    if len(found) > 1:
        raise BadRow("ambiguous_name", column, name)
    if found:
        label = run.known["rep"].labels[found[0]]
        if label != name:
            org.matched["rep", name, label] += 1
        if sells and not run.is_rehearsal:
            Rep.objects.filter(pk=found[0], sells=False).update(sells=True)
        return found[0]
    if not has_letter(name):
        raise BadRow("no_letter", column, name)
    rep = Rep(name=name, sells=sells)
    run.save(rep)
    run.known["rep"].add(rep.pk, name)
    return rep.pk


def _lead(run: Run, org: _Org, team: Team, rep_id: int) -> None:
    if team.pk not in org.led_by:
        run.save(TeamLead(team=team, rep_id=rep_id, valid=since(), actor=run.scope.user, reason="import"))
        org.led_by[team.pk] = rep_id
    elif org.led_by[team.pk] != rep_id:
        name = run.known["rep"].labels[org.led_by[team.pk]]
        run.report.say("other_lead", rep=name, team=team.name)


def _member(run: Run, org: _Org, rep_id: int, team: Team) -> None:
    if rep_id not in org.member_of:
        run.save(TeamMembership(team=team, rep_id=rep_id, valid=since(), actor=run.scope.user, reason="import"))
        org.member_of[rep_id] = team.pk
    elif org.member_of[rep_id] != team.pk:
        run.report.say("other_team", rep=run.known["rep"].labels[rep_id], team=org.teams[org.member_of[rep_id]].name)
