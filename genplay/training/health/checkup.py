"""Looks at a run about once a second, one rule at a time, within a bounded share of its time.

A condition is told when it has been seen three times, for as long as its rule asks and over the later half of the run: what
passes by itself while a model learns is no trouble. It is gone when two looks in a row do not see it.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genplay.training.health.conditions import CONDITIONS
from genplay.training.health.finding import Finding, Reading
from genplay.training.health.losses import no_number
from genplay.training.health.remedies import remedy
from genplay.training.health.rules import RULES, Patient, Rule
from genplay.training.trainer import Trainer

__all__ = ["Checkup"]

PERIOD = 1.0
SHARE = 0.05
"""The share of the time that looking takes at most, divided evenly: a rule whose look is dear looks less often."""
LIVE_SECONDS, REST_SECONDS = 0.03, 0.25
"""How long drawing samples or measuring densities may take in one look."""
_TIMES, _WELLS = 3, 2
_FOLLOW = 0.1
_WAIT = "It has not lasted: what passes by itself while a model learns is no trouble."


@dataclass
class _Case:
    """One rule of one run: its last reading, and since when it has been seen."""

    rule: Rule
    due: float
    reading: Reading | None = None
    step: int = 0
    first: int = 0
    times: int = 0
    wells: int = 0
    rested: int = -1

    def take(self, reading: Reading, step: int) -> None:
        if reading.state == "ill":
            self.first = self.first if self.times else step
            self.times, self.wells = self.times + 1, 0
        elif reading.state == "well":
            self.wells += 1
            if self.wells >= _WELLS or not self.rule.lasts:
                self.times = 0
            elif self.told(False):
                return
        self.reading, self.step = reading, step

    def told(self, finished: bool) -> bool:
        """Whether the condition has lasted."""
        if self.reading is None or self.reading.state != "ill":
            return False
        if not self.rule.lasts or finished:
            return True
        return self.times >= _TIMES and self.step - self.first >= max(self.rule.lasts, self.first)


class Checkup:
    """The health of one run; used in the thread that trains it."""

    def __init__(self, trainer: Trainer) -> None:
        self._trainer = trainer
        self._patient = Patient(trainer)
        soon = time.perf_counter() + PERIOD
        self._cases = {rule.id: _Case(rule, soon) for rule in RULES}
        self._followed = -math.inf
        self._stopped = ""
        self.findings: tuple[Finding, ...] = ()

    def offer(self, step: int, samples: NDArray[np.generic] | None) -> None:
        """Samples that a view has had drawn, to be used again."""
        if samples is not None:
            self._patient.offer(step, np.asarray(samples, np.float64))

    def look(self) -> float:
        """While training: one rule that is due, if any; returns the seconds it took."""
        began = time.perf_counter()
        if began - self._followed >= _FOLLOW:
            self._followed = began
            self._patient.follow_chains()
        self._stopped = ""
        due = [case for case in self._cases.values() if case.due <= began]
        if due:
            case = min(due, key=lambda c: c.due)
            self._patient.seconds = LIVE_SECONDS
            self._examine(case)
            cost = time.perf_counter() - began
            others = sum(other.reading is not None for other in self._cases.values())
            case.due = began + max(PERIOD, cost * max(1, others) / SHARE)
            self.findings = self._told()
        return time.perf_counter() - began

    def rest(self, version: int) -> bool:
        """At rest: one rule that has not looked at this version of the model; False when all have."""
        if self._trainer.step_count == 0:
            return False
        for case in self._cases.values():
            if case.rested != version:
                case.rested = version
                self._patient.seconds = REST_SECONDS
                self._examine(case)
                self.findings = self._told()
                return True
        return False

    def whole(self, *only: str) -> tuple[Finding, ...]:
        """Every rule once (or ``only`` some, by id), however long it takes."""
        self._patient.seconds = math.inf
        for id, case in self._cases.items():
            if not only or id in only:
                self._examine(case)
        self.findings = self._told()
        return self.findings

    def stopped(self, message: str) -> None:
        """The run was stopped because a loss was no number."""
        self._stopped = message
        self.findings = self._told()

    def _examine(self, case: _Case) -> None:
        """A rule that fails must stop nothing: it is left open."""
        trainer = self._trainer
        if not case.rule.applies(trainer):
            case.reading = None
            return
        try:
            reading = case.rule.look(self._patient)
        except Exception as error:
            reading = Reading("open", f"It could not be looked at: {type(error).__name__}: {error}")
        case.take(reading, trainer.step_count)

    def _told(self) -> tuple[Finding, ...]:
        return tuple(f for case in self._cases.values() if (f := self._finding(case)) is not None)

    def _finding(self, case: _Case) -> Finding | None:
        condition, trainer = CONDITIONS[case.rule.id], self._trainer
        reading, step = case.reading, case.step
        if self._stopped and case.rule.id == "exploding-loss":
            reading, step = no_number(self._stopped, trainer.history), trainer.step_count
        elif reading is None:
            return None
        elif reading.state == "ill" and not case.told(trainer.finished):
            reading = Reading(
                "open",
                f"Seen, but for a short time only: {reading.seen} {_WAIT}",
                reading.figures,
                reading.evidence,
            )
        fix = remedy(condition.id, trainer.plan) if reading.state == "ill" else None
        return Finding(
            condition.id, condition.title, step, reading.state, reading.seen, reading.figures, reading.evidence,
            condition.show_me.words, fix,
        )  # fmt: skip
