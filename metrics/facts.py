"""The deals, open deals and credits behind every outcome figure, as SQL relations of windows (DOMAIN §0, §7, §12).

`relations()` gives the text of `WITH` parts that every reader builds on:

    w        k, start_on, stop_on, end_on            one row for each window
    closed   k, deal_id, rep_id, team_id, closed_on, opened_on, outcome, qualified, ending
    opened   k, deal_id, rep_id, team_id, opened_on  open at the end of the window
    credits  k, credit_id, deal_id, rep_id, team_id, won_on, amount, currency, base_amount

Today a deal's row is its state. For an earlier day the deals with several owners or outcomes (`has_history`), and for a
read as known at an earlier instant all of them, are replayed from their events as deals/replay.py does. `team_id` is the team of
the rep on that day and is read only where asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from metrics.scopes import Scope
from metrics.windows import AsOf, Days, reach
from reps.models import Company

_CLOSED_NOW = """
SELECT w.k, d.id AS deal_id, d.closing_owner_id AS rep_id, d.closed_on, d.opened_on, d.outcome, d.is_qualified AS qualified
FROM deals_deal d JOIN w ON d.closed_on >= w.start_on AND d.closed_on < w.stop_on
WHERE {settled} AND d.outcome IN ('won', 'lost', 'no_decision', 'disqualified') AND {mine}
  AND d.closed_on >= %(first)s AND d.closed_on < %(last)s
"""

# Deals that were ever a rep's, by owner or credit: the others need no replay. (For everybody this costs more than it saves.)
_EVER_MINE = """d.id IN (
    SELECT x.deal_id FROM deals_dealevent x WHERE x.kind = 'owner' AND x.rep_id {whose}
    UNION ALL SELECT x.deal_id FROM deals_credit x WHERE x.rep_id {whose})"""

# An outcome counts when no other of its deal follows it by the day of reading. The owner is the one at that moment.
_CLOSED_REPLAYED = """
SELECT w.k, d.id AS deal_id,
       coalesce(
           (SELECT o.rep_id FROM deals_dealevent o WHERE o.deal_id = d.id AND o.kind = 'owner' AND {o}
                AND (coalesce(o.effective_on, '-infinity'), o.occurred_at, o.id) <= (e.effective_on, e.occurred_at, e.id)
            ORDER BY o.effective_on DESC NULLS LAST, o.occurred_at DESC, o.id DESC LIMIT 1),
           (SELECT o.rep_id FROM deals_dealevent o WHERE o.deal_id = d.id AND o.kind = 'owner' AND {o}
            ORDER BY o.effective_on NULLS FIRST, o.occurred_at, o.id LIMIT 1)
       ) AS rep_id,
       e.effective_on AS closed_on, d.opened_on, e.code AS outcome,
       e.code = 'won' OR (
           SELECT TRUE FROM deals_dealevent s JOIN deals_stage g ON g.id = s.stage_id AND g.is_qualified
           WHERE s.deal_id = d.id AND s.kind = 'stage' AND (s.effective_on IS NULL OR s.effective_on <= %(as_of)s) AND {s}
           LIMIT 1
       ) IS TRUE AS qualified
FROM deals_dealevent e
JOIN w ON e.effective_on >= w.start_on AND e.effective_on < w.stop_on
JOIN deals_deal d ON d.id = e.deal_id AND {which}
WHERE e.kind = 'outcome' AND e.code <> 'open' AND e.effective_on >= %(first)s AND e.effective_on < %(last)s AND {e}
  AND NOT EXISTS (
      SELECT FROM deals_dealevent n WHERE n.deal_id = e.deal_id AND n.kind = 'outcome' AND n.effective_on <= %(as_of)s AND {n}
        AND (n.effective_on, n.occurred_at, n.id) > (e.effective_on, e.occurred_at, e.id))
"""

_OPENED_NOW = """
SELECT w.k, d.id AS deal_id, d.owner_id AS rep_id, d.opened_on, w.end_on
FROM deals_deal d
JOIN w ON w.end_on IS NOT NULL AND (d.outcome = '' OR d.closed_on > w.end_on)
  AND (d.opened_on IS NULL OR d.opened_on <= w.end_on)
WHERE {settled} AND {mine}
  AND (d.outcome = '' OR d.outcome IN ('won', 'lost', 'no_decision', 'disqualified') AND d.closed_on > %(first_end)s)
"""

_OPENED_REPLAYED = """
SELECT w.k, d.id AS deal_id, own.rep_id, d.opened_on, w.end_on
FROM deals_deal d
JOIN w ON w.end_on IS NOT NULL AND (d.opened_on IS NULL OR d.opened_on <= w.end_on)
CROSS JOIN LATERAL (SELECT coalesce(
    (SELECT o.rep_id FROM deals_dealevent o
     WHERE o.deal_id = d.id AND o.kind = 'owner' AND (o.effective_on IS NULL OR o.effective_on <= w.end_on) AND {o}
     ORDER BY o.effective_on DESC NULLS LAST, o.occurred_at DESC, o.id DESC LIMIT 1),
    (SELECT o.rep_id FROM deals_dealevent o WHERE o.deal_id = d.id AND o.kind = 'owner' AND {o}
     ORDER BY o.effective_on NULLS FIRST, o.occurred_at, o.id LIMIT 1)
) AS rep_id) own
WHERE {which} AND own.rep_id IS NOT NULL AND coalesce((
    SELECT e.code FROM deals_dealevent e
    WHERE e.deal_id = d.id AND e.kind = 'outcome' AND (e.effective_on IS NULL OR e.effective_on <= w.end_on) AND {e}
    ORDER BY e.effective_on DESC NULLS LAST, e.occurred_at DESC, e.id DESC LIMIT 1
), 'open') = 'open'
"""

_CREDITS_NOW = """
SELECT w.k, c.id AS credit_id, c.deal_id, c.rep_id, c.won_on, c.amount, c.currency, c.base_amount
FROM deals_credit c JOIN w ON c.won_on >= w.start_on AND c.won_on < w.stop_on
WHERE c.superseded_at IS NULL AND c.kind = 'revenue' AND c.won_on >= %(first)s AND c.won_on < %(last)s
  AND {mine} AND {settled}
"""

# Of a win that stood on the day of reading: its credits in force, or the last that were before it was taken back later.
_CREDITS_REPLAYED = """
SELECT r.k, c.id AS credit_id, r.deal_id, c.rep_id, c.won_on, c.amount, c.currency, c.base_amount
FROM replayed r
CROSS JOIN LATERAL (
    SELECT c.*, rank() OVER (ORDER BY {ended} DESC NULLS FIRST) AS place FROM deals_credit c
    WHERE c.deal_id = r.deal_id AND c.kind = 'revenue' AND c.won_on = r.closed_on AND {c}
) c
WHERE r.outcome = 'won' AND c.place = 1
"""

# Slashes in the path of a team at the top, below which is everybody.
_ROOT = 2
_NO_HISTORY = "NOT EXISTS (SELECT FROM deals_deal d WHERE d.id = c.deal_id AND d.has_history)"
_OPENED_SETTLED = "(NOT d.has_history OR w.end_on >= %(as_of)s)"

_ENDING = """CASE
    WHEN f.outcome = 'won' THEN 'won'
    WHEN f.outcome = 'lost' OR f.outcome = 'no_decision' AND %(no_decision_is_lost)s
         OR f.outcome = 'disqualified' AND f.qualified THEN 'lost'
    ELSE 'out' END"""

PARTS = ("closed", "opened", "credits")


def relations(
    scope: Scope,
    windows: Sequence[Days],
    at: AsOf,
    company: Company,
    *,
    parts: Sequence[str] = PARTS,
    teams: bool = False,
    open_in: Sequence[int] | None = None,
) -> tuple[str, dict[str, Any]]:
    """The WITH parts (without the word) and their parameters.

    `teams` fills `team_id` also where the scope does not need it. `open_in` names the windows whose open deals are
    wanted, by index; all unless given, since each costs a pass over the deals.
    """
    wanted = set(range(len(windows)) if open_in is None else open_in)
    with_team = teams or scope.is_team
    texts = [_windows(windows, wanted), *([seats(scope, at)] if with_team else [])]
    if not at.is_now and ("closed" in parts or "credits" in parts):
        texts.append(f"replayed AS MATERIALIZED ({_replayed(_CLOSED_REPLAYED, scope, at)})")
    if "closed" in parts:
        rows = _CLOSED_NOW.format(mine=_of(scope, "d.closing_owner_id"), settled=_settled(at, "NOT d.has_history"))
        body = f"SELECT f.*, {_ENDING} AS ending FROM ({_either(rows, 'SELECT * FROM replayed', at)}) f"
        texts.append(f"closed AS ({placed(body, 'closed_on', scope, with_team=with_team)})")
    if "opened" in parts:
        rows = _OPENED_NOW.format(mine=_of(scope, "d.owner_id"), settled=_OPENED_SETTLED if at.is_now else "NOT d.has_history")
        past = any(at.end(windows[k]) < at.day for k in wanted)
        body = _either(rows, _replayed(_OPENED_REPLAYED, scope, at), at, replays=past or not at.is_now)
        texts.append(f"opened AS ({placed(body, 'end_on', scope, with_team=with_team)})")
    if "credits" in parts:
        rows = _CREDITS_NOW.format(mine=_of(scope, "c.rep_id"), settled=_settled(at, _NO_HISTORY))
        body = _either(rows, _replayed(_CREDITS_REPLAYED, scope, at), at)
        texts.append(f"credits AS ({placed(body, 'won_on', scope, with_team=with_team)})")
    return ",\n".join(texts), _params(scope, windows, at, company, wanted)


def seats(scope: Scope, at: AsOf) -> str:
    """The WITH part `seats` (rep_id, team_id, valid): who sits where when, in the teams of the scope."""
    known = "m.superseded_at IS NULL"
    if at.known_at:
        known = "m.recorded_at <= %(known_at)s AND (m.superseded_at IS NULL OR m.superseded_at > %(known_at)s)"
    inside = "AND m.team_id IN (SELECT t.id FROM reps_team t WHERE t.path LIKE %(scope_path)s)" if scope.is_team else ""
    return f"seats AS NOT MATERIALIZED (SELECT m.rep_id, m.team_id, m.valid FROM reps_teammembership m WHERE {known} {inside})"


def placed(body: str, day: str, scope: Scope, *, with_team: bool) -> str:
    """Rows with a `rep_id`, cut to the scope: a team's are those whose rep sat in it on the day. Needs `seats` if with_team."""
    mine = "f.rep_id = %(scope_id)s" if scope.is_rep else "TRUE"
    if not with_team:
        return f"SELECT f.*, NULL::bigint AS team_id FROM ({body}) f WHERE {mine}"
    join = "JOIN" if scope.is_team else "LEFT JOIN"
    return f"SELECT f.*, s.team_id FROM ({body}) f {join} seats s ON s.rep_id = f.rep_id AND s.valid @> f.{day} WHERE {mine}"


def scope_params(scope: Scope, at: AsOf) -> dict[str, Any]:
    """Parameters of `seats` and `placed`."""
    return {"scope_id": scope.id, "scope_path": f"{scope.path}%", "known_at": at.known_at, "as_of": at.day}


def _either(rows: str, replayed: str, at: AsOf, *, replays: bool | None = None) -> str:
    """What is read from rows, and what is replayed besides; for an earlier state of knowledge all is replayed."""
    if at.known_at:
        return replayed
    return f"{rows} UNION ALL {replayed}" if (not at.is_now if replays is None else replays) else rows


def _settled(at: AsOf, condition: str) -> str:
    """Which rows say themselves how it was: today all of them, on an earlier day those without a history."""
    return "TRUE" if at.is_now else condition


def _of(scope: Scope, column: str) -> str:
    """The condition that a rep may have rows in the scope."""
    reps = {"rep": "= %(scope_id)s", "team": "IN (SELECT rep_id FROM seats)"}.get(scope.kind.value, "")
    return f"{column} {reps}" if reps else "TRUE"


def _replayed(text: str, scope: Scope, at: AsOf) -> str:
    """The text with its conditions on which deals and on which of their events count."""
    known = " AND {0}.recorded_at <= %(known_at)s" if at.known_at else ""
    voided = "NOT EXISTS (SELECT FROM deals_dealevent v WHERE v.voids_id = {0}.id" + (
        " AND v.recorded_at <= %(known_at)s)" if at.known_at else ")"
    )
    counts = {name: (voided + known).format(name) for name in ("o", "s", "e", "n")}
    credit = "c.recorded_at <= %(known_at)s" if at.known_at else "TRUE"
    ended = "CASE WHEN c.superseded_at <= %(known_at)s THEN c.superseded_at END" if at.known_at else "c.superseded_at"
    which = "TRUE" if at.known_at else "d.has_history" + (" AND w.end_on < %(as_of)s" if at.is_now else "")
    if scope.is_rep:
        which = f"{which} AND {_EVER_MINE.format(whose='= %(scope_id)s')}"
    elif scope.is_team and scope.path.count("/") > _ROOT:
        which = f"{which} AND {_EVER_MINE.format(whose='IN (SELECT rep_id FROM seats)')}"
    return text.format(**counts, c=credit, ended=ended, which=which)


def _windows(windows: Sequence[Days], open_in: set[int]) -> str:
    rows = ", ".join(
        f"({k}, %(start{k})s::date, %(stop{k})s::date, {f'%(end{k})s::date' if k in open_in else 'NULL::date'})"
        for k in range(len(windows))
    )
    return f"w (k, start_on, stop_on, end_on) AS (VALUES {rows})"


def _params(scope: Scope, windows: Sequence[Days], at: AsOf, company: Company, open_in: set[int]) -> dict[str, Any]:
    first, last = reach(windows, at)
    params = {
        **scope_params(scope, at),
        "first": first,
        "last": last,
        "first_end": min((at.end(windows[k]) for k in open_in), default=last),
        "no_decision_is_lost": company.no_decision_is_lost,
    }
    for k, window in enumerate(windows):
        params |= {f"start{k}": window.start_on, f"stop{k}": at.stop(window), f"end{k}": at.end(window)}
    return params
