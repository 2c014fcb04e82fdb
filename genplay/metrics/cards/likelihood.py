"""Cards of what is said by the likelihood of data."""

from __future__ import annotations

from genplay.metrics.card import MetricCard

__all__ = ["CARDS"]

_NLL = "The mean of −log q(x) over the points; exact, a bound or an estimate as the model's density is."

CARDS = (
    MetricCard(
        "nll", "NLL (test)", "How surprised the model is by data it has not seen: the mean of −log q(x).", "nats", "lower",
        _NLL, "likelihood:nll", ("density or bound", "test"),
    ),
    MetricCard(
        "nll_train", "NLL (training)",
        "How surprised the model is by the data it was trained on; far below the test NLL it has learned them by heart.",
        "nats", "lower", _NLL, "likelihood:nll_train", ("density or bound",),
    ),
    MetricCard(
        "bits_per_dim", "Bits per dimension", "The test NLL in bits, shared out over the dimensions.", "bits/dim", "lower",
        "NLL / (d ln 2), d the number of dimensions.", "likelihood:bits_per_dim", ("density or bound", "test"),
    ),
    MetricCard(
        "perplexity", "Perplexity", "So many equally likely images would be as surprising as the test data: e to the NLL.",
        "images", "lower", "exp(NLL) of the test images.", "likelihood:perplexity", ("density or bound", "test"), ("digits",),
    ),
    MetricCard(
        "elbo", "ELBO (test)", "A lower bound on the mean of log q(x), by an encoder and Jensen's inequality.", "nats", "higher",
        "One code drawn for each test point; the mean of log q(x, z) − log q(z | x).", "likelihood:elbo", ("bound", "test"),
    ),
    MetricCard(
        "log_z", "log Z", "The logarithm of the normalising constant of exp(−energy).", "nats", "neither",
        "A sum or an integral over the whole space.", "likelihood:log_z", ("log_z",),
    ),
    MetricCard(
        "entropy", "Entropy of the data", "The NLL of the true law itself: the floor of every model's NLL.", "nats", "neither",
        "−E log p of the data's law, by quadrature or a sum over all images.", "likelihood:entropy", ("law density",),
    ),
)  # fmt: skip
