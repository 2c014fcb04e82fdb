"""Rate and distortion of a VAE [1]: what its code costs, and what it leaves open.

    R = E_x KL(q(z | x) ‖ p(z))        D = −E_x E_{q(z|x)} log p(x | z)        R + D = −ELBO ≥ −E log p(x)
    R ≥ I(x; z)                        a small weight β of R buys a small D with a large R, a large β the reverse

[1] Alemi et al. 2018, Fixing a broken ELBO.
"""

from __future__ import annotations

import torch

from genplay.metrics.card import Missing
from genplay.metrics.evaluation import Evaluation
from genplay.metrics.likelihood import elbo_values, standard_error
from genplay.models.gaussian_code import kl_to_prior
from genplay.models.vae import VAE
from genplay.quantity import Quantity, estimate

__all__ = ["rate_and_distortion"]


def rate_and_distortion(on: Evaluation) -> tuple[Quantity, Quantity]:
    """R and D in nats over the test points; raises ``Missing`` for a model that is no VAE, or one told classes."""
    model = on.model
    if not isinstance(model, VAE) or model.class_code is not None:
        raise Missing("rate and distortion are those of a VAE that is not told classes.")
    x = on.rows("test")
    with torch.no_grad():
        mean, log_std = model.code_posterior(on.tensor(x))
    rates = kl_to_prior(mean, log_std).sum(dim=1).double().cpu().numpy()
    distortions = -elbo_values(on, "test") - rates
    where = f"mean over {len(x):,} test points; standard error of the mean"
    return (
        estimate(float(rates.mean()), standard_error(rates), f"KL(q(z | x) ‖ N(0, I)) in closed form, {where}"),
        estimate(float(distortions.mean()), standard_error(distortions), f"−log p(x | z) for one z a point, {where}"),
    )  # fmt: skip
