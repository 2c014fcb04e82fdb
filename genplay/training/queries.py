"""Questions to a model in numpy, for ``Worker.ask``: density, latent codes, paths between points, samples, fields.

Arrays in and out are (n, d) or (n,), densities in nats. A question the model cannot answer raises ``Failure``.
"""

from __future__ import annotations

import copy as copying
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from genplay.errors import BadInput, Failure
from genplay.models.base import (
    About,
    HasComponents,
    HasDensity,
    HasDiscriminator,
    HasEnergy,
    HasExhibits,
    HasForward,
    HasLabels,
    HasLatent,
    HasLayers,
    HasScore,
    HasTrajectory,
    Model,
)
from genplay.models.exhibits import Exhibit
from genplay.training.device import placed, to_tensor

__all__ = [
    "Path", "components", "copy", "decode", "discriminator", "encode", "energy", "exhibits", "interpolate", "log_prob",
    "noised", "sample", "score", "stages", "trajectory",
]  # fmt: skip

Array = NDArray[np.float64]
_CHUNK = 4096


@dataclass(frozen=True)
class Path:
    """Points on the way from a to b: codes z (steps, k), their decodes x (steps, d), and log p where it is known.

    In the digit world x are pixel probabilities, and log p is that of the image they round to.
    """

    z: Array
    x: Array
    log_prob: Array | None


def copy(model: Model) -> Model:
    """A copy that training will not touch, for long jobs."""
    with torch.no_grad():
        other = copying.deepcopy(model)
    other.eval()
    return other.requires_grad_(False)


def log_prob(model: Model, x: Array) -> Array:
    """log p(x) in nats, (n, d) → (n,)."""
    if not isinstance(model, HasDensity):
        raise _cannot(model, "has no density")
    return _in_chunks(model.log_prob, model, x)


def energy(model: Model, x: Array) -> Array:
    """E(x), (n, d) → (n,)."""
    if not isinstance(model, HasEnergy):
        raise _cannot(model, "has no energy")
    return _in_chunks(model.energy, model, x)


def score(model: Model, x: Array) -> Array:
    """∇ log p(x), (n, d) → (n, d)."""
    if not isinstance(model, HasScore):
        raise _cannot(model, "has no score")
    return _in_chunks(model.score, model, x)


def discriminator(model: Model, x: Array) -> Array:
    """D(x) in (0, 1), (n, d) → (n,)."""
    if not isinstance(model, HasDiscriminator):
        raise _cannot(model, "has no discriminator")
    return _in_chunks(model.discriminator, model, x)


def components(model: Model) -> tuple[Array, Array]:
    """The Gaussians of a model, μ (K, 2) and L (K, 2, 2)."""
    if not isinstance(model, HasComponents):
        raise _cannot(model, "has no Gaussians to show")
    with torch.no_grad():
        means, factors = model.components()
        return _array(means), _array(factors)


def encode(model: Model, x: Array) -> Array:
    """The latent code of x, (n, d) → (n, k)."""
    return _in_chunks(_latent(model).encode, model, x)


def decode(model: Model, z: Array) -> Array:
    """The mean of x given a code, (n, k) → (n, d)."""
    latent = _latent(model)
    if z.ndim != 2 or z.shape[1] != latent.latent_dim:
        raise BadInput(f"A latent code of this model has {latent.latent_dim} numbers, not {z.shape[-1]}.")
    return _in_chunks(latent.decode, model, z)


def sample(model: Model, n: int, seed: int, label: int | None = None) -> Array:
    """n fresh samples (n, d), of one class where a label is asked for; the same seed gives the same noise."""
    if not model.draws:
        raise _cannot(model, "draws no samples: it knows only which class a point belongs to")
    generator = torch.Generator(model.device).manual_seed(seed)
    with torch.no_grad():
        if label is None:
            return _finite(model, model.sample(n, generator))
        if not isinstance(model, HasLabels):
            raise BadInput(f"The model '{model.card.id}' draws without labels; leave the label out.")
        if not 0 <= label < model.classes:
            raise BadInput(
                f"There is no class {label}. Allowed: a whole number from 0 to {model.classes - 1}."
            )
        noise = model.fresh_noise(n, generator)
        labels = torch.full((n,), label, dtype=torch.int64, device=noise.device)
        return _finite(model, model.sample_class(noise, labels))


def _finite(model: Model, x: Tensor) -> Array:
    """Samples as an array; ``Failure`` if some are no finite numbers."""
    bad = int((~torch.isfinite(x)).any(dim=1).sum())
    if bad:
        raise Failure(
            f"{bad:,} of {len(x):,} samples of '{model.card.id}' are not finite numbers: the model has gone too far. "
            "Train again with a lower learning rate."
        )
    return _array(x)


def exhibits(
    model: Model, x: Array, data: NDArray[np.floating], labels: NDArray[np.int64], seed: int = 0
) -> tuple[Exhibit, ...] | None:
    """What the model shows of its inside about x (1, d); None if it shows nothing. The same seed, the same noise."""
    if not isinstance(model, HasExhibits):
        return None
    about = About(
        placed(x, model),
        placed(data, model),
        to_tensor(labels, model.device, torch.int64),
        torch.Generator(model.device).manual_seed(seed),
    )
    with torch.no_grad():
        return tuple(model.exhibits(about))


def trajectory(model: Model, n: int, seed: int, most: int = 120) -> tuple[Array, NDArray[np.int64]]:
    """The way of n samples from noise to data, (states, n, d), and the step of each state; at most so many states.

    The same seed, the same noise.
    """
    if not isinstance(model, HasTrajectory):
        raise _cannot(model, "makes its samples at once: there is no way to be watched")
    noise = model.fresh_noise(n, torch.Generator(model.device).manual_seed(seed))
    with torch.no_grad():
        states = model.trajectory(noise)
    steps = np.unique(np.linspace(0, len(states) - 1, min(most, len(states))).round().astype(np.int64))
    return _array(states[torch.from_numpy(steps).to(states.device)]), steps


def stages(model: Model, x: Array) -> Array:
    """x after each layer on the way from data to noise, the first being x itself, (n, 2) → (layers + 1, n, 2)."""
    if not isinstance(model, HasLayers):
        raise _cannot(model, "has no layers that bend the plane")
    with torch.no_grad():
        return _array(model.stages(placed(x, model)))


def noised(model: Model, x: Array, t: float, seed: int = 0) -> Array:
    """x on the way from data (t = 0) to noise (t = 1), (n, d) → (n, d). The same seed, the same noise."""
    if not isinstance(model, HasForward):
        raise _cannot(model, "has no process that turns data to noise")
    generator = torch.Generator(model.device).manual_seed(seed)
    with torch.no_grad():
        return _array(model.noised(placed(x, model), t, generator))


def interpolate(
    model: Model, xa: Array, xb: Array, steps: int, kind: Literal["linear", "spherical"] = "linear"
) -> Path:
    """The path between the codes of two points (d,), decoded.

    linear: (1 − t) a + t b. spherical [1]: (sin((1 − t) ω) a + sin(t ω) b) / sin ω, ω the angle between a and b, which
    keeps to lengths that a Gaussian prior finds likely.

    [1] Shoemake 1985; for latent codes, White 2016.
    """
    if steps < 2:
        raise BadInput(f"A path needs at least 2 steps, not {steps}.")
    a, b = encode(model, np.stack([np.ravel(xa), np.ravel(xb)]))
    t = np.linspace(0.0, 1.0, steps)[:, None]
    if kind == "spherical":
        cosine = float(a @ b / max(np.linalg.norm(a) * np.linalg.norm(b), 1e-12))
        angle = np.arccos(np.clip(cosine, -1.0, 1.0))
        # Codes in one direction, or exactly opposite, have no arc of their own between them: a straight line then.
        if np.sin(angle) > 1e-6:
            z = (np.sin((1 - t) * angle) * a + np.sin(t * angle) * b) / np.sin(angle)
        else:
            z = (1 - t) * a + t * b
    elif kind == "linear":
        z = (1 - t) * a + t * b
    else:
        raise BadInput(f"There is no path '{kind}'. Allowed: linear, spherical.")
    x = decode(model, z)
    # A decoded image is made of pixel probabilities; the image it stands for has each pixel at its likelier value.
    points = np.round(x) if model.world == "digits" else x
    return Path(z, x, log_prob(model, points) if isinstance(model, HasDensity) else None)


def _latent(model: Model) -> HasLatent:
    if not isinstance(model, HasLatent):
        raise _cannot(model, "has no latent code")
    return model


def _cannot(model: Model, what: str) -> Failure:
    return Failure(f"The model '{model.card.id}' {what}.")


def _in_chunks(f: object, model: Model, x: Array) -> Array:
    assert callable(f)
    tensor = placed(x, model)
    if tensor.ndim != 2:
        raise BadInput(
            f"Points come as rows of a table (n, d), not as an array of shape {tuple(tensor.shape)}."
        )
    with torch.no_grad():
        parts: list[Tensor] = [f(part) for part in torch.split(tensor, _CHUNK)]
    return _array(torch.cat(parts))


def _array(tensor: Tensor) -> Array:
    out: Array = tensor.detach().cpu().double().numpy()
    return out
