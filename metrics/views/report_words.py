"""The lines of the two reports in words, and as the cells of their files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from lib import numbers
from metrics import cards
from metrics.definitions import METRICS, Unit
from metrics.figures import of_rows
from metrics.models import Quota
from metrics.quotas import is_money
from metrics.report_notes import Notes
from metrics.reports import TARGETS, ActivityLine, ActivityReport, Asked, Place, QuotaLine, QuotaReport
from metrics.standing_words import amount, band_chip, percent
from metrics.standings import Target
from metrics.targets import attainment

_KEYS = (
    "leads_created", "whatsapp_sent", "visits", "calls_made", "connects", "connect_rate", "meetings_scheduled", "meetings_held",
    "show_rate", "emails_sent",
)  # fmt: skip
ACTIVITY_COLUMNS = tuple(METRICS[key] for key in _KEYS)
ACTIVITY_FILE = (*_KEYS, *(f"target_{key}" for key in TARGETS))
QUOTA_FILE = (
    "metric", "currency", "won_in_period", "credited", "quota", "own_number", "reps_quotas", "attainment", "reps_attainment", "band",
    "gap", "expected", "pace", "run_rate", "over_assignment", "wins_without_rate",
)  # fmt: skip


@dataclass(frozen=True)
class Cell:
    """A count or rate; `note` is what it rests on or what was asked, `share` how much of that was done."""

    title: str
    text: str
    note: str = ""
    is_thin: bool = False
    is_nothing: bool = False


@dataclass(frozen=True)
class Row:
    """A line of the activity report."""

    place: Place
    cells: list[Cell]


def activity_row(line: ActivityLine) -> Row:
    """Its cells in words."""
    return Row(line.place, [_cell(key, line) for key in _KEYS])


def _cell(key: str, line: ActivityLine) -> Cell:
    metric, figure = METRICS[key], line.figures[key]
    is_rate = metric.unit is Unit.SHARE
    note = of_rows(metric, figure, cards.lang()) if is_rate else ""
    target = line.targets.get(key)
    if target and target.asked:
        words = {
            "done": numbers.number(target.done, cards.lang(), 0),
            "target": numbers.number(target.asked, cards.lang(), 0 if target.asked == target.asked.to_integral() else 1),
            "share": numbers.percent_floor(attainment(Decimal(target.done), target.asked) or 0, cards.lang(), 0),
        }
        whole = target.done == figure.value
        note = (_("of %(target)s, %(share)s") if whole else _("%(done)s of %(target)s, %(share)s")) % words
    return Cell(str(metric.title), cards.value_text(metric, figure, ""), note, is_rate and figure.is_thin, not figure.value)


def activity_lines(found: ActivityReport, asked: Asked) -> Iterator[list[Any]]:
    """The lines of the file and their sum."""
    for line in (*found.lines, found.whole):
        yield [
            _name(line.place), line.place.note, asked.span.label, *(line.figures[key].value for key in _KEYS),
            *(line.targets[key].asked if key in line.targets else None for key in TARGETS),
        ]  # fmt: skip


# ── Quota ───────────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True)
class QuotaRow:
    """A line of the quota report in words."""

    line: QuotaLine
    inside: str
    credited: str
    quota: str
    street: str
    street_share: str
    attainment: str
    band: SafeString
    gap: str
    expected: str
    pace: str
    run_rate: str
    over: str

    @property
    def place(self) -> Place:
        """Whose line it is."""
        return self.line.place


def quota_row(line: QuotaLine, target: Target, currency: str) -> QuotaRow:
    """Its amounts and shares in words; ratios against a threshold are rounded down."""
    roll_up, pace = line.roll_up, line.pace

    def said(value: Decimal | None) -> str:
        return amount(value, target, currency)

    both = line.own is not None and line.street is not None
    return QuotaRow(
        line=line,
        inside=said(line.inside),
        credited=said(line.credited),
        quota=said(line.quota),
        street=said(line.street) if both else "",
        street_share=percent(roll_up.street_attainment) if both else "",
        attainment=percent(line.attainment),
        band=band_chip(line.band),
        gap=said(line.gap),
        expected=said(pace.expected),
        pace=numbers.number(pace.ratio, cards.lang(), 2),
        run_rate=said(pace.run_rate),
        over=_signed(roll_up.over_assignment) if both else "",
    )


def _signed(share: Decimal | None) -> str:
    if share is None:
        return ""
    return ("+" if share > 0 else "") + numbers.percent(share, cards.lang())


def quota_lines(found: QuotaReport, asked: Asked, target: Target, currency: str) -> Iterator[list[Any]]:
    """The lines of the file and their sum: whole amounts, shares as fractions."""
    for line in (*found.lines, found.whole):
        roll_up, pace = line.roll_up, line.pace
        yield [
            _name(line.place), line.place.note, asked.span.label, target.metric, currency if is_money(target.metric) else "",
            line.inside if asked.span.grain in ("day", "week") else None, line.credited, line.quota, line.own, line.street,
            _share(line.attainment), _share(roll_up.street_attainment), line.band.value if line.band else None, line.gap,
            _cents(pace.expected), _share(pace.ratio), _cents(pace.run_rate), _share(roll_up.over_assignment), line.unrated,
        ]  # fmt: skip


def _share(ratio: Decimal | None) -> Decimal | None:
    return None if ratio is None else ratio.quantize(Decimal("0.000001"))


def _cents(amount: Decimal | None) -> Decimal | None:
    return None if amount is None else amount.quantize(Decimal("0.01"))


def _name(place: Place) -> str:
    return place.name if place.scope else _("No team")


# ── What changed later ──────────────────────────────────────────────────────────────────────────────────────────────
def notes(found: Notes, currency: str) -> dict[str, Any]:
    """The foot of a page: the proof, and the restated values in words."""
    return {
        "notes": found,
        "restated": [
            {
                "name": note.name, "title": _title(note.metric), "known_at": note.known_at,
                "was": amount(note.was, _target(note.metric), currency), "value": amount(note.value, _target(note.metric), currency),
            }
            for note in found.restated
        ],
    }  # fmt: skip


def _target(metric: str) -> Target:
    return Target(metric.removeprefix("quota_"))


def _title(metric: str) -> str:
    if metric.startswith("quota_"):
        return _("Quota, %(metric)s") % {"metric": Quota.Metric(metric.removeprefix("quota_")).label}
    return str(METRICS[metric].title)
