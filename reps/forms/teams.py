"""Teams: name, place in the tree, holidays, zone, lead, members."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from lib.text import clean_line
from reps.forms.fields import DayField, LineField
from reps.models import HolidayCalendar, Rep, Team, User

_AT_THE_TOP = gettext_lazy("None, it stands at the top")


def _present(user: User) -> Any:
    """Reps who may lead or join: not gone."""
    return Rep.objects.visible_to(user).present().filter(erased_at=None)


class ZoneMixin(forms.Form):
    """A time zone picked by typing."""

    def clean_time_zone(self) -> str:
        """A zone that exists; one that was typed out without being picked counts too."""
        zone: str = self.cleaned_data["time_zone"] or clean_line(str(self.data.get("time_zone_text", "")))
        if zone and zone not in available_timezones():
            raise ValidationError(_("Choose a time zone from the list, such as Asia/Jakarta."))
        return zone


class NewTeamForm(forms.Form):
    """A team with its lead and members in one go."""

    name = LineField(label=gettext_lazy("Name"), max_length=80)
    parent = forms.ModelChoiceField(Team.objects.none(), label=gettext_lazy("Part of"), required=False, empty_label=_AT_THE_TOP)
    lead = forms.ModelChoiceField(
        Rep.objects.none(), label=pgettext_lazy("of a team", "Lead"), required=False, empty_label=gettext_lazy("None yet")
    )
    members = forms.ModelMultipleChoiceField(
        Rep.objects.none(), label=gettext_lazy("Members"), required=False, widget=forms.CheckboxSelectMultiple
    )
    start = DayField(label=gettext_lazy("From"), required=False, help_text=gettext_lazy("Leave empty if it has always been so."))

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["parent"].queryset = Team.objects.visible_to(user).filter(closed_on=None)  # type: ignore[attr-defined]
        for name in ("lead", "members"):
            self.fields[name].queryset = _present(user)  # type: ignore[attr-defined]


class EditTeamForm(ZoneMixin):
    """A team's name, and what holds for it instead of for the company."""

    name = LineField(label=gettext_lazy("Name"), max_length=80)
    calendar = forms.ModelChoiceField(
        HolidayCalendar.objects.none(), label=gettext_lazy("Holidays"), required=False,
        empty_label=gettext_lazy("Those of the team above, else the company's"),
    )  # fmt: skip
    time_zone = LineField(label=gettext_lazy("Time zone"), required=False, max_length=60)
    closed_on = DayField(
        label=gettext_lazy("Closed on"), required=False,
        help_text=gettext_lazy("Past numbers keep the team. It must be empty of people on that day."),
    )  # fmt: skip

    standing = forms.ChoiceField(
        label=gettext_lazy("What colleagues see of each other's attainment"), choices=Team.Standing.choices, required=False,
        widget=forms.RadioSelect,
        help_text=gettext_lazy(
            "The band is the safe choice: where one plan and one quota serve the team, a percentage tells everybody what a colleague earns."
        ),
    )  # fmt: skip

    def __init__(self, *args: Any, user: User, team: Team, **kwargs: Any) -> None:
        initial = {name: getattr(team, name) for name in ("name", "calendar", "time_zone", "closed_on", "standing")}
        super().__init__(*args, **{**kwargs, "initial": initial})
        self.fields["calendar"].queryset = HolidayCalendar.objects.visible_to(user)  # type: ignore[attr-defined]


class MoveTeamForm(forms.Form):
    """The team it becomes part of."""

    under = forms.ModelChoiceField(Team.objects.none(), label=gettext_lazy("Part of"), required=False, empty_label=_AT_THE_TOP)

    def __init__(self, *args: Any, user: User, team: Team, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "initial": {"under": team.parent_id}})
        self.fields["under"].queryset = Team.objects.visible_to(user).filter(closed_on=None)  # type: ignore[attr-defined]


class LeadForm(forms.Form):
    """Who leads from which day."""

    rep = forms.ModelChoiceField(
        Rep.objects.none(), label=pgettext_lazy("of a team", "Lead"), required=False, empty_label=gettext_lazy("Nobody")
    )
    start = DayField(label=gettext_lazy("From"), required=False, help_text=gettext_lazy("Leave empty if it has always been so."))

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["rep"].queryset = _present(user)  # type: ignore[attr-defined]


class MembersForm(forms.Form):
    """Who joins from which day."""

    reps = forms.ModelMultipleChoiceField(
        Rep.objects.none(), label=gettext_lazy("Who joins"), widget=forms.CheckboxSelectMultiple
    )
    start = DayField(label=gettext_lazy("From"), required=False, help_text=gettext_lazy("Leave empty if it has always been so."))

    def __init__(self, *args: Any, user: User, within: frozenset[int] | None, team: Team, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        found = _present(user)
        self.fields["reps"].queryset = found if within is None else found.filter(pk__in=within)  # type: ignore[attr-defined]
