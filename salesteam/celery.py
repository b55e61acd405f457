"""Work outside requests. Celery only *wakes* work: what is due stands in PostgreSQL, so a lost or doubled message does no harm.

Started as `celery -A salesteam.celery worker` and `celery -A salesteam.celery beat`, exactly one beat.
"""

import os
import warnings
from typing import Any

from celery import Celery
from celery.platforms import SecurityWarning
from celery.signals import after_task_publish, beat_init, celeryd_init, setup_logging
from django.conf import settings
from django.db import connection

from salesteam import checks, seen

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "salesteam.settings")

# Each value answers a fault that was seen when processes were killed. The order of the limits matters: a task longer than
# the visibility timeout would be delivered to a second worker while the first still runs it.
SOFT_LIMIT_S = 540
HARD_LIMIT_S = 600
VISIBILITY_TIMEOUT_S = 900
HEARTBEAT_S = 60
MAIL_S = 10
IMPORTS_S = 30
TIDY_S = 900
NIGHTS_S = 300

CONFIGURATION: dict[str, Any] = {
    "task_acks_late": True,  # a task that dies with its worker is delivered again
    "task_reject_on_worker_lost": False,  # True only on tasks that are safe to repeat and count their attempts
    "task_ignore_result": True,
    "task_serializer": "json",
    "accept_content": ["json"],
    "task_soft_time_limit": SOFT_LIMIT_S,
    "task_time_limit": HARD_LIMIT_S,
    "worker_prefetch_multiplier": 1,
    "worker_max_tasks_per_child": 200,
    "worker_max_memory_per_child": 300_000,  # kilobytes
    "worker_cancel_long_running_tasks_on_connection_loss": True,
    "worker_soft_shutdown_timeout": 30,
    "worker_enable_soft_shutdown_on_idle": False,
    "worker_send_task_events": False,
    "broker_connection_retry_on_startup": True,
    "broker_connection_max_retries": None,  # a broker that comes back is found again without a restart
    "broker_connection_timeout": 1,
    "broker_transport_options": {
        "visibility_timeout": VISIBILITY_TIMEOUT_S,
        # How often unacknowledged messages are looked for; the defaults made a killed worker's task wait 100 s.
        "unacked_restore_interval": 5,
        "unacked_restore_throttle": 1,
        "socket_connect_timeout": 1,
        "socket_keepalive": True,
        "health_check_interval": 25,
    },
    # Enqueueing gives up within a second: the work stands in PostgreSQL and the next tick finds it.
    "task_publish_retry_policy": {"max_retries": 1, "interval_start": 0.0, "interval_step": 0.2, "interval_max": 0.2},
    "timezone": "UTC",
    "enable_utc": True,
    "beat_max_loop_interval": 30,
    "beat_schedule": {
        "heartbeat": {
            "task": "salesteam.celery.heartbeat",
            "schedule": HEARTBEAT_S,
            "options": {"expires": HEARTBEAT_S},  # after an outage one beat is enough
        },
        "mail": {"task": "reps.tasks.send_mail", "schedule": MAIL_S, "options": {"expires": MAIL_S}},
        "imports": {"task": "deals.tasks.run_imports", "schedule": IMPORTS_S, "options": {"expires": IMPORTS_S}},
        # Only asks which business days are due: a skipped or doubled beat, or a clock that jumps, does no harm (metrics/night.py).
        "nights": {"task": "metrics.tasks.run_due_nights", "schedule": NIGHTS_S, "options": {"expires": NIGHTS_S}},
        "old_files": {"task": "deals.tasks.drop_old_files", "schedule": TIDY_S, "options": {"expires": TIDY_S}},
        "tidy": {"task": "reps.tasks.tidy", "schedule": TIDY_S, "options": {"expires": TIDY_S}},
    },
}

# Root may run a worker in a container: only JSON is accepted, so a message cannot carry code.
warnings.filterwarnings("ignore", category=SecurityWarning)

app = Celery("salesteam", set_as_current=True)
app.conf.update(CONFIGURATION)


def _from_settings() -> dict[str, Any]:
    return {"broker_url": settings.REDIS_URL}  # read when the first connection needs it, not when this module is imported


app.add_defaults(_from_settings)
app.autodiscover_tasks()


@app.task(name="salesteam.celery.heartbeat")
def heartbeat() -> None:
    """Proves that a worker takes work; the health page tells how long ago."""
    seen.record("worker")


@after_task_publish.connect(sender="salesteam.celery.heartbeat")
def _beat_sent(**_: Any) -> None:
    seen.record("beat")


@celeryd_init.connect
@beat_init.connect
def _refuse_a_weak_database(**_: Any) -> None:
    checks.refuse_weak_database(os.environ, connection)


@beat_init.connect
def _first_beat(**_: Any) -> None:
    """The first one at once, so that a started installation is known to be whole within a second."""
    heartbeat.apply_async(expires=HEARTBEAT_S, ignore_result=True, retry=False)


@setup_logging.connect
def _our_log_lines(**_: Any) -> None:
    """Keeps Celery from installing a format of its own: Django's settings have set up logging already."""
