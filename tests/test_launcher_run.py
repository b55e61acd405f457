"""`make run` and `make stop`: refusals, and the whole product through kills of every kind."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from salesteam import embedded, processes, supervisor
from tests.launching import Stage, answer, kill, stage

pytestmark = [pytest.mark.real_clock, pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")]


@pytest.fixture
def scene() -> Iterator[Stage]:
    with stage() as found:
        yield found


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _is_well(port: int) -> bool:
    return answer(port, "/healthz")[0] == 200


def _database(port: int) -> str:
    return str(json.loads(answer(port, "/healthz")[1])["parts"]["database"])


def test_a_taken_port_is_refused_naming_its_holder() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(supervisor.Refusal, match=rf"Port {port} is taken by process {os.getpid()} .*PORT={port + 1}"):
            supervisor.listen("127.0.0.1", port)


@pytest.mark.parametrize("value", ["0", "65536", "eighty", "-1", "80 80"])
def test_a_port_that_is_none_is_refused(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", value)
    with pytest.raises(supervisor.Refusal, match="PORT is"):
        supervisor.wanted_port()


def test_without_a_port_it_is_8000(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "")
    assert supervisor.wanted_port() == 8000


def test_a_child_that_keeps_ending_is_started_with_growing_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr(supervisor.time, "monotonic", lambda: clock[0])
    child = supervisor.Child("false", ["false"], os.environ, patience=1)
    child.start()
    starts = []
    for _ in range(300):
        assert child.process is not None
        child.process.wait()
        clock[0] += 0.1
        child.watch()
        if child.started_at == clock[0]:
            starts.append(round(clock[0] - 100, 1))
    assert starts == [0.1, 0.2, 2.4, 6.6, 14.8]


def test_a_child_that_will_not_stop_is_killed_with_its_group() -> None:
    stubborn = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True); time.sleep(60)"
    child = supervisor.Child("stubborn", [sys.executable, "-c", stubborn], os.environ, patience=0.2)
    child.start()
    assert child.process is not None
    processes.wait_until(lambda: "-c" in processes.command_line(child.process.pid if child.process else 0), 5)
    child.stop()
    assert child.process.returncode in (-signal.SIGKILL, -signal.SIGTERM)


@pytest.mark.slow
def test_the_whole_product_starts_survives_kills_and_stops(scene: Stage, port: int) -> None:
    run = scene.supervisor(port)
    assert processes.wait_until(lambda: _is_well(port), 60), scene.log.read_text()
    assert f"http://localhost:{port}/" in scene.log.read_text()

    second = scene.supervisor(port + 1)
    assert second.wait(timeout=20) == 1
    assert f"already runs here (process {run.pid}, port {port})" in scene.log.read_text()

    for name in ("gunicorn", " worker ", " beat "):
        killed = scene.children(name)
        assert killed
        kill(*killed)
        assert processes.wait_until(lambda name=name, killed=killed: bool(set(scene.children(name)) - set(killed)), 20)
    assert processes.wait_until(lambda: _is_well(port), 30)

    kill(embedded.keeper_pid(scene.place) or 0)
    assert processes.wait_until(lambda: embedded.is_ready(scene.place) and _is_well(port), 30)

    run.send_signal(signal.SIGTERM)
    assert run.wait(timeout=60) == 0
    assert scene.is_quiet()


@pytest.mark.slow
def test_killed_with_everything_it_comes_back_and_killed_alone_it_takes_all_along(scene: Stage, port: int) -> None:
    run = scene.supervisor(port)
    assert processes.wait_until(lambda: _is_well(port), 60), scene.log.read_text()
    assert scene.query("CREATE TABLE kept AS SELECT 42 AS answer; SELECT answer FROM kept") == "42"
    kill(run.pid, embedded.keeper_pid(scene.place) or 0, *scene.children(), *scene.postgres(), *scene.valkey())
    run.wait()

    run = scene.supervisor(port)
    assert processes.wait_until(lambda: _is_well(port), 60), scene.log.read_text()
    assert scene.query("SELECT answer FROM kept") == "42"

    kill(run.pid)
    run.wait()
    assert processes.wait_until(scene.is_quiet, 45)


@pytest.mark.slow
def test_pages_say_that_the_database_is_away_and_recover_without_a_restart(scene: Stage, port: int) -> None:
    scene.supervisor(port)
    assert processes.wait_until(lambda: _is_well(port), 60), scene.log.read_text()
    postmaster = scene.postmaster()
    os.kill(postmaster, signal.SIGSTOP)  # the worst kind: it takes connections and says nothing
    kill(*(set(scene.postgres()) - {postmaster}))
    # Several times, since each web process remembers its last answer for a second.
    assert processes.wait_until(lambda: {_database(port) for _ in range(6)} == {"degraded"}, 30)
    assert answer(port, "/healthz/live", timeout=2) == (200, "ok")
    cookie = {"Cookie": "salesteam_session=" + "a" * 32}  # asks the database who this is
    status, page = answer(port, "/account/login/", timeout=5, headers=cookie)
    assert (status, "cannot reach its data" in page, "Traceback" in page) == (503, True, False)
    os.kill(postmaster, signal.SIGKILL)
    assert processes.wait_until(lambda: _is_well(port), 30)


@pytest.mark.slow
def test_stop_from_another_terminal(scene: Stage, port: int) -> None:
    run = scene.supervisor(port)
    assert processes.wait_until(lambda: answer(port, "/healthz/live")[0] == 200, 60), scene.log.read_text()
    command = [sys.executable, "-m", "salesteam.supervisor", "stop"]
    result = subprocess.run(command, cwd=embedded.ROOT, env=scene.environment(), capture_output=True, text=True, timeout=90)
    assert (result.returncode, result.stdout) == (0, "Stopped.\n")
    assert run.wait(timeout=5) == 0
    again = subprocess.run(command, cwd=embedded.ROOT, env=scene.environment(), capture_output=True, text=True, timeout=30)
    assert (again.returncode, again.stdout) == (0, "Salesteam does not run here.\n")
