"""What admins are written when a night fails for good, or mended roll-ups that were wrong: once for each run."""

from __future__ import annotations

from django.conf import settings
from django.urls import reverse

from metrics.models import NightRun
from reps import mail
from reps.models import Mail, User

KIND = "night"
TOLD = "told"


def tell(run: NightRun) -> dict[str, bool]:
    """Have every admin written to about this run, unless they were; gives what its `detail` keeps of that.

    In the transaction that says on the row what came of it. The worker that sends mail knows this module by the night's tasks.
    """
    if not run.detail.get(TOLD):
        for admin in User.objects.filter(kind=User.Kind.ADMIN, is_active=True).order_by("pk"):
            mail.post(kind=KIND, address=admin.email, user=admin, facts={"run": run.pk})
    return {TOLD: True}


@mail.writes(KIND)
def _letter(row: Mail) -> mail.Letter | None:
    """Nobody to write to once the admin left or the run was done again without a fault."""
    run = NightRun.objects.filter(pk=row.facts["run"]).first()
    if run is None or row.user is None or not row.user.is_active or not (run.defects or run.state == NightRun.State.FAILED):
        return None
    context = {"user": row.user, "run": run, "link": settings.SITE_URL + reverse("metrics:nights")}
    return mail.Letter(row.user.email, row.user.language, context, folder="metrics/mail")
