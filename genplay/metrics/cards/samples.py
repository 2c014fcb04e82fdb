"""Cards of what is said by comparing the model's samples with true draws."""

from __future__ import annotations

from genplay.metrics.card import MetricCard

__all__ = ["CARDS"]

_TRUE = "fresh draws of the law, or of test points where the law is not known"
_FEATURES = "On the plane the features are the coordinates themselves; for images, those of a small digit classifier trained here."

CARDS = (
    MetricCard(
        "fisher", "Fisher divergence", "How far the slopes of log p and log q are apart where the data are: what score matching makes small.",
        "1/units²", "lower", "The mean over 2,000 fresh draws of the law of ‖∇ log p − ∇ log q‖².", "fisher:fisher",
        ("law density", "score"), ("plane",), "slow", "Hyvärinen 2005",
    ),
    MetricCard(
        "spread_kl", "Spread KL", "KL(p‖q) after the same noise on both: finite even where one of them has no density.",
        "nats", "lower",
        "Gaussian noise of 0.1 on the plane, 5 % of the pixels flipped for images; on a grid or over all 2^25 images where the "
        "model's density is exact, else from its samples, which gives a bound from above.",
        "spread:spread_kl", ("law",), cost="slow", reference="Zhang et al. 2020",
    ),
    MetricCard(
        "wasserstein_1", "Wasserstein-1", "The least mean way that samples must be carried to become true points.", "units", "lower",
        f"The best pairing of 500 samples with 500 {_TRUE}; mean of four such groups. Two sets of true draws are not at 0 either.",
        "transport:wasserstein_1", ("draws",), cost="slow", reference="Villani 2008",
    ),
    MetricCard(
        "wasserstein_2", "Wasserstein-2", "The same with squared ways: far ones count more.", "units", "lower",
        f"The root of the least mean squared way, 500 samples against 500 {_TRUE}; mean of four such groups.",
        "transport:wasserstein_2", ("draws",), cost="slow",
    ),
    MetricCard(
        "sliced_wasserstein", "Sliced Wasserstein", "Wasserstein-2 as seen from many sides, each in one dimension.", "units", "lower",
        f"2,000 samples against 2,000 {_TRUE}, projected on 100 random directions and sorted.", "transport:sliced_wasserstein",
        ("draws",), reference="Rabin et al. 2011",
    ),
    MetricCard(
        "sinkhorn", "Sinkhorn divergence", "Transport made soft by entropy, and freed of the bias that this brings.", "units²", "lower",
        f"Sinkhorn's iteration on logarithms, 500 samples against 500 {_TRUE}, cost ½ ‖x − y‖².", "transport:sinkhorn",
        ("draws",), cost="slow", reference="Cuturi 2013; Feydy et al. 2019",
    ),
    MetricCard(
        "mmd", "MMD²", "How far two clouds are apart in the eyes of a Gaussian kernel; unbiased, so it may be below 0.", "", "lower",
        f"1,000 samples against 1,000 {_TRUE}, kernel as wide as the median distance.", "kernels:mmd", ("draws",),
        reference="Gretton et al. 2012",
    ),
    MetricCard(
        "kid", "KID", "MMD² of features with a cubic kernel; unbiased, so it may be below 0.", "", "lower", _FEATURES, "kernels:kid",
        ("draws",), reference="Bińkowski et al. 2018",
    ),
    MetricCard(
        "fid", "FID", "How far the means and spreads of features are apart.", "", "lower", _FEATURES, "frechet:fid", ("draws",),
        reference="Heusel et al. 2017",
    ),
    MetricCard(
        "inception_score", "Inception score",
        "High when each sample clearly is of one class, and all classes come up: at most the number of classes.", "classes", "higher",
        "The opinion on the plane is P(y | x) of the true law; for images, that of a small digit classifier trained here.",
        "frechet:inception_score", ("draws",), reference="Salimans et al. 2016",
    ),
    MetricCard(
        "precision", "Precision", "The share of samples that lie among true points: quality.", "", "higher",
        f"5 nearest neighbours. {_FEATURES}", "neighbours:precision", ("draws",), reference="Kynkäänniemi et al. 2019",
    ),
    MetricCard(
        "recall", "Recall", "The share of true points that lie among samples: variety.", "", "higher",
        f"5 nearest neighbours. {_FEATURES}", "neighbours:recall", ("draws",), reference="Kynkäänniemi et al. 2019",
    ),
    MetricCard(
        "density", "Density", "How densely true points surround the samples: about 1 for a perfect model.", "", "higher",
        f"5 nearest neighbours. {_FEATURES}", "neighbours:density", ("draws",), reference="Naeem et al. 2020",
    ),
    MetricCard(
        "coverage", "Coverage", "The share of true points near which there is a sample.", "", "higher",
        f"5 nearest neighbours. {_FEATURES}", "neighbours:coverage", ("draws",), reference="Naeem et al. 2020",
    ),
    MetricCard(
        "c2st", "Classifier test", "How often a classifier tells samples from true points; ½ is as good as it gets.", "", "lower",
        f"A kernel classifier learned on 500 samples and 500 {_TRUE}, asked about 3,000 others; p-value by the binomial law.",
        "two_sample:c2st", ("draws",), reference="Lopez-Paz and Oquab 2017",
    ),
    MetricCard(
        "mmd_test", "MMD test (p-value)", "How often chance alone would put two sets of one law so far apart: small means told apart.",
        "", "higher", f"MMD² of 500 samples and 500 {_TRUE}, among 1,000 permutations of all points.", "two_sample:mmd_test",
        ("draws",), reference="Gretton et al. 2012",
    ),
    MetricCard(
        "nearest_neighbour", "Nearest-neighbour ratio",
        "Distance to the nearest training point over that to the nearest unseen one: far below 1, samples are copies.", "", "neither",
        "Means over 2,000 samples, against equally many training and unseen points.", "memorisation:nearest_neighbour", ("draws",),
    ),
    MetricCard(
        "generalisation_gap", "Generalisation gap", "How much more unseen data surprise the model than its training data do.", "nats",
        "lower", "NLL of the test points less NLL of the training points.", "memorisation:generalisation_gap",
        ("density or bound", "test"),
    ),
)  # fmt: skip
