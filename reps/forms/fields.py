"""Form parts of the people pages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import IntegrityError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lib import phones
from lib.text import clean_line, has_letter

EARLIEST, LATEST = date(1950, 1, 1), date(2100, 12, 31)


class DayField(forms.DateField):
    """A day within living memory, typed into the browser's own date field."""

    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")

    def __init__(self, **kwargs: Any) -> None:
        early = gettext_lazy("Write a day between 1950 and 2100.")
        validators = [MinValueValidator(EARLIEST, early), MaxValueValidator(LATEST, early)]
        super().__init__(input_formats=["%Y-%m-%d"], validators=validators, **kwargs)


class LineField(forms.CharField):
    """One line of text, without characters that nobody sees; nothing but blanks is nothing."""

    def to_python(self, value: Any) -> str:
        """The line, cleaned."""
        return clean_line(super().to_python(value) or "")


class PersonNameField(LineField):
    """What somebody is called."""

    def validate(self, value: Any) -> None:
        """At least one letter, or nobody can be found or addressed by it."""
        super().validate(value)
        if value and not has_letter(value):
            raise ValidationError(_("Write a name with at least one letter."))


class PhoneField(LineField):
    """A phone number, kept as +62812…."""

    def __init__(self, *, currency: str, **kwargs: Any) -> None:
        super().__init__(required=False, max_length=32, **kwargs)
        self.currency = currency
        self.widget.attrs |= {"type": "tel", "autocomplete": "tel"}

    def clean(self, value: Any) -> str:
        """The number in its one form."""
        typed: str = super().clean(value)
        try:
            return phones.normalise(typed, self.currency)
        except ValueError:
            raise ValidationError(_("Write the phone number with digits, such as 0812 3456 7890 or +65 6123 4567.")) from None


@contextmanager
def faults_into(form: forms.BaseForm) -> Iterator[None]:
    """What a verb refuses becomes an error of the form, at its field where it names one."""
    try:
        yield
    except ValidationError as error:
        by_field: dict[str, Any] = error.error_dict if hasattr(error, "error_dict") else {"": error}
        for field, faults in by_field.items():
            form.add_error(field if field in form.fields else None, faults)
    except IntegrityError:
        form.add_error(None, _("Somebody changed this at the same moment. Look at it again, then save."))
