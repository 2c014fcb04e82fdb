"""The training loop: step t draws a mini-batch for each phase of the model, takes the gradient of its loss and a step.

θ ← θ − η_t · direction(∇_θ loss), η_t from the recipe. Losses stay tensors and are read in bulk, every 64 steps or
0.1 s, into the history. The same plan gives the same losses bit for bit: what looks at the model has its own generator.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import groupby
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from genplay.datasets.base import Data
from genplay.errors import Failure
from genplay.models.base import Model, Setting, Terms
from genplay.quantity import Quantity
from genplay.spaces import DIMENSIONS
from genplay.training import optimiser, parameters
from genplay.training.average import Average
from genplay.training.batches import Batches
from genplay.training.checkpoint import Checkpoint, State
from genplay.training.device import choose, to_tensor
from genplay.training.history import History
from genplay.training.likelihood import Likelihood
from genplay.training.optimised_phase import OptimisedPhase
from genplay.training.plan import RunPlan

__all__ = ["Checkpoint", "Diverged", "Trainer"]

_FLUSH_STEPS = 64
_FLUSH_SECONDS = 0.1
_SAFE_SECONDS = 0.25
_AVERAGE = "average/"


class Diverged(Failure):
    """The loss is no longer a number. The trainer has gone back to the last good parameters."""


class Trainer:
    """A model in training. ``step`` and ``substep`` are for looking closely, ``advance`` for speed.

    After a change of knobs or data the model goes on from where it is. ``history`` may be read from other threads;
    everything else belongs to the thread that trains.
    """

    def __init__(self, plan: RunPlan) -> None:
        self.plan = plan.checked()
        self.recipe = plan.full_recipe
        self.device = choose(plan.device, self.recipe.precision)
        self.dtype = torch.float64 if self.recipe.precision == "float64" else torch.float32
        self.history = History()
        self.step_count = 0
        self.seconds = 0.0
        self.finished = False
        self.terms: dict[str, float] = {}
        self.phase = ""
        start, noise, shuffle, self.view_seed = _seeds(plan.seed)
        self._noise = torch.Generator(self.device).manual_seed(noise)
        self._shuffle = torch.Generator(self.device).manual_seed(shuffle)
        self.model = self._built(start)
        self._batches = self._loaded(plan.data)
        phases = self.model.phases()
        alone = sum(phase.parameters is not None for phase in phases) <= 1
        self._parts = [OptimisedPhase(phase, self.recipe.optimiser, alone) for phase in phases]
        self._average = Average([p for part in self._parts for p in part.parameters])
        self._average.set_decay(self.recipe.ema)
        self._at = self._repeat = 0
        self._step_terms: Terms = {}
        self._pending: list[tuple[int, float, tuple[str, ...], list[Tensor]]] = []
        self._flushed = self._measured = self._saved = -math.inf
        self._safe: list[tuple[int, State]] = []
        self._remember()

    def _built(self, seed: int) -> Model:
        plan, data = self.plan, self.plan.data
        setting = Setting(
            world=plan.world,
            dim=DIMENSIONS[plan.world],
            classes=data.classes,
            objective=plan.card.objective(plan.world, plan.objective).id,
            box=data.box,
            x=to_tensor(data.x_train, torch.device("cpu"), self.dtype),
            y=to_tensor(data.y_train, torch.device("cpu"), torch.int64),
            generator=torch.Generator().manual_seed(seed),
            law=data.law,
            members=tuple((m.title, m.rebuilt(plan.world).to(self.dtype), m.weight) for m in plan.members),
        )
        return plan.card.load(plan.world)(plan.model_knobs, setting).to(self.device, self.dtype)

    def _loaded(self, data: Data) -> Batches:
        x = to_tensor(data.x_train, self.device, self.dtype)
        y = to_tensor(data.y_train, self.device, torch.int64)
        return Batches(x, y, self.recipe.batch_size, self._shuffle, self._noise)

    # Training

    def step(self) -> dict[str, float]:
        """Make one step (or what is left of one) and return its terms; {} if the model has finished."""
        if self.finished:
            return {}
        self.advance(1)
        return self.terms

    def substep(self) -> str:
        """Run one phase once and return its name; the last one of a step completes it. '' if the model has finished."""
        if self.finished:
            return ""
        began = time.perf_counter()
        self._skip()
        name = self._run_phase()
        self._skip()
        self.seconds += time.perf_counter() - began
        if self._at >= len(self._parts):
            self._complete(self.seconds)
            self.flush()
        return name

    def advance(
        self,
        steps: int | None = None,
        until: float = math.inf,
        interrupted: Callable[[], bool] | None = None,
    ) -> int:
        """Make steps until there are enough, the clock (``time.perf_counter``) reaches ``until``, ``interrupted``
        says so, or the model has finished; return how many. Raises ``Diverged``.
        """
        done = 0
        before, began = self.seconds, time.perf_counter()
        flushed = began
        try:
            while not self.finished and (steps is None or done < steps):
                self._skip()
                while self._at < len(self._parts):
                    self._run_phase()
                    self._skip()
                now = time.perf_counter()
                self.seconds = before + now - began
                self._complete(self.seconds)
                done += 1
                if len(self._pending) >= _FLUSH_STEPS or now - flushed > _FLUSH_SECONDS:
                    self.flush()
                    flushed = now
                if now >= until or (interrupted is not None and interrupted()):
                    break
        finally:
            self.seconds = before + time.perf_counter() - began
        self.flush()
        return done

    def _skip(self) -> None:
        """Move on to the next phase that has a run left in this step."""
        while self._at < len(self._parts) and self._repeat >= self._parts[self._at].phase.repeats():
            self._at, self._repeat = self._at + 1, 0

    def _run_phase(self) -> str:
        part = self._parts[self._at]
        phase = part.phase
        terms = phase.run(self._batches.whole if phase.full else self._batches.draw())
        if part.optimiser is not None:
            part.descend(terms["loss"], self.recipe, self.step_count)
        if phase.after is not None:
            phase.after()
        self._step_terms.update(part.named(terms))
        self._repeat += 1
        self.phase = phase.name
        return phase.name

    def _complete(self, seconds: float) -> None:
        self._at = self._repeat = 0
        self.step_count += 1
        terms = self._step_terms
        self._pending.append((self.step_count, seconds, tuple(terms), list(terms.values())))
        self._step_terms = {}
        self._average.update()
        self.finished = self.model.finished

    def flush(self) -> None:
        """Read the losses of the last steps into the history; raises ``Diverged`` if one is not finite."""
        pending, self._pending = self._pending, []
        for names, rows in groupby(pending, key=lambda row: row[2]):
            block = list(rows)
            values = _read([tensor for row in block for tensor in row[3]]).reshape(len(block), len(names))
            losses = [i for i, name in enumerate(names) if name == "loss" or name.endswith("_loss")]
            fine = np.isfinite(values[:, losses]).all(axis=1)
            good = len(block) if fine.all() else int(fine.argmin())
            steps = np.array([row[0] for row in block[:good]], dtype=np.int64)
            seconds = np.array([row[1] for row in block[:good]])
            self.history.extend(steps, seconds, names, values[:good])
            if good:
                self.terms = dict(zip(names, values[good - 1].tolist(), strict=True))
            if good < len(block):
                bad = next(names[i] for i in losses if not math.isfinite(values[good, i]))
                self._fall_back(block[good][0], bad)
        now = time.perf_counter()
        if now - self._measured > _FLUSH_SECONDS / 2:
            self._measured = now
            self._measure()
        if now - self._saved > _SAFE_SECONDS:
            self._saved = now
            self._remember()

    def _measure(self) -> None:
        """Gradient norms and the learning rate: looked at now and then, so that they cost a step nothing."""
        for part in self._parts:
            if part.gradients:
                length = float(optimiser.norm(part.gradients))
                self.history.record(f"{part.prefix}gradient_norm", self.step_count, length)
        if any(part.optimiser is not None for part in self._parts):
            self.history.record("learning_rate", self.step_count, self.recipe.rate(self.step_count))

    # Safety

    def _remember(self) -> None:
        state = self.parameters_state()
        self._safe = [*self._safe[-1:], (self.step_count, state)]
        if self.history.wants_keyframe(self.step_count):
            self.history.keep(self.step_count, state)

    def recover(self, failed: int | None = None) -> None:
        """Go back to the last good parameters, after an error in the middle of a step or a bad loss at step ``failed``.

        A copy is good when the loss that was taken with it is: that of the step after it.
        """
        self._pending = []
        self._at = self._repeat = 0
        self._step_terms = {}
        before = self.step_count if failed is None else failed - 1
        known = [state for step, state in self._safe if step < before and parameters.all_finite(state)]
        fine = [state for _, state in self._safe if parameters.all_finite(state)]
        self._put((known or fine[:1] or [self._safe[0][1]])[-1])

    def _fall_back(self, step: int, name: str) -> None:
        self.recover(step)
        self.step_count = step - 1
        advice = f"lower the learning rate (now {self.recipe.learning_rate:g})"
        if not self.recipe.clip:
            advice += " or clip the gradients"
        what = "loss" if name == "loss" else name.replace("_", " ")
        self.history.mark(self.step_count, f"the {what} was no longer a number", "diverged")
        raise Diverged(
            f"The {what} was no longer a finite number at step {step}. The last good parameters are kept: "
            f"{advice}, then train on."
        )

    # Changes while training

    def set_knob(self, name: str, value: object) -> None:
        """Change a live knob of the model; it counts from the next step."""
        self.plan = self.plan.with_knob(name, value)
        knobs = self.plan.model_knobs
        self.model.configure(knobs)
        self.finished = self.model.finished
        self.history.mark(self.step_count, f"{knobs.info(name).label} = {getattr(knobs, name)}", name)

    def set_recipe(self, name: str, value: object) -> None:
        """Change a live knob of the recipe; it counts from the next step."""
        self.plan = self.plan.with_recipe(name, value)
        self.recipe = self.plan.full_recipe
        if name == "batch_size":
            self._batches.resize(self.recipe.batch_size)
        self._average.set_decay(self.recipe.ema)
        label = self.recipe.info(name).label
        self.history.mark(self.step_count, f"{label} = {getattr(self.recipe, name)}", name)

    def set_data(self, data: Data) -> None:
        """Train on other data from the next step on; parameters and optimiser stay as they are."""
        self.plan = self.plan.with_data(data)
        self._batches = self._loaded(data)
        self.model.law_changed(data.law)
        self.model.data_changed()
        self.finished = self.model.finished
        self.history.mark(self.step_count, "the data changed", "data")

    @torch.no_grad()
    def alter(self, change: Callable[[Model], None], what: str) -> None:
        """Change the parameters by hand; averages begin again from them, and a model that had finished has work again."""
        change(self.model)
        self._average.restart({})
        self.model.data_changed()
        self.finished = self.model.finished
        self.history.mark(self.step_count, what, "by hand")

    # Looking

    def gradients(self) -> list[tuple[nn.Parameter, Tensor]]:
        """The parameters with the gradients of the last step of their phase."""
        return [pair for part in self._parts for pair in zip(part.parameters, part.gradients, strict=False)]

    @property
    def substeps(self) -> int:
        """How many phase runs make a step at present."""
        return sum(part.phase.repeats() for part in self._parts)

    @property
    def within_step(self) -> bool:
        """Whether some but not all sub-steps of a step are done."""
        return self._at > 0 or self._repeat > 0

    @contextmanager
    def viewing(self) -> Iterator[Model]:
        """The model as views and measures see it: averaged parameters, evaluation mode, no gradients."""
        self.model.eval()
        try:
            with torch.no_grad(), self._average.in_place():
                yield self.model
        finally:
            self.model.train()

    def nll(self, split: Literal["train", "test"], points: int = 1000) -> Quantity | None:
        """−mean log p(x) in nats over at most ``points`` of the split; None if the model has no density."""
        with self.viewing() as model:
            task = Likelihood.of(model, self.plan.data, split, points, self.view_seed)
            if task is None:
                return None
            task.work()
            return task.result()

    # Keeping

    def parameters_state(self) -> State:
        """Copies of all parameters and buffers, and of the averaged parameters where averaging is on."""
        state = parameters.read(self.model)
        names = {id(p): name for name, p in self.model.named_parameters()}
        for parameter, mean in self._average.items():
            state[_AVERAGE + names[id(parameter)]] = mean.cpu().numpy().copy()
        return state

    def checkpoint(self) -> Checkpoint:
        """Where the run stands now."""
        self.flush()
        return Checkpoint(self.step_count, self.seconds, self.parameters_state(), self.history)

    def load_state(self, state: State) -> None:
        """Take parameters as ``parameters_state`` gave them; the optimiser begins afresh. ``BadInput`` if they do not fit."""
        self._put(state)
        self.finished = self.model.finished
        self._safe = []
        self._remember()

    def resume(self, checkpoint: Checkpoint) -> None:
        """Go on from a checkpoint, history included."""
        self._put(checkpoint.state)
        self.history = checkpoint.history
        self.step_count, self.seconds = checkpoint.step, checkpoint.seconds
        self.finished = self.model.finished
        for name in self.history.names():
            _, values = self.history.curve(name, self.step_count)
            if len(values) and name not in ("gradient_norm", "learning_rate"):
                self.terms[name] = float(values[-1])
        self._safe = []
        self._remember()

    def _put(self, state: State) -> None:
        parameters.write(self.model, {k: v for k, v in state.items() if not k.startswith(_AVERAGE)})
        names = {id(p): name for name, p in self.model.named_parameters()}
        self._average.restart({id(p): state.get(_AVERAGE + names[id(p)]) for p in self._average.parameters})
        for part in self._parts:
            part.forget()


def _read(tensors: list[Tensor]) -> NDArray[np.float64]:
    """Many 0-dim tensors as numbers, waiting for the device once."""
    if len({(t.device, t.dtype) for t in tensors}) <= 1:
        stacked = torch.stack(tensors) if tensors else torch.empty(0)
        return stacked.cpu().numpy().astype(np.float64)
    return np.array([float(t) for t in tensors])


def _seeds(seed: int) -> tuple[int, int, int, int]:
    """Four independent seeds: initial parameters, training noise, order of the data, views."""
    a, b, c, d = np.random.SeedSequence(seed).generate_state(4, np.uint64) >> np.uint64(1)
    return int(a), int(b), int(c), int(d)
