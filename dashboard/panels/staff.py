"""People by team, for someone who sees names and nothing else. One query."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db import connection

_READ = """
SELECT t.id, t.name, r.id, r.name, EXISTS (
    SELECT FROM reps_teamlead l WHERE l.team_id = t.id AND l.rep_id = r.id AND l.superseded_at IS NULL AND l.valid @> %(today)s::date
)
FROM reps_team t JOIN LATERAL (
    SELECT rep_id FROM reps_teammembership WHERE team_id = t.id AND superseded_at IS NULL AND valid @> %(today)s::date
    UNION SELECT rep_id FROM reps_teamlead WHERE team_id = t.id AND superseded_at IS NULL AND valid @> %(today)s::date
) m ON TRUE JOIN reps_rep r ON r.id = m.rep_id
WHERE r.left_on IS NULL OR r.left_on > %(today)s
ORDER BY t.path, 5 DESC, lower(r.name), r.id
"""


@dataclass(frozen=True)
class Colleague:
    """A person of a team."""

    id: int
    name: str
    leads: bool


@dataclass(frozen=True)
class Staff:
    """A team and who is in it, its lead first."""

    name: str
    people: tuple[Colleague, ...]


def read(*, today: date) -> list[Staff]:
    """Every team that has somebody, in the order of the tree."""
    with connection.cursor() as cursor:
        cursor.execute(_READ, {"today": today})
        rows = cursor.fetchall()
    teams: dict[int, tuple[str, list[Colleague]]] = {}
    for team_id, team, rep_id, name, leads in rows:
        teams.setdefault(team_id, (team, []))[1].append(Colleague(rep_id, name, leads))
    return [Staff(name, tuple(people)) for name, people in teams.values()]
