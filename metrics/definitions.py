"""What every number means: one plain list. Pages, explanations and docs read it; nothing is defined elsewhere.

A change of a rule raises its `version` (DOMAIN §13). `computed_by` is the function to read when a figure looks wrong.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Kind(StrEnum):
    """Outcomes, money and activity are never added to each other, nor ranked in one table."""

    OUTCOME = "outcome"
    MONEY = "money"
    ACTIVITY = "activity"


class Unit(StrEnum):
    """How a value is written."""

    COUNT = "count"
    MONEY = "money"
    SHARE = "share"
    DAYS = "days"


class Direction(StrEnum):
    """Which way is good, where one is."""

    UP = "up"
    DOWN = "down"
    NONE = "none"


class Visibility(StrEnum):
    """OPEN is read by every rep, manager, admin and auditor; OWN_TEAMS only for the company and one's own teams."""

    OPEN = "open"
    OWN_TEAMS = "own_teams"


# Where the rows of a number come from; metrics/rows.py lists them.
class Source(StrEnum):
    """The records behind a number."""

    CLOSED = "closed"
    OPEN = "open"
    CREDITS = "credits"
    ACTIVITIES = "activities"
    LEADS = "leads"


@dataclass(frozen=True)
class Metric:
    """One number: what it is called, how it is computed, from what, and who may read it."""

    key: str
    title: str | Promise
    kind: Kind
    unit: Unit
    formula: str | Promise
    source: Source
    computed_by: str
    direction: Direction = Direction.UP
    version: int = 1
    visibility: Visibility = Visibility.OPEN


_KPIS = "metrics.kpis.kpis"
_ACTIVITY = "metrics.activity.activity"

OUTCOMES: tuple[Metric, ...] = (
    Metric(
        "won_value", _("Won value"), Kind.MONEY, Unit.MONEY,
        _("Sum of the credits of deals won in the period, each in company currency at the rate of the day it was won. A shared deal counts once."),
        Source.CREDITS, _KPIS, visibility=Visibility.OWN_TEAMS,
    ),
    Metric(
        "won_count", _("Deals won"), Kind.OUTCOME, Unit.COUNT,
        _("Deals whose outcome is won, by the day they were won, counted for the rep who owned them then."),
        Source.CLOSED, _KPIS,
    ),
    Metric(
        "lost_count", _("Deals lost"), Kind.OUTCOME, Unit.COUNT,
        _("Deals that ended lost, without a decision, or as not a fit after they had qualified, by the day they closed."),
        Source.CLOSED, _KPIS, Direction.DOWN,
    ),
    Metric(
        "win_rate", _("Win rate"), Kind.OUTCOME, Unit.SHARE,
        _("Won ÷ (won + lost), of deals that closed in the period and had ever reached a qualified stage."),
        Source.CLOSED, _KPIS,
    ),
    Metric(
        "average_deal", _("Average deal"), Kind.MONEY, Unit.MONEY,
        _("Won value ÷ deals won."),
        Source.CREDITS, _KPIS, visibility=Visibility.OWN_TEAMS,
    ),
    Metric(
        "median_cycle_days", _("Sales cycle, won"), Kind.OUTCOME, Unit.DAYS,
        _("Median days from the day a deal was opened to the day it was won, of deals won in the period."),
        Source.CLOSED, _KPIS, Direction.DOWN,
    ),
    Metric(
        "median_cycle_days_closed", _("Sales cycle, all closed"), Kind.OUTCOME, Unit.DAYS,
        _("Median days from the day a deal was opened to the day it was won or lost, of deals closed in the period."),
        Source.CLOSED, _KPIS, Direction.DOWN,
    ),
    Metric(
        "open_count", _("Open deals"), Kind.OUTCOME, Unit.COUNT,
        _("Deals opened and not yet closed at the end of the period, or today while it runs. Deals whose opening day is unknown are in it."),
        Source.OPEN, _KPIS, Direction.NONE,
    ),
)  # fmt: skip

ACTIVITIES: tuple[Metric, ...] = (
    Metric(
        "leads_created", _("Leads created"), Kind.ACTIVITY, Unit.COUNT,
        _("New leads by the day they were entered, for the rep who entered them. Imported, automatic and merged leads do not count."),
        Source.LEADS, _ACTIVITY, Direction.NONE,
    ),
    Metric(
        "calls_made", _("Calls made"), Kind.ACTIVITY, Unit.COUNT,
        _("Calls to customers that took place, for the rep who called. Cancelled and planned calls do not count."),
        Source.ACTIVITIES, _ACTIVITY, Direction.NONE,
    ),
    Metric(
        "connects", _("Calls answered"), Kind.ACTIVITY, Unit.COUNT,
        _("Calls made that lasted 30 seconds or more; where the length is not known, those marked as reached."),
        Source.ACTIVITIES, _ACTIVITY, Direction.NONE,
    ),
    Metric(
        "connect_rate", _("Share answered"), Kind.ACTIVITY, Unit.SHARE,
        _("Calls answered ÷ calls made."),
        Source.ACTIVITIES, _ACTIVITY, Direction.NONE,
    ),
    Metric(
        "whatsapp_sent", _("WhatsApp messages"), Kind.ACTIVITY, Unit.COUNT,
        _("WhatsApp messages from a rep to a customer. Automatic ones do not count."),
        Source.ACTIVITIES, _ACTIVITY, Direction.NONE,
    ),
    Metric(
        "visits", _("Visits"), Kind.ACTIVITY, Unit.COUNT,
        _("Visits that took place, for the rep who went. A visit nobody came to, a moved and a cancelled one do not count."),
        Source.ACTIVITIES, _ACTIVITY, Direction.NONE,
    ),
    Metric(
        "emails_sent", _("E-mails sent"), Kind.ACTIVITY, Unit.COUNT,
        _("E-mails from a rep to a customer. Automatic ones do not count."),
        Source.ACTIVITIES, _ACTIVITY, Direction.NONE,
    ),
    Metric(
        "meetings_scheduled", _("Meetings booked"), Kind.ACTIVITY, Unit.COUNT,
        _("Meetings by the moment they were booked, for the rep who booked them. A moved meeting counts once; a cancelled one stays."),
        Source.ACTIVITIES, _ACTIVITY, Direction.NONE,
    ),
    Metric(
        "meetings_held", _("Meetings held"), Kind.ACTIVITY, Unit.COUNT,
        _("Meetings marked as held, by the day they started, for the rep who attended."),
        Source.ACTIVITIES, _ACTIVITY, Direction.NONE,
    ),
    Metric(
        "show_rate", _("Show rate"), Kind.ACTIVITY, Unit.SHARE,
        _("Held ÷ (held + did not come + cancelled less than 24 hours before), of meetings that were to start in the period."),
        Source.ACTIVITIES, _ACTIVITY, Direction.NONE,
    ),
)  # fmt: skip

METRICS: dict[str, Metric] = {metric.key: metric for metric in (*OUTCOMES, *ACTIVITIES)}
# The order of `manage.py kpis` (docs/numbers.md).
PRINTED = (
    "won_count", "lost_count", "open_count", "won_value", "win_rate", "median_cycle_days", "median_cycle_days_closed",
    "average_deal",
)  # fmt: skip

# Why a value is null, in words for the reader.
REASONS: dict[str, str | Promise] = {
    "no_denominator": _("Nothing to divide by in this period."),
    "missing_fx": _("A win has no exchange rate. Enter the rate to see the sum."),
    "not_yet_recorded": _("Nothing had been recorded by then."),
    "other_team": _("Amounts of other teams are not shown."),
}
