"""Who may see and do what: relations decide the rows, capabilities decide the verbs (TRUST, "Who may see and do what").

`viewer_of(user)` reads a person's relations in one query and remembers them on the user object, so every
`visible_to(user)` of one request asks the same question once. It imports no model, so that models may import it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db import connection

from lib import clock

if TYPE_CHECKING:
    from reps.models import User

# One row: the rep, the verbs of today's role, and four sets of ids, all as of today in the company's zone.
_RELATIONS = """
WITH today AS (
    SELECT (%(now)s::timestamptz AT TIME ZONE coalesce((SELECT time_zone FROM reps_company), 'Asia/Jakarta'))::date AS day
), me AS (
    SELECT id FROM reps_rep WHERE user_id = %(user)s
), my_teams AS (
    SELECT m.team_id FROM reps_teammembership m, today, me
    WHERE m.rep_id = me.id AND m.superseded_at IS NULL AND m.valid @> today.day
), led AS (
    SELECT t.id, t.path FROM reps_teamlead l JOIN reps_team t ON t.id = l.team_id, today, me
    WHERE l.rep_id = me.id AND l.superseded_at IS NULL AND l.valid @> today.day
), below AS (
    SELECT DISTINCT t.id FROM reps_team t JOIN led ON t.path LIKE led.path || '%%'
)
SELECT (SELECT id FROM me),
       (SELECT r.capabilities FROM reps_roleassignment a JOIN reps_role r ON r.id = a.role_id, today, me
        WHERE a.rep_id = me.id AND a.superseded_at IS NULL AND a.valid @> today.day LIMIT 1),
       ARRAY(SELECT team_id FROM my_teams),
       ARRAY(SELECT id FROM led),
       ARRAY(SELECT id FROM below),
       ARRAY(SELECT m.rep_id FROM reps_teammembership m JOIN my_teams USING (team_id), today
             WHERE m.superseded_at IS NULL AND m.valid @> today.day),
       ARRAY(SELECT m.rep_id FROM reps_teammembership m JOIN below ON below.id = m.team_id, today
             WHERE m.superseded_at IS NULL AND m.valid @> today.day)
"""

_REP = frozenset({"deal.create", "deal.edit", "deal.export", "account.edit", "lead.edit", "activity.log"})
_LEAD = frozenset({"deal.create", "deal.edit", "deal.export", "deal.reassign", "account.edit", "lead.edit",
                   "activity.log", "team.edit", "past.edit", "import.run", "quota.edit"})  # fmt: skip
_BY_KIND = {
    "admin": frozenset({"deal.export", "import.run", "team.edit", "quota.edit"}),
    "finance": frozenset(),
    "auditor": frozenset(),
}


@dataclass(frozen=True)
class Viewer:
    """A person's relations as of today. Sets of ids are of teams and reps.

    `mate_ids` are the reps of the person's own teams, themselves included; `subtree_rep_ids` the reps of every team
    at or below one they lead.
    """

    kind: str
    rep_id: int | None = None
    team_ids: frozenset[int] = frozenset()
    led_team_ids: frozenset[int] = frozenset()
    subtree_team_ids: frozenset[int] = frozenset()
    mate_ids: frozenset[int] = frozenset()
    subtree_rep_ids: frozenset[int] = frozenset()
    capabilities: frozenset[str] = field(default_factory=frozenset)

    @property
    def is_manager(self) -> bool:
        """Leads at least one team today."""
        return bool(self.led_team_ids)

    @property
    def reads_everything(self) -> bool:
        """Admins (without notes) and auditors read every deal, account and lead."""
        return self.kind in {"admin", "auditor"}

    @property
    def own_ids(self) -> frozenset[int]:
        """The person's own rep, as a set."""
        return frozenset() if self.rep_id is None else frozenset({self.rep_id})

    @property
    def readable_rep_ids(self) -> frozenset[int]:
        """Reps whose deals, accounts and leads this person reads in full: own, same team, subtree."""
        return self.own_ids | self.mate_ids | self.subtree_rep_ids

    @property
    def editable_rep_ids(self) -> frozenset[int]:
        """Reps whose work this person may change: own and, for a manager, the subtree."""
        return self.own_ids | self.subtree_rep_ids

    def may(self, capability: str) -> bool:
        """Holds the verb, on whatever rows their relations give."""
        return capability in self.capabilities


def viewer_of(user: Any) -> Viewer:
    """The relations of a signed-in user, read once and kept on the user object; nobody's for anyone else."""
    if not user.is_authenticated or not user.is_active:
        return Viewer(kind="anonymous")
    # By attribute, not by __dict__: `request.user` is a wrapper, and both it and the user inside must find the answer.
    kept: Viewer | None = getattr(user, "_viewer", None)
    if kept is None:
        kept = user._viewer = _read(user)
    return kept


def forget(user: User) -> None:
    """Read the relations anew on the next question (after a change within the same request)."""
    user._viewer = None  # type: ignore[attr-defined]


def _read(user: User) -> Viewer:
    with connection.cursor() as cursor:
        cursor.execute(_RELATIONS, {"now": clock.now(), "user": user.pk})
        rep_id, role_verbs, teams, led, below, mates, subtree = cursor.fetchone()
    if user.kind in _BY_KIND:
        verbs = _BY_KIND[user.kind]
    elif rep_id is None:
        verbs = frozenset()
    else:
        verbs = (_REP if role_verbs is None else frozenset(role_verbs)) | (_LEAD if led else frozenset())
    return Viewer(
        kind=user.kind,
        rep_id=rep_id,
        team_ids=frozenset(teams),
        led_team_ids=frozenset(led),
        subtree_team_ids=frozenset(below),
        mate_ids=frozenset(mates),
        subtree_rep_ids=frozenset(subtree),
        capabilities=verbs,
    )
