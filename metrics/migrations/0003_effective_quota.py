"""What is left of each rep's quota after leave, joining and leaving, by month and team (DOMAIN §3, §17).

`metrics_settle(reps, first, last)` writes the effective quotas of those reps for the months from `first` to `last`; triggers
call it wherever something changes that it reads: quotas, leave, memberships, a rep's first and last day, holidays, the
calendars of teams and company, the working week. metrics/targets.py says the same rule in Python, and tests compare.

The rule: base × Σ(share of each working day that is worked) ÷ working days of the month, rounded once, ties to even. The part of
a team is the difference of two such roundings over the teams in the order of their ids, so the parts sum to the whole.
A working day on leave counts its `works_share` if it lies in a run of five or more working days on leave, else in full.
"""

from typing import ClassVar

from django.db import migrations

from lib import triggers

MAKE = """
CREATE FUNCTION metrics_ratio(part numeric, whole numeric) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT (q + CASE WHEN 2 * r > whole OR (2 * r = whole AND q % 2 = 1) THEN 1 ELSE 0 END)::bigint
    FROM (SELECT div(part, whole) AS q, part - div(part, whole) * whole AS r) d
$$;

-- Whether a dated fact stood at that instant; without one, whether it stands.
CREATE FUNCTION metrics_stood(recorded timestamptz, superseded timestamptz, known timestamptz) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN known IS NULL THEN superseded IS NULL ELSE recorded <= known AND (superseded IS NULL OR superseded > known) END
$$;

CREATE FUNCTION metrics_calendar_of(team bigint) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT coalesce(
        (SELECT a.calendar_id FROM reps_team t JOIN reps_team a ON t.path LIKE a.path || '%' AND a.calendar_id IS NOT NULL
         WHERE t.id = team ORDER BY length(a.path) DESC LIMIT 1),
        (SELECT calendar_id FROM reps_company))
$$;

CREATE FUNCTION metrics_effective(reps bigint[], first date, last date, known timestamptz DEFAULT NULL)
RETURNS TABLE (rep_id bigint, team_id bigint, metric varchar, deal_type varchar, month_on date, minor bigint)
LANGUAGE sql STABLE AS $$
WITH q AS (
    SELECT q.rep_id, q.metric, q.deal_type, q.month_on,
           q.amount * 10 ^ (CASE WHEN q.currency = '' THEN 4 ELSE metrics_places(q.currency) END)::numeric AS base
    FROM metrics_quota q
    WHERE metrics_stood(q.recorded_at, q.superseded_at, known) AND q.rep_id = ANY(reps) AND q.month_on BETWEEN first AND last
), seats AS MATERIALIZED (
    SELECT m.rep_id, m.team_id, m.valid, metrics_calendar_of(m.team_id) AS calendar_id
    FROM reps_teammembership m WHERE metrics_stood(m.recorded_at, m.superseded_at, known) AND m.rep_id = ANY(reps)
), here AS (
    SELECT r.id AS rep_id, r.joined_on, r.left_on FROM reps_rep r WHERE r.id IN (SELECT q.rep_id FROM q)
), free AS MATERIALIZED (
    SELECT h.calendar_id, h.day_on FROM reps_holiday h CROSS JOIN reps_company c
    WHERE c.joint_leave_is_off OR h.kind <> 'joint_leave'
), away AS MATERIALIZED (
    SELECT l.rep_id, l.valid, l.works_share FROM reps_leave l
    WHERE metrics_stood(l.recorded_at, l.superseded_at, known) AND l.rep_id = ANY(reps) AND l.valid && daterange(first - 40, (last + interval '1 month')::date + 40)
), span AS (
    -- Beyond the months only where somebody is on leave across their edge: five days in a row may begin or end outside.
    SELECT here.rep_id, d.day::date AS day
    FROM here CROSS JOIN generate_series(first - 40, (last + interval '1 month')::date + 39, interval '1 day') d (day)
    WHERE d.day >= first AND d.day < last + interval '1 month' OR here.rep_id IN (SELECT a.rep_id FROM away a)
), worked AS (
    SELECT s.rep_id, s.day, t.team_id, coalesce(a.works_share, 1) AS share,
           row_number() OVER (PARTITION BY s.rep_id ORDER BY s.day) AS n
    FROM span s CROSS JOIN reps_company c
    LEFT JOIN seats t ON t.rep_id = s.rep_id AND t.valid @> s.day
    LEFT JOIN away a ON a.rep_id = s.rep_id AND a.valid @> s.day
    WHERE substr(c.working_days, extract(isodow FROM s.day)::int, 1) = '1'
      AND NOT EXISTS (SELECT FROM free f WHERE f.day_on = s.day
                      AND f.calendar_id = CASE WHEN t.rep_id IS NULL THEN c.calendar_id ELSE t.calendar_id END)
), runs AS (
    SELECT w.rep_id, w.day, count(*) OVER (PARTITION BY w.rep_id, w.island) AS length
    FROM (SELECT w.rep_id, w.day, w.n - row_number() OVER (PARTITION BY w.rep_id ORDER BY w.day) AS island
          FROM worked w WHERE w.share < 1) w
), months AS (
    SELECT w.rep_id, w.team_id, date_trunc('month', w.day)::date AS month_on, count(*) AS days,
           sum(CASE WHEN w.day < h.joined_on OR w.day > h.left_on THEN 0
                    WHEN r.length >= 5 THEN w.share ELSE 1 END) AS present
    FROM worked w JOIN here h ON h.rep_id = w.rep_id LEFT JOIN runs r ON r.rep_id = w.rep_id AND r.day = w.day
    GROUP BY 1, 2, 3
), placed AS (
    SELECT m.*, sum(m.days) OVER (PARTITION BY m.rep_id, m.month_on) AS workdays,
           sum(m.present) OVER (PARTITION BY m.rep_id, m.month_on ORDER BY m.team_id NULLS LAST) AS upto
    FROM months m
)
SELECT q.rep_id, p.team_id, q.metric, q.deal_type, q.month_on,
       metrics_ratio(q.base * p.upto * 100, p.workdays * 100) - metrics_ratio(q.base * (p.upto - p.present) * 100, p.workdays * 100)
FROM q JOIN placed p ON p.rep_id = q.rep_id AND p.month_on = q.month_on
$$;

-- Working days of a calendar in [first, stop).
CREATE FUNCTION metrics_working_days(calendar bigint, first date, stop date) RETURNS int LANGUAGE sql STABLE AS $$
    SELECT count(*)::int FROM reps_company c, generate_series(first, stop - 1, interval '1 day') d (day)
    WHERE substr(c.working_days, extract(isodow FROM d.day)::int, 1) = '1' AND NOT EXISTS (
        SELECT FROM reps_holiday h WHERE h.calendar_id = calendar AND h.day_on = d.day::date
          AND (c.joint_leave_is_off OR h.kind <> 'joint_leave'))
$$;

CREATE FUNCTION metrics_settle(reps bigint[], first date, last date) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF cardinality(reps) = 0 OR first IS NULL THEN RETURN; END IF;
    PERFORM 1 FROM reps_rep WHERE id = ANY(reps) ORDER BY id FOR NO KEY UPDATE;
    WITH fresh AS MATERIALIZED (
        SELECT * FROM metrics_effective(reps, first, last) e WHERE e.minor <> 0
    ), gone AS (
        DELETE FROM metrics_effectivequota o
        WHERE o.rep_id = ANY(reps) AND o.month_on BETWEEN first AND last AND NOT EXISTS (
            SELECT FROM fresh n WHERE n.rep_id = o.rep_id AND n.metric = o.metric AND n.deal_type = o.deal_type
              AND n.month_on = o.month_on AND n.team_id IS NOT DISTINCT FROM o.team_id)
    )
    INSERT INTO metrics_effectivequota AS o (rep_id, team_id, metric, deal_type, month_on, minor)
    SELECT rep_id, team_id, metric, deal_type, month_on, minor FROM fresh ORDER BY rep_id, metric, deal_type, month_on, team_id
    ON CONFLICT (rep_id, metric, deal_type, month_on, team_id) DO UPDATE SET minor = EXCLUDED.minor
    WHERE o.minor <> EXCLUDED.minor;
END $$;

-- Whatever months the reps have quotas for.
CREATE FUNCTION metrics_settle_all(reps bigint[]) RETURNS void LANGUAGE sql AS $$
    SELECT metrics_settle(coalesce(array_agg(DISTINCT rep_id), '{}'), min(month_on), max(month_on))
    FROM metrics_quota WHERE superseded_at IS NULL AND rep_id = ANY(reps)
$$;
CREATE FUNCTION metrics_settle_months(first date, last date) RETURNS void LANGUAGE sql AS $$
    SELECT metrics_settle(coalesce(array_agg(DISTINCT rep_id), '{}'), min(month_on), max(month_on))
    FROM metrics_quota WHERE superseded_at IS NULL AND rep_id IS NOT NULL AND month_on BETWEEN first AND last
$$;

CREATE FUNCTION metrics_quota_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM metrics_settle(coalesce((SELECT array_agg(DISTINCT rep_id) FROM came WHERE rep_id IS NOT NULL), '{}'),
                           (SELECT min(month_on) FROM came WHERE rep_id IS NOT NULL),
                           (SELECT max(month_on) FROM came WHERE rep_id IS NOT NULL));
    RETURN NULL;
END $$;
CREATE TRIGGER metrics_quota_came AFTER INSERT ON metrics_quota REFERENCING NEW TABLE AS came
    FOR EACH STATEMENT EXECUTE FUNCTION metrics_quota_changed();
CREATE TRIGGER metrics_quota_went AFTER UPDATE ON metrics_quota REFERENCING NEW TABLE AS came
    FOR EACH STATEMENT EXECUTE FUNCTION metrics_quota_changed();

CREATE FUNCTION metrics_presence_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM metrics_settle_all(coalesce((SELECT array_agg(DISTINCT rep_id) FROM came), '{}'));
    RETURN NULL;
END $$;
CREATE TRIGGER metrics_leave_came AFTER INSERT ON reps_leave REFERENCING NEW TABLE AS came
    FOR EACH STATEMENT EXECUTE FUNCTION metrics_presence_changed();
CREATE TRIGGER metrics_leave_went AFTER UPDATE ON reps_leave REFERENCING NEW TABLE AS came
    FOR EACH STATEMENT EXECUTE FUNCTION metrics_presence_changed();
CREATE TRIGGER metrics_seat_came AFTER INSERT ON reps_teammembership REFERENCING NEW TABLE AS came
    FOR EACH STATEMENT EXECUTE FUNCTION metrics_presence_changed();
CREATE TRIGGER metrics_seat_went AFTER UPDATE ON reps_teammembership REFERENCING NEW TABLE AS came
    FOR EACH STATEMENT EXECUTE FUNCTION metrics_presence_changed();

CREATE FUNCTION metrics_rep_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM metrics_settle_all(ARRAY[NEW.id]);
    RETURN NULL;
END $$;
CREATE TRIGGER metrics_rep_changed AFTER UPDATE ON reps_rep FOR EACH ROW
    WHEN (OLD.joined_on IS DISTINCT FROM NEW.joined_on OR OLD.left_on IS DISTINCT FROM NEW.left_on)
    EXECUTE FUNCTION metrics_rep_changed();

CREATE FUNCTION metrics_holiday_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM metrics_settle_months((SELECT date_trunc('month', min(day_on) - 40)::date FROM moved),
                                  (SELECT date_trunc('month', max(day_on) + 40)::date FROM moved));
    RETURN NULL;
END $$;
CREATE TRIGGER metrics_holiday_came AFTER INSERT ON reps_holiday REFERENCING NEW TABLE AS moved
    FOR EACH STATEMENT EXECUTE FUNCTION metrics_holiday_changed();
CREATE TRIGGER metrics_holiday_went AFTER DELETE ON reps_holiday REFERENCING OLD TABLE AS moved
    FOR EACH STATEMENT EXECUTE FUNCTION metrics_holiday_changed();
CREATE FUNCTION metrics_holiday_edited() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM metrics_settle_months(date_trunc('month', least(OLD.day_on, NEW.day_on) - 40)::date,
                                  date_trunc('month', greatest(OLD.day_on, NEW.day_on) + 40)::date);
    RETURN NULL;
END $$;
CREATE TRIGGER metrics_holiday_edited AFTER UPDATE ON reps_holiday FOR EACH ROW EXECUTE FUNCTION metrics_holiday_edited();

CREATE FUNCTION metrics_calendars_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM metrics_settle_months('-infinity', 'infinity');
    RETURN NULL;
END $$;
CREATE TRIGGER metrics_week_changed AFTER UPDATE ON reps_company FOR EACH ROW
    WHEN (OLD.working_days <> NEW.working_days OR OLD.calendar_id IS DISTINCT FROM NEW.calendar_id
          OR OLD.joint_leave_is_off <> NEW.joint_leave_is_off)
    EXECUTE FUNCTION metrics_calendars_changed();
CREATE TRIGGER metrics_team_changed AFTER UPDATE ON reps_team FOR EACH ROW
    WHEN (OLD.calendar_id IS DISTINCT FROM NEW.calendar_id OR OLD.path <> NEW.path AND OLD.path <> '')
    EXECUTE FUNCTION metrics_calendars_changed();
"""
DROP = """
DROP TRIGGER metrics_team_changed ON reps_team;
DROP TRIGGER metrics_week_changed ON reps_company;
DROP TRIGGER metrics_holiday_edited ON reps_holiday;
DROP TRIGGER metrics_holiday_went ON reps_holiday;
DROP TRIGGER metrics_holiday_came ON reps_holiday;
DROP TRIGGER metrics_rep_changed ON reps_rep;
DROP TRIGGER metrics_seat_went ON reps_teammembership;
DROP TRIGGER metrics_seat_came ON reps_teammembership;
DROP TRIGGER metrics_leave_went ON reps_leave;
DROP TRIGGER metrics_leave_came ON reps_leave;
DROP TRIGGER metrics_quota_went ON metrics_quota;
DROP TRIGGER metrics_quota_came ON metrics_quota;
DROP FUNCTION metrics_calendars_changed();
DROP FUNCTION metrics_holiday_edited();
DROP FUNCTION metrics_holiday_changed();
DROP FUNCTION metrics_rep_changed();
DROP FUNCTION metrics_presence_changed();
DROP FUNCTION metrics_quota_changed();
DROP FUNCTION metrics_settle_months(date, date);
DROP FUNCTION metrics_settle_all(bigint[]);
DROP FUNCTION metrics_settle(bigint[], date, date);
DROP FUNCTION metrics_working_days(bigint, date, date);
DROP FUNCTION metrics_effective(bigint[], date, date, timestamptz);
DROP FUNCTION metrics_stood(timestamptz, timestamptz, timestamptz);
DROP FUNCTION metrics_calendar_of(bigint);
DROP FUNCTION metrics_ratio(numeric, numeric);
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [("metrics", "0002_rollups")]
    operations: ClassVar = [
        triggers.supersede_only("metrics_quota"),
        triggers.not_ahead("metrics_quota"),
        triggers.append_only("metrics_metricrevision"),
        migrations.RunSQL(MAKE, DROP),
    ]
