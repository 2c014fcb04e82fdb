"""Cards of the estimators of what is known exactly here: each stands beside its truth."""

from __future__ import annotations

from genplay.metrics.card import MetricCard

__all__ = ["CARDS"]

CARDS = (
    MetricCard(
        "iwae", "IWAE-50 (test)", "A tighter lower bound on the mean of log q(x) than the ELBO: 50 guessed codes a point instead of one.",
        "nats", "higher", "The logarithm of the mean of 50 importance weights, averaged over the test points.",
        "estimators.measures:iwae", ("bound", "test"), reference="Burda, Grosse and Salakhutdinov 2015",
    ),
    MetricCard(
        "importance_log_z", "log Z by importance", "log Z from draws of a broad law, weighted: right on average, and carried by a few lucky draws.",
        "nats", "neither", "The logarithm of the mean of f/q over 10,000 draws of q.", "estimators.measures:importance", ("log_z",),
    ),
    MetricCard(
        "ais", "log Z by annealing", "log Z by annealed importance sampling, which errs downwards when it errs.",
        "nats", "neither", "300 chains through 64 temperatures from a broad law to the model.", "estimators.measures:ais", ("log_z",),
        cost="slow", reference="Neal 2001",
    ),
    MetricCard(
        "ais_reverse", "log Z by annealing backwards", "The same backwards from exact draws of the model: above log Z on average.",
        "nats", "neither", "300 chains through 64 temperatures from the model back to a broad law.",
        "estimators.measures:ais_reverse", ("log_z",), cost="slow", reference="Grosse, Ghahramani and Adams 2015",
    ),
    MetricCard(
        "contrast_log_z", "log Z by noise contrast", "The constant by which draws of the model are best told from noise, once the energy stands still.",
        "nats", "neither", "A classifier's one constant, from 10,000 draws of the model and of a broad law each.",
        "estimators.measures:contrast", ("log_z",), reference="Gutmann and Hyvärinen 2010",
    ),
    MetricCard(
        "learned_log_z", "log Z as learned by NCE", "The constant that noise-contrastive training learned beside the energy.",
        "nats", "neither", "A parameter of the model, read off.", "estimators.measures:learned", ("log_z",),
        reference="Gutmann and Hyvärinen 2010",
    ),
    MetricCard(
        "harmonic_log_z", "log Z by harmonic mean", "A warning, not a method: its variance is infinite or as good as that, and it settles too high.",
        "nats", "neither", "Minus the logarithm of the mean of q/f over 10,000 draws of the model.",
        "estimators.measures:harmonic", ("log_z",), reference="Newton and Raftery 1994",
    ),
    MetricCard(
        "kl_samples", "KL(p‖q) by samples", "The same divergence by Monte Carlo, as one must where no integral can be taken.",
        "nats", "lower", "The mean of log p − log q over 10,000 fresh samples of the law.",
        "estimators.measures:kl_samples", ("law density", "density"),
    ),
    MetricCard(
        "knn_entropy", "Entropy by neighbours", "The entropy of the data from 10,000 samples alone: where neighbours are near, the density is high.",
        "nats", "neither", "Kozachenko–Leonenko with 3 neighbours.", "estimators.measures:knn_entropy", ("law",), ("plane",),
        reference="Kozachenko and Leonenko 1987",
    ),
)  # fmt: skip
