"""What an action's parameter can be set to just now, with titles: for submenus and the command palette."""

from __future__ import annotations

from genplay.lab.experiment import Experiment
from genplay.lab.params import Param
from genplay.lab.tradeoffs import TRADEOFFS
from genplay.metrics.estimators.questions import QUESTIONS
from genplay.training.health.conditions import CONDITIONS

__all__ = ["PANELS", "Choices"]

PANELS = {
    "data": "Data",
    "model": "Model",
    "curves": "Curves",
    "gallery": "Gallery",
    "latent": "Latent",
    "inside": "Inside",
    "sampling": "Sampling",
    "world": "World",
    "estimators": "Estimators",
    "evaluate": "Evaluate",
    "health": "Health",
    "compare": "Compare",
    "code": "Code",
}
"""The docks by the names that actions and scripts use."""

_WORLDS = {"plane": "Plane", "digits": "5×5 digits"}
_SCALES = ("0.8", "0.9", "1", "1.25", "1.5", "1.75", "2")


class Choices:
    """Looks up the values of a parameter; an empty answer means that it has to be typed."""

    def __init__(self, experiment: Experiment) -> None:
        self._experiment = experiment

    def __call__(self, id: str, param: Param) -> tuple[tuple[str, str], ...]:
        """(value, title) for each value."""
        match id, param.name:
            case "world.choose", _:
                return tuple(_WORLDS.items())
            case "data.choose", _:
                return self._datasets()
            case "race.remove" | "race.fork" | "race.take", "lane":
                lanes = self._experiment.race.lanes
                return tuple((str(number), lane.title) for number, lane in enumerate(lanes, 1))
            case "model.choose" | "race.add", "name" | "model":
                from genplay.models.registry import cards

                here = self._experiment.world
                return tuple((card.id, card.title) for card in cards().values() if here in card.worlds)
            case "model.objective", _:
                return tuple((o.id, o.title) for o in self._experiment.objectives)
            case "model.set", "name":
                infos = self._experiment.knobs.infos()
                here, objective = self._experiment.world, self._experiment.objective
                return tuple((i.name, i.label) for i in infos if i.applies(here, objective))
            case "recipe.set", "name":
                return tuple((i.name, i.label) for i in self._experiment.recipe.infos())
            case "sampler.choose", _:
                from genplay.sampling.cards import cards as samplers

                reasons = self._experiment.sampling.reasons
                return tuple((c.id, c.title) for c in samplers().values() if not reasons.get(c.id))
            case "sampler.set", "name":
                infos = self._experiment.sampling.knobs.infos()
                return tuple((i.name, i.label) for i in infos if i.applies(self._experiment.world))
            case "gallery.label", _:
                names = self._experiment.data.class_names
                return (("all", "All classes"), *((name, f"Class {name}") for name in names))
            case "estimators.choose", _:
                return tuple((q.id, q.title) for q in QUESTIONS)
            case "estimators.set", "name":
                here, asked = self._experiment.world, self._experiment.estimation.question.id
                knobs = self._experiment.estimation.knobs.infos()
                return tuple((i.name, i.label) for i in knobs if i.applies(here, asked))
            case "tradeoffs.choose", _:
                return tuple((t.id, t.title) for t in TRADEOFFS if self._experiment.world in t.worlds)
            case "tradeoffs.set", "name":
                run = self._experiment.evaluation.tradeoffs
                fitting = (i for i in run.knobs.infos() if i.applies(self._experiment.world, run.chosen.id))
                return tuple((i.name, i.label) for i in fitting)
            case "evaluate.column", "name":
                from genplay.lab.metric_groups import available

                return tuple((id, card.title) for id, card in available(self._experiment.world).items())
            case "evaluate.trap", _:
                from genplay.lab.candidates import TRAPS

                return tuple((id, shows) for id, (_, shows) in TRAPS.items())
            case "mixture.remove" | "mixture.weigh", "index":
                members = self._experiment.desk().choice.members
                return tuple((str(k), member.title) for k, member in enumerate(members))
            case "window.panel" | "window.focus", "name":
                return tuple(PANELS.items())
            case "health.show" | "health.fix" | "health.dismiss", "condition":
                seen = {finding.id for finding in self._experiment.health.findings if finding.state == "ill"}
                known = CONDITIONS.values()
                return tuple((c.id, c.title) for c in known if id == "health.show" or c.id in seen)
            case "window.scale", _:
                return tuple((scale, f"{float(scale):.0%}") for scale in _SCALES)
        return tuple((choice, choice) for choice in param.choices)

    def current(self, id: str) -> str:
        """The value that is in force now, where an action chooses one of several."""
        experiment = self._experiment
        match id:
            case "world.choose":
                return experiment.world
            case "data.choose":
                return experiment.data_spec.name
            case "model.choose":
                return experiment.model_id
            case "model.objective":
                return experiment.objective
            case "sampler.choose":
                return experiment.sampling.sampler
            case "gallery.label":
                label = experiment.subject.label
                return "all" if label is None else experiment.data.class_names[label]
            case "estimators.choose":
                return experiment.estimation.question.id
            case "tradeoffs.choose":
                return experiment.evaluation.tradeoffs.chosen.id
            case "tradeoffs.axis":
                return experiment.evaluation.tradeoffs.axis
            case "sampler.target":
                return experiment.sampling.on
        return ""

    def _datasets(self) -> tuple[tuple[str, str], ...]:
        from genplay.datasets.registry import cards

        desk = self._experiment.desk()
        have = {desk.data.name, *desk.kept_data}
        return tuple(
            (card.id, card.title)
            for card in cards().values()
            if self._experiment.world in card.worlds
            and (card.id in have or not (card.drawable or card.id == "file"))
        )
