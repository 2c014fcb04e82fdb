"""Cards of what a model's code tells, and of what a sample costs."""

from __future__ import annotations

from genplay.metrics.card import MetricCard

__all__ = ["CARDS"]

CARDS = (
    MetricCard(
        "mutual_information", "I(x; z)", "How much the code tells of x.", "nats", "neither",
        "q(z | x) against its mixture over 2,000 training points, or from the responsibilities of a mixture.",
        "representation:mutual_information", reference="Hoffman and Johnson 2016",
    ),
    MetricCard(
        "active_units", "Active units", "How many dimensions of the code move with x.", "", "neither",
        "Dimensions whose mean code has a variance above 0.01 over the test points.", "representation:active_units",
        ("code", "test"), reference="Burda, Grosse and Salakhutdinov 2015",
    ),
    MetricCard(
        "linear_probe", "Linear probe", "How often a linear classifier reads the class off the code.", "", "higher",
        "Logistic regression on codes of training points, asked of test points.", "representation:linear_probe",
        ("code", "classes", "test"), reference="Alain and Bengio 2016",
    ),
    MetricCard(
        "sampling_seconds", "Time a sample", "What one sample costs on this machine.", "s", "lower",
        "The mean of five timings of 64 samples drawn at once.", "speed:sampling_seconds", ("draws",),
    ),
)  # fmt: skip
