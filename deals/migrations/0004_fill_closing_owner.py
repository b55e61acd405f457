"""Give every closed deal the rep who owned it when it closed."""

from typing import ClassVar

from django.db import migrations

# Where a deal had several outcomes or owners, the events say whose it was (deals/replay.py, `owner_at`).
FILL = """
UPDATE deals_deal SET closing_owner_id = owner_id WHERE outcome <> '' AND NOT has_history;
UPDATE deals_deal d SET closing_owner_id = coalesce(
    (SELECT o.rep_id FROM deals_dealevent o
     WHERE o.deal_id = d.id AND o.kind = 'owner' AND NOT EXISTS (SELECT FROM deals_dealevent v WHERE v.voids_id = o.id)
       AND (coalesce(o.effective_on, '-infinity'), o.occurred_at, o.id) <= (
           SELECT coalesce(e.effective_on, '-infinity'), e.occurred_at, e.id FROM deals_dealevent e
           WHERE e.deal_id = d.id AND e.kind = 'outcome'
             AND NOT EXISTS (SELECT FROM deals_dealevent v WHERE v.voids_id = e.id)
           ORDER BY e.effective_on DESC NULLS LAST, e.occurred_at DESC, e.id DESC LIMIT 1)
     ORDER BY o.effective_on DESC NULLS LAST, o.occurred_at DESC, o.id DESC LIMIT 1),
    (SELECT o.rep_id FROM deals_dealevent o
     WHERE o.deal_id = d.id AND o.kind = 'owner' AND NOT EXISTS (SELECT FROM deals_dealevent v WHERE v.voids_id = o.id)
     ORDER BY o.effective_on NULLS FIRST, o.occurred_at, o.id LIMIT 1),
    d.owner_id
) WHERE d.outcome <> '' AND d.has_history;
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [("deals", "0003_closing_owner")]
    operations: ClassVar = [migrations.RunSQL(FILL, migrations.RunSQL.noop)]
