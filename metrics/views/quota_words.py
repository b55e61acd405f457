"""What the pages of quotas call things."""

from __future__ import annotations

from deals.models import Deal
from metrics.models import Quota


def metrics_named() -> list[tuple[str, str]]:
    """What can be asked of somebody, with its name."""
    return [(value, str(label)) for value, label in Quota.Metric.choices]


def kinds() -> list[tuple[str, str]]:
    """The types that divide deals, with their names."""
    return [(value, str(label)) for value, label in Deal.Type.choices]
