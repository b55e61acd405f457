"""Filling a row at once: the same every month, or a year's number over its months."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lib import periods, text
from lib.money import allocate
from metrics import quota_reading, targets
from metrics.models import EffectiveQuota, Quota
from metrics.quota_reading import exact
from metrics.quota_sheet import REP, Row, Sheet, cell_key

SAME, EQUAL, LAST_YEAR = "same", "equal", "last"
HOWS = (
    (SAME, gettext_lazy("The same every month")),
    (EQUAL, gettext_lazy("A year's number, in equal parts")),
    (LAST_YEAR, gettext_lazy("A year's number, as last year's months were")),
)


def fill(sheet: Sheet, *, row_key: str, typed: str, how: str, lang: str) -> dict[str, str]:
    """The texts for the open cells of a row. Raises ValidationError with a sentence where that cannot be done."""
    row = next((row for row in sheet.rows if row.key == row_key), None)
    if row is None or not row.editable:
        raise ValidationError(_("This row takes no numbers."))
    read = quota_reading.read(typed, currency=sheet.asked.currency, custom=lang)
    if read.amount is None:
        raise ValidationError(read.note or _("Write a number."))
    months = [month for month in sheet.asked.months if row.takes(month)]
    amounts = dict.fromkeys(months, read.amount) if how == SAME else _spread(sheet, row, months, read.amount, how)
    return {cell_key(row.key, month): exact(amount, lang) for month, amount in amounts.items()}


def scaled(texts: Mapping[str, str], power: int, *, currency: str, lang: str) -> dict[str, str]:
    """Bare numbers of a paste taken in thousands or millions; what has a word of its own or cannot be read stays."""
    settled = quota_reading.custom_of(texts.values(), currency)
    found = dict(texts)
    for key, typed in texts.items():
        read = quota_reading.read(typed, currency=currency, custom=lang, settled=settled)
        bare = read_bare(typed)
        if read.amount is not None and bare:
            found[key] = exact(read.amount.scaleb(power), lang)
    return found


def read_bare(typed: str) -> bool:
    """Whether a number stands without a word such as jt."""
    return not text.has_letter(typed)


def _spread(sheet: Sheet, row: Row, months: list[date], year: Decimal, how: str) -> dict[date, Decimal]:
    weights: list[Decimal | int] = [1] * len(months)
    if how == LAST_YEAR:
        before = _last_year(sheet, row)
        weights = [before.get(periods.add_months(month, -12), Decimal(0)) for month in months]
        if not any(weights):
            raise ValidationError(_("There are no quotas of the year before to go by. Choose equal parts."))
    if sheet.asked.currency:
        parts = targets.spread(year, weights, sheet.asked.currency)
    else:
        unit = Decimal(1) if year == year.to_integral_value() else Decimal(1).scaleb(-EffectiveQuota.COUNT_PLACES)
        parts = [part * unit for part in allocate(year / unit, weights, "IDR")]  # in whole units, to the last one
    return dict(zip(months, parts, strict=True))


def _last_year(sheet: Sheet, row: Row) -> dict[date, Decimal]:
    asked = sheet.asked
    whose = {"rep": row.id} if row.kind == REP else {"team": row.id}
    start = periods.add_months(asked.year.start_on, -12)
    rows = Quota.objects.current().filter(
        **whose, metric=asked.metric, deal_type=asked.deal_type, month_on__gte=start, month_on__lt=asked.year.start_on
    )
    return dict(rows.values_list("month_on", "amount"))
