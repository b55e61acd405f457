"""How *What changed since Monday* is shown: the waterfall, and a sentence for each of the three largest causes."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from dashboard.cards.scale import Scale, scale_for
from dashboard.panels.changes import Cause, Changes, Mover, Step
from dashboard.pictures import Bar, waterfall

NAMED = 2
_TONES = {Cause.NEW: "good", Cause.UP: "good", Cause.PULLED: "good", Cause.WON: "accent", Cause.MOVED: "n1"}


@dataclass(frozen=True)
class NamedMover:
    """A deal in a sentence."""

    deal_id: int
    name: str
    text: str


@dataclass(frozen=True)
class Sentence:
    """A cause with its sum, its largest deals and how many more there are."""

    text: str
    tone: str
    cause: str
    deals: tuple[NamedMover, ...]
    more: int


@dataclass(frozen=True)
class ChangesCard:
    """What the template needs."""

    unit: str
    picture: SafeString
    sentences: tuple[Sentence, ...]
    undated: int
    is_empty: bool


def card(changes: Changes, *, currency: str, height: int = 176) -> ChangesCard:
    """The card of a week's changes."""
    largest = max([abs(changes.opening), abs(changes.closing), *(abs(step.amount) for step in changes.steps)])
    scale = scale_for(largest, currency)
    return ChangesCard(
        unit=scale.unit,
        picture=_picture(changes, scale, height),
        sentences=tuple(_sentence(step, scale) for step in changes.loudest),
        undated=changes.undated,
        is_empty=not (changes.opening or changes.closing or changes.steps),
    )


def _picture(changes: Changes, scale: Scale, height: int) -> SafeString:
    sums = {step.cause: step.amount for step in changes.steps}
    level = changes.opening
    bars = [Bar(date_format(changes.monday, "D j"), 0, float(level), scale.write(level), "n1")]
    for cause in Cause:
        amount = sums.get(cause, Decimal(0))
        if not amount and cause is Cause.MOVED:
            continue
        bars.append(
            Bar(_short(cause), float(level), float(level + amount), scale.signed(amount) if amount else "0", _tone(cause, amount))
        )
        level += amount
    bars.append(Bar(pgettext("present moment", "Now"), 0, float(changes.closing), scale.write(changes.closing), "ink"))
    said = ", ".join(f"{bar.label} {bar.text}" for bar in bars)
    return waterfall(bars, height=height, label=_("Value of open deals: %(steps)s") % {"steps": said})


def _tone(cause: Cause, amount: Decimal) -> str:
    return _TONES.get(cause, "bad") if amount else "n2"


def _short(cause: Cause) -> str:
    """A word that fits under a column."""
    return {Cause.PUSHED: pgettext("deals, short", "Pushed"), Cause.MOVED: pgettext("deals, short", "Moved")}.get(cause) or str(
        cause.label
    )


def _sentence(step: Step, scale: Scale) -> Sentence:
    deals = tuple(NamedMover(mover.deal_id, mover.name, _named(step.cause, mover, scale)) for mover in step.movers[:NAMED])
    return Sentence(
        scale.signed(step.amount), _tone(step.cause, step.amount), str(step.cause.label), deals, len(step.movers) - len(deals)
    )


def _named(cause: Cause, mover: Mover, scale: Scale) -> str:
    """The amount of one deal, and for a moved date the new one."""
    amount = scale.write(abs(mover.amount))
    if cause not in (Cause.PUSHED, Cause.PULLED) or mover.close_on is None:
        return amount
    return _("%(amount)s to %(day)s") % {"amount": amount, "day": date_format(mover.close_on, "j M")}
