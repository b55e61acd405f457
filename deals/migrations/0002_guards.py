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
# The company's money is settled by its first deal: people pages below know of no deals and read this date.
CURRENCY = """
CREATE FUNCTION deals_settle_currency() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE reps_company SET currency_settled_at = clock_timestamp() WHERE currency_settled_at IS NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER deals_deal_settles_currency AFTER INSERT ON deals_deal
    FOR EACH STATEMENT EXECUTE FUNCTION deals_settle_currency();
"""
DROP_CURRENCY = """
DROP TRIGGER deals_deal_settles_currency ON deals_deal;
DROP FUNCTION deals_settle_currency();
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
        migrations.RunSQL(CURRENCY, DROP_CURRENCY),
    ]
