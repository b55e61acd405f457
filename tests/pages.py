"""Every page of the product, once: screenshots, accessibility, query counts and page weight go by this list.

A new page needs a line; tests/test_pages.py fails without it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse


@dataclass(frozen=True)
class Page:
    """A page as one person opens it. `at` names things of tests/authz_world.py; `queries` is what it costs, exactly."""

    route: str
    who: str | None = "ana"
    queries: int = 0
    at: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    name: str = ""

    @property
    def id(self) -> str:
        """For file and test names."""
        return self.name or self.route.replace(":", "-").replace("_", "-")

    def path(self, things: Mapping[str, Any]) -> str:
        """Its address, given the things' ids."""
        address = reverse(self.route, kwargs={name: things[thing] for name, thing in self.at.items()})
        return f"{address}?{urlencode(self.query)}" if self.query else address


PUBLIC = (
    Page("account_login", who=None),
    Page("account_reset_password", who=None),
)
BOOK = (
    Page("deals:accounts"),
    Page("deals:account", at={"pk": "account"}),
    Page("deals:account_new"),
    Page("deals:account_edit", at={"pk": "account"}),
    Page("deals:contacts"),
    Page("deals:contact_new"),
    Page("deals:contact_edit", at={"pk": "contact"}),
    Page("deals:leads"),
    Page("deals:lead", at={"pk": "lead"}),
    Page("deals:lead_new"),
    Page("deals:lead_edit", at={"pk": "lead"}),
)
SETTINGS = (
    Page("deals:products", who="admin"),
    Page("deals:product_new", who="admin"),
    Page("deals:product_edit", who="admin", at={"pk": "product"}),
    Page("deals:pipelines", who="admin"),
    Page("deals:pipeline", who="admin", at={"pk": "pipeline"}),
    Page("deals:competitors", who="admin"),
    Page("deals:rates", who="admin"),
)
HOME = (
    Page("dashboard:home", who="manager", queries=8, name="home-manager"),
    Page("dashboard:home", who="ana", queries=7, name="home-rep"),
    Page("dashboard:home", who="admin", queries=5, name="home-admin"),
    Page("dashboard:home", who="finance", queries=5, name="home-finance"),
    Page("dashboard:home", who="auditor", queries=8, name="home-auditor"),
    Page("dashboard:mine", who="manager", queries=7),
    Page("dashboard:needs", who="manager", queries=6),
    Page("dashboard:search", query={"q": "an"}, queries=5),
    Page("dashboard:help", queries=4),
    Page("dashboard:first_run", who="admin", queries=8),
)
NUMBERS = (
    Page("metrics:numbers", who="manager", queries=8),
    Page("metrics:numbers", query={"show": "activity", "period": "month"}, who="manager", name="metrics-activity", queries=8),
    Page("metrics:explain", query={"metric": "won_value", "scope": "company", "period": "2026-Q3"}, queries=8),
    Page("metrics:definitions", queries=4),
    Page("metrics:explain_rows", query={"metric": "won_count", "scope": "company", "period": "2026-Q3"}, queries=8),
    Page("metrics:rep_panel", at={"pk": "ana"}, queries=7),
    Page("metrics:figures", query={"scope": "company"}, queries=5),
    Page("metrics:scopes", query={"q": "a"}, queries=6),
)
PAGES = (*HOME, *PUBLIC, *BOOK, *SETTINGS, *NUMBERS)
