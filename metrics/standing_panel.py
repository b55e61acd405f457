"""The explanation of quota, attainment and what follows, in words: nothing is computed here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from deals.models import Deal
from lib import marks, numbers
from metrics import cards
from metrics import standing_rights as rights
from metrics.board_rows import Row
from metrics.cards import Fraction, RowLine
from metrics.definitions import METRICS
from metrics.models import Quota
from metrics.quota_story import Month, Revision
from metrics.rows import Question
from metrics.standing_explain import Standing
from metrics.standing_words import amount, band_chip, explain_url, lang, percent
from metrics.standings import Target

PARTS_SHOWN, CHANGES_SHOWN = 12, 8
_SHARES = ("attainment", "pace")


@dataclass(frozen=True)
class PartLine:
    """A team or rep in it; what the reader may not read is empty."""

    name: str
    url: str
    picture: SafeString
    note: str
    text: str
    chip: SafeString


@dataclass(frozen=True)
class MonthLine:
    """One month of the quota: whose and which, its number, what was cut and why, who set it."""

    title: str
    text: str
    cut: str
    set_by: str


@dataclass(frozen=True)
class StandingCard:
    """What the template shows."""

    title: str
    value: str
    chip: SafeString
    why: str
    fraction: Fraction | None
    sentence: str
    parts: Sequence[PartLine]
    parts_more: int
    months: Sequence[MonthLine]
    facts: Sequence[tuple[str, str]]
    changes: Sequence[tuple[str, bool]]
    lines: Sequence[RowLine]
    unseen: str


@dataclass(frozen=True)
class Writer:
    """In which units and currency the numbers are written."""

    question: Question
    target: Target

    def amount(self, value: Decimal | int | None, *, short: bool = False) -> str:
        """In what is measured."""
        return amount(None if value is None else Decimal(value), self.target, self.question.company.currency, short=short)

    @property
    def measured(self) -> str:
        """What was credited."""
        return str(METRICS[self.target.metric].title)

    @property
    def asked(self) -> str:
        """What was asked."""
        return _("Quota") if self.target.metric in Quota.BY_TYPE else _("Target")

    def url(self, row: Row) -> str:
        """The same number of a part, where it may be read."""
        key = self.question.metric.key
        if (key not in _SHARES and row.how != rights.EXACT) or not rights.shows_ratio(row.how):
            return ""
        if key == "over_assignment" and row.scope.is_rep:
            return ""
        return explain_url(key, row.scope.key, self.question.span, self.target)


def card(found: Standing, question: Question, target: Target) -> StandingCard:
    """The explanation laid out."""
    say = Writer(question, target)
    numerator = Question(METRICS[target.metric], question.scope, question.period, question.at, question.company, question.user)
    shown = found.parts[:PARTS_SHOWN]
    return StandingCard(
        title=str(found.metric.title) if target == Target() else f"{found.metric.title}, {_of(target)}",
        value=_value(found, say),
        chip=band_chip(found.whole.band) if found.metric.key == "attainment" else SafeString(""),
        why=found.figure.why,
        fraction=_fraction(found, say),
        sentence=_sentence(found, say),
        parts=[_part(row, say) for row in shown],
        parts_more=len(found.parts) - len(shown),
        months=[_month(month, say) for month in found.story.months],
        facts=_facts(found, say),
        changes=[(_change(one, say), one.is_late) for one in found.story.revisions[:CHANGES_SHOWN]],
        lines=cards.row_lines(found.rows, numerator) if found.rows else (),
        unseen=_unseen(found, say),
    )


def _of(target: Target) -> str:
    title = str(METRICS[target.metric].title)
    return f"{title}, {Deal.Type(target.deal_type).label}" if target.deal_type else title


# ── The value ───────────────────────────────────────────────────────────────────────────────────────────────────────
def _value(found: Standing, say: Writer) -> str:
    key, value = found.metric.key, found.figure.value
    if value is None:
        return numbers.DASH
    if key in _SHARES:
        return percent(Decimal(value))
    if key == "over_assignment":
        return numbers.percent(value, lang())
    return f"{numbers.number(value, lang(), 1)}×" if key == "coverage" else say.amount(value, short=True)


def _fraction(found: Standing, say: Writer) -> Fraction | None:
    """Numerator over denominator, where both may be read."""
    key, figure = found.metric.key, found.figure
    if figure.value is None or figure.part is None or figure.whole is None or found.how != rights.EXACT or not found.credited:
        return None
    words = {
        "attainment": (say.measured, say.asked),
        "pace": (say.measured, _("Expected by now")),
        "coverage": (_("Open and qualified, due"), _("Missing to the quota")),
        "over_assignment": (_("Sum of the reps' quotas"), _("The team's own")),
    }.get(key)
    if words is None:
        return None
    result = {
        "coverage": f"{numbers.number(figure.value, lang(), 2)}×",
        "over_assignment": f"1 + {numbers.percent(figure.value, lang(), 2)}",
    }.get(key, numbers.percent_floor(figure.value, lang(), 2))
    return Fraction(words[0], say.amount(figure.part), words[1], say.amount(figure.whole), result)


def _sentence(found: Standing, say: Writer) -> str:
    """The arithmetic of what is no fraction."""
    key, whole = found.metric.key, found.whole
    if found.figure.value is None:
        return ""
    exact = say.amount(found.figure.value)
    if key == "gap":
        return (
            f"{say.amount(whole.roll_up.quota)} − {say.amount(whole.roll_up.actual)} = {exact}" if found.figure.value else exact
        )
    if key == "run_rate":
        return f"{say.amount(whole.roll_up.actual)} × {whole.total} ÷ {whole.elapsed} = {exact}"
    return exact if key == "quota" else ""


# ── What is in it ───────────────────────────────────────────────────────────────────────────────────────────────────
def _part(row: Row, say: Writer) -> PartLine:
    picture = SafeString("")
    if row.ratio is not None:
        picture = marks.mini_bullet(max(float(row.ratio), 0.0), pace=row.elapsed_share, width="100%")
    return PartLine(
        name=row.scope.name, url=say.url(row), picture=picture, note=_part_note(row, say),
        text="" if row.ratio is None else percent(row.ratio), chip=band_chip(row.band) if row.ratio is None else SafeString(""),
    )  # fmt: skip


def _part_note(row: Row, say: Writer) -> str:
    if row.credited is not None and row.quota is not None:
        return _("%(part)s of %(whole)s") % {
            "part": say.amount(row.credited, short=True), "whole": say.amount(row.quota, short=True),
        }  # fmt: skip
    if row.credited is not None:
        return say.amount(row.credited, short=True)
    return "" if row.asked else _("no quota")


def _month(month: Month, say: Writer) -> MonthLine:
    name = date_format(month.month_on, "F Y")
    who = {"who": month.actor or _("the system"), "day": date_format(localtime(month.recorded_at), "j M Y"), "n": month.version}
    set_by = _("set by %(who)s, %(day)s, version %(n)s") % who
    return MonthLine(
        title=f"{month.owner}, {name}" if month.owner else name,
        text=say.amount(month.base if month.effective is None else month.effective),
        cut=_cut(month, say) if month.is_cut else "",
        set_by=f"{set_by}: {month.reason}" if month.reason else set_by,
    )


def _cut(month: Month, say: Writer) -> str:
    """22,000,000 × 12 of 22 working days: leave 7 to 18 Sep."""
    worked = numbers.number(None if month.worked is None else round(month.worked, 2), lang())
    days = ngettext("%(worked)s of %(n)s working day", "%(worked)s of %(n)s working days", month.days)
    words = f"{say.amount(month.base)} × {days % {'worked': worked, 'n': month.days}}"
    causes = [_("leave %(first)s to %(last)s") % {"first": _short(first), "last": _short(last)} for first, last in month.away]
    if month.joined_on:
        causes.append(_("joined %(day)s") % {"day": _short(month.joined_on)})
    if month.left_on:
        causes.append(_("left %(day)s") % {"day": _short(month.left_on)})
    return f"{words}: {', '.join(causes)}" if causes else words


def _short(day: object) -> str:
    return date_format(day, "j M")  # type: ignore[arg-type]


def _facts(found: Standing, say: Writer) -> list[tuple[str, str]]:
    """Working days; and of a team both denominators, since each says something else."""
    whole, roll_up = found.whole, found.whole.roll_up
    facts = (
        [(_("Working days"), _("%(gone)s of %(all)s gone") % {"gone": whole.elapsed, "all": whole.total})] if whole.total else []
    )
    if found.how == rights.EXACT and roll_up.manager_quota and roll_up.street_quota:
        street = say.amount(roll_up.street_quota, short=True)
        facts.append((_("Against the reps' quotas, %(amount)s") % {"amount": street}, percent(roll_up.street_attainment)))
    if found.open is not None and found.open.without_rate:
        facts.append((_("Open deals without an exchange rate, left out"), numbers.number(found.open.without_rate, lang(), 0)))
    return facts


def _change(one: Revision, say: Writer) -> str:
    """“Quota was Rp 100 until the night of 16 Sep 2026”."""
    what = say.asked if one.metric.startswith("quota_") else say.measured
    return _("%(what)s was %(value)s until the night of %(day)s") % {
        "what": what, "value": say.amount(one.value), "day": date_format(localtime(one.until), "j M Y"),
    }  # fmt: skip


def _unseen(found: Standing, say: Writer) -> str:
    n = found.unseen.n
    if not n:
        return ""
    words = ngettext("%(n)s more row that you do not read", "%(n)s more rows that you do not read", n) % {
        "n": numbers.number(n, lang(), 0)
    }
    return f"{words}: {say.amount(found.unseen.amount)}" if say.target.metric == "won_value" else words
