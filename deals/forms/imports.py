"""What a person chooses when uploading files, and how they answer the questions about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from deals.models import Account, Product
from lib.money import CURRENCIES
from lib.text import clean_param, int_param
from reps.models import Rep, User

SHOWN_PER_KIND = 25
# Kinds that may have more rows than a list shows: they are found by typing.
OTHERS = ("account", "rep", "product")


class ManyFiles(forms.ClearableFileInput):
    """A file input that takes several files at once."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """One or more uploaded files, as a list."""

    widget = ManyFiles

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        """Each file checked as a file; what stands in it is read later."""
        files = data if isinstance(data, list | tuple) else [data]
        return [super(FilesField, self).clean(file, initial) for file in files]


class UploadForm(forms.Form):
    """Files, and the currency of amounts that name none."""

    csv = FilesField(
        label=_("CSV files"),
        allow_empty_file=True,
        error_messages={"required": _("Choose one or more CSV files."), "invalid": _("Choose one or more CSV files.")},
    )
    currency = forms.ChoiceField(
        label=_("Amounts without a currency are in"), choices=[(code, code) for code in CURRENCIES], required=False
    )


def others(kind: str, user: User) -> QuerySet[Any]:
    """The rows among which a person may look for what a name means."""
    if kind == "account":
        return Account.objects.visible_to(user)
    return Rep.objects.visible_to(user) if kind == "rep" else Product.objects.all()


@dataclass(frozen=True)
class Asked:
    """A question as the page shows it; `name` is the name of its field."""

    name: str
    kind: str
    text: str
    rows: int
    options: list[list[Any]]
    may_create: bool


def asked(report: dict[str, Any]) -> dict[str, list[Asked]]:
    """The questions of a report by kind, the most rows first, at most 25 of each; the rest comes after these answers."""
    by_kind: dict[str, list[Asked]] = {}
    for number, question in enumerate(report.get("questions", ())):
        by_kind.setdefault(question["kind"], []).append(Asked(f"q{number}", **question))
    return {kind: sorted(found, key=lambda one: -one.rows)[:SHOWN_PER_KIND] for kind, found in by_kind.items()}


def read_answers(post: QueryDict, report: dict[str, Any], user: User) -> dict[str, Any]:
    """What a person answered, for deals/imports/batches.answer; what they left open stays a question."""
    given: dict[str, Any] = {}
    for custom, choices in (("money", ("en", "id")), ("dates", ("dmy", "mdy"))):
        if (chosen := clean_param(post, custom)) in choices:
            given[custom] = chosen
    if (currency := clean_param(post, "currency")) in CURRENCIES:
        given["currency"] = currency
    answers: dict[str, dict[str, Any]] = {}
    for kind, questions in asked(report).items():
        if (rest := clean_param(post, f"all-{kind}")) in ("create", "skip"):
            answers.setdefault(kind, {})["*"] = rest
        for question in questions:
            value = _value(post, question, user)
            if value is not None:
                answers.setdefault(kind, {})[question.text] = value
    return {**given, "answers": answers}


def _value(post: QueryDict, question: Asked, user: User) -> Any:
    chosen = clean_param(post, question.name)
    if chosen == "create" and question.may_create:
        return "create"
    if chosen == "skip":
        return "skip"
    if chosen == "other":
        key = int_param(post, f"{question.name}-other")
        return key if key and question.kind in OTHERS and others(question.kind, user).filter(pk=key).exists() else None
    return next((key for key, _label in question.options if chosen == str(key)), None)
