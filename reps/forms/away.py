"""The form by which leave is written down."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reps.absence import LONGEST_DAYS
from reps.forms.fields import DayField

SHARES = (
    ("0", gettext_lazy("No, away all day")),
    ("0.5", gettext_lazy("Yes, half of each day")),
    ("0.25", gettext_lazy("Yes, a quarter of each day")),
    ("0.75", gettext_lazy("Yes, three quarters of each day")),
)


class AwayForm(forms.Form):
    """From the first to the last day away, both included."""

    first_on = DayField(label=gettext_lazy("First day away"))
    last_on = DayField(label=gettext_lazy("Last day away"))
    works = forms.ChoiceField(label=gettext_lazy("Still works"), choices=SHARES, initial="0")

    def clean(self) -> dict[str, Any]:
        """The days as a half-open span, the share as a number."""
        data = super().clean() or {}
        first, last = data.get("first_on"), data.get("last_on")
        if first and last:
            if last < first:
                self.add_error("last_on", _("The last day must not lie before the first."))
            elif (last - first).days >= LONGEST_DAYS:
                self.add_error("last_on", ValidationError(_("Leave lasts two years at most. Check the year of the last day.")))
            else:
                data["start"], data["end"] = first, last + timedelta(days=1)
        data["works_share"] = Decimal(data.get("works") or 0)
        return data
