"""How quotas and attainment are said: bands, percentages, amounts and links to the explanation."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from lib import numbers
from lib.periods import Period
from metrics.quotas import is_money
from metrics.scopes import Scope
from metrics.standings import Target
from metrics.targets import Band
from reps.models import Team

# The band in plain words and the state its dot is drawn in. Far below is never called critical to anybody's face.
BANDS: Mapping[Band, tuple[str | Promise, str]] = {
    Band.CRITICAL: (pgettext_lazy("how a number stands against its target", "Far below"), "bad"),
    Band.UNDER: (pgettext_lazy("how a number stands against its target", "Below"), "warn"),
    Band.NEAR: (pgettext_lazy("how a number stands against its target", "Near"), "info"),
    Band.MET: (pgettext_lazy("how a number stands against its target", "Met"), "good"),
    Band.OVER: (pgettext_lazy("how a number stands against its target", "Over"), "good"),
}
OPENS: Mapping[str, str | Promise] = {
    Team.Standing.SHARE.value: _("percentages"),
    Team.Standing.BAND.value: _("bands"),
    Team.Standing.RANK.value: _("ranks"),
}


def lang() -> str:
    """The custom numbers are written in for this reader."""
    return numbers.language(get_language())


def percent(ratio: Decimal | None) -> str:
    """A ratio against a target, rounded down, so that 99.96 % never reads as met."""
    return numbers.percent_floor(ratio, lang())


def amount(value: Decimal | None, target: Target, currency: str, *, short: bool = True) -> str:
    """Money or a count, by what the target is of."""
    if not is_money(target.metric):
        return numbers.number(round(value, 1) if short and value is not None else value, lang())
    return (numbers.money_short if short else numbers.money)(value, currency, lang())


def band_chip(band: Band | None) -> SafeString:
    """Dot and word; nothing without a band."""
    if band is None:
        return SafeString("")
    words, state = BANDS[band]
    return format_html('<span class="chip chip-{}"><span class="chip-dot" aria-hidden="true"></span>{}</span>', state, words)


def explain_url(metric: str, scope_key: str, period: Period, target: Target) -> str:
    """Where a number of these is explained."""
    asked = {"metric": metric, "scope": scope_key, "period": period.label, **of_target(target)}
    return f"{reverse('metrics:explain')}?{urlencode(asked)}"


def of_target(target: Target) -> dict[str, str]:
    """The part of an address that says what is measured; nothing for won value of all types."""
    asked = {} if target == Target() else {"of": str(target.metric)}
    return {**asked, "type": target.deal_type} if target.deal_type else asked


def scope_words(scope: Scope) -> str:
    """The scope in the middle of a sentence."""
    return str(_("the company")) if scope.is_company else scope.name
