"""Migration operations for rules that the database itself must keep."""

from __future__ import annotations

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION salesteam_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% rows are never changed or removed: write a correcting row instead', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE FUNCTION salesteam_supersede_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.superseded_at IS NULL AND NEW.superseded_at IS NOT NULL
       AND to_jsonb(OLD) - 'superseded_at' = to_jsonb(NEW) - 'superseded_at' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% rows may only be superseded, once: write a new version instead', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE FUNCTION salesteam_recorded_not_ahead() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.recorded_at > clock_timestamp() + interval '1 minute' THEN
        RAISE EXCEPTION 'recorded_at of % lies in the future', TG_TABLE_NAME USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
"""
DROP = """
DROP FUNCTION salesteam_append_only();
DROP FUNCTION salesteam_supersede_only();
DROP FUNCTION salesteam_recorded_not_ahead();
"""


def functions() -> migrations.RunSQL:
    """The functions behind the triggers, once per database."""
    return migrations.RunSQL(FUNCTIONS, DROP)


def append_only(table: str) -> migrations.RunSQL:
    """No UPDATE, DELETE or TRUNCATE on the table."""
    return migrations.RunSQL(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION salesteam_append_only();"
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION salesteam_append_only();",
        f"DROP TRIGGER {table}_append_only ON {table}; DROP TRIGGER {table}_no_truncate ON {table};",
    )


def supersede_only(table: str) -> migrations.RunSQL:
    """Rows of a `Versioned` table: `superseded_at` may be set once, nothing else."""
    return migrations.RunSQL(
        f"CREATE TRIGGER {table}_supersede_only BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION salesteam_supersede_only();",
        f"DROP TRIGGER {table}_supersede_only ON {table};",
    )


def not_ahead(table: str) -> migrations.RunSQL:
    """`recorded_at` may not lie more than a minute in the future (DOMAIN §12.1)."""
    return migrations.RunSQL(
        f"CREATE TRIGGER {table}_not_ahead BEFORE INSERT ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION salesteam_recorded_not_ahead();",
        f"DROP TRIGGER {table}_not_ahead ON {table};",
    )
