"""What the database itself refuses for people, teams and the audit trail."""

from typing import ClassVar

from django.db import migrations

from lib import triggers


class Migration(migrations.Migration):
    dependencies: ClassVar = [("reps", "0001_initial")]
    operations: ClassVar = [
        triggers.functions(),
        triggers.append_only("reps_auditentry"),
        *[
            operation
            for table in ("reps_teammembership", "reps_teamlead", "reps_roleassignment")
            for operation in (triggers.supersede_only(table), triggers.not_ahead(table))
        ],
    ]
