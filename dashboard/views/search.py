"""The palette behind Ctrl K, and the same answer as a page of its own."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from dashboard import search as finder
from lib.htmx import page_or_fragment
from lib.text import clean_param
from reps.requests import Request


@require_GET
def search(request: Request) -> HttpResponse:
    """People, deals, accounts, contacts, leads, pages and actions that these words find."""
    words = clean_param(request.GET, "q", most=100)
    context: dict[str, object] = {"groups": finder.search(request.user, words), "query": words}
    return page_or_fragment(request, "dashboard/search.html", "components/_palette_results.html", context)
