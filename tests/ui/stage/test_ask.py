"""Only the newest question counts."""

from __future__ import annotations

from concurrent.futures import Future

from genplay.errors import Failure
from genplay.ui.ask import LatestAsk


def test_latest_wins_and_one_is_on_its_way(qtbot) -> None:
    asker, answers, futures = LatestAsk(), [], []
    asker.answered.connect(lambda tag, answer: answers.append((tag, answer)))

    def question() -> Future:
        futures.append(Future())
        return futures[-1]

    for tag in range(5):
        asker.put(tag, question)
    assert len(futures) == 1
    futures[0].set_result("a")
    qtbot.waitUntil(lambda: len(futures) == 2)
    futures[1].set_result("b")
    qtbot.waitUntil(lambda: not asker.busy)
    assert answers == [(0, "a"), (4, "b")]


def test_failures_and_answers_of_another_run_are_dropped(qtbot) -> None:
    asker, answers, futures = LatestAsk(), [], []
    asker.answered.connect(lambda tag, answer: answers.append(tag))

    def question() -> Future:
        futures.append(Future())
        return futures[-1]

    def refused() -> Future:
        raise Failure("There is no model yet.")

    asker.put(1, refused)
    assert not asker.busy
    asker.put(2, question)
    futures[0].set_exception(Failure("no"))
    qtbot.waitUntil(lambda: not asker.busy)
    asker.put(3, question)
    asker.forget()
    futures[1].set_result("old")
    qtbot.waitUntil(lambda: not asker.busy)
    asker.put(4, question)
    futures[2].set_result("new")
    qtbot.waitUntil(lambda: answers == [4])
