"""Pages under the production server: the floor beside every row, one client and eight, queries and bytes."""

from __future__ import annotations

import http.client
import statistics
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from bench import world
from deals.models import Deal
from lib import clock
from reps.api_tokens import issue
from reps.models import Company, Rep, Team, User

WARM, SAMPLES = 6, 40
CLIENTS, EACH = 8, 12
_WRITES = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")


@dataclass(frozen=True)
class Row:
    """A page as somebody opens it; `most_h` times the floor is the target (SPEED.md), `queries` the most it may ask."""

    name: str
    who: str
    path: str
    most_h: float
    queries: int
    method: str = "GET"
    body: Callable[[], dict[str, str]] | None = None
    token: bool = False
    fragment: bool = False
    company_wide: bool = False


def rows(size: world.Size) -> list[Row]:
    """What is measured."""
    rep = Rep.objects.get(user__email="rep0@example.com")
    team = Team.objects.get(name="Team 000")
    deal = Deal.objects.open().filter(owner=rep).order_by("pk").first()
    assert deal is not None
    listed = reverse("deals:list")
    return [
        Row("manager home", "manager0", reverse("dashboard:home"), 8, 8),
        Row("home of the VP over all", "vp", reverse("dashboard:home"), 8, 8, company_wide=True),
        Row("rep home", "rep0", reverse("dashboard:home"), 7, 8),
        Row("deal list, team", "manager0", listed, 6, 5),
        Row("deal list, all, by amount", "vp", f"{listed}?sort=-amount", 6, 5),
        Row("deal list, one rep, lost", "vp", f"{listed}?owner={rep.pk}&state=lost", 6, 5),
        Row("deal list, name like", "vp", f"{listed}?q=deal+0012", 6, 5),
        Row("deal detail", "rep0", reverse("deals:detail", args=[deal.pk]), 7, 9),
        Row("board, team", "manager0", reverse("deals:board"), 10, 5),
        Row("board, all", "vp", reverse("deals:board"), 10, 5, company_wide=True),
        Row("leaderboard, company, first 50", "vp", reverse("metrics:leaderboard") + "?scope=company", 6, 5, company_wide=True),
        Row("leaderboard, as a rep", "rep0", reverse("metrics:leaderboard") + "?scope=company", 6, 5, company_wide=True),
        Row("numbers, team", "manager0", reverse("metrics:numbers") + f"?scope=team:{team.pk}", 14, 9),
        Row("quota report, all reps", "vp", reverse("metrics:quota_report") + "?by=rep", 10, 6, company_wide=True),
        Row("activity report, yesterday", "vp", reverse("metrics:activity_report") + "?by=rep", 10, 6, company_wide=True),
        Row("search as you type", "manager0", reverse("dashboard:search") + "?q=deal+01", 8, 3, fragment=True),
        Row("log an activity", "rep0", reverse("deals:log"), 5, 10, "POST", lambda: _call(deal.pk), fragment=True),
        Row("API, 50 deals", "manager0", "/api/v1/deals/?page_size=50", 4, 5, token=True),
        Row("API, 50 activities", "manager0", "/api/v1/activities/?page_size=50", 4, 5, token=True),
        Row(
            "API, attainment of a team",
            "manager0",
            f"/api/v1/metrics/attainment/?scope=team:{team.pk}&period={clock.today(Company().zone):%Y-%m}",
            4,
            5,
            token=True,
        ),
    ]


def _call(deal: int) -> dict[str, str]:
    return {"channel": "call", "outcome": "no_answer", "about": f"deal:{deal}", "key": str(uuid.uuid4())}


def _token(user: User) -> str:
    return issue(owner=user, name="Bench", writes=False, days=1, network="", by=user).secret


class Browser:
    """One kept connection of somebody who is signed in."""

    def __init__(self, port: int, who: str, row: Row | None = None) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self.headers = {"User-Agent": "bench"}
        user = User.objects.get(email=f"{who}@example.com")
        if row is not None and row.token:
            self.headers["Authorization"] = f"Bearer {_token(user)}"
            return
        client = Client()
        client.force_login(user)
        session = client.cookies["salesteam_session"].value
        self.token = "a" * 32
        self.headers["Cookie"] = f"salesteam_session={session}; salesteam_csrf={self.token}"
        if row is not None and row.fragment:
            self.headers["HX-Request"] = "true"

    def ask(self, method: str, path: str, body: dict[str, str] | None = None) -> tuple[float, int, int]:
        """Seconds to the last byte, status, bytes."""
        data = urlencode(body) if body is not None else None
        headers = dict(self.headers)
        if data is not None:
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "X-CSRFToken": self.token}
        started = time.perf_counter()
        try:
            self.connection.request(method, path, body=data, headers=headers)
            response = self.connection.getresponse()
        except (http.client.RemoteDisconnected, ConnectionError):  # it was idle for longer than the server keeps one
            self.connection.close()
            started = time.perf_counter()
            self.connection.request(method, path, body=data, headers=headers)
            response = self.connection.getresponse()
        content = response.read()
        return time.perf_counter() - started, response.status, len(content)


def measure(port: int, size: world.Size) -> dict[str, Any]:
    """Every row with its median and p95, the floor measured beside it, eight clients, queries and bytes."""
    floor = Browser(port, "rep0")
    found: dict[str, Any] = {}
    _times(floor, "GET", "/bench/floor/", None, 100)
    for row in rows(size):
        browser = Browser(port, row.who, row)
        times, status, weight = _timed(browser, row)
        h = statistics.median(_times(floor, "GET", "/bench/floor/", None, 40))
        many = _many(port, row)
        found[row.name] = {
            "kind": "page", "median_ms": _ms(statistics.median(times)), "p95_ms": _ms(sorted(times)[int(len(times) * 0.95) - 1]),
            "h_ms": _ms(h), "ratio": round(statistics.median(times) / h, 2), "most": row.most_h, "status": status,
            "bytes": weight, "queries": _queries(row), "most_queries": row.queries, "clients_median_ms": _ms(many[0]),
            "clients_ratio": round(many[0] / h, 2), "clients_failed": many[1], "company_wide": row.company_wide,
        }  # fmt: skip
    return found


def _timed(browser: Browser, row: Row) -> tuple[list[float], int, int]:
    body = row.body
    for _ in range(WARM):
        answer = browser.ask(row.method, row.path, body() if body else None)
    answers = [browser.ask(row.method, row.path, body() if body else None) for _ in range(SAMPLES)]
    return [answer[0] for answer in answers], max(answer[1] for answer in answers), answer[2]


def _times(browser: Browser, method: str, path: str, body: dict[str, str] | None, n: int) -> list[float]:
    return [browser.ask(method, path, body)[0] for _ in range(n)]


def _many(port: int, row: Row) -> tuple[float, int]:
    """The median of eight clients at once, and how many answers failed."""
    browsers = [Browser(port, row.who, row) for _ in range(CLIENTS)]
    times: list[float] = []
    failed: list[int] = []

    def ask(browser: Browser) -> None:
        for _ in range(EACH):
            seconds, status, _weight = browser.ask(row.method, row.path, row.body() if row.body else None)
            times.append(seconds)
            if status >= 400:
                failed.append(status)

    threads = [threading.Thread(target=ask, args=(browser,)) for browser in browsers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return statistics.median(times), len(failed)


def _queries(row: Row) -> int:
    """What the page asks of the database, in a process where it is warm."""
    user = User.objects.get(email=f"{row.who}@example.com")
    client = Client(headers={"HX-Request": "true"} if row.fragment else {})
    headers = {}
    if row.token:
        headers["Authorization"] = f"Bearer {_token(user)}"
    else:
        client.force_login(user)
    for _ in range(2):
        with CaptureQueriesContext(connection) as seen:
            client.generic(
                row.method, row.path, urlencode(row.body()) if row.body else "", headers=headers,
                content_type="application/x-www-form-urlencoded",
            )  # fmt: skip
    return sum(1 for query in seen if query["sql"].lstrip().upper().startswith(_WRITES))


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 2)
