"""How many inputs the property tests invent: a few, the same each time, with `make test`; many, other ones, with `make test-long`."""

from __future__ import annotations

import os
from typing import Any

from hypothesis import HealthCheck, settings

LONG_RUN = os.environ.get("HYPOTHESIS_PROFILE") == "long"
_TIMES = 10


def invented(few: int, **options: Any) -> settings:
    """So many examples, ten times as many in a long run. The cast is shared by all examples, so each leaves it as it was."""
    examples = few * _TIMES if LONG_RUN else few
    suppressed = {"suppress_health_check": [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]}
    return settings(**{"max_examples": examples, "deadline": None, "derandomize": not LONG_RUN, **suppressed, **options})


def use() -> None:
    """For property tests that ask for no number of their own."""
    settings.register_profile("salesteam", invented(100))
    settings.load_profile("salesteam")
