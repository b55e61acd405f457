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
    Page("account_login", who=None, queries=2),
    Page("account_reset_password", who=None, queries=0),
    Page("account_reset_password_done", who=None, queries=0),
    Page("account_reset_password_from_key", who=None, at={"uidb36": "uidb36", "key": "spent_key"}, queries=1),
    Page("account_reset_password_from_key_done", who=None, queries=0),
    Page("reps:welcome", who=None, at={"secret": "secret"}, queries=2),
    Page("reps:confirm_address", who=None, at={"secret": "address_secret"}, queries=1),
)
BOOK = (
    Page("deals:accounts", queries=6),
    Page("deals:account", at={"pk": "account"}, queries=9),
    Page("deals:account_new", queries=4),
    Page("deals:account_edit", at={"pk": "account"}, queries=5),
    Page("deals:contacts", queries=5),
    Page("deals:contact_new", queries=4),
    Page("deals:contact_edit", at={"pk": "contact"}, queries=5),
    Page("deals:leads", queries=5),
    Page("deals:lead", at={"pk": "lead"}, queries=7),
    Page("deals:lead_new", queries=4),
    Page("deals:lead_edit", at={"pk": "lead"}, queries=5),
)
SETTINGS = (
    Page("deals:products", who="admin", queries=5),
    Page("deals:product_new", who="admin", queries=4),
    Page("deals:product_edit", who="admin", at={"pk": "product"}, queries=5),
    Page("deals:pipelines", who="admin", queries=6),
    Page("deals:pipeline", who="admin", at={"pk": "pipeline"}, queries=6),
    Page("deals:competitors", who="admin", queries=5),
    Page("deals:rates", who="admin", queries=5),
)
HOME = (
    Page("dashboard:home", who="manager", queries=8),
    Page("dashboard:home", who="ana", name="home-rep", queries=7),
    Page("dashboard:home", who="admin", name="home-admin", queries=5),
    Page("dashboard:home", who="finance", name="home-finance", queries=5),
    Page("dashboard:home", who="auditor", name="home-auditor", queries=8),
    Page("dashboard:mine", queries=7),
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
    Page("metrics:rep_panel", at={"pk": "ana"}, queries=8),
    Page("metrics:quotas", who="admin", queries=8),
    Page("metrics:quotas", who="manager", name="metrics-quotas-manager", queries=8),
    Page("metrics:quota_paste", who="admin", queries=8),
    Page("metrics:quota_fill", who="admin", queries=8),
    Page("metrics:quota_history", who="admin", queries=9),
    Page("metrics:quota_teams", who="admin", query={"q": "o"}, queries=5),
    Page("metrics:rep_target", at={"pk": "ana"}, queries=9),
    Page("metrics:leave_effect", at={"pk": "ana"}, query={"first_on": "2026-10-05", "last_on": "2026-10-09"}, queries=9),
    Page("metrics:leaderboard", queries=5),
    Page("metrics:leaderboard", who="manager", name="metrics-leaderboard-manager", queries=6),
    Page(
        "metrics:leaderboard",
        who="auditor",
        query={"by": "team", "metric": "visits"},
        name="metrics-leaderboard-teams",
        queries=6,
    ),
    Page(
        "metrics:explain",
        query={"metric": "attainment", "scope": "company", "period": "2026-Q3"},
        name="metrics-explain-attainment",
        queries=9,
    ),
    Page("metrics:figures", query={"scope": "company"}, queries=5),
    Page("metrics:activity_report", who="manager", queries=7),
    Page("metrics:activity_report", query={"period": "2026-Q3"}, name="activity-report-rep", queries=6),
    Page("metrics:quota_report", who="manager", queries=8),
    Page("metrics:quota_report", query={"period": "2026-Q3"}, name="quota-report-rep", queries=7),
    Page("metrics:nights", who="admin", queries=7),
    Page("metrics:scopes", query={"q": "a"}, queries=6),
)
DEALS = (
    Page("deals:list", queries=5),
    Page("deals:list", who="manager", name="deals-list-manager", queries=5),
    Page("deals:board", queries=5),
    Page("deals:board", who="manager", name="deals-board-manager", queries=5),
    Page("deals:move", at={"pk": "deal"}, queries=6),
    Page("deals:detail", at={"pk": "deal"}, queries=8),
    Page("deals:detail", who="manager", at={"pk": "won_deal"}, name="deals-detail-won", queries=9),
    Page("deals:new", queries=7),
    Page("deals:edit", at={"pk": "deal", "field": "field_next"}, queries=5),
    Page("deals:close", at={"pk": "deal"}, queries=5),
    Page("deals:log", queries=5),
    Page("deals:log_more", at={"pk": "activity"}, queries=5),
    Page("deals:activities", queries=6),
    Page("deals:imports", who="manager", queries=5),
    Page("deals:import", who="manager", at={"pk": "batch"}, queries=6),
)
PEOPLE = (
    Page("reps:people", who="admin", queries=8),
    Page("reps:people", name="reps-people-rep", queries=8),
    Page("reps:rep", at={"pk": "rep"}, queries=9),
    Page("reps:rep", who="admin", at={"pk": "budi"}, name="reps-rep-admin", queries=9),
    Page("reps:rep_new", who="admin", queries=6),
    Page("reps:rep_edit", who="admin", at={"pk": "rep"}, queries=5),
    Page("reps:place", who="manager", at={"pk": "rep"}, queries=6),
    Page("reps:give_role", who="admin", at={"pk": "rep"}, queries=7),
    Page("reps:leaves", who="manager", at={"pk": "rep"}, queries=6),
    Page("reps:away", who="manager", at={"pk": "rep"}, queries=5),
    Page("reps:leave", who="admin", at={"pk": "rep"}, queries=5),
    Page("reps:invite_rep", who="admin", at={"pk": "rep_without_user"}, queries=5),
    Page("reps:invite", who="admin", queries=6),
    Page("reps:invitations", who="admin", queries=5),
    Page("reps:teams", queries=6),
    Page("reps:team", who="manager", at={"pk": "team"}, queries=9),
    Page("reps:team_new", who="admin", queries=7),
    Page("reps:team_edit", who="admin", at={"pk": "team"}, queries=6),
    Page("reps:team_move", who="admin", at={"pk": "team"}, queries=6),
    Page("reps:team_lead", who="admin", at={"pk": "team"}, queries=7),
    Page("reps:team_members", who="manager", at={"pk": "below_north"}, queries=6),
    Page("reps:roles", who="admin", queries=5),
    Page("reps:role", at={"pk": "role"}, queries=6),
    Page("reps:role_new", who="admin", queries=4),
    Page("reps:role_edit", who="admin", at={"pk": "role"}, queries=5),
)
COMPANY = (
    Page("reps:settings", who="admin", queries=4),
    Page("reps:company", who="admin", queries=5),
    Page("reps:calendars", who="admin", queries=6),
    Page("reps:calendar", who="admin", at={"pk": "calendar"}, queries=8),
    Page("reps:calendar_edit", who="admin", at={"pk": "calendar"}, queries=5),
    Page("reps:signins", who="admin", queries=5),
    Page("reps:signin", who="admin", at={"pk": "user"}, queries=9),
    Page("reps:signin_address", who="admin", at={"pk": "user"}, queries=5),
    Page("reps:signin_kind", who="admin", at={"pk": "user"}, queries=5),
    Page("reps:signin_link", who="admin", at={"pk": "user_without_rep"}, queries=6),
    Page("reps:signin_second_factor", who="admin", at={"pk": "user"}, queries=5),
    Page("reps:all_api_tokens", who="admin", queries=5),
    Page("reps:audit", who="auditor", queries=9),
    Page("reps:audit", who="manager", name="audit-manager", queries=8),
    Page("dashboard:styleguide", who="admin", queries=4),
)
ONESELF = (
    Page("reps:account", queries=7),
    Page("reps:second_factor", queries=4),
    Page("reps:confirm", queries=4),
    Page("reps:api_tokens", queries=5),
    Page("reps:my_access", queries=5),
    Page("reps:my_trail", queries=5),
    Page("account_change_password", queries=4),
    Page("account_logout", queries=4),
)
PAGES = (*HOME, *PUBLIC, *DEALS, *BOOK, *NUMBERS, *PEOPLE, *COMPANY, *SETTINGS, *ONESELF)
