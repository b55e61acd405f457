"""The styleguide: every part of the interface in every state, for those who build and check pages."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from lib import clock
from reps.gates import for_admins

COLOURS = (
    *("canvas", "surface", "sunken", "line", "line-2", "control", "ink", "ink-2", "ink-3"),
    *("accent", "accent-soft", "accent-line", "good", "good-soft", "good-solid"),
    *("warn", "warn-soft", "warn-solid", "bad", "bad-soft", "bad-solid", "n1", "n2", "n3", "n4"),
)


class SampleForm(forms.Form):
    """Fields as they look at rest, with help and with an error."""

    close_on = forms.DateField(label=_("Close date"), widget=forms.DateInput(attrs={"type": "date"}))
    amount = forms.CharField(label=_("Amount"), widget=forms.TextInput(attrs={"inputmode": "decimal"}))
    split = forms.IntegerField(label=_("Split"), max_value=65, error_messages={"max_value": _("Splits add to 105. Take 5 away.")})
    stage = forms.ChoiceField(label=_("Stage"), choices=[("p", _("Proposal")), ("n", _("Negotiation"))])
    note = forms.CharField(
        label=_("Note"), required=False, help_text=_("Your manager reads this too."), widget=forms.Textarea(attrs={"rows": 2})
    )
    shared = forms.BooleanField(label=_("Share with the team"), required=False)


def _pictures() -> dict[str, Any]:
    """Sample values for the marks and charts."""
    months = [("May", 150), ("Jun", 40), ("Jul", 150), ("Aug", 50), ("Sep", 100), ("Oct", 50), ("Nov", 43)]
    won = [0, 0.4, 0.7, 1.3, 2.1, 3.4, 4.5, 5.4, 7.2, 7.62]
    return {
        "units": ["done"] * 6 + ["pivoted", "open"],
        "units_late": ["done", "done", "carried", "open", "open", "added"],
        "trend": [3, 4, 4.2, 5, 5.1, 6.4, 7.2, 7.6],
        "columns": [
            {"value": share, "label": name, "text": f"{share}%", "tone": "open" if name == "Nov" else "accent"}
            for name, share in months
        ],
        "column_ticks": [(0, "0%"), (50, "50%"), (100, "100%"), (150, "150%")],
        "column_line": {"value": 100, "label": "", "kind": "target"},
        "marks": [
            {"value": 10.8, "label": "Floor 10.80", "kind": "floor"},
            {"value": 13.5, "label": "Target 13.50", "kind": "target"},
            {"value": 17, "label": "Stretch 17.00", "kind": "stretch"},
            {"value": 8.31, "label": "Pace today 8.31", "kind": "pace"},
        ],
        "series": [
            {"values": [*won, *[None] * 5], "label": "Won 7.62", "kind": "actual"},
            {"values": [0.9 * at for at in range(15)], "label": "Pace 12.60", "kind": "pace"},
        ],
        "months": ["Oct", "Nov", "Dec"],
        "ticks": [(0, "0"), (5, "5"), (10, "10"), (15, "15")],
        "parts": [
            {"value": 1880, "label": "Qualify", "tone": "n2"},
            {"value": 2600, "label": "Discovery", "tone": "n1"},
            {"value": 2200, "label": "Proposal", "tone": "accent"},
        ],
    }


@require_GET
@for_admins
def styleguide(request: HttpRequest) -> HttpResponse:
    """Every part in every state."""
    now = clock.now()
    sample = {"close_on": "2026-12-04", "amount": "496,000,000", "split": 70, "stage": "p", "note": "", "shared": "on"}
    form = SampleForm(sample)
    form.is_valid()
    chips = [
        {"label": _("Closes this quarter"), "url": "?a", "on": True},
        {"label": _("No next step"), "url": "?b", "count": 1, "state": "bad"},
        {"label": _("Pushed"), "url": "?c", "count": 6, "state": "warn"},
    ]
    context = {
        "colours": COLOURS,
        "form": form,
        "chips": chips,
        "now": now,
        "today": timezone.localtime(now).date(),
        "earlier": timezone.localtime(now).date() - timedelta(days=3),
        "amount": Decimal("7620000000"),
        "dollars": Decimal("6640"),
        **_pictures(),
    }
    return render(request, "dashboard/styleguide.html", context)
