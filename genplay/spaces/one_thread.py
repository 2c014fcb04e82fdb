"""Matrix products of numpy on one thread.

The products here are thin and many. Beside another busy thread the threads of BLAS wait for each other at each one: on
two cores a sum over all images took 12 s with two threads and 0.2 s with one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from threadpoolctl import ThreadpoolController

__all__ = ["one_thread"]


@cache
def _controller() -> ThreadpoolController:
    return ThreadpoolController()


@contextmanager
def one_thread() -> Iterator[None]:
    """Within this (or a function decorated with it) BLAS uses one thread."""
    with _controller().limit(limits=1, user_api="blas"):
        yield
