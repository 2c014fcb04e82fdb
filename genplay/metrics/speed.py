"""What a sample costs: wall-clock seconds on this machine, drawing 64 at once."""

from __future__ import annotations

import math
import time

import numpy as np
import torch

from genplay.metrics.evaluation import Evaluation
from genplay.models.base import Model
from genplay.quantity import Quantity, estimate

__all__ = ["SAMPLES", "sampling_seconds", "seconds_per_sample"]

SAMPLES = 64
TIMINGS = 5
ENOUGH = 2.0
"""Seconds after which no further timing is begun."""


def sampling_seconds(on: Evaluation) -> Quantity:
    """Seconds a sample, with the standard error of several timings."""
    on.watch.at(0.1, "timing samples")
    return seconds_per_sample(on.model, on.generator(40))


def seconds_per_sample(model: Model, generator: torch.Generator) -> Quantity:
    """The mean of up to five timings of 64 samples, after one that warms caches up."""
    times: list[float] = []
    for turn in range(TIMINGS + 1):
        began = time.perf_counter()
        # Taking the samples to the processor waits for a device that works on its own.
        model.sample(SAMPLES, generator).cpu()
        seconds = (time.perf_counter() - began) / SAMPLES
        if turn or seconds * SAMPLES > ENOUGH:
            times.append(seconds)
        if sum(times) * SAMPLES > ENOUGH:
            break
    stderr = float(np.std(times, ddof=1)) / math.sqrt(len(times)) if len(times) > 1 else None
    method = f"mean of {len(times)} timings of {SAMPLES} samples drawn at once on {generator.device}"
    return estimate(float(np.mean(times)), stderr, method, unit="s")
