"""Counting keys: against Python's own counter."""

from __future__ import annotations

from collections import Counter

import torch

from genplay.models.tally import Tally, image_codes, images_of


def test_counts_are_those_of_a_counter() -> None:
    keys = torch.randint(-5, 6, (200,), generator=torch.Generator().manual_seed(0)) * 10**9
    tally = Tally()
    tally.count(keys)
    reference = Counter(keys.tolist())
    asked = torch.arange(-6, 7) * 10**9
    assert tally.of(asked).tolist() == [reference[k] for k in asked.tolist()]
    assert tally.total == 200


def test_nothing_counted_is_never_seen() -> None:
    assert Tally().of(torch.arange(3)).tolist() == [0, 0, 0]


def test_keys_are_picked_as_often_as_they_were_seen() -> None:
    tally = Tally()
    tally.count(torch.tensor([7, 7, 7, 1]))
    picked = tally.pick((torch.arange(1000) + 0.5) / 1000)
    assert Counter(picked.tolist()) == {7: 750, 1: 250}
    assert tally.pick(torch.tensor([0.0, 1.0])).tolist() == [1, 7]


def test_codes_and_images_undo_each_other() -> None:
    x = torch.randint(0, 2, (50, 25), generator=torch.Generator().manual_seed(1)).float()
    assert torch.equal(images_of(image_codes(x), 25), x)
    assert int(image_codes(torch.eye(25))[3]) == 8
