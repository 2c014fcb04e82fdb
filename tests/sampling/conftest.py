"""Small nets want one torch thread; torch's warnings, which come once a process, are to fail the test they belong to."""

from __future__ import annotations

import pytest
import torch


@pytest.fixture(scope="session", autouse=True)
def one_thread_and_every_warning() -> None:
    torch.set_num_threads(1)
    torch.set_warn_always(True)
