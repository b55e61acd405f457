"""The request as a view of a signed-in person gets it, for type checkers and readers."""

from __future__ import annotations

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from reps.models import Company, User


class Request(HttpRequest):
    """A request that passed the sign-in gate: `user` is a person, `company` is read when first asked for."""

    user: User
    company: Company
    htmx: HtmxDetails
