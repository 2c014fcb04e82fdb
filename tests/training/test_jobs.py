"""Long jobs: in order, with progress, cancelled when asked, gone when closed."""

from __future__ import annotations

import sys
import threading
import time

import pytest

from genplay.errors import BadInput, Failure
from genplay.training.jobs import Cancelled, Jobs
from genplay.training.priority import lower_priority


def test_jobs_run_in_order_and_report() -> None:
    jobs, order = Jobs(), []
    gate = threading.Event()

    def first(progress: object, cancelled: object) -> str:
        progress(0.5, "halfway")  # type: ignore[operator]
        gate.wait(10)
        order.append("first")
        return "one"

    a = jobs.submit(first, "first")
    b = jobs.submit(lambda progress, cancelled: order.append("second"), "second")
    while a.progress[0] == 0:
        time.sleep(0.001)
    assert a.progress == (0.5, "halfway")
    assert jobs.pending() == (a, b)
    gate.set()
    assert a.future.result(10) == "one"
    b.future.result(10)
    assert order == ["first", "second"]
    assert a.progress == (1.0, "done")
    jobs.close()


def test_cancelling_a_running_and_a_waiting_job() -> None:
    jobs, ran = Jobs(), []
    started = threading.Event()

    def patient(progress: object, cancelled: object) -> str:
        started.set()
        while not cancelled():  # type: ignore[operator]
            time.sleep(0.001)
        return "too late"

    running = jobs.submit(patient, "long one")
    waiting = jobs.submit(lambda progress, cancelled: ran.append(1))
    started.wait(10)
    waiting.cancel()
    running.cancel()
    for job in (running, waiting):
        with pytest.raises(Cancelled):
            job.future.result(10)
    assert not ran
    jobs.close()


def test_errors_are_one_line_and_the_thread_lives() -> None:
    jobs = Jobs()
    wrong = jobs.submit(lambda progress, cancelled: 1 // 0, "sum")
    with pytest.raises(Failure, match="sum: ZeroDivisionError"):
        wrong.future.result(10)

    def refuse(progress: object, cancelled: object) -> None:
        raise BadInput("no such file")

    with pytest.raises(BadInput, match="no such file"):
        jobs.submit(refuse).future.result(10)
    assert jobs.submit(lambda progress, cancelled: 7).future.result(10) == 7
    jobs.close()


def test_closing_cancels_all_and_ends_the_thread() -> None:
    jobs = Jobs("genplay-test-jobs")

    def patient(progress: object, cancelled: object) -> None:
        while not cancelled():  # type: ignore[operator]
            time.sleep(0.001)

    all_of_them = [jobs.submit(patient) for _ in range(3)]
    jobs.close()
    for job in all_of_them:
        with pytest.raises(Cancelled):
            job.future.result(0)
    assert not [t for t in threading.enumerate() if t.name == "genplay-test-jobs"]
    with pytest.raises(Cancelled):
        jobs.submit(patient).future.result(0)


@pytest.mark.skipif(sys.platform != "linux", reason="nice values belong to threads on Linux only")
def test_only_the_calling_thread_gets_a_lower_priority() -> None:
    import os

    found: dict[str, int] = {}

    def lowered() -> None:
        assert lower_priority("background")
        found["thread"] = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    before = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    thread = threading.Thread(target=lowered)
    thread.start()
    thread.join()
    assert found["thread"] == max(10, before)
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == before
