from __future__ import annotations

import threading
from concurrent.futures import Future

import pytest

from genplay.lab.gathering import answer, gather


def test_it_waits_for_all_whether_they_succeed_or_not() -> None:
    asked: list[Future[int]] = [Future() for _ in range(3)]
    out = gather(asked, lambda: [answer(future) for future in asked])
    asked[1].set_result(7)
    asked[0].set_exception(ValueError("no"))
    assert not out.done()
    asked[2].cancel()
    assert out.result(timeout=5) == [None, 7, None]


def test_with_nothing_to_wait_for_it_is_done_at_once() -> None:
    assert gather([], lambda: 3).result(timeout=0) == 3


def test_what_goes_wrong_at_the_end_is_told() -> None:
    def make() -> int:
        raise ValueError("on purpose")

    with pytest.raises(ValueError, match="on purpose"):
        gather([], make).result(timeout=0)


def test_it_is_made_once_though_answers_come_from_many_threads_at_once() -> None:
    for _ in range(50):
        asked: list[Future[int]] = [Future() for _ in range(8)]
        made: list[int] = []
        out = gather(asked, lambda made=made: made.append(1))
        barrier = threading.Barrier(len(asked))

        def reply(future: Future[int], barrier: threading.Barrier = barrier) -> None:
            barrier.wait()
            future.set_result(1)

        threads = [threading.Thread(target=reply, args=(future,)) for future in asked]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        out.result(timeout=5)
        assert made == [1]
