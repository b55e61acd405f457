"""A real browser on the real pages: one Chromium for the run, a fresh context per visit, everything it complains about kept."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Response, sync_playwright

from reps.models import User
from salesteam import browser as installed
from tests import cast as cast_module

# Playwright keeps an event loop in this thread, which Django takes for a reason to refuse database work here.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
PHONE, DESK = 390, 1440
_REPORT_POLICY = """
addEventListener("securitypolicyviolation", (event) => console.error(
  `POLICY ${event.violatedDirective} refused ${event.blockedURI} ${event.sourceFile}:${event.lineNumber} ${event.sample}`));
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test here drives a browser."""
    for item in items:
        if "tests/browser/" in item.nodeid:
            item.add_marker(pytest.mark.browser)


@dataclass
class Visit:
    """One person's browser window, and everything in it that went wrong."""

    page: Page
    base: str
    complaints: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    def open(self, path: str) -> Visit:
        """Go to a page of the product and wait until it is quiet."""
        response = self.page.goto(self.base + path)
        assert response is not None
        assert response.status < 400 or any(str(response.status) in word for word in self.expected), f"{path}: {response.status}"
        self.page.wait_for_selector(".htmx-request", state="detached")
        return self

    def settle(self) -> None:
        """Wait until fragments have loaded."""
        self.page.wait_for_load_state("networkidle")
        self.page.wait_for_selector(".htmx-request", state="detached")

    def sign_in(self, person: User) -> Visit:
        """Give the window that person's session without the form."""
        client = Client()
        client.force_login(person)
        self.page.context.add_cookies(
            [
                {
                    "name": settings.SESSION_COOKIE_NAME,
                    "value": client.cookies[settings.SESSION_COOKIE_NAME].value,
                    "url": self.base,
                }
            ]
        )
        return self

    def expect(self, *patterns: str) -> None:
        """Complaints that match one of these are part of the test (an answer 401, 409 and so on)."""
        self.expected += patterns

    def unexpected(self) -> list[str]:
        """Complaints that nobody announced."""
        return [said for said in self.complaints if not any(re.search(pattern, said) for pattern in self.expected)]

    def barriers(self) -> list[str]:
        """What axe finds on the page as it stands: rule, element, what is wrong."""
        found = Axe().run(self.page).response["violations"]
        return [
            f"{rule['id']} ({rule['impact']}) {node['target']}: {' '.join(node['failureSummary'].split())[:260]}"
            for rule in found
            for node in rule["nodes"]
        ]

    def overflow(self) -> list[str]:
        """Elements that stick out to the right of the window, when the page scrolls sideways."""
        return self.page.evaluate(_OVERFLOW)


_OVERFLOW = """() => {
  const root = document.documentElement;
  if (root.scrollWidth <= root.clientWidth) return [];
  return [...document.querySelectorAll("body *")]
    .filter((element) => element.getBoundingClientRect().right > root.clientWidth + 1)
    .slice(0, 5)
    .map((element) => `${element.tagName}.${element.className} to ${Math.round(element.getBoundingClientRect().right)}`);
}"""


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for the run."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=installed.find(), args=installed.arguments())
        yield browser
        browser.close()


@pytest.fixture
def cast(transactional_db: None) -> cast_module.Cast:
    """The cast, written for good: the server reads it in another thread."""
    return cast_module.build()


@pytest.fixture
def visit(chromium: Browser, live_server: Any) -> Iterator[Callable[..., Visit]]:
    """`visit(person, width=390, dark=True, language="id")` opens a window; complaints in it fail the test."""
    visits: list[Visit] = []

    def begin(person: User | None = None, *, width: int = DESK, dark: bool = False, language: str = "en") -> Visit:
        context = chromium.new_context(
            viewport={"width": width, "height": 844 if width < 700 else 900},
            color_scheme="dark" if dark else "light",
            locale={"en": "en-GB", "id": "id-ID"}[language],
            timezone_id="Asia/Jakarta",
            has_touch=width < 700,
            is_mobile=width < 700,
            reduced_motion="reduce",
        )
        context.add_init_script(_REPORT_POLICY)
        context.set_default_timeout(8000)
        made = Visit(context.new_page(), live_server.url)
        _listen(made)
        visits.append(made)
        return made.sign_in(person) if person else made

    yield begin
    unexpected = [said for made in visits for said in made.unexpected()]
    for made in visits:
        made.page.context.close()
    assert not unexpected, "\n".join(["The browser complains:", *unexpected])


def _listen(visit: Visit) -> None:
    host = urlsplit(visit.base).netloc

    def console(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            visit.complaints.append(f"console {message.type}: {message.text} ({message.location.get('url', '')})")

    def answered(response: Response) -> None:
        if response.status >= 400:
            visit.complaints.append(f"answer {response.status}: {response.request.method} {response.url}")

    def asked(request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.netloc != host:
            visit.complaints.append(f"asked another host: {request.url}")

    visit.page.on("console", console)
    visit.page.on("pageerror", lambda error: visit.complaints.append(f"script error: {error}"))
    visit.page.on("response", answered)
    visit.page.on("request", asked)
