"""Company settings and holiday calendars."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.dates import MONTHS, WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from reps.forms.fields import DayField, LineField
from reps.forms.teams import ZoneMixin
from reps.models import Company, Holiday, HolidayCalendar, User

MOST_CSV_BYTES = 200_000


class CompanyForm(ZoneMixin):
    """What holds for the whole company."""

    FIELDS: ClassVar = (
        "name", "time_zone", "currency", "fiscal_start", "opens_at", "closes_at", "calendar", "joint_leave_is_off",
        "no_decision_is_lost", "outline_across_teams", "language",
    )  # fmt: skip

    name = LineField(label=gettext_lazy("Company name"), max_length=120)
    time_zone = LineField(label=gettext_lazy("Time zone"), required=False, max_length=60)
    currency = forms.ChoiceField(label=gettext_lazy("Currency"), choices=Company._meta.get_field("currency").choices)  # type: ignore[arg-type]
    fiscal_start = forms.TypedChoiceField(
        label=gettext_lazy("The fiscal year starts in"), choices=list(MONTHS.items()), coerce=int
    )
    working_days = forms.MultipleChoiceField(
        label=gettext_lazy("Working days"), choices=[(str(at), name) for at, name in WEEKDAYS.items()],
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    opens_at = forms.TimeField(
        label=gettext_lazy("Working hours from"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    closes_at = forms.TimeField(
        label=pgettext_lazy("end of working hours", "to"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    calendar = forms.ModelChoiceField(
        HolidayCalendar.objects.none(), label=gettext_lazy("Holidays"), required=False, empty_label=gettext_lazy("None")
    )
    joint_leave_is_off = forms.BooleanField(
        label=gettext_lazy("Joint leave days (cuti bersama) are days off"), required=False,
        help_text=gettext_lazy("Private companies may choose. Untick it if you work on them."),
    )  # fmt: skip
    no_decision_is_lost = forms.BooleanField(
        label=gettext_lazy("No decision counts as lost"), required=False,
        help_text=gettext_lazy("Ticked, a deal that ends without a decision lowers the win rate."),
    )  # fmt: skip
    outline_across_teams = forms.BooleanField(
        label=gettext_lazy("Reps see other teams' deals in outline"), required=False,
        help_text=gettext_lazy("Stage, size band and expected close, never the name or the customer."),
    )  # fmt: skip
    language = forms.ChoiceField(
        label=gettext_lazy("Language of mails and new people"), choices=[("en", "English"), ("id", "Indonesia")]
    )

    def __init__(self, *args: Any, company: Company, user: User, **kwargs: Any) -> None:
        initial = {name: getattr(company, name) for name in self.FIELDS}
        initial["working_days"] = [str(at) for at, works in enumerate(company.working_days) if works == "1"]
        super().__init__(*args, **{**kwargs, "initial": initial})
        self.fields["calendar"].queryset = HolidayCalendar.objects.visible_to(user)  # type: ignore[attr-defined]
        if company.currency_settled_at:
            self.fields["currency"].disabled = True
            self.fields["currency"].help_text = _(
                "Fixed since the first deal: every amount and total is in it. Deals in other currencies are turned into it by your rates."
            )

    def clean_time_zone(self) -> str:
        """A zone, always."""
        zone = super().clean_time_zone()
        if not zone:
            raise ValidationError(_("Choose a time zone from the list, such as Asia/Jakarta."))
        return zone

    def clean_working_days(self) -> str:
        """Seven characters, Monday first."""
        chosen = set(self.cleaned_data["working_days"])
        return "".join("1" if str(at) in chosen else "0" for at in range(7))

    def clean(self) -> dict[str, Any]:
        """The working day ends after it begins."""
        data = super().clean() or {}
        if data.get("opens_at") and data.get("closes_at") and data["opens_at"] >= data["closes_at"]:
            self.add_error("closes_at", _("Choose a time after the start."))
        return data


class CalendarForm(forms.Form):
    """A calendar's name, and where its days come from."""

    name = LineField(label=gettext_lazy("Name"), max_length=80)
    source = LineField(
        label=gettext_lazy("Source"),
        required=False,
        max_length=200,
        help_text=gettext_lazy("Which decree or list the days come from."),
    )


class DayForm(forms.Form):
    """One day off."""

    day_on = DayField(label=gettext_lazy("Day"))
    name = LineField(label=gettext_lazy("Name"), max_length=120)
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=Holiday.Kind.choices)


class UploadForm(forms.Form):
    """A CSV of days."""

    file = forms.FileField(label=gettext_lazy("CSV file"), widget=forms.ClearableFileInput(attrs={"accept": ".csv,text/csv"}))

    def clean_file(self) -> str:
        """The text of the file."""
        file = self.cleaned_data["file"]
        if file.size > MOST_CSV_BYTES:
            raise ValidationError(_("The file is larger than 200 kB. A year of holidays has a few lines."))
        raw = file.read()
        if b"\0" in raw:
            raise ValidationError(_("This is no CSV file. Save the list as CSV and upload it again."))
        try:
            return str(raw.decode("utf-8-sig"))
        except UnicodeDecodeError:
            return str(raw.decode("cp1252", "replace"))
