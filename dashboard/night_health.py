"""What set-up health says of the nights (metrics/night.py): failed, found defects, or more than a day late."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

# Counts of the last thirty days, and the last business day of which both reports are done (0 where there was no night yet).
COUNTS = """
    'nights_failed', (SELECT count(DISTINCT business_day) FROM metrics_nightrun
                      WHERE state = 'failed' AND business_day > %(today)s::date - 31),
    'nights_mended', (SELECT count(DISTINCT business_day) FROM metrics_nightrun
                      WHERE defects > 0 AND business_day > %(today)s::date - 31),
    'nights_late', (SELECT coalesce(max(greatest(0, %(today)s::date - 1 - last.day)), 0) FROM (
        SELECT max(business_day) AS day FROM (
            SELECT business_day FROM metrics_nightrun WHERE state = 'done' GROUP BY 1 HAVING count(*) = 2) both_done) last)
"""
# A day late is a worker that was restarted; more is one that is missing.
LATE_DAYS = 2


def findings(counts: dict[str, int]) -> Iterator[tuple[str, str]]:
    """What is wrong, and what it leads to."""
    if counts["nights_failed"]:
        n = counts["nights_failed"]
        yield (
            ngettext("%(n)s night failed", "%(n)s nights failed", n) % {"n": n},
            _("Nothing proves its numbers until it is done."),
        )
    if counts["nights_mended"]:
        n = counts["nights_mended"]
        words = ngettext("%(n)s night mended numbers that were wrong", "%(n)s nights mended numbers that were wrong", n)
        yield words % {"n": n}, _("They are right now. Each is a fault of the product: please report it.")
    if counts["nights_late"] >= LATE_DAYS:
        yield _("The nights are late"), _("Numbers are kept up to date, but nothing proves them. Is a worker running?")
