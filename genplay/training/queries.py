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
from genplay.models.base import HasDensity, HasDiscriminator, HasEnergy, HasLabels, HasLatent, HasScore, Model
from genplay.training.device import device_of, to_tensor

__all__ = [
    "Path", "copy", "decode", "discriminator", "encode", "energy", "interpolate", "log_prob", "sample", "score",
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
    """n fresh samples (n, d), of one class if asked; the same seed gives the same noise."""
    if not model.draws:
        raise _cannot(model, "draws no samples: it knows only which class a point belongs to")
    device = device_of(model)
    generator = torch.Generator(device).manual_seed(seed)
    with torch.no_grad():
        if label is None:
            return _array(model.sample(n, generator))
        if not isinstance(model, HasLabels):
            raise BadInput(f"The model '{model.card.id}' draws without labels; leave the label out.")
        if not 0 <= label < model.classes:
            raise BadInput(f"There is no label {label}. Allowed: 0 to {model.classes - 1}.")
        labels = torch.full((n,), label, device=device)
        return _array(model.sample_class(model.noise(n, generator), labels))


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
    tensor = to_tensor(x, device_of(model))
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
