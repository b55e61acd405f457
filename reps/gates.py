"""Which kinds of people a page is for at all. Which rows they then see is `visible_to`; anyone else gets 403."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404

from reps.access import Viewer, viewer_of

View = Callable[..., HttpResponseBase]


def gate(allows: Callable[[Viewer], bool]) -> Callable[[View], View]:
    """A decorator that answers 403 to people for whom `allows` is false."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not allows(viewer_of(request.user)):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return guarded

    return decorate


def _sells_or_reads(viewer: Viewer) -> bool:
    return viewer.rep_id is not None or viewer.reads_everything


# Deals, accounts, leads, activities: reps and managers, and those who read everything. Finance has no part in them.
for_sales = gate(_sells_or_reads)
# Reps and managers, who do the work.
for_reps = gate(lambda viewer: viewer.rep_id is not None)
for_admins = gate(lambda viewer: viewer.kind == "admin")
for_admins_and_auditors = gate(lambda viewer: viewer.kind in {"admin", "auditor"})


# The org tree, roles and holidays are open to colleagues; finance has no part in them yet (TRUST, "FN has – unless named").
for_all_but_finance = gate(lambda viewer: viewer.kind != "finance")


def for_those_who_may(capability: str) -> Callable[[View], View]:
    """The gate of a verb."""
    return gate(lambda viewer: viewer.may(capability))


def editable_or_denied(model: Any, user: Any, pk: object, *related: str) -> Any:
    """The row when this person may change it; 404 when they do not see it, 403 when they see it and may not."""
    found = model.objects.editable_by(user).select_related(*related).filter(pk=pk).first()
    if found is not None:
        return found
    get_object_or_404(model.objects.visible_to(user), pk=pk)
    raise PermissionDenied
