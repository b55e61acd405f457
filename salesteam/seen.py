"""When worker and beat were last seen: each leaves a mark with the time in the broker, and the health page reads both.

`python -m salesteam.seen worker|beat` exits 0 if that part was seen lately: the container's health check.
"""

import os
import sys
import time
from typing import Any

import redis
import structlog
from django.conf import settings

PARTS = ("worker", "beat")
LATE_AFTER_S = 120  # two heartbeats missed
_KEY = "salesteam:seen:"
log = structlog.get_logger("health")


def record(part: str) -> None:
    """Leave the mark of a part; a broker that is away is no reason to fail."""
    try:
        _broker().set(_KEY + part, repr(time.time()))
    except redis.RedisError as error:
        log.warning("mark not left", part=part, error=type(error).__name__)


def ages() -> dict[str, float]:
    """Seconds since each part was seen; a part never seen is missing. Raises RedisError when the broker does not answer."""
    values = _broker().mget([_KEY + part for part in PARTS])
    return {part: max(0.0, time.time() - float(value)) for part, value in zip(PARTS, values, strict=True) if value is not None}


def _broker() -> Any:
    """A connection that is never waited for longer than the health page may take."""
    address = settings.REDIS_URL.replace("redis+socket://", "unix://").replace("virtual_host=", "db=")
    return redis.Redis.from_url(address, socket_timeout=0.4, socket_connect_timeout=0.4)


def main(part: str) -> int:
    """The exit code of a health check: 0 when the part was seen lately."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "salesteam.settings")
    try:
        age = ages().get(part)
    except redis.RedisError:
        age = None
    return 0 if age is not None and age <= LATE_AFTER_S else 1


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
