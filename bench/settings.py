"""The product's settings with a database of the benchmark's own and one page more: the floor that everything is held against."""

import os

from salesteam.settings import *  # noqa: F403

DATABASES["default"]["NAME"] = os.environ.get("DB_NAME", "bench")  # noqa: F405
ROOT_URLCONF = "bench.urls"
API_PER_MINUTE = 1_000_000
