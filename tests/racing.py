"""Many people doing the same thing in the same instant, each over a database connection of their own."""

from __future__ import annotations

from collections.abc import Callable
from threading import Barrier, Thread

from django.db import connection

WRITERS = 16


def at_once(work: Callable[[int], None], *refusals: type[Exception]) -> list[str]:
    """Run `work(n)` in sixteen threads that start together; what each ended with: "saved", or the refusal's name."""
    barrier, ends = Barrier(WRITERS), [""] * WRITERS

    def run(number: int) -> None:
        try:
            barrier.wait()
            work(number)
            ends[number] = "saved"
        except refusals as error:
            ends[number] = type(error).__name__
        finally:
            connection.close()

    threads = [Thread(target=run, args=[number]) for number in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return ends
