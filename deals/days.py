"""Which days a person may date something on: today and the open month; further back only with the right and a reason."""

from __future__ import annotations

from datetime import date, datetime

from django.utils.translation import gettext as _

from lib import clock
from reps.models import Company, User

# What lies outside is a typing mistake, and close to where date arithmetic breaks.
EARLIEST, LATEST = date(1990, 1, 1), date(2100, 1, 1)


class Refused(ValueError):
    """A change that the rules do not allow. Its text tells the person what to do; `field` names what to correct."""

    def __init__(self, text: str, *, field: str = "", needs_why: bool = False) -> None:
        super().__init__(text)
        self.field = field
        self.needs_why = needs_why


def sane(day: date | None, field: str) -> date | None:
    """The day itself, refused when no plan or past of a sales team reaches it."""
    if day is not None and not EARLIEST <= day < LATEST:
        raise Refused(_("Give a date between 1990 and 2099."), field=field)
    return day


def open_since(company: Company) -> date:
    """The first day of the open period, which is the current month: what lies before is closed."""
    return clock.today(company.zone).replace(day=1)


def is_past_edit(day: date, *, company: Company, by: User | None, why: str, field: str = "when") -> bool:
    """Whether dating something on that day edits a closed period; such an edit is audited.

    Raises Refused for a day to come, and for a closed period without the right or without a reason (DOMAIN §12.1).
    `by` is None for the product itself, which may date as it must.
    """
    if by is None:
        return False
    if day > clock.today(company.zone):
        raise Refused(_("This day is still to come. Choose today or earlier."), field=field)
    sane(day, field)
    if day >= open_since(company):
        return False
    if not by.viewer.may("past.edit"):
        raise Refused(_("That month is closed. Ask your manager to enter it."), field=field)
    if not why.strip():
        raise Refused(_("That month is closed. Say why it changes; the reason is kept."), field="why", needs_why=True)
    return True


def is_past_instant(instant: datetime, *, company: Company, by: User | None, why: str, field: str = "when") -> bool:
    """As `is_past_edit`, for something that happened at an instant: not later than now."""
    if by is not None and instant > clock.now():
        raise Refused(_("This time is still to come. Choose now or earlier."), field=field)
    return is_past_edit(clock.local_date(instant, company.zone), company=company, by=by, why=why, field=field)
