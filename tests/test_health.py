"""The health page tells its parts apart, quickly, and tells strangers little."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
import redis
from django.db import DatabaseError, InterfaceError, OperationalError
from django.test import Client, RequestFactory
from kombu.exceptions import OperationalError as BrokerDown

from salesteam import celery, health, seen
from tests.cast import Cast

pytestmark = pytest.mark.real_clock
SEEN_NOW = {"worker": 3.0, "beat": 30.0}


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Sets what the database and the broker answer; None is no answer."""

    def answer(*, database: bool | None = True, ages: dict[str, float] | None) -> None:
        monkeypatch.setattr(health, "database", lambda: database)
        monkeypatch.setattr(health, "broker", lambda: ages)

    return answer


@pytest.mark.parametrize(
    ("database", "ages", "status", "degraded"),
    [
        (True, SEEN_NOW, 200, set()),
        (True, {"worker": 121.0, "beat": 1.0}, 503, {"worker"}),
        (True, {"worker": 1.0, "beat": 3000.0}, 503, {"beat"}),
        (True, {"beat": 1.0}, 503, {"worker"}),
        (True, None, 503, {"broker", "worker", "beat"}),
        (None, SEEN_NOW, 503, {"database"}),
        (None, None, 503, {"database", "broker", "worker", "beat"}),
    ],
)
def test_each_part_is_told_apart(
    parts: Callable[..., None], db: None, database: bool | None, ages: dict[str, float] | None, status: int, degraded: set[str]
) -> None:
    parts(database=database, ages=ages)
    response = Client().get("/healthz")
    assert response.status_code == status
    assert response.json()["status"] == ("ok" if status == 200 else "degraded")
    assert {name for name, word in response.json()["parts"].items() if word == "degraded"} == degraded
    assert set(response.json()["parts"]) == {"web", "database", "broker", "worker", "beat"}
    assert response["Cache-Control"] == "no-store"


@pytest.mark.parametrize("person", ["manager", "ana", "finance"])
def test_people_without_the_need_see_no_detail(
    parts: Callable[..., None], cast: Cast, signed_in: Callable[..., Client], person: str
) -> None:
    parts(ages={"worker": 500.0, "beat": 1.0})
    assert signed_in(getattr(cast, person)).get("/healthz").json()["parts"]["worker"] == "degraded"


@pytest.mark.parametrize("person", ["admin", "auditor"])
def test_admins_and_auditors_see_states_and_ages(
    parts: Callable[..., None], cast: Cast, signed_in: Callable[..., Client], person: str
) -> None:
    parts(ages={"worker": 500.4})
    body = signed_in(getattr(cast, person)).get("/healthz").json()
    assert body["parts"] == {
        "web": {"state": "ok", "age_seconds": None},
        "database": {"state": "ok", "age_seconds": None},
        "broker": {"state": "ok", "age_seconds": None},
        "worker": {"state": "stale", "age_seconds": 500},
        "beat": {"state": "down", "age_seconds": None},
    }


def test_liveness_asks_nobody(client: Client) -> None:
    response = client.get("/healthz/live", headers={"Host": "not-an-allowed-host.example"})
    assert (response.status_code, response.content) == (200, b"ok")


def test_a_part_that_hangs_is_not_waited_for() -> None:
    probe = health.Probe(lambda: time.sleep(3))
    began = time.monotonic()
    assert probe() is None
    assert time.monotonic() - began < 1.0


def test_a_crowd_asks_once_a_second() -> None:
    asked: list[int] = []
    probe = health.Probe(lambda: asked.append(1) or True)
    assert [probe() for _ in range(50)] == [True] * 50
    assert len(asked) == 1


def test_the_database_is_really_asked(transactional_db: None) -> None:
    assert health.Probe(health.database.ask)() is True


def test_a_heartbeat_leaves_the_marks_of_worker_and_beat() -> None:
    celery.heartbeat()
    celery._beat_sent()
    assert set(seen.ages()) == {"worker", "beat"}
    assert max(seen.ages().values()) < 5
    assert (seen.main("worker"), seen.main("beat"), seen.main("nobody")) == (0, 0, 1)


def test_marks_are_left_out_without_harm_while_the_broker_is_away(settings: Any) -> None:
    settings.REDIS_URL = "redis+socket:///nonexistent/valkey.sock"
    celery.heartbeat()
    assert seen.main("worker") == 1
    with pytest.raises(redis.RedisError):
        seen.ages()


def test_enqueueing_gives_up_within_a_second_while_the_broker_is_away() -> None:
    with celery.app.connection_for_write("redis+socket:///nonexistent/valkey.sock") as connection:
        began = time.monotonic()
        with pytest.raises(BrokerDown):
            celery.heartbeat.apply_async(connection=connection)
        assert time.monotonic() - began < 1.0


def test_limits_of_the_queue_keep_a_task_from_running_twice() -> None:
    options = celery.app.conf.broker_transport_options
    assert celery.app.conf.task_soft_time_limit < celery.app.conf.task_time_limit < options["visibility_timeout"]
    assert options["unacked_restore_interval"] * options["unacked_restore_throttle"] <= 10
    assert celery.app.conf.task_acks_late is True
    assert celery.app.conf.accept_content == ["json"]
    assert celery.app.conf.timezone == "UTC"


class _PgError(Exception):
    pgcode: str | None = None


def _failure(kind: type[DatabaseError], code: str | None) -> DatabaseError:
    cause = _PgError()
    cause.pgcode = code
    failure = kind("secret host name")
    failure.__cause__ = cause
    return failure


@pytest.mark.parametrize(
    ("kind", "code", "words"),
    [
        (OperationalError, None, "cannot reach its data"),
        (OperationalError, "57P03", "cannot reach its data"),
        (InterfaceError, None, "cannot reach its data"),
        (OperationalError, "55P03", "is changing the same thing"),
        (OperationalError, "57014", "is changing the same thing"),
    ],
)
def test_a_failing_database_becomes_a_page_that_says_what_to_do(kind: type[DatabaseError], code: str | None, words: str) -> None:
    request = RequestFactory().get("/")
    response = health.DatabaseDownMiddleware(lambda _: None).process_exception(request, _failure(kind, code))  # type: ignore[arg-type, return-value]
    assert response is not None
    assert (response.status_code, response["Retry-After"], response["Cache-Control"]) == (503, "5", "no-store")
    assert words in response.content.decode()
    assert "secret" not in response.content.decode()
    assert not request.user.is_authenticated


def test_a_fragment_leaves_the_page_as_it_is() -> None:
    request = RequestFactory().get("/", headers={"HX-Request": "true"})
    assert health.unavailable(request, OperationalError())["HX-Reswap"] == "none"


@pytest.mark.parametrize("exception", [ValueError(), DatabaseError("wrong SQL"), None])
def test_other_failures_stay_what_they_are(exception: Exception | None) -> None:
    assert not health.is_database_failure(exception)
