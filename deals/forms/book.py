"""Forms for accounts, contacts and leads."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from deals.models import Account, Contact, Lead
from lib import phones
from lib.text import clean_line
from reps.access import viewer_of
from reps.models import User


class CleanText(forms.ModelForm):
    """Takes out of typed text what no database or reader can take, and writes phones one way."""

    currency = "IDR"

    def clean(self) -> dict[str, Any]:
        """Lines cleaned; an empty name after cleaning is no name."""
        data = super().clean() or {}
        for name, value in list(data.items()):  # add_error takes the name out
            if isinstance(value, str) and isinstance(self.fields[name], forms.CharField):
                data[name] = clean_line(value)
                if self.fields[name].required and not data[name] and name not in self.errors:
                    self.add_error(name, _("Write at least one letter."))
        return data

    def clean_phone(self) -> str:
        """The phone as +62812…."""
        try:
            return phones.normalise(clean_line(self.cleaned_data["phone"]), self.currency)
        except ValueError:
            raise ValidationError(_("Write the phone number with digits, such as 0812 3456 7890 or +65 6123 4567.")) from None


class AccountForm(CleanText):
    """An account. Who owns it is set by hand-over, not here."""

    class Meta:
        model = Account
        fields: ClassVar = ["name", "sector", "city", "phone", "website", "employees", "parent"]
        widgets: ClassVar = {"parent": forms.HiddenInput()}

    def __init__(self, *args: Any, user: User, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency = currency
        parents = Account.objects.visible_to(user)
        self.fields["parent"] = forms.ModelChoiceField(
            parents.exclude(pk=self.instance.pk) if self.instance.pk else parents, required=False, widget=forms.HiddenInput()
        )
        self.fields["employees"] = forms.IntegerField(label=_("employees"), required=False, min_value=0, max_value=2_000_000_000)

    def clean_parent(self) -> Account | None:
        """No circle: an account cannot be part of what is part of it."""
        parent: Account | None = self.cleaned_data["parent"]
        above, steps = parent, 0
        while above is not None and steps < 20:
            if above.pk == self.instance.pk:
                raise ValidationError(_("%(name)s is part of this account already. Choose another.") % {"name": parent})
            above, steps = above.parent, steps + 1
        return parent

    def create(self, by: User) -> Account:
        """Write the account down; it is the writer's own."""
        made: Account = self.save(commit=False)
        made.owner_id = viewer_of(by).rep_id
        made.save()
        return made


class ContactForm(CleanText):
    """A person at an account."""

    class Meta:
        model = Contact
        fields: ClassVar = ["account", "name", "title", "phone", "email"]

    def __init__(self, *args: Any, user: User, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency = currency
        self.fields["account"] = forms.ModelChoiceField(
            Account.objects.editable_by(user),
            label=_("Account"),
            widget=forms.HiddenInput(),
            error_messages={
                "required": _("Choose the account this person works for."),
                "invalid_choice": _("Choose an account from the list."),
            },
        )


class LeadForm(CleanText):
    """Someone who may buy: a name and a way to reach them."""

    class Meta:
        model = Lead
        fields: ClassVar = ["name", "company_name", "phone", "email", "source"]

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency = currency

    def create(self, by: User) -> Lead:
        """Write the lead down; it is the writer's own, and stands with their team."""
        made: Lead = self.save(commit=False)
        viewer = viewer_of(by)
        made.owner_id = made.created_by_id = viewer.rep_id
        made.team_id = min(viewer.team_ids, default=None)
        made.save()
        return made
