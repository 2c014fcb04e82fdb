"""What the rules ask of a model in training, as numpy: gradients by layer, samples, pulls, codes, chains, log p.

Nothing here changes the model or draws from its training noise.
"""

from __future__ import annotations

import math
import re
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from genplay.models.base import HasDensity, HasEnergy, HasLogZ, HasTerminalNoise, Model
from genplay.models.gaussian_code import kl_to_prior
from genplay.models.layers import Standardise
from genplay.models.precision import device_of
from genplay.training.chunks import Chunked
from genplay.training.device import to_tensor
from genplay.training.health.gradients import Slopes
from genplay.training.trainer import Trainer

__all__ = [
    "chains", "code_divergences", "energies", "layer_gradients", "log_probs", "pulls", "samples", "signal_left",
]  # fmt: skip

Array = NDArray[np.float64]

_LAYER = re.compile(r"^(.*?)\.?(\d+)\.[^.]*(weight|bias)$")


def layer_gradients(trainer: Trainer) -> dict[str, Slopes]:
    """The gradients of the last step by layer, of each network of linear layers."""
    names = {id(p): name for name, p in trainer.model.named_parameters()}
    weights: dict[str, list[tuple[int, float]]] = {}
    strongest: dict[str, float] = {}
    for parameter, gradient in trainer.gradients():
        match = _LAYER.match(names.get(id(parameter), ""))
        if match is None:
            continue
        net = match.group(1) or "net"
        size = float(gradient.square().mean().sqrt())
        strongest[net] = max(size, strongest.get(net, 0.0))
        if match.group(3) == "weight" and gradient.ndim == 2:
            weights.setdefault(net, []).append((int(match.group(2)), size))
    return {
        net: Slopes(tuple(size for _, size in sorted(layers)), strongest[net])
        for net, layers in weights.items()
    }


def samples(model: Model, n: int, seed: int, seconds: float) -> Array | None:
    """n samples (n, d), fewer if they take longer than ``seconds``; None if even a few would."""
    noise = model.noise(n, torch.Generator(device_of(model)).manual_seed(seed))
    few = 16 if math.isfinite(seconds) else n
    first = Chunked(model.sample_from, noise[:few])
    first.work()
    parts = [first.result()]
    if few < n:
        fitting = min(n, int(seconds / max(first.per_point, 1e-9)))
        if fitting <= few:
            return None
        rest = Chunked(model.sample_from, noise[few:fitting], first.per_point)
        rest.work()
        parts.append(rest.result())
    return torch.cat(parts).double().numpy()


def log_probs(model: Model, x: Array, seconds: float) -> Array | None:
    """log p in nats of as many rows as can be had in about so long; None where the model has no density of its own."""
    if not isinstance(model, HasDensity):
        return None
    rows = to_tensor(x, device_of(model))
    work = Chunked(model.log_prob, rows[:64])
    work.work()
    parts = [work.result()]
    if math.isfinite(seconds):
        rows = rows[: max(64, int(seconds / max(work.per_point, 1e-9)))]
    if len(rows) > 64:
        rest = Chunked(model.log_prob, rows[64:], work.per_point)
        rest.work()
        parts.append(rest.result())
    return torch.cat(parts).double().numpy()


def pulls(model: Model, n: int, seed: int) -> Array | None:
    """‖∂ generator's loss / ∂u‖ at n samples u as the discriminator sees them, (n,); None where there is no game."""
    game = cast(Any, model)
    adversary = getattr(game, "adversary", None)
    if not hasattr(game, "seen") or (adversary is None and not hasattr(game, "generator_loss")):
        return None
    x = model.sample(n, torch.Generator(device_of(model)).manual_seed(seed))
    for p in model.parameters():
        p.requires_grad_(False)
    try:
        with torch.enable_grad():
            u = game.seen(x).detach().requires_grad_()
            if adversary is None:
                loss = game.generator_loss(game.logits(u))
            else:
                loss = torch.nn.functional.softplus(-adversary.logits(u)).mean()
            (slope,) = torch.autograd.grad(loss * n, u)
    finally:
        for p in model.parameters():
            p.requires_grad_(True)
    return _array(torch.linalg.vector_norm(slope, dim=1))


def code_divergences(model: Model, x: Array, y: NDArray[np.int64]) -> Array | None:
    """KL(q(z_i | x) ‖ N(0, 1)) for each x and unit, (n, units); None where there is no encoder's Gaussian."""
    encoded = getattr(model, "encoded", None)
    if encoded is None:
        return None
    device = device_of(model)
    mean, log_std = encoded(to_tensor(x, device), to_tensor(y, device, torch.int64))
    return _array(kl_to_prior(mean, log_std))


def chains(model: Model) -> Array | None:
    """The persistent chains in data units, (chains, d); None where training keeps none."""
    if model.objective != "pcd":
        return None
    for name in ("chains", "particles"):
        kept = getattr(model, name, None)
        if isinstance(kept, Tensor):
            units = getattr(model, "units", None)
            return _array(units.inverse(kept) if isinstance(units, Standardise) else kept)
    return None


def energies(model: Model, x: Array) -> Array | None:
    """E at some points (n, d), (n,), where the model is sampled without a chain: the plane; else None."""
    warm = getattr(model.knobs, "temperature", 1.0) == 1.0
    if (
        model.world != "plane"
        or not warm
        or not isinstance(model, HasEnergy)
        or not isinstance(model, HasLogZ)
    ):
        return None
    return _array(model.energy(to_tensor(x, device_of(model))))


def signal_left(model: Model, times: Array) -> Array | None:
    """The share of the variance that is still data at the given times; None for a model that does not noise data."""
    if not isinstance(model, HasTerminalNoise):
        return None
    return _array(model.signal_left(torch.from_numpy(times).float()))


def _array(tensor: Tensor) -> Array:
    out: Array = tensor.detach().cpu().double().numpy()
    return out
