"""The embedded servers: shared, started once, stopped by the last, found again after any kill."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from salesteam import embedded, processes
from salesteam.account import CannotStart
from tests.launching import Stage, kill, stage

pytestmark = pytest.mark.real_clock
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@pytest.fixture
def scene() -> Iterator[Stage]:
    with stage() as found:
        yield found


def _up(process: object) -> None:
    assert process.stdout.readline() == "up\n"  # type: ignore[attr-defined]


def _leave(process: object) -> None:
    process.communicate(timeout=10)  # type: ignore[attr-defined]


@pytest.mark.slow
def test_the_last_to_leave_stops_the_servers(scene: Stage) -> None:
    first, second = scene.user(), scene.user()
    _up(first)
    _up(second)
    postmaster = scene.postmaster()
    _leave(first)
    assert not processes.wait_until(lambda: not scene.postgres(), 4)
    assert scene.postmaster() == postmaster
    _leave(second)
    assert processes.wait_until(scene.is_quiet, 15)


@pytest.mark.slow
def test_an_owner_killed_without_warning_leaves_nothing_behind(scene: Stage) -> None:
    owner = scene.user()
    _up(owner)
    kill(owner.pid)
    assert processes.wait_until(scene.is_quiet, 15)


def test_starts_at_the_same_moment_share_one_server(scene: Stage) -> None:
    users = [scene.user() for _ in range(4)]
    for user in users:
        _up(user)
    postmasters = [pid for pid in scene.postgres() if "-D" in processes.command_line(pid)]
    assert len(postmasters) == 1
    assert len(scene.valkey()) == 1


def test_the_data_directory_is_durable_and_the_same_on_every_machine(scene: Stage) -> None:
    _up(scene.user())
    assert scene.query("SHOW fsync") == "on"
    assert scene.query("SHOW data_checksums") == "on"
    assert scene.query("SHOW listen_addresses") == ""
    assert (
        scene.query("SELECT datlocprovider::text || ' ' || datlocale FROM pg_database WHERE datname = 'salesteam'") == "b C.UTF-8"
    )


@pytest.mark.slow
def test_servers_killed_together_with_their_keeper_come_back_with_their_data(scene: Stage) -> None:
    user = scene.user()
    _up(user)
    assert scene.query("CREATE TABLE kept AS SELECT 42 AS answer; SELECT answer FROM kept") == "42"
    kill(user.pid, embedded.keeper_pid(scene.place) or 0, *scene.postgres(), *scene.valkey())
    user.wait()
    _up(scene.user())
    assert scene.query("SELECT answer FROM kept") == "42"


@pytest.mark.slow
def test_a_killed_server_is_started_again_for_those_who_use_it(scene: Stage) -> None:
    _up(scene.user())
    killed = scene.postmaster()
    kill(killed, *scene.valkey())
    assert processes.wait_until(lambda: embedded.is_ready(scene.place) and killed not in scene.postgres(), 20)
    assert processes.wait_until(lambda: embedded.is_ready(scene.place) and bool(scene.valkey()), 20)
    assert scene.query("SELECT 1") == "1"


@pytest.mark.slow
def test_a_pid_that_now_belongs_to_a_stranger_is_not_mistaken_for_the_server(scene: Stage) -> None:
    _leave(scene.user())
    assert processes.wait_until(scene.is_quiet, 15)
    stranger = f"{os.getpid()}\n{scene.storage / 'pg'}\n0\n5432\n{scene.place.sockets}\n\n0 0\nready   \n"
    (scene.storage / "pg" / "postmaster.pid").write_text(stranger)
    (scene.place.sockets / ".s.PGSQL.5432.lock").write_text(f"{os.getpid()}\n")
    (scene.place.sockets / ".s.PGSQL.5432").write_text("")
    _up(scene.user())
    assert scene.query("SELECT 1") == "1"


def test_an_initialisation_cut_short_is_started_over(scene: Stage) -> None:
    embedded.prepare_directories(scene.place)
    half_made = scene.place.home / "pg.new"
    half_made.mkdir()
    (half_made / "PG_VERSION").write_text("18")
    _up(scene.user())
    assert scene.query("SELECT 1") == "1"


@pytest.mark.slow
def test_a_path_too_long_for_a_socket_and_full_of_odd_letters_works() -> None:
    with stage("a folder, with 'quotes' & ünusual letters", "x" * 60, "y" * 60) as scene:
        assert len(str(scene.place.sockets)) < 92
        _up(scene.user())
        assert scene.query("SELECT 1") == "1"


@pytest.mark.slow
@pytest.mark.skipif(os.getuid() != 0, reason="only root can enter a folder that the servers' account cannot")
def test_below_a_folder_closed_to_others_the_data_lives_where_the_servers_can_reach_it() -> None:
    with stage("project", mode=0o700) as scene:
        user = scene.user()
        _up(user)
        assert scene.query("CREATE TABLE kept AS SELECT 42 AS answer; SELECT answer FROM kept") == "42"
        assert scene.storage != scene.var
        _leave(user)
        assert processes.wait_until(scene.is_quiet, 15)
        _up(scene.user())
        assert scene.query("SELECT answer FROM kept") == "42"


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a folder away")
def test_a_socket_folder_of_somebody_else_is_refused(scene: Stage) -> None:
    scene.place.sockets.mkdir()
    os.chown(scene.place.sockets, 65534, 65534)
    with pytest.raises(CannotStart, match="belongs to somebody else"):
        embedded.prepare_directories(scene.place)


def test_a_link_in_place_of_the_socket_folder_is_refused(tmp_path: Path) -> None:
    place = embedded.Place(home=tmp_path / ("long" * 30), for_tests=False)
    place.sockets.symlink_to(tmp_path)
    try:
        with pytest.raises(CannotStart, match="belongs to somebody else"):
            embedded.prepare_directories(place)
    finally:
        place.sockets.unlink()


@pytest.mark.slow
def test_what_fails_is_said_with_the_end_of_the_log(scene: Stage) -> None:
    embedded.prepare_directories(scene.place)
    (scene.place.home / "pg").mkdir()
    (scene.place.home / "pg" / "PG_VERSION").write_text("18")
    user = scene.user()
    user.communicate(timeout=60)
    assert user.returncode != 0
    assert "PostgreSQL did not start" in scene.place.log.read_text()


@linux_only
def test_the_holder_of_a_port_is_named() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        assert f"process {os.getpid()} (" in (processes.holder_of_port(listener.getsockname()[1]) or "")


@linux_only
def test_a_free_port_has_no_holder() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    assert processes.holder_of_port(port) is None


@pytest.mark.parametrize(("chosen", "folder"), [("run", "var"), ("test", "var/test")])
def test_the_test_suite_has_a_cluster_of_its_own(chosen: str, folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SALESTEAM_SERVERS", chosen)
    monkeypatch.setenv("SALESTEAM_VAR", "/somewhere/var")
    assert embedded.here().home == Path("/somewhere") / folder


def test_an_unknown_choice_of_cluster_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SALESTEAM_SERVERS", "both")
    with pytest.raises(SystemExit, match="SALESTEAM_SERVERS"):
        embedded.here()
