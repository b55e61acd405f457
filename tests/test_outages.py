"""The whole product while its parts are doubled, stopped and started again; nobody restarts it."""

from __future__ import annotations

import contextlib
import http.cookiejar
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from lib.ids import uuid7
from salesteam import embedded, processes
from tests.launching import Stage, answer, kill, stage

pytestmark = [
    pytest.mark.real_clock, pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="reads /proc"),
]  # fmt: skip
PASSWORD = "correct horse battery staple"
# A rep with three days of work behind them and one night done before.
_SEED = f"""
from datetime import date, timedelta
from lib import clock
from metrics.models import NightRun
from metrics.night import last_due
from reps.models import Company, Rep, TeamMembership, User
from tests import make
company = Company.load()
Company.objects.filter(pk=1).update(name="PT Contoh", set_up_at=clock.now())
team = make.team("North")
user = User.objects.create_user("ana@example.com", "{PASSWORD}", name="Ana")
Rep.objects.create(name="Ana", user=user)
make.rep("Budi", team=team)
first = last_due(company) - timedelta(days=3)
for job in ("activity", "quota"):
    NightRun.objects.create(job=job, business_day=first, state="done", seen_at=clock.now(), finished_at=clock.now(), attempts=1)
"""
# A beat that wakes the night every second instead of every five minutes.
_BEAT = """
from salesteam.celery import app
app.conf.beat_schedule["nights"]["schedule"] = 1.0
app.Beat(scheduler="celery.beat:Scheduler", loglevel="ERROR", pidfile=None, quiet=True).run()
"""


@pytest.fixture
def scene() -> Iterator[Stage]:
    with stage() as found:
        yield found


@pytest.fixture
def port(scene: Stage) -> int:
    """The product runs here, with Ana in it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number = int(free.getsockname()[1])
    scene.supervisor(number)
    assert processes.wait_until(lambda: answer(number, "/healthz")[0] == 200, 90), scene.log.read_text()
    command = [sys.executable, "manage.py", "shell", "--no-imports", "-c", _SEED]
    done = subprocess.run(command, cwd=embedded.ROOT, env=scene.environment(), capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return number


def started(scene: Stage, *command: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, *command], cwd=embedded.ROOT, env=scene.environment(), text=True, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    scene.started.append(process)
    return process


def test_two_beats_and_three_workers_do_each_night_once(scene: Stage, port: int) -> None:
    worker = ("-m", "celery", "-A", "salesteam.celery", "--quiet", "worker", "--concurrency", "1", "--loglevel", "ERROR")
    for name in ("one", "two"):
        started(scene, *worker, "--without-gossip", "--without-mingle", "--hostname", f"{name}@%h")
        started(scene, "-c", _BEAT)
    done = "SELECT count(*) FROM metrics_nightrun WHERE state = 'done'"
    assert processes.wait_until(lambda: scene.query(done) == "8", 60, 0.5)
    time.sleep(5)  # ten more wake-ups
    assert scene.query("SELECT count(*) || ' ' || count(DISTINCT (job, business_day)) FROM metrics_nightrun") == "8 8"
    assert scene.query("SELECT max(attempts) || ' ' || count(*) FILTER (WHERE state = 'done') FROM metrics_nightrun") == "1 8"


# ── Clicks while the servers go and come ────────────────────────────────────────────────────────────────────────────
@dataclass
class Clicker:
    """Somebody who logs calls as fast as the pages answer. `acknowledged` are the keys the server said yes to."""

    port: int
    acknowledged: list[str] = field(default_factory=list)
    answers: list[tuple[float, int, str]] = field(default_factory=list)
    is_done: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.jar = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))
        page = self.ask("/account/login/")[1]
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        assert token
        status, page = self.ask(
            "/account/login/", {"login": "ana@example.com", "password": PASSWORD, "csrfmiddlewaretoken": token[1]}
        )
        assert (status, "Ana" in page) == (200, True)

    def ask(self, path: str, form: dict[str, str] | None = None) -> tuple[int, str]:
        """Status and body; 0 where nobody answers."""
        data = urllib.parse.urlencode(form).encode() if form is not None else None
        headers = {"X-CSRFToken": next((cookie.value or "" for cookie in self.jar if "csrf" in cookie.name), "")}
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data=data, headers=headers)
        try:
            with self.opener.open(request, timeout=20) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def click(self) -> None:
        """Log calls until told to stop."""
        while not self.is_done.is_set():
            key, began = str(uuid7()), time.monotonic()
            status, page = self.ask("/log/", {"channel": "call", "outcome": "no_answer", "key": key})
            self.answers.append((time.monotonic() - began, status, page if status >= 400 else ""))
            if status == 200:
                self.acknowledged.append(key)
            time.sleep(0.02)


@contextlib.contextmanager
def clicking(port: int) -> Iterator[Clicker]:
    """Clicks while the block runs."""
    clicker = Clicker(port)
    thread = threading.Thread(target=clicker.click)
    thread.start()
    try:
        yield clicker
    finally:
        clicker.is_done.set()
        thread.join()


def works_again(clicker: Clicker, within: float) -> bool:
    """A call is acknowledged that was asked for from now on."""
    before = len(clicker.acknowledged)
    return processes.wait_until(lambda: len(clicker.acknowledged) > before + 1, within, 0.1)


def kept(scene: Stage, keys: list[str]) -> int:
    quoted = ", ".join(f"'{key}'" for key in keys)
    return int(scene.query(f"SELECT count(*) FROM deals_activity WHERE id IN ({quoted})"))


def test_postgres_killed_under_clicks_loses_no_acknowledged_write(scene: Stage, port: int) -> None:
    with clicking(port) as clicker:
        for _ in range(4):
            assert works_again(clicker, 10)
            postmaster = scene.postmaster()
            kill(*scene.postgres())
            assert processes.wait_until(lambda postmaster=postmaster: _is_back(scene, postmaster), 20, 0.1)
            assert works_again(clicker, 10)
    assert {status for _, status, _ in clicker.answers} <= {200, 503}
    refusals = [(seconds, page) for seconds, status, page in clicker.answers if status == 503]
    assert refusals
    assert all("Traceback" not in page and "cannot reach its data" in page for _, page in refusals)
    assert max(seconds for seconds, _ in refusals) < 6
    assert kept(scene, clicker.acknowledged) == len(set(clicker.acknowledged)) >= 8
    live, raw = scene.query("SELECT sum(calls_made) FROM metrics_repday"), scene.query("SELECT count(*) FROM deals_activity")
    assert live == raw


def _is_back(scene: Stage, before: int) -> bool:
    try:
        return scene.postmaster() != before and scene.query("SELECT 1") == "1"
    except Exception:  # it is just coming up
        return False


def test_valkey_killed_under_clicks_is_not_noticed_and_mails_go_out_after(scene: Stage, port: int) -> None:
    with clicking(port) as clicker:
        for _ in range(3):
            assert works_again(clicker, 10)
            valkey = scene.valkey()
            for pid in valkey:
                os.kill(pid, signal.SIGSTOP)  # it takes connections and says nothing
            scene.query(
                "INSERT INTO reps_mail (kind, address, user_id, facts, created_at, due_at, tries) "
                "SELECT 'password_changed', email, id, '{}', now(), now(), 0 FROM reps_user RETURNING id"
            )
            assert works_again(clicker, 10)
            kill(*valkey)
            assert processes.wait_until(lambda valkey=valkey: bool(set(scene.valkey()) - set(valkey)), 20, 0.1)
    assert {status for _, status, _ in clicker.answers} == {200}
    assert kept(scene, clicker.acknowledged) == len(set(clicker.acknowledged)) >= 8
    sent = "SELECT count(*) FROM reps_mail WHERE kind = 'password_changed' AND sent_at IS NOT NULL"
    assert processes.wait_until(lambda: scene.query(sent) == "3", 60, 0.5)
    time.sleep(12)  # one more round of the outbox
    letters = [path.read_text() for path in (scene.var / "mail").glob("*")]
    assert sum(text.count("\nTo: ") for text in letters) == 3
