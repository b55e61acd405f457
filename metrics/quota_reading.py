"""What is typed or pasted into a cell of the quota grid, read once, on the server: the page only shows what comes of it.

A text has a reading in each of the two customs that write numbers ("60,000" and "60.000"). Where both read it and differ,
what was pasted with it may settle which is meant; else the cell is unclear, and the person chooses.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from statistics import median

from django.utils.translation import gettext as _

from lib.money import places, quantize, read_money
from lib.numbers import number
from lib.text import clean_line
from metrics.targets import COUNT_PLACES

# Beyond these a number cannot be kept.
TOO_MUCH = Decimal(10) ** 15
LONGEST = 60
# A value so far from the others of its row is shown to be looked at.
UNUSUAL = Decimal("0.6")
TENFOLD = 10
_FEWEST_TO_COMPARE = 3

_BLANKS = ("", "-", "–", "—", "−")
_BARE_SCALE = re.compile(r"^\D*\d+\s*(?P<letter>[mM])$")
_THREE_DECIMALS = {"en": re.compile(r"^[^,.a-z]*\d*\.\d{3}$"), "id": re.compile(r"^[^,.a-z]*\d*,\d{3}$")}


class State(StrEnum):
    """What came of a cell. Of UNREAD and UNCLEAR nothing is saved."""

    OK = "ok"
    EMPTY = "empty"
    UNREAD = "unread"
    UNCLEAR = "unclear"
    UNUSUAL = "unusual"
    CONFLICT = "conflict"


@dataclass(frozen=True)
class Offer:
    """A reading to choose with one press: what is then typed, and the words of the button."""

    text: str
    label: str


@dataclass(frozen=True)
class Read:
    """A text with its reading. `amount` is None where nothing is to stand (EMPTY) and where it is not known."""

    text: str
    state: State
    amount: Decimal | None = None
    note: str = ""
    offers: tuple[Offer, ...] = ()

    @property
    def counts(self) -> bool:
        """Can be saved as it is."""
        return self.state not in (State.UNREAD, State.UNCLEAR)

    @property
    def needs_a_look(self) -> bool:
        """Somebody should look at it before it is saved."""
        return self.state not in (State.OK, State.EMPTY)


def exact(amount: Decimal, lang: str) -> str:
    """The number with every digit it has, grouped: 60,000,000 or 60.000.000. Never three decimals, which read as thousands."""
    digits = max(0, -int(amount.normalize().as_tuple().exponent))
    return number(amount, lang, 4 if digits == 3 else digits)


def read(text: str, *, currency: str, custom: str, settled: str | None = None) -> Read:
    """One cell. `currency` is empty for counts; `custom` ("en", "id") is the person's; `settled` that of what came with it."""
    text = clean_line(text)
    if text in _BLANKS:
        return Read("", State.EMPTY)
    if len(text) > LONGEST:
        return Read(text[:LONGEST], State.UNREAD, note=_("That is too long for a number."))
    found = _readings(text, currency)
    if not found:
        return Read(text, State.UNREAD, note=_why_not(text, currency))
    amounts = set(found.values())
    if len(amounts) == 1:
        return _checked(text, amounts.pop(), currency)
    chosen = settled or _by_letter(text, custom) or _by_form(text, found, custom)
    if chosen:
        return _checked(text, found[chosen], currency)
    return _unclear(text, found, custom)


def custom_of(texts: Iterable[str], currency: str) -> str | None:
    """The custom that the texts show: some can only be read in one, and none only in the other."""
    shown: set[str] = set()
    for text in texts:
        found = _readings(clean_line(text)[:LONGEST], currency)
        if len(found) == 1:
            shown |= set(found)
    return shown.pop() if len(shown) == 1 else None


def compare(cell: Read, row: Sequence[Decimal], sheet: Sequence[Decimal], lang: str) -> Read:
    """The cell marked as unusual where it lies far from the other values of its row, or ten times off those of the sheet."""
    if cell.state is not State.OK or not cell.amount:
        return cell
    others = [value for value in row if value]
    if len(others) >= _FEWEST_TO_COMPARE:
        usual = Decimal(median(others))
        if abs(cell.amount - usual) > UNUSUAL * usual:
            return _unusual(cell, usual, lang)
    everyone = [value for value in sheet if value]
    if len(everyone) >= _FEWEST_TO_COMPARE:
        usual = Decimal(median(everyone))
        if not usual < cell.amount * TENFOLD or not cell.amount < usual * TENFOLD:
            return _unusual(cell, usual, lang)
    return cell


# ── Inside ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def _readings(text: str, currency: str) -> dict[str, Decimal]:
    """The amounts by custom, without those that nobody writes: three decimals of a currency with two, part of a cent."""
    whole = read_money(text, currency=currency)
    bare = text.lower().strip()
    found = {}
    for name, amount in (("en", whole.english), ("id", whole.indonesian)):
        if amount is None:
            continue
        three = _THREE_DECIMALS[name].match(bare) and places(currency) < 3
        if abs(amount) < TOO_MUCH and (three or amount != _kept(amount, currency)):
            continue
        found[name] = amount
    return found


def _kept(amount: Decimal, currency: str) -> Decimal:
    return quantize(amount, currency) if currency else amount.quantize(COUNT_PLACES)


def _by_letter(text: str, custom: str) -> str | None:
    """Who writes "5m" in English means million, "5 M" in Indonesian miliar; the other two pairs stay unclear."""
    match = _BARE_SCALE.match(text)
    if not match:
        return None
    return custom if (match["letter"], custom) in (("m", "en"), ("M", "id")) else None


def _by_form(text: str, found: dict[str, Decimal], custom: str) -> str | None:
    """A number written just as this person's own screens write it."""
    return custom if text == exact(found[custom], custom) else None


def _checked(text: str, amount: Decimal, currency: str) -> Read:
    if amount < 0:
        return Read(text, State.UNREAD, note=_("A quota is never negative."))
    if amount >= TOO_MUCH:
        return Read(text, State.UNREAD, note=_("That is more than can be kept."))
    return Read(text, State.OK, _kept(amount, currency))


def _why_not(text: str, currency: str) -> str:
    if currency and places(currency) == 0 and read_money(text, currency=currency).amount is not None:
        return _("“%(text)s” has decimals, and %(currency)s has no cents.") % {"text": text, "currency": currency}
    return _("“%(text)s” cannot be read as a number.") % {"text": text}


def _unclear(text: str, found: dict[str, Decimal], custom: str) -> Read:
    shown = {name: exact(amount, custom) for name, amount in found.items()}
    note = _("“%(text)s” can mean %(first)s or %(second)s.") % {"text": text, "first": shown["en"], "second": shown["id"]}
    offers = tuple(Offer(words, words) for words in shown.values())
    return Read(text, State.UNCLEAR, note=note, offers=offers)


def _unusual(cell: Read, usual: Decimal, lang: str) -> Read:
    assert cell.amount is not None
    words = {"value": exact(cell.amount, lang), "usual": exact(_round(usual), lang)}
    if cell.amount > usual:
        if cell.amount >= usual * TENFOLD:
            note = _("%(value)s is %(times)s times the usual %(usual)s.") % {
                **words,
                "times": number(cell.amount / usual, lang, 0),
            }
        else:
            share = number((cell.amount / usual - 1) * 100, lang, 0)
            note = _("%(value)s is %(share)s%% above the usual %(usual)s.") % {**words, "share": share}
    elif cell.amount * TENFOLD <= usual:
        note = _("%(value)s is less than a tenth of the usual %(usual)s.") % words
    else:
        share = number((1 - cell.amount / usual) * 100, lang, 0)
        note = _("%(value)s is %(share)s%% below the usual %(usual)s.") % {**words, "share": share}
    return replace(cell, state=State.UNUSUAL, note=note, offers=_nearer(cell.amount, usual, lang))


def _nearer(amount: Decimal, usual: Decimal, lang: str) -> tuple[Offer, ...]:
    """The same digits a thousand or a million times larger or smaller, where that lies near the usual."""
    for power in (3, 6, -3, -6):
        other = amount.scaleb(power)
        if abs(other - usual) <= UNUSUAL * usual:
            text = exact(other, lang)
            return (Offer(text, _("Use %(value)s") % {"value": text}),)
    return ()


def _round(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal(1)) if amount >= 100 else amount.quantize(Decimal("0.01"))
