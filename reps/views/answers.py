"""How the people pages answer: a page, a form with what is wrong, or on to the next page with a word about what was done."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from lib.htmx import go, say


def show(request: HttpRequest, template: str, context: dict[str, Any], *form: forms.BaseForm) -> HttpResponse:
    """The page; 422 when one of its forms was sent and could not be saved."""
    faulty = any(one.is_bound and one.errors for one in form)
    return render(request, template, context, status=HTTPStatus.UNPROCESSABLE_ENTITY if faulty else HTTPStatus.OK)


def done(request: HttpRequest, text: str, to: Any, *args: Any, state: str = "success", undo_url: str = "") -> HttpResponse:
    """On to another page, which says what was done and, where it can be, how to undo it."""
    say(request, text, state=state, undo_url=undo_url)
    return go(request, to, *args)
