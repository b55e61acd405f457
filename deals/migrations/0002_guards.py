"""What the database itself refuses for deals: rewritten history, and shares of a win that do not sum to one."""

from typing import ClassVar

from django.db import migrations

from lib import triggers

SHARES = """
CREATE FUNCTION deals_revenue_shares_sum_to_one() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE total numeric;
BEGIN
    SELECT sum(share) INTO total FROM deals_credit
    WHERE deal_id = NEW.deal_id AND kind = 'revenue' AND superseded_at IS NULL;
    IF total IS NOT NULL AND total <> 1 THEN
        RAISE EXCEPTION 'revenue shares of deal % sum to %, not 1', NEW.deal_id, total
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER deals_credit_shares AFTER INSERT OR UPDATE ON deals_credit
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION deals_revenue_shares_sum_to_one();
"""
DROP_SHARES = """
DROP TRIGGER deals_credit_shares ON deals_credit;
DROP FUNCTION deals_revenue_shares_sum_to_one();
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [("deals", "0001_initial"), ("reps", "0002_guards")]
    operations: ClassVar = [
        triggers.append_only("deals_dealevent"),
        triggers.not_ahead("deals_dealevent"),
        triggers.supersede_only("deals_credit"),
        triggers.not_ahead("deals_credit"),
        triggers.supersede_only("deals_fxrate"),
        triggers.not_ahead("deals_activity"),
        migrations.RunSQL(SHARES, DROP_SHARES),
    ]
