"""Roll-ups kept by the database: every write to deals, credits, activities, leads and memberships moves them along.

A statement trigger with transition tables sums what came and what went by rep and day, and adds the difference to
`metrics_repday`, whose own trigger adds it to the month and quarter. Before that it takes the reps' rows FOR KEY SHARE, in
the order of their ids: moving a rep to another team takes them FOR UPDATE, so a day is never written under a team that
is just being corrected, and two writers never wait for each other in a ring. While many rows are written (deals/bulk.py)
what came is kept aside and added once, at their end: an import of half a million activities holds no day for longer.

This text is frozen with the migration. metrics/facts.py and metrics/activity_facts.py say the same for the reads from rows;
a property test and the night hold the two together.
"""

from typing import ClassVar

from django.db import migrations

CLOSINGS = (
    "won_count", "won_new_count", "won_cross_sell_count", "won_renewal_count", "won_expansion_count", "lost_count",
    "lost_qualified_count", "no_decision_count", "no_decision_qualified_count", "disqualified_count",
    "disqualified_qualified_count",
)  # fmt: skip
CREDITED = (
    "credit_count", "unrated_count", "won_minor", "won_new_minor", "won_cross_sell_minor", "won_renewal_minor",
    "won_expansion_minor",
)  # fmt: skip
HAPPENED = (
    "calls_made", "connects", "whatsapp_sent", "visits", "emails_sent", "meetings_held", "no_shows", "late_cancels",
)  # fmt: skip
COLUMNS = (*CLOSINGS, *CREDITED, *HAPPENED, "meetings_scheduled", "leads_created")
TYPES = ("new", "cross_sell", "renewal", "expansion")
_XID = "pg_current_xact_id()::text::bigint"

# Decimal places of the company's money; those that do not have two.
PLACES = """
CREATE FUNCTION metrics_places(currency text) RETURNS int LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN currency IN ('IDR', 'JPY', 'KRW', 'VND', 'CLP', 'ISK', 'UGX', 'XAF', 'XOF', 'PYG') THEN 0
                WHEN currency IN ('KWD', 'BHD', 'OMR', 'JOD', 'TND') THEN 3 ELSE 2 END
$$;
"""


def _added(source: str, columns: tuple[str, ...]) -> str:
    """Add the sums of `source` (rep_id, day, columns) to the days, in the order of reps and days."""
    sums = ", ".join(f"sum({name}) AS {name}" for name in columns)
    some = " OR ".join(f"sum({name}) <> 0" for name in columns)
    added = ", ".join(f"{name} = metrics_repday.{name} + EXCLUDED.{name}" for name in columns)
    return f"""
    INSERT INTO metrics_repday (changed_in, rep_id, day, team_id, {", ".join(COLUMNS)})
    SELECT {_XID}, t.rep_id, t.day,
           (SELECT m.team_id FROM reps_teammembership m
            WHERE m.rep_id = t.rep_id AND m.superseded_at IS NULL AND m.valid @> t.day),
           {", ".join(f"t.{name}" if name in columns else "0" for name in COLUMNS)}
    FROM (SELECT rep_id, day, {sums} FROM ({source}) s GROUP BY rep_id, day HAVING {some}) t
    ORDER BY t.rep_id, t.day
    ON CONFLICT (rep_id, day) DO UPDATE SET changed_in = EXCLUDED.changed_in, {added};
    """


def _upsert(source: str, columns: tuple[str, ...]) -> str:
    """The same in a trigger; while many rows are being written, put it off to their end, so that nobody waits for them."""
    sums = ", ".join(f"sum({name}) AS {name}" if name in columns else f"0 AS {name}" for name in COLUMNS)
    some = " OR ".join(f"sum({name}) <> 0" for name in columns)
    return f"""
    IF metrics_is_bulk() THEN
        IF to_regclass('pg_temp.metrics_waiting') IS NULL THEN
            CREATE TEMP TABLE metrics_waiting (
                rep_id bigint, day date, {", ".join(f"{name} bigint" for name in COLUMNS)}
            ) ON COMMIT DELETE ROWS;
        END IF;
        INSERT INTO metrics_waiting SELECT rep_id, day, {sums} FROM ({source}) s GROUP BY rep_id, day HAVING {some};
    ELSE
        {_added(source, columns)}
    END IF;
    """


def _lock(reps: str) -> str:
    return f"""
    IF NOT metrics_is_bulk() THEN
        PERFORM 1 FROM reps_rep WHERE id IN ({reps}) ORDER BY id FOR KEY SHARE;
    END IF;
    """


def _trigger(name: str, table: str, body: str, operations: tuple[str, ...]) -> tuple[str, str]:
    """A function for each operation, with what it reads as `came` and `went`, and its trigger."""
    made, dropped = "", ""
    tables = {"INSERT": "NEW TABLE AS came", "DELETE": "OLD TABLE AS went", "UPDATE": "OLD TABLE AS went NEW TABLE AS came"}
    for operation in operations:
        function = f"metrics_{name}_{operation.lower()}"
        made += f"""
        CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            {body(operation)}
            RETURN NULL;
        END $$;
        CREATE TRIGGER {function} AFTER {operation} ON {table} REFERENCING {tables[operation]}
            FOR EACH STATEMENT EXECUTE FUNCTION {function}();
        """
        dropped = f"DROP TRIGGER {function} ON {table}; DROP FUNCTION {function}();" + dropped
    return made, dropped


def _signed(operation: str, select: str, columns: tuple[str, ...]) -> str:
    """The rows that came with their sign and those that went with the other."""
    parts = []
    if operation in ("INSERT", "UPDATE"):
        parts.append(select.format(rows="came"))
    if operation in ("UPDATE", "DELETE"):
        minus = ", ".join(f"-{name} AS {name}" for name in columns)
        parts.append(f"SELECT rep_id, day, {minus} FROM ({select.format(rows='went')}) g")
    return " UNION ALL ".join(parts)


# ── Deals that closed ───────────────────────────────────────────────────────────────────────────────────────────────
_CLOSED = f"""
SELECT closing_owner_id AS rep_id, closed_on AS day,
       (outcome = 'won')::int AS won_count,
       {", ".join(f"(outcome = 'won' AND deal_type = '{kind}')::int AS won_{kind}_count" for kind in TYPES)},
       (outcome = 'lost')::int AS lost_count,
       (outcome = 'lost' AND is_qualified)::int AS lost_qualified_count,
       (outcome = 'no_decision')::int AS no_decision_count,
       (outcome = 'no_decision' AND is_qualified)::int AS no_decision_qualified_count,
       (outcome = 'disqualified')::int AS disqualified_count,
       (outcome = 'disqualified' AND is_qualified)::int AS disqualified_qualified_count
FROM {{rows}} WHERE outcome <> ''
"""
_CREDIT = f"""
SELECT c.rep_id, c.won_on AS day, 1 AS credit_count, (c.base_amount IS NULL)::int AS unrated_count,
       coalesce(c.base_amount * m.unit, 0)::bigint AS won_minor,
       {", ".join(f"CASE WHEN d.deal_type = '{kind}' THEN coalesce(c.base_amount * m.unit, 0)::bigint ELSE 0 END AS won_{kind}_minor" for kind in TYPES)}
FROM {{rows}} c JOIN deals_deal d ON d.id = c.deal_id
CROSS JOIN (SELECT 10 ^ metrics_places(currency)::numeric AS unit FROM reps_company) m
WHERE c.kind = 'revenue' AND c.superseded_at IS NULL
"""
# A deal whose type is corrected takes the money of its standing credits along.
_RETYPED = f"""
SELECT c.rep_id, c.won_on AS day,
       {", ".join(f"(((a.deal_type = '{kind}')::int - (a.was_type = '{kind}')::int) * coalesce(c.base_amount * m.unit, 0))::bigint AS won_{kind}_minor" for kind in TYPES)}
FROM (
    SELECT id, max(is_type) AS deal_type, max(was_type) AS was_type FROM (
        SELECT id, deal_type AS is_type, NULL AS was_type FROM came UNION ALL SELECT id, NULL, deal_type FROM went) t
    GROUP BY id HAVING max(is_type) <> max(was_type)
) a
JOIN deals_credit c ON c.deal_id = a.id AND c.kind = 'revenue' AND c.superseded_at IS NULL
CROSS JOIN (SELECT 10 ^ metrics_places(currency)::numeric AS unit FROM reps_company) m
"""
_TYPED = tuple(f"won_{kind}_minor" for kind in TYPES)


def _deals(operation: str) -> str:
    rows = {"INSERT": "SELECT * FROM came", "DELETE": "SELECT * FROM went"}.get(
        operation, "SELECT * FROM came UNION ALL SELECT * FROM went"
    )
    same = ""
    if operation == "UPDATE":
        same = """
        -- Without a join: these tables have no statistics, and a loop over both would take a square of their length.
        IF NOT EXISTS (
            SELECT id, outcome, closed_on, closing_owner_id, deal_type, is_qualified FROM came WHERE outcome <> ''
            EXCEPT SELECT id, outcome, closed_on, closing_owner_id, deal_type, is_qualified FROM went
        ) AND NOT EXISTS (
            SELECT id, outcome, closed_on, closing_owner_id, deal_type, is_qualified FROM went WHERE outcome <> ''
            EXCEPT SELECT id, outcome, closed_on, closing_owner_id, deal_type, is_qualified FROM came
        ) THEN RETURN NULL; END IF;
        """
    body = same + _lock(f"SELECT closing_owner_id FROM ({rows}) r WHERE outcome <> ''")
    body += _upsert(_signed(operation, _CLOSED, CLOSINGS), CLOSINGS)
    if operation == "UPDATE":
        body += _upsert(_RETYPED, _TYPED)
    return body


def _credits(operation: str) -> str:
    rows = "came" if operation == "INSERT" else "went"
    return _lock(f"SELECT rep_id FROM {rows}") + _upsert(_signed(operation, _CREDIT, CREDITED), CREDITED)


# ── Activities and leads ────────────────────────────────────────────────────────────────────────────────────────────
_HAPPENED = """
SELECT rep_id, occurred_on AS day,
       (channel = 'call' AND direction = 'out' AND cancelled_at IS NULL AND is_human)::int AS calls_made,
       (channel = 'call' AND direction = 'out' AND cancelled_at IS NULL AND is_human AND coalesce(
           ended_at - occurred_at >= interval '30 seconds', outcome = 'reached'))::int AS connects,
       (channel = 'whatsapp' AND direction = 'out' AND cancelled_at IS NULL AND is_human)::int AS whatsapp_sent,
       (channel = 'visit' AND cancelled_at IS NULL AND outcome NOT IN ('no_show', 'rescheduled'))::int AS visits,
       (channel = 'email' AND direction = 'out' AND cancelled_at IS NULL AND is_human)::int AS emails_sent,
       (channel = 'meeting' AND cancelled_at IS NULL AND outcome = 'held')::int AS meetings_held,
       (channel = 'meeting' AND cancelled_at IS NULL AND outcome = 'no_show')::int AS no_shows,
       (channel = 'meeting' AND cancelled_at IS NOT NULL AND outcome = '' AND booked_at IS NOT NULL
           AND cancelled_at <= occurred_at AND cancelled_at > occurred_at - interval '24 hours')::int AS late_cancels
FROM {rows}
"""
_BOOKED = """
SELECT coalesce(a.booked_by_id, a.rep_id) AS rep_id, (a.booked_at AT TIME ZONE c.time_zone)::date AS day, 1 AS meetings_scheduled
FROM {rows} a CROSS JOIN reps_company c WHERE a.channel = 'meeting' AND a.root_id IS NULL AND a.booked_at IS NOT NULL
"""
_LEADS = """
SELECT l.created_by_id AS rep_id, (l.created_at AT TIME ZONE c.time_zone)::date AS day, 1 AS leads_created
FROM {rows} l CROSS JOIN reps_company c WHERE NOT l.is_import AND l.merged_into_id IS NULL AND l.created_by_id IS NOT NULL
"""


def _activities(operation: str) -> str:
    rows = {"INSERT": ("came",), "DELETE": ("went",), "UPDATE": ("came", "went")}[operation]
    reps = " UNION ALL ".join(f"SELECT rep_id FROM {part} UNION ALL SELECT booked_by_id FROM {part}" for part in rows)
    return (
        _lock(reps)
        + _upsert(_signed(operation, _HAPPENED, HAPPENED), HAPPENED)
        + f"IF EXISTS (SELECT FROM {rows[0]} WHERE booked_at IS NOT NULL) OR EXISTS (SELECT FROM {rows[-1]} WHERE booked_at IS NOT NULL) THEN"
        + _upsert(_signed(operation, _BOOKED, ("meetings_scheduled",)), ("meetings_scheduled",))
        + "END IF;"
    )


def _leads(operation: str) -> str:
    rows = {"INSERT": ("came",), "DELETE": ("went",), "UPDATE": ("came", "went")}[operation]
    reps = " UNION ALL ".join(f"SELECT created_by_id FROM {part}" for part in rows)
    return _lock(reps) + _upsert(_signed(operation, _LEADS, ("leads_created",)), ("leads_created",))


# ── Months and quarters ─────────────────────────────────────────────────────────────────────────────────────────────
PERIODS = """
CREATE FUNCTION metrics_quarter_start(day date, fiscal_start int) RETURNS date LANGUAGE sql IMMUTABLE AS $$
    SELECT (date_trunc('month', day) - make_interval(months => ((extract(month FROM day)::int - fiscal_start + 12) % 3)))::date
$$;
"""


def _days(operation: str) -> str:
    plus, minus = ", ".join(COLUMNS), ", ".join(f"-{name} AS {name}" for name in COLUMNS)
    keys = "rep_id, team_id, day"
    parts = []
    if operation in ("INSERT", "UPDATE"):
        parts.append(f"SELECT {keys}, {plus} FROM came")
    if operation in ("UPDATE", "DELETE"):
        parts.append(f"SELECT {keys}, {minus} FROM went")
    sums = ", ".join(f"sum({name}) AS {name}" for name in COLUMNS)
    some = " OR ".join(f"sum({name}) <> 0" for name in COLUMNS)
    added = ", ".join(f"{name} = metrics_repperiod.{name} + EXCLUDED.{name}" for name in COLUMNS)
    return f"""
    INSERT INTO metrics_repperiod (changed_in, rep_id, team_id, grain, start_on, {plus})
    SELECT {_XID}, rep_id, team_id, grain, start_on, {sums}
    FROM ({" UNION ALL ".join(parts)}) d
    CROSS JOIN reps_company c
    CROSS JOIN LATERAL (VALUES ('month', date_trunc('month', d.day)::date),
                               ('quarter', metrics_quarter_start(d.day, c.fiscal_start))) p (grain, start_on)
    GROUP BY rep_id, team_id, grain, start_on HAVING {some}
    ORDER BY rep_id, grain, start_on, team_id
    ON CONFLICT (rep_id, grain, start_on, team_id) DO UPDATE SET changed_in = EXCLUDED.changed_in, {added};
    """


# ── Moves between teams, another fiscal year, another zone ──────────────────────────────────────────────────────────
def _members(operation: str) -> str:
    return """
    PERFORM 1 FROM reps_rep WHERE id IN (SELECT rep_id FROM came) ORDER BY id FOR UPDATE;
    UPDATE metrics_repday r SET team_id = n.team_id, changed_in = pg_current_xact_id()::text::bigint
    FROM (SELECT d.id, m.team_id FROM metrics_repday d
          LEFT JOIN reps_teammembership m ON m.rep_id = d.rep_id AND m.superseded_at IS NULL AND m.valid @> d.day
          WHERE d.rep_id IN (SELECT rep_id FROM came) AND d.team_id IS DISTINCT FROM m.team_id) n
    WHERE n.id = r.id;
    """


_SUMMED = ", ".join(f"sum({name})" for name in COLUMNS)
COMPANY = f"""
CREATE FUNCTION metrics_company_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.fiscal_start <> OLD.fiscal_start THEN
        DELETE FROM metrics_repperiod WHERE grain = 'quarter';
        INSERT INTO metrics_repperiod (changed_in, rep_id, team_id, grain, start_on, {", ".join(COLUMNS)})
        SELECT {_XID}, rep_id, team_id, 'quarter', metrics_quarter_start(start_on, NEW.fiscal_start), {_SUMMED}
        FROM metrics_repperiod WHERE grain = 'month' GROUP BY rep_id, team_id, metrics_quarter_start(start_on, NEW.fiscal_start);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER metrics_company_changed AFTER UPDATE ON reps_company FOR EACH ROW EXECUTE FUNCTION metrics_company_changed();
"""
DROP_COMPANY = "DROP TRIGGER metrics_company_changed ON reps_company; DROP FUNCTION metrics_company_changed();"

BULK = f"""
CREATE FUNCTION metrics_is_bulk() RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT coalesce(current_setting('salesteam.bulk', true), '') = 'on'
$$;
CREATE OR REPLACE FUNCTION deals_bulk_written() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('salesteam.bulk', 'off', true);
    IF to_regclass('pg_temp.metrics_waiting') IS NULL THEN RETURN; END IF;
    PERFORM 1 FROM reps_rep WHERE id IN (SELECT rep_id FROM metrics_waiting) ORDER BY id FOR KEY SHARE;
    {_added("SELECT * FROM metrics_waiting", COLUMNS)}
    DELETE FROM metrics_waiting;
END $$;
"""
DROP_BULK = """
CREATE OR REPLACE FUNCTION deals_bulk_written() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('salesteam.bulk', 'off', true);
END $$;
DROP FUNCTION metrics_is_bulk();
"""
# Days and periods are written often: room on their pages keeps an update beside the row it replaces.
ROOM = "ALTER TABLE metrics_repday SET (fillfactor = 70); ALTER TABLE metrics_repperiod SET (fillfactor = 50);"
NO_ROOM = "ALTER TABLE metrics_repday RESET (fillfactor); ALTER TABLE metrics_repperiod RESET (fillfactor);"

# A revised or retired credit changes in `superseded_at` only, so what went is what counts no more.
_TRIGGERS = (
    _trigger("days", "metrics_repday", _days, ("INSERT", "UPDATE", "DELETE")),
    _trigger("deals", "deals_deal", _deals, ("INSERT", "UPDATE", "DELETE")),
    _trigger("credits", "deals_credit", _credits, ("INSERT", "UPDATE")),
    _trigger("activities", "deals_activity", _activities, ("INSERT", "UPDATE", "DELETE")),
    _trigger("leads", "deals_lead", _leads, ("INSERT", "UPDATE", "DELETE")),
    _trigger("members", "reps_teammembership", _members, ("INSERT", "UPDATE")),
)
MAKE = ROOM + PLACES + PERIODS + BULK + "".join(made for made, _ in _TRIGGERS) + COMPANY
DROP = (
    DROP_COMPANY
    + "".join(dropped for _, dropped in reversed(_TRIGGERS))
    + DROP_BULK
    + "DROP FUNCTION metrics_quarter_start(date, int); DROP FUNCTION metrics_places(text);"
    + NO_ROOM
)

# What is there already, counted once. The days' own trigger fills the periods.
_ALL = " UNION ALL ".join(
    f"SELECT rep_id, day, {', '.join(name if name in columns else f'0 AS {name}' for name in COLUMNS)} FROM ({select.format(rows=table)}) {alias}"
    for alias, select, table, columns in (
        ("s1", _CLOSED, "deals_deal", CLOSINGS),
        ("s2", _CREDIT, "deals_credit", CREDITED),
        ("s3", _HAPPENED, "deals_activity", HAPPENED),
        ("s4", _BOOKED, "deals_activity", ("meetings_scheduled",)),
        ("s5", _LEADS, "deals_lead", ("leads_created",)),
    )
)
FILL = _added(_ALL, COLUMNS)


class Migration(migrations.Migration):
    dependencies: ClassVar = [("metrics", "0001_initial"), ("deals", "0007_bulk_writes"), ("reps", "0003_leave")]
    operations: ClassVar = [
        migrations.RunSQL(MAKE, DROP),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
