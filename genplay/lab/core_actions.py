"""What the actions do that need no window: they are bound here, for the program and for scripts alike."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any

from genplay.datasets.base import DataSpec
from genplay.errors import BadInput
from genplay.lab import drawing, project
from genplay.lab.actions import ActionRegistry
from genplay.lab.bench import Bench
from genplay.lab.conditions import bind_conditions
from genplay.lab.estimator_actions import bind_estimators
from genplay.lab.evaluation_actions import bind_evaluation
from genplay.lab.experiment import Experiment
from genplay.lab.latent import LatentWalk
from genplay.lab.mixture_actions import bind_mixture
from genplay.lab.own_models import OwnModels
from genplay.lab.params import Pixels, Points
from genplay.lab.presets import default_desk
from genplay.lab.race import Race
from genplay.lab.race_actions import bind_race
from genplay.lab.state import ModelChoice
from genplay.lab.table_actions import bind_table
from genplay.lab.world_actions import bind_world
from genplay.spaces import WORLDS, World
from genplay.spaces.plane import HOME, Box

__all__ = ["bind_core"]


def bind_core(registry: ActionRegistry, experiment: Experiment) -> OwnModels:
    """Bind every action that is not the window's, and all conditions; returns what wants to be polled."""
    bind_conditions(registry, experiment)
    for actions in (_Data(experiment), _Models(experiment), _Training(experiment), _Files(experiment)):
        for id, callback in actions.callbacks().items():
            registry.bind(id, callback)
    walk = LatentWalk(experiment)
    for name in ("set", "encode", "anchor", "interpolate", "position"):
        registry.bind(f"latent.{name}", getattr(walk, name))
    registry.bind("inside.about", experiment.subject.choose)
    registry.bind("gallery.label", experiment.subject.choose_label)
    bind_table(registry, experiment)
    for verb in ("show", "fix", "dismiss"):
        registry.bind(f"health.{verb}", getattr(experiment.health, verb))
    _bind_stage(registry, experiment)
    bind_mixture(registry, experiment)
    own = OwnModels(experiment)
    registry.bind("model.open_file", own.open)
    registry.bind("model.new_file", own.new)
    _bind_sampling(registry, experiment)
    bind_world(registry, experiment)
    bind_estimators(registry, experiment.estimation, experiment.region)
    bind_evaluation(registry, experiment)
    bind_race(registry, experiment)
    registry.bind("edit.undo", experiment.undo)
    registry.bind("edit.redo", experiment.redo)
    return own


class _Data:
    def __init__(self, experiment: Experiment) -> None:
        self._experiment = experiment

    def callbacks(self) -> dict[str, Any]:
        return {
            "world.choose": self.world,
            "data.choose": self.choose,
            "data.set": self._experiment.set_data_knob,
            "data.open": self.open,
            "data.stroke": self.stroke,
            "data.erase": self.erase,
            "data.move": self.move,
            "data.clear": self.clear,
            "data.draw_digit": self.draw_digit,
            "data.edit_digit": self.edit_digit,
            "data.remove_digit": self.remove_digit,
        }

    def world(self, name: World) -> None:
        self._experiment.choose_world(name)

    def choose(self, name: str) -> None:
        from genplay.datasets.registry import card

        desk = self._experiment.desk()
        if name == desk.data.name and not desk.cleared:
            return
        found = card(name, self._experiment.world)
        spec = desk.data if name == desk.data.name else desk.kept_data.get(name)
        if spec is None:
            if name == drawing.FILE:
                raise BadInput("Open a file first: File › Open a data file.")
            # How much data there is and how it is split stays as it was set.
            spec = drawing.blank(name, desk.data.settings)
        self._experiment.choose_data(spec, f"Choose {found.title}")

    def open(
        self, path: Path, columns: tuple[str, ...] | None, label: str | None, skip_missing: bool
    ) -> None:
        from genplay.datasets.files import read_table

        content = read_table(
            path, columns=columns, label=label, world=self._experiment.world, skip_missing=skip_missing
        )
        settings = self._experiment.data_spec.settings
        spec = DataSpec(drawing.FILE, {"skip_missing": skip_missing}, settings, content)
        self._experiment.choose_data(spec, f"Open {path.name}")

    def _drawing(self, keep: bool) -> DataSpec:
        """The drawing to go on with: the open one, the last one (``keep``), else an empty one."""
        desk = self._experiment.desk()
        name = drawing.NAMES[self._experiment.world]
        if not desk.cleared:
            if desk.data.name == name:
                return desk.data
            if keep and name in desk.kept_data:
                return desk.kept_data[name]
        return drawing.blank(name, desk.data.settings)

    def stroke(
        self,
        points: Points,
        label: int,
        size: float,
        softness: float,
        weight: float,
        spray: bool,
        keep: bool,
    ) -> None:
        spec = drawing.with_stroke(
            self._drawing(keep), points, label=label, size=size, softness=softness, weight=weight, spray=spray
        )
        self._experiment.choose_data(spec, "Draw a stroke")

    def erase(self, points: Points, size: float) -> None:
        spec = self._open_drawing("erase")
        self._changed(spec, drawing.erased(spec, points, size), "Erase")

    def move(self, points: Points, radius: float) -> None:
        if len(points) < 2:
            raise BadInput("data.move: points needs two points, from and to.")
        spec = self._open_drawing("move")
        self._changed(spec, drawing.moved(spec, points, radius), "Move")

    def _changed(self, before: DataSpec, after: DataSpec, label: str) -> None:
        if after is not before:
            self._experiment.choose_data(after, label)

    def _open_drawing(self, verb: str) -> DataSpec:
        desk = self._experiment.desk()
        if desk.data.name != drawing.NAMES[self._experiment.world] or desk.cleared:
            raise BadInput(f"There is nothing to {verb}: the canvas is empty. Draw something first.")
        return desk.data

    def clear(self) -> None:
        # Without a stroke there are no data: the canvas is empty, and the next stroke begins a new drawing.
        self._experiment.edit("Clear the drawing", cleared=True)
        self._experiment.say("The canvas is empty. The model keeps its data until you draw.")

    def draw_digit(self, pixels: Pixels, label: int) -> None:
        # A drawn digit joins those drawn before: unlike strokes they are a list that the user keeps.
        self._experiment.choose_data(drawing.with_digit(self._drawing(True), pixels, label), "Draw a digit")

    def edit_digit(self, index: int, pixels: Pixels, label: int | None) -> None:
        spec = self._open_drawing("change")
        self._experiment.choose_data(drawing.with_changed_digit(spec, index, pixels, label), "Change a digit")

    def remove_digit(self, index: int) -> None:
        spec = self._open_drawing("remove")
        self._experiment.choose_data(drawing.without_digit(spec, index), "Remove a digit")


class _Models:
    def __init__(self, experiment: Experiment) -> None:
        self._experiment = experiment

    def callbacks(self) -> dict[str, Any]:
        return {
            "model.choose": self.choose,
            "model.objective": self.objective,
            "model.set": self.set,
            "recipe.set": self.set_recipe,
            "model.defaults": self.defaults,
            "model.move_component": self.move_component,
        }

    def choose(self, name: str) -> None:
        desk = self._experiment.desk()
        if name == desk.choice.model:
            return
        choice = desk.kept_choices.get(name) or ModelChoice.default(name, self._experiment.world)
        self._experiment.choose_model(choice, f"Choose {choice.card.title}")

    def objective(self, name: str) -> None:
        choice = self._experiment.desk().choice
        objective = choice.card.objective(self._experiment.world, name)
        if objective.id != choice.objective:
            self._experiment.choose_model(
                replace(choice, objective=objective.id), f"Objective {objective.title}"
            )

    def set(self, name: str, value: object) -> None:
        choice = self._experiment.desk().choice
        info = choice.knobs.info(name)
        if not info.applies(self._experiment.world, choice.objective):
            raise BadInput(
                f"{name} means nothing for '{choice.model}' with the objective '{choice.objective}' "
                f"in the world '{self._experiment.world}'."
            )
        knobs = choice.knobs.replace(**{name: value})
        if knobs != choice.knobs:
            self._experiment.choose_model(replace(choice, knobs=knobs), f"Set {name}", merge=f"model.{name}")

    def set_recipe(self, name: str, value: object) -> None:
        choice = self._experiment.desk().choice
        recipe = choice.recipe.replace(**{name: value})
        if recipe != choice.recipe:
            self._experiment.choose_model(
                replace(choice, recipe=recipe), f"Set {name}", merge=f"recipe.{name}"
            )

    def move_component(self, index: int, x: float, y: float) -> None:
        experiment = self._experiment
        if "components" not in experiment.card.capabilities_in(experiment.world):
            raise BadInput(f"The model '{experiment.model_id}' has no Gaussians that can be moved; gmm has.")

        def move(model: Any) -> None:
            means, _ = model.components()
            if not 0 <= index < len(means):
                raise BadInput(f"There is no component {index}. Allowed: 0 to {len(means) - 1}.")
            model.move_component(index, means.new_tensor([x, y]))

        experiment.bench.command(
            lambda worker: worker.alter(move, "a component was moved by hand"), starts=True
        )

    def defaults(self) -> None:
        old = self._experiment.desk().choice
        choice = ModelChoice.default(old.model, self._experiment.world, old.objective)
        choice = replace(choice, members=old.members)
        if choice != old:
            self._experiment.choose_model(choice, "Default knobs")


class _Training:
    def __init__(self, experiment: Experiment) -> None:
        self._experiment = experiment

    def callbacks(self) -> dict[str, Any]:
        return {
            "train.toggle": self.toggle,
            "train.start": self.start,
            "train.pause": self.pause,
            "train.step": self.step,
            "train.substep": self.substep,
            "train.reset": self.reset,
            "train.restart": self.restart,
            "train.new_seed": self.new_seed,
            "train.speed": self.speed,
        }

    def _bench(self) -> Bench:
        """The bench, with a run open or on its way."""
        bench = self._experiment.bench
        if bench.run_id is None and not bench.opening:
            self._experiment.ready()
        return bench

    def _trained(self) -> Bench | Race:
        """What is trained: the race while it is open, else the bench."""
        race = self._experiment.race
        return race if race.opened else self._bench()

    def toggle(self) -> None:
        trained = self._trained()
        if trained.running:
            trained.pause()
        else:
            trained.start()

    def start(self) -> None:
        self._trained().start()

    def pause(self) -> None:
        self._trained().pause()

    def step(self, n: int) -> None:
        self._trained().step(n)

    def substep(self) -> None:
        if self._experiment.race.opened:
            raise BadInput("A race goes by whole steps: leave it to see the phases of one.")
        self._bench().substep()

    def reset(self) -> None:
        if self._experiment.race.opened:
            self._experiment.race.reset()
        else:
            self._bench().rewind()

    def restart(self) -> None:
        running = self._experiment.running
        self._experiment.ready()
        if running:
            self._bench().start()

    def new_seed(self, seed: int | None) -> None:
        old = self._experiment.seed
        self._experiment.edit("New seed", seed=(old + 1) % 2**31 if seed is None else seed)
        self.restart()

    def speed(self, steps_per_second: float) -> None:
        self._bench().speed(steps_per_second or None)


class _Files:
    def __init__(self, experiment: Experiment) -> None:
        self._experiment = experiment

    def callbacks(self) -> dict[str, Any]:
        return {
            "file.new": self.new,
            "file.open": self.open,
            "file.save": self.save,
            "file.save_as": self.save_as,
        }

    def new(self) -> None:
        experiment = self._experiment
        experiment.load("plane", {world: default_desk(world) for world in WORLDS})
        experiment.path = None
        experiment.set_dirty(False)
        experiment.ready()

    def open(self, path: Path) -> None:
        project.open_into(self._experiment, path)

    def save(self) -> Future[Path]:
        if self._experiment.path is None:
            raise BadInput("This experiment has no file yet: use Save as.")
        return project.save(self._experiment, self._experiment.path)

    def save_as(self, path: Path) -> Future[Path]:
        return project.save(self._experiment, path)


def _bind_stage(registry: ActionRegistry, experiment: Experiment) -> None:
    def layer(name: str, on: bool | None) -> None:
        layers = experiment.stage.layers
        shown = name not in layers if on is None else on
        changed = layers | {name} if shown else layers - {name}
        if changed != layers:
            experiment.set_stage(f"{'Show' if shown else 'Hide'} {name}", layers=changed)

    def home() -> None:
        box = experiment.data.box if experiment.world == "plane" else HOME
        if box != experiment.stage.box:
            experiment.set_stage("Whole view", box=box)

    def box(x0: float, x1: float, y0: float, y1: float) -> None:
        for low, high, axis in ((x0, x1, "x"), (y0, y1, "y")):
            if not 1e-3 <= high - low <= 1e4:
                raise BadInput(f"stage.box: {axis}1 must be more than {axis}0, by 0.001 to 10000.")
        experiment.set_stage("Move the view", merge="stage.box", box=Box(x0, x1, y0, y1))

    def resolution(n: int) -> None:
        if n != experiment.stage.resolution:
            experiment.set_stage("Resolution", merge="stage.resolution", resolution=n)

    registry.bind("stage.layer", layer)
    registry.bind("stage.home", home)
    registry.bind("stage.box", box)
    registry.bind("stage.resolution", resolution)
    registry.bind("stage.time", experiment.subject.set_time)


def _bind_sampling(registry: ActionRegistry, experiment: Experiment) -> None:
    sampling = experiment.sampling

    def toggle() -> None:
        if sampling.running:
            sampling.pause()
        else:
            sampling.start()

    registry.bind("sampler.choose", sampling.choose)
    registry.bind("sampler.target", sampling.target)
    registry.bind("sampler.set", sampling.set)
    registry.bind("sampler.speed", sampling.set_speed)
    registry.bind("sampler.chain", sampling.watch)
    registry.bind("sampler.toggle", toggle)
    registry.bind("sampler.start", sampling.start)
    registry.bind("sampler.step", sampling.step)
    registry.bind("sampler.pause", sampling.pause)
    registry.bind("sampler.reset", sampling.reset)
