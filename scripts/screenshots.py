"""Photograph every page: 390 and 1440 px wide, light and dark, English and Indonesian, into screenshots/.

Run as `make screenshots`. The pages are those of tests/pages.py, shown with the demo company in a database of its own. The
few that the README shows are also put, with fewer colours, into docs/screenshots/. `--only deals` takes the pages whose name
holds that word, `--keep` uses the demo company of the last run.
"""

from __future__ import annotations

import argparse
import io
import logging
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import django
from django.apps import apps
from django.core.management import call_command
from playwright.sync_api import Browser, BrowserContext, Error, Page, sync_playwright

from salesteam import browser, embedded, prepare
from scripts.demo_things import THINGS, things
from scripts.small_png import shrink
from tests.pages import PAGES
from tests.pages import Page as Place

ROOT = Path(__file__).resolve().parent.parent
ALL, CHOSEN = ROOT / "screenshots", ROOT / "docs" / "screenshots"
DATABASE = "salesteam_screenshots"
WIDTHS = {390: 844, 1440: 900}
LANGUAGES = {"en": "en-GB", "id": "id-ID"}
# Who of the demo company stands for whom of the cast.
PEOPLE = {"ana": "rep", "manager": "manager", "vp": "manager", "admin": "admin", "finance": "finance", "auditor": "auditor"}
_STILL = "*,*::before,*::after{transition:none!important;animation:none!important;caret-color:transparent!important}"


class Wrong(Exception):
    """A page that cannot be shown to anybody as it is."""


@dataclass(frozen=True)
class Look:
    """One way to see a page."""

    width: int
    dark: bool
    language: str

    @property
    def name(self) -> str:
        """For folders: `1440-dark-id`."""
        return f"{self.width}-{'dark' if self.dark else 'light'}-{self.language}"


@dataclass(frozen=True)
class Scene:
    """A picture of the README: a page, how it is seen, and what is done on it first."""

    name: str
    page: str
    look: Look
    act: Callable[[Page], None] = lambda page: None


def _log_sheet(page: Page) -> None:
    page.locator("[data-log]:visible").first.click()
    page.wait_for_selector("dialog[open] form")


def _explain(page: Page) -> None:
    page.locator("[data-panel][hx-get*=explain]:visible").first.click()
    page.wait_for_selector("dialog#panel[open] h2")


def _whole_home(page: Page) -> None:
    page.set_viewport_size({"width": 1440, "height": 1000})


SCENES = (
    Scene("manager-home", "dashboard-home", Look(1440, False, "en"), _whole_home),
    Scene("manager-home-dark", "dashboard-home", Look(1440, True, "en"), _whole_home),
    Scene("deals", "deals-list", Look(1440, False, "en")),
    Scene("board", "deals-board-manager", Look(1440, False, "en")),
    Scene("deal", "deals-detail", Look(1440, False, "en")),
    Scene("explain", "dashboard-home", Look(1440, False, "en"), _explain),
    Scene("rep-home-phone", "dashboard-mine", Look(390, False, "id")),
    Scene("log-phone", "dashboard-mine", Look(390, True, "en"), _log_sheet),
    Scene("sign-in", "account-login", Look(1440, False, "en")),
)


def missing() -> list[str]:
    """What the list of pages asks for and nothing here gives, a sentence each; told before any work is done."""
    names = {thing: place.id for place in PAGES for thing in place.at.values() if thing not in THINGS}
    pages = {place.id for place in PAGES}
    return [
        *(f'scripts/demo_things.py has no "{thing}", which the page {page} needs' for thing, page in sorted(names.items())),
        *(f'the scene {scene.name} shows the page "{scene.page}", which tests/pages.py does not have'
          for scene in SCENES if scene.page not in pages),
        *(f'nobody of the demo company stands for "{who}"' for who in sorted({place.who for place in PAGES if place.who} - set(PEOPLE))),
    ]  # fmt: skip


def refuse(sentences: list[str]) -> NoReturn:
    """End before the first picture."""
    raise SystemExit("No picture was taken:\n" + "\n".join(f"  - {sentence}" for sentence in sentences))


def prepare_company(keep: bool) -> None:
    """The demo company in a database of its own, made anew unless it may be kept."""
    os.environ.update(SALESTEAM_SERVERS="test", DB_NAME=DATABASE, DJANGO_SETTINGS_MODULE="salesteam.settings")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright keeps an event loop in this thread
    embedded.ensure_running()
    django.setup()
    logging.disable(logging.WARNING)  # a line for each of hundreds of requests would hide what failed
    from django.db import connection  # the settings are read with it

    if not keep:
        with connection._nodb_cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
            cursor.execute(f"CREATE DATABASE {DATABASE}")
    prepare.migrate()
    prepare.collect_static()
    if not apps.get_model("reps", "Rep").objects.exists():
        call_command("seed_demo", stdout=io.StringIO())  # nobody signs in by hand here


@contextmanager
def server() -> Iterator[str]:
    """The product on a free port of this machine; WhiteNoise serves its static files as `make run` does."""
    from django.test.testcases import LiveServerThread

    thread = LiveServerThread("localhost", lambda application: application)
    thread.daemon = True
    thread.start()
    thread.is_ready.wait()
    if thread.error:
        raise thread.error
    yield f"http://localhost:{thread.port}"
    thread.terminate()


def context(chromium: Browser, base: str, who: str | None, look: Look) -> BrowserContext:
    """A window of that person with that look."""
    made = chromium.new_context(
        base_url=base, viewport={"width": look.width, "height": WIDTHS[look.width]}, locale=LANGUAGES[look.language],
        color_scheme="dark" if look.dark else "light", timezone_id="Asia/Jakarta", reduced_motion="reduce",
        has_touch=look.width < 700, is_mobile=look.width < 700, device_scale_factor=1,
    )  # fmt: skip
    made.set_default_timeout(10_000)
    if who:
        made.add_cookies([{"name": "salesteam_session", "value": session_of(who, look.language), "url": base}])
    return made


def session_of(who: str, language: str) -> str:
    """A session of the demo person who stands for `who`, who then reads in that language."""
    from django.conf import settings
    from django.test import Client

    users = apps.get_model("reps", "User").objects
    user = users.get(email=f"{PEOPLE[who]}@example.com")
    users.filter(pk=user.pk).update(language=language, theme="system")
    client = Client()
    client.force_login(user)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def open_place(window: BrowserContext, path: str) -> Page:
    """The page, quiet and still. Raises Wrong when it is refused."""
    page = window.new_page()
    answer = page.goto(path)
    if answer is not None and not answer.ok:
        page.close()
        raise Wrong(f"{path} answers {answer.status}")
    page.wait_for_function("() => !document.querySelector('.htmx-request') && document.fonts.status === 'loaded'")
    page.evaluate(
        "css => { const sheet = new CSSStyleSheet(); sheet.replaceSync(css);"
        " document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet]; }",
        _STILL,
    )
    return page


def photograph(chromium: Browser, base: str, places: list[Place], found: dict[str, Any]) -> int:
    """Every place in every look; returns how many failed."""
    failed = 0
    for language in LANGUAGES:
        for width in WIDTHS:
            for who in sorted({place.who or "" for place in places}):
                window = context(chromium, base, who, Look(width, False, language))
                for place in (place for place in places if (place.who or "") == who):
                    failed += _one(window, place, found, [Look(width, dark, language) for dark in (False, True)])
                window.close()
            print(f"· {width} {language}", flush=True)
    return failed


def _one(window: BrowserContext, place: Place, found: dict[str, Any], looks: list[Look]) -> int:
    """One place, asked for once: a page follows the system's colours without being loaded again."""
    try:
        page = open_place(window, place.path(found))
        # As tall as its content: what stands at the edge of the window (the rail, a phone's bar) then lies over nothing.
        tall = page.evaluate("document.documentElement.scrollHeight")
        page.set_viewport_size({"width": looks[0].width, "height": max(tall, WIDTHS[looks[0].width])})
        for look in looks:
            page.emulate_media(color_scheme="dark" if look.dark else "light")
            (ALL / look.name).mkdir(parents=True, exist_ok=True)
            page.screenshot(path=ALL / look.name / f"{place.id}.png", full_page=True)
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        page.close()
        if wide > 0:
            raise Wrong(f"is {wide} px wider than the window of {looks[0].width}")
    except (Error, Wrong) as error:
        print(f"  {place.id}: {str(error).splitlines()[0]}", file=sys.stderr, flush=True)
        return 1
    return 0


def photograph_scenes(chromium: Browser, base: str, found: dict[str, Any]) -> int:
    """The README's pictures."""
    CHOSEN.mkdir(parents=True, exist_ok=True)
    places, failed = {place.id: place for place in PAGES}, 0
    for scene in SCENES:
        place = places[scene.page]
        window = context(chromium, base, place.who, scene.look)
        try:
            page = open_place(window, place.path(found))
            scene.act(page)
            (CHOSEN / f"{scene.name}.png").write_bytes(shrink(page.screenshot()))
        except (Error, Wrong) as error:
            print(f"  {scene.name}: {str(error).splitlines()[0]}", file=sys.stderr)
            failed += 1
        window.close()
    return failed


def main() -> int:
    """Everything, or what `--only` names."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", default="", help="pages whose name holds this word; the README's pictures are then left alone")
    parser.add_argument("--keep", action="store_true", help="use the demo company of the last run")
    asked = parser.parse_args()
    if wrong := missing():
        refuse(wrong)
    prepare_company(asked.keep)
    places = [place for place in PAGES if asked.only in place.id]
    if not asked.only:
        shutil.rmtree(ALL, ignore_errors=True)
    found = things()
    if unmade := [name for name, value in found.items() if value is None]:
        refuse([f'the demo company has nothing that could stand for "{name}"' for name in unmade])
    with sync_playwright() as driver, server() as base:
        chromium = driver.chromium.launch(executable_path=browser.find(), args=browser.arguments())
        failed = photograph(chromium, base, places, found)
        if not asked.only:
            failed += photograph_scenes(chromium, base, found)
        chromium.close()
    print(f"{len(places)} pages are in {ALL.relative_to(ROOT)}/, {failed} failed.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
