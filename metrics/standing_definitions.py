"""What quota, attainment and what follows from them mean: the second part of the list in metrics/definitions.py.

They are asked of a metric (`of`, won value unless said) and may be cut to a deal type.
"""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from metrics.definitions import REASONS, Direction, Kind, Metric, Source, Unit

_BY = "metrics.attainment.attainment"

STANDINGS: tuple[Metric, ...] = (
    Metric(
        "attainment", _("Attainment"), Kind.OUTCOME, Unit.SHARE,
        _("What was credited ÷ the quota of the whole period. It rounds down, so 99.96% never reads as met, and it is not capped."),
        Source.CREDITS, _BY,
    ),
    Metric(
        "quota", _("Quota"), Kind.MONEY, Unit.MONEY,
        _("The sum of the months. A rep's month is cut to the working days at work: leave of five working days or more, joining and "
          "leaving lower it. A team answers for its own number; without one, for the sum of its reps'."),
        Source.CREDITS, _BY, Direction.NONE,
    ),
    Metric(
        "gap", _("Gap"), Kind.MONEY, Unit.MONEY,
        _("The quota less what was credited, never below nothing."),
        Source.CREDITS, _BY, Direction.DOWN,
    ),
    Metric(
        "pace", _("Pace"), Kind.OUTCOME, Unit.SHARE,
        _("What was credited ÷ what was to be expected by now: the quota × working days gone ÷ all of them. It rounds down."),
        Source.CREDITS, _BY,
    ),
    Metric(
        "run_rate", _("Run-rate"), Kind.MONEY, Unit.MONEY,
        _("Where the same pace leads: what was credited × all working days ÷ those gone."),
        Source.CREDITS, _BY,
    ),
    Metric(
        "coverage", _("Coverage"), Kind.OUTCOME, Unit.SHARE,
        _("Open deals in a qualified stage that are expected to close in the rest of the period ÷ (quota − won value)."),
        Source.OPEN, "metrics.coverage.coverage",
    ),
    Metric(
        "over_assignment", _("Over-assignment"), Kind.OUTCOME, Unit.SHARE,
        _("Sum of the reps' quotas ÷ the team's own quota − 1. Ten to twenty percent are usual; above 25% is too much."),
        Source.CREDITS, _BY, Direction.NONE,
    ),
)  # fmt: skip
STANDING_METRICS: dict[str, Metric] = {metric.key: metric for metric in STANDINGS}

# Why one of them is null, in words for the reader.
STANDING_REASONS: dict[str, str | Promise] = {
    "no_quota": _("No quota was set for this period."),
    "quota_met": _("The quota is met: nothing is left to cover."),
    "not_begun": _("No working day of the period has gone yet."),
    "no_team_quota": _("The team has no quota of its own."),
    "only_today": _("Open deals are weighed as they are today; choose today to see it."),
}
REASONS.update(STANDING_REASONS)
