"""The health of the open run as the user meets it: what calls for attention, how it happens, what mends it.

A condition calls for attention once: after ``dismiss`` it is quiet until it has gone away and comes again. ``fix`` is one
edit; ``show`` opens the experiment that brings a condition about in place of the user's, as one edit too. Either leaves the
run that was open in the list of past runs, so that undo brings it back as it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from psygnal import Signal

from genplay.datasets.base import DataSettings
from genplay.errors import BadInput
from genplay.lab import drawing
from genplay.lab.state import ModelChoice
from genplay.training.health.conditions import CONDITIONS

if TYPE_CHECKING:
    from genplay.lab.experiment import Experiment
    from genplay.training.health.finding import Finding, Remedy

__all__ = ["Health"]


class Health:
    """What the rules have found in the open run. ``changed`` tells that something else calls for attention."""

    changed = Signal()

    def __init__(self, experiment: Experiment) -> None:
        self._experiment = experiment
        self._run: int | None = None
        self._dismissed: set[str] = set()
        self._told: tuple[str, ...] = ()
        self.findings: tuple[Finding, ...] = ()

    @property
    def attention(self) -> tuple[Finding, ...]:
        """The conditions that are seen and have not been dismissed."""
        return tuple(f for f in self.findings if f.state == "ill" and f.id not in self._dismissed)

    def poll(self) -> None:
        """Take what the newest snapshot says."""
        snapshot = self._experiment.bench.latest()
        run = snapshot.run_id if snapshot is not None else None
        if run != self._run:
            self._run = run
            self._dismissed.clear()
        self.findings = snapshot.health if snapshot is not None else ()
        self._dismissed &= {f.id for f in self.findings if f.state == "ill"}
        told = tuple(f.id for f in self.attention)
        if told != self._told:
            self._told = told
            self.changed.emit()

    def _seen(self, condition: str | None) -> Finding:
        """The finding of a condition, or the first that calls for attention; ``BadInput`` if it is not there."""
        ill = [f for f in self.findings if f.state == "ill"]
        if condition is None:
            if not ill:
                raise BadInput("Nothing is wrong with this run, as far as can be seen.")
            return (*self.attention, *ill)[0]
        for finding in ill:
            if finding.id == condition:
                return finding
        raise BadInput(f"{CONDITIONS[condition].title} is not seen in this run.")

    def dismiss(self, condition: str | None) -> None:
        """Let a condition (None: all) be quiet until it has gone away and comes again."""
        if condition is None:
            self._dismissed |= {f.id for f in self.findings if f.state == "ill"}
        else:
            self._dismissed.add(self._seen(condition).id)
        self.poll()

    def fix(self, condition: str | None) -> None:
        """Change the run's knobs so that the condition goes away; where a restart is needed, the old run is kept."""
        finding = self._seen(condition)
        remedy = finding.fix
        if remedy is None:
            raise BadInput(
                f"No knob of '{self._experiment.model_id}' mends this: {finding.title}. Try another model."
            )
        experiment = self._experiment
        experiment.race.leave()
        latest = experiment.bench.latest()
        stopped = latest is not None and latest.state == "failed"
        goes_on = stopped or (remedy.restart and experiment.running)
        changes = self._mended(remedy)
        if remedy.restart:
            # Left before the edit, so that its live knobs do not reach the old run.
            experiment.bench.leave(replaced=True)
        experiment.edit(f"Fix {finding.title.lower()}", merge="", **changes)
        if remedy.restart and not experiment.bench.opening:
            experiment.ready()
        if goes_on:
            experiment.bench.start()
        kept = " The run begins anew; undo brings the old one back." if remedy.restart else ""
        experiment.say(f"{remedy.words}{kept}")

    def _mended(self, remedy: Remedy) -> Mapping[str, object]:
        desk = self._experiment.desk()
        choice = desk.choice
        changes: dict[str, object] = {
            "choice": replace(
                choice,
                objective=remedy.objective or choice.objective,
                knobs=choice.knobs.replace(**remedy.knobs),
                recipe=choice.recipe.replace(**remedy.recipe),
            )
        }
        if remedy.data:
            changes["data"] = replace(desk.data, settings=desk.data.settings.replace(**remedy.data))
        return changes

    def show(self, condition: str) -> None:
        """Open and start the experiment that brings a condition about; undo brings the user's own back."""
        experiment, about = self._experiment, CONDITIONS[condition]
        demonstration = about.show_me
        experiment.race.leave()
        experiment.choose_world(demonstration.world)
        desk = experiment.desk()
        choice = ModelChoice.default(demonstration.model, demonstration.world, demonstration.objective)
        choice = replace(
            choice,
            knobs=choice.knobs.replace(**demonstration.knobs),
            recipe=choice.recipe.replace(**demonstration.recipe),
        )
        experiment.bench.leave(replaced=True)
        experiment.edit(
            f"Show {about.title.lower()}",
            data=drawing.blank(demonstration.data, DataSettings().replace(**demonstration.settings)),
            choice=choice,
            seed=0,
            cleared=False,
            kept_data={**desk.kept_data, desk.data.name: desk.data},
            kept_choices={**desk.kept_choices, desk.choice.model: desk.choice},
        )
        if not experiment.bench.opening:
            experiment.ready()
        experiment.bench.start()
        experiment.say(f"{demonstration.words} Undo brings your experiment back.")
