"""Devices by name, arrays that share nothing, chunks that add up."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from genplay.errors import BadInput
from genplay.training.chunks import Chunked
from genplay.training.device import available, choose, flushed_denormals, to_tensor


def test_devices() -> None:
    assert available()[-1] == "cpu"
    assert choose("auto").type == available()[0]
    assert choose("cpu") == torch.device("cpu")
    with pytest.raises(BadInput, match=r"no device 'gpu'.*Allowed: auto, cpu, cuda, mps"):
        choose("gpu")


def test_denormals_are_flushed_only_inside() -> None:
    tiny = torch.full((1,), 1e-40)
    with flushed_denormals():
        inside = float((tiny * 0.5).sum())
    assert float((tiny * 0.5).sum()) > 0
    assert inside == 0 or not torch.set_flush_denormal(True)
    torch.set_flush_denormal(False)


def test_a_tensor_shares_no_memory_with_its_array() -> None:
    array = np.ones(3, np.float32)
    array.setflags(write=False)
    tensor = to_tensor(array, torch.device("cpu"))
    tensor[0] = 5
    assert array[0] == 1


@pytest.mark.parametrize("n", [1, 255, 4096, 9000])
def test_chunks_add_up_to_the_whole(n: int) -> None:
    x = torch.arange(n, dtype=torch.float32)[:, None]
    sizes = []

    def f(part: torch.Tensor) -> torch.Tensor:
        sizes.append(len(part))
        return part[:, 0] ** 2

    work = Chunked(f, x)
    turns = 1
    while not work.work(1e-5):
        turns += 1
    assert torch.equal(work.result(), x[:, 0] ** 2)
    assert sum(sizes) == n
    assert max(sizes) <= 4096
    assert n < 4097 or turns > 1
