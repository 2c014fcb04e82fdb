"""Cards of the divergences of the model q from the law p of the data."""

from __future__ import annotations

from genplay.metrics.card import MetricCard

__all__ = ["CARDS"]

_WHOLE = (
    "An integral over the plane on grids that are made finer until nothing changes, or a sum over all 2^25 images; where "
    "neither can be had, a mean over 100,000 fresh samples."
)

CARDS = (
    MetricCard(
        "kl", "KL(p‖q)", "What the model loses against the truth, averaged over the truth: it punishes missing a mode.",
        "nats", "lower", _WHOLE, "divergence:kl", ("law density", "density or bound"), cost="slow",
        reference="Kullback and Leibler 1951",
    ),
    MetricCard(
        "reverse_kl", "KL(q‖p)", "The same, averaged over the model: it punishes inventing what is not there.",
        "nats", "lower", _WHOLE, "divergence:reverse_kl", ("law density", "density"), cost="slow",
    ),
    MetricCard(
        "js", "Jensen–Shannon", "The symmetric compromise, between 0 and ln 2: what an ideal GAN's critic measures.",
        "nats", "lower", _WHOLE, "divergence:js", ("law density", "density"), cost="slow", reference="Lin 1991",
    ),
    MetricCard(
        "total_variation", "Total variation", "The share of the mass that is in the wrong place, between 0 and 1.",
        "", "lower", _WHOLE, "divergence:total_variation", ("law density", "density"), cost="slow",
    ),
)  # fmt: skip
