"""What a measure needs of model and data, and the sentence that says what is lacking."""

from __future__ import annotations

from genplay.datasets.base import has_density
from genplay.metrics.card import Need
from genplay.metrics.evaluation import Evaluation
from genplay.models.base import HasDensity, HasElbo, HasLatent, HasLogZ, HasScore

__all__ = ["lacking"]


def lacking(need: Need, on: Evaluation) -> str:
    """Why this is not there, as a sentence; '' if it is."""
    model, data, law = on.model, on.data, on.data.law
    match need:
        case "draws":
            return "" if model.draws else "the model only classifies: it draws no samples."
        case "density":
            return "" if isinstance(model, HasDensity) else "the model has no density."
        case "density or bound":
            there = isinstance(model, HasDensity | HasElbo)
            return "" if there else "the model has neither a density nor a bound on one."
        case "bound":
            return "" if isinstance(model, HasElbo) else "the model has no encoder that gives a bound."
        case "log_z":
            return (
                ""
                if isinstance(model, HasLogZ)
                else "the model has no energy that would need a normalising constant."
            )
        case "score":
            return "" if isinstance(model, HasScore) else "the model gives no slope of its log density."
        case "code":
            return "" if isinstance(model, HasLatent) else "the model has no code z of x."
        case "law":
            return "" if law is not None else "the data were imported: nobody knows their true law."
        case "law density":
            if law is None:
                return "the data were imported: nobody knows their true law."
            return (
                "" if has_density(law) else "the data lie on a curve without thickness, which has no density."
            )
        case "test":
            return "" if len(data.x_test) else "there are no test points."
        case "classes":
            return "" if data.classes > 1 else "the data have no classes."
    raise AssertionError(need)
