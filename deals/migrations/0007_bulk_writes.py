"""Lets what is kept of deals by higher floors wait until many rows are in (deals/bulk.py).

While `salesteam.bulk` is on in a transaction, statement triggers on these tables may put off what they keep;
`deals_bulk_written()` ends that. Here it keeps nothing: the migration of a higher floor puts its own in this place.
"""

from typing import ClassVar

from django.db import migrations

MAKE = """
CREATE FUNCTION deals_bulk_written() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('salesteam.bulk', 'off', true);
END $$;
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [("deals", "0006_recorded_order")]
    operations: ClassVar = [migrations.RunSQL(MAKE, "DROP FUNCTION deals_bulk_written();")]
