"""Reps: the card, where they belong, and when they leave."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reps import invitations
from reps.forms.fields import DayField, LineField, PersonNameField, PhoneField
from reps.models import Rep, Role, Team, User

_SINCE_EVER = gettext_lazy("Leave empty if it has always been so.")


def open_teams() -> Any:
    """Teams that people may still join."""
    return Team.objects.filter(closed_on=None)


class CardForm(forms.Form):
    """What colleagues see of a rep, and the number other systems know them by."""

    name = PersonNameField(label=gettext_lazy("Name"), max_length=120)
    work_email = forms.EmailField(label=gettext_lazy("Work e-mail"), required=False, max_length=254)
    external_id = LineField(
        label=gettext_lazy("Number in other systems"), required=False, max_length=80,
        help_text=gettext_lazy("Imports recognise the rep by it."),
    )  # fmt: skip
    sells = forms.BooleanField(
        label=gettext_lazy("Sells"), required=False, initial=True,
        help_text=gettext_lazy("Untick for somebody who only leads: no row of their own on boards."),
    )  # fmt: skip
    joined_on = DayField(label=gettext_lazy("First day"), required=False)

    def __init__(self, *args: Any, currency: str, rep: Rep | None = None, **kwargs: Any) -> None:
        names = ("name", "work_email", "phone", "external_id", "sells", "joined_on")
        initial = {name: getattr(rep, name) for name in names} if rep else kwargs.get("initial")
        super().__init__(*args, **{**kwargs, "initial": initial})
        self.rep = rep
        self.fields["phone"] = PhoneField(label=_("Work phone"), currency=currency)
        self.order_fields(["name", "work_email", "phone", "external_id", "joined_on", "sells"])

    def clean_external_id(self) -> str:
        """A number belongs to one rep."""
        number: str = self.cleaned_data["external_id"]
        others = Rep.objects.exclude(pk=self.rep.pk) if self.rep else Rep.objects.all()
        if number and others.filter(external_id=number).exists():
            raise ValidationError(_("Another rep has this number."))
        return number


class NewRepForm(CardForm):
    """A rep without a sign-in, with the team and role they start in."""

    team = forms.ModelChoiceField(
        Team.objects.none(), label=gettext_lazy("Team"), required=False, empty_label=gettext_lazy("None yet")
    )
    role = forms.ModelChoiceField(
        Role.objects.none(), label=gettext_lazy("Role"), required=False, empty_label=gettext_lazy("None yet")
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["team"].queryset = open_teams()  # type: ignore[attr-defined]
        self.fields["role"].queryset = Role.objects.visible_to(user)  # type: ignore[attr-defined]
        self.fields["joined_on"].help_text = _("Team and role hold from this day; since ever when it is empty.")
        self.order_fields(["name", "work_email", "phone", "team", "role", "joined_on", "external_id", "sells"])


class PlaceForm(forms.Form):
    """From which day a rep belongs to which team."""

    team = forms.ModelChoiceField(
        Team.objects.none(), label=gettext_lazy("Team"), required=False, empty_label=gettext_lazy("Choose a team")
    )
    is_out = forms.BooleanField(label=gettext_lazy("Belongs to no team from that day"), required=False)
    start = DayField(label=gettext_lazy("From"), required=False, help_text=_SINCE_EVER)
    end = DayField(
        label=gettext_lazy("Back on"), required=False,
        help_text=gettext_lazy("Only for a loan: on this day the rep is back where they were."),
    )  # fmt: skip
    reason = LineField(label=gettext_lazy("Why"), required=False, max_length=200)

    def __init__(self, *args: Any, teams: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["team"].queryset = teams  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """A team, or the word that there is none; a loan ends after it starts."""
        data = super().clean() or {}
        is_out = data.pop("is_out", False)
        if is_out:
            data["team"] = None
        elif not data.get("team") and "team" not in self.errors:
            self.add_error("team", _("Choose a team."))
        start, end = data.get("start"), data.get("end")
        if end and (start is None or end <= start):
            self.add_error("end", _("Choose a day after the first one."))
        return data


class RoleForRepForm(forms.Form):
    """From which day a rep holds which role."""

    role = forms.ModelChoiceField(
        Role.objects.none(), label=gettext_lazy("Role"), required=False, empty_label=gettext_lazy("No role")
    )
    start = DayField(label=gettext_lazy("From"), required=False, help_text=_SINCE_EVER)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].queryset = Role.objects.visible_to(user)  # type: ignore[attr-defined]


class LeaveForm(forms.Form):
    """The last day of somebody who leaves."""

    last_on = DayField(label=gettext_lazy("Last day"))


class InviteForm(forms.Form):
    """People to invite, pasted; what cannot be read stays in the box."""

    people = forms.CharField(
        label=gettext_lazy("E-mail addresses"), max_length=20000,
        widget=forms.Textarea(attrs={"rows": 4, "autocomplete": "off", "spellcheck": "false"}),
        help_text=gettext_lazy("With commas or on new lines. Ana Wijaya <ana@example.com> brings the name along."),
    )  # fmt: skip
    kind = forms.ChoiceField(label=gettext_lazy("They are"), choices=User.Kind.choices, initial=User.Kind.MEMBER)
    team = forms.ModelChoiceField(
        Team.objects.none(), label=gettext_lazy("Team"), required=False, empty_label=gettext_lazy("None yet")
    )
    role = forms.ModelChoiceField(
        Role.objects.none(), label=gettext_lazy("Role"), required=False, empty_label=gettext_lazy("None yet")
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["team"].queryset = open_teams()  # type: ignore[attr-defined]
        self.fields["role"].queryset = Role.objects.visible_to(user)  # type: ignore[attr-defined]

    def clean_people(self) -> invitations.TypedList:
        """The list, read."""
        found = invitations.read_list(self.cleaned_data["people"])
        if not found.people and not found.unread:
            raise ValidationError(_("Write at least one e-mail address."))
        if len(found.people) > invitations.MOST_AT_ONCE:
            raise ValidationError(_("Invite at most %(count)d people at once.") % {"count": invitations.MOST_AT_ONCE})
        return found


class AddressForm(forms.Form):
    """A new address to sign in with."""

    address = forms.EmailField(label=gettext_lazy("New e-mail"), max_length=254)


class KindForm(forms.Form):
    """What a sign-in is for."""

    kind = forms.ChoiceField(label=gettext_lazy("Access"), choices=User.Kind.choices, widget=forms.RadioSelect)


class LinkForm(forms.Form):
    """Which rep a sign-in acts for: one that nobody acts for yet."""

    rep = forms.ModelChoiceField(Rep.objects.none(), label=gettext_lazy("Rep"), empty_label=gettext_lazy("Choose a rep"))

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["rep"].queryset = Rep.objects.visible_to(user).filter(user=None, erased_at=None)  # type: ignore[attr-defined]


def starting(day: date | None) -> dict[str, Any]:
    """The first day a dated form proposes."""
    return {"start": day}
