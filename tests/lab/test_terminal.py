from __future__ import annotations

import io
import os
import signal
import sys

import pytest

from genplay.lab.fit import Progress
from genplay.lab.terminal import Bar, Interrupt


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_bar_draws_over_itself_and_leaves_a_clean_line() -> None:
    screen = Terminal()
    with Bar(screen) as bar:
        bar.show(Progress(0.5, 1234, 2.0, {"loss": 0.25, "spread": 1.0}))
        assert screen.getvalue() == "\r[############............]  50%  step 1,234  loss 0.25"
    lines = screen.getvalue().split("\r")
    assert lines[-2].strip() == ""
    assert len(lines[-2]) == len(lines[1])
    assert lines[-1] == ""


def test_no_bar_without_a_terminal() -> None:
    file = io.StringIO()
    for stream in (file, None):
        with Bar(stream) as bar:
            bar.show(Progress(0.5, 1, 1.0, {}))
    assert file.getvalue() == ""


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent otherwise there")
def test_the_second_ctrl_c_interrupts() -> None:
    # Where the tests run in the background, their shell has had the signal ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with Interrupt() as interrupt:
        assert not interrupt()
        os.kill(os.getpid(), signal.SIGINT)
        assert interrupt()
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
