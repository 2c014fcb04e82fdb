"""One census of all 2^25 images that tests share: a Boltzmann machine of weak random couplings, some sixty minima."""

from __future__ import annotations

from functools import cache

import numpy as np

from genplay.metrics.census import Census, take_census
from genplay.models.pairwise import pairwise_blocks
from genplay.quantity import exact
from genplay.spaces.binary import N_IMAGES, blocks, log_sum_exp


@cache
def boltzmann_census() -> Census:
    rng = np.random.default_rng(0)
    couplings = np.triu(rng.normal(size=(25, 25)), 1) * 1.2
    block = pairwise_blocks(0.0, rng.normal(size=25) - 1, couplings)
    log_z = log_sum_exp(block)
    table = np.empty(N_IMAGES)
    for start, stop in blocks():
        table.reshape(-1, 4096)[start:stop] = block(start, stop) - log_z
    return take_census(table, "Boltzmann machine", log_z=exact(log_z, "log Σ exp(−E) over all 2^25 images"))
