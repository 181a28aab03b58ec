"""Threads for the requests of one run, which nobody waits for when the run is stopped."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager


@contextmanager
def threads(count: int) -> Iterator[ThreadPoolExecutor]:
    """Yield a pool of threads; what has not begun at the end is dropped, what has begun is left to itself.

    The exception of a signal may come between a lock of a future and its release: a thread then waits for ever, and
    whoever waits for that thread, too.
    """
    pool = ThreadPoolExecutor(count)
    try:
        yield pool
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
