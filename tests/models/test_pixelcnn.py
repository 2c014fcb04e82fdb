"""PixelCNN's own: the masks, the blind spot of one stack, and the kernels without their hidden part."""

from __future__ import annotations

import pytest
import torch
from torch.nn.functional import conv2d

from genplay.models.pixelcnn import MaskedConvolution, mask
from tests.models.sequences import looks_ahead, sequence, shown, slope_ahead, steps_differ

KINDS = ("A", "B", "above", "down", "left", "along")


def test_the_masks_are_those_of_the_paper() -> None:
    assert mask("A", 3).tolist() == [[1, 1, 1], [1, 0, 0], [0, 0, 0]]
    assert mask("B", 3).tolist() == [[1, 1, 1], [1, 1, 0], [0, 0, 0]]
    assert torch.equal(mask("above", 5) + mask("left", 5), mask("A", 5))
    assert torch.equal(mask("above", 5) + mask("along", 5), mask("B", 5))


@pytest.mark.parametrize("size", [3, 5])
@pytest.mark.parametrize("kind", KINDS)
def test_a_masked_convolution_is_a_convolution_with_zeros(kind: str, size: int) -> None:
    seen = mask(kind, size)
    layer = MaskedConvolution(2, 3, seen, torch.Generator().manual_seed(0))
    kernel = torch.zeros(3, 2, size, size)
    rows, columns = (torch.nonzero(seen.sum(dim=d)).ravel() for d in (1, 0))
    kernel[:, :, rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] = layer.weight.detach()
    x = torch.randn(4, 2, 5, 5, generator=torch.Generator().manual_seed(1))
    expected = conv2d(x, kernel * seen, layer.bias, padding=size // 2)
    torch.testing.assert_close(layer(x), expected)


def test_one_stack_has_a_blind_spot_and_two_have_none() -> None:
    """From the middle of the fourth row, the right end of the row above is out of reach of any number of 3 × 3 kernels."""
    unseen = {}
    for stacks in (1, 2):
        model = sequence("pixelcnn", width=8, depth=6, stacks=stacks, activation="tanh")
        table = model.influence(torch.zeros(1, 25))
        unseen[stacks] = {(i, j) for i in range(25) for j in range(i) if float(table[i, j]) == 0}
    assert unseen[2] == set()
    # From row r, column c the row r − k is seen up to column c + k.
    blind = {(i, j) for i in range(25) for j in range(i) if j % 5 > i % 5 + (i // 5 - j // 5)}
    assert unseen[1] == blind
    assert (17, 14) in blind


@pytest.mark.parametrize("knobs", [{"stacks": 1}, {"kernel": 5}, {"kernel": 4, "depth": 1}])
def test_no_knob_lets_a_pixel_look_ahead(knobs: dict[str, object]) -> None:
    model = sequence("pixelcnn", width=8, **knobs)
    assert looks_ahead(model)[1] == 0.0
    assert slope_ahead(model) == 0.0
    assert steps_differ(model) < 2e-5


def test_the_kernels_are_shown_with_their_masks() -> None:
    for stacks in (1, 2):
        exhibits = shown(sequence("pixelcnn", width=8, stacks=stacks))
        assert {"Kernel along the row, first layer", "Kernel along the row, later layers"} <= set(exhibits)
