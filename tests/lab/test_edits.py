"""The law of undo: whatever is done, undoing all gives the beginning back, and redoing all the end."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genplay.errors import BadInput
from genplay.lab.edits import Edit, UndoStack
from tests.lab.fakes import Bench, Clock

coordinates = st.floats(-2, 2, allow_nan=False).map(lambda v: round(v, 2))
points = st.lists(st.tuples(coordinates, coordinates).map(list), min_size=2, max_size=4)
steps = st.one_of(
    st.tuples(
        st.just("data.choose"), st.fixed_dictionaries({"name": st.sampled_from(["rings", "two-moons", "strokes"])})
    ),
    st.tuples(
        st.just("data.set"),
        st.fixed_dictionaries({"name": st.sampled_from(["n", "noise", "outliers"]), "value": st.just(0.3)}),
    ),
    st.tuples(st.just("data.set"), st.fixed_dictionaries({"name": st.just("n"), "value": st.integers(0, 50)})),
    st.tuples(
        st.just("data.stroke"),
        st.fixed_dictionaries({"points": points, "label": st.integers(0, 2), "spray": st.booleans()}),
    ),
    st.tuples(st.just("data.erase"), st.fixed_dictionaries({"points": points, "size": st.sampled_from([0.2, 2.0])})),
    st.tuples(st.just("data.move"), st.fixed_dictionaries({"points": points})),
    st.tuples(st.just("data.clear"), st.just({})),
    st.tuples(st.just("model.choose"), st.fixed_dictionaries({"name": st.sampled_from(["gaussian", "gmm", "kde"])})),
    st.tuples(st.just("recipe.set"), st.just({"name": "learning_rate", "value": 0.02})),
    st.tuples(st.just("model.defaults"), st.just({})),
    st.tuples(st.just("train.new_seed"), st.just({})),
    st.tuples(st.just("train.start"), st.just({})),
    st.tuples(st.just("stage.layer"), st.just({"name": "truth"})),
    st.tuples(st.just("edit.undo"), st.just({})),
    st.tuples(st.just("edit.redo"), st.just({})),
)  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(steps, st.sampled_from([0.0, 1.0])), max_size=14))
def test_undo_all_then_redo_all(sequence: list) -> None:
    bench = Bench()
    bench.experiment.ready()
    experiment, start = bench.experiment, bench.experiment.desk()
    for (id, args), pause in sequence:
        bench.clock.now += pause
        before = experiment.desk()
        try:
            bench.do(id, **args)
        except BadInput:
            # What is refused changes nothing.
            assert experiment.desk() is before
    end = experiment.desk()
    while experiment.undo_stack.redo_label:
        experiment.redo()
    last = experiment.desk()
    while experiment.undo():
        pass
    assert experiment.desk() == start
    while experiment.redo():
        pass
    assert experiment.desk() == last
    with suppress(BadInput):
        bench.do("data.choose", name="two-moons")
    assert end.data is not None


class Plain:
    """Desks without an experiment: every edit is accepted."""

    def __init__(self, desk: object) -> None:
        self.it = desk

    def desk(self, world: str) -> object:
        return self.it

    def put_desk(self, world: str, desk: object) -> None:
        self.it = desk


def make() -> tuple[UndoStack, Plain, Clock]:
    clock = Clock()
    return UndoStack(clock, most=5), Plain(Bench().experiment.desk()), clock


def test_a_dragged_slider_is_one_entry() -> None:
    stack, desks, clock = make()
    for seed in range(1, 6):
        clock.now += 0.4
        stack.do(Edit("Seed", "plane", {"seed": seed}, merge="seed"), desks)
    assert len(stack) == 1
    assert stack.undo(desks) == "Seed"
    assert desks.it.seed == 0
    stack.redo(desks)
    assert desks.it.seed == 5


def test_two_drags_with_a_rest_between_are_two_entries() -> None:
    stack, desks, clock = make()
    stack.do(Edit("Seed", "plane", {"seed": 1}, merge="seed"), desks)
    clock.now += 0.6
    stack.do(Edit("Seed", "plane", {"seed": 2}, merge="seed"), desks)
    stack.do(Edit("Seed", "plane", {"seed": 3}), desks)
    assert len(stack) == 3


def test_an_edit_after_undo_does_not_merge_into_the_past() -> None:
    stack, desks, _ = make()
    stack.do(Edit("Seed", "plane", {"seed": 1}, merge="seed"), desks)
    stack.do(Edit("Clear", "plane", {"cleared": True}), desks)
    stack.undo(desks)
    stack.do(Edit("Seed", "plane", {"seed": 2}, merge="seed"), desks)
    assert len(stack) == 2
    assert stack.redo_label == ""


def test_the_list_is_bounded() -> None:
    stack, desks, _ = make()
    for seed in range(1, 10):
        stack.do(Edit("Seed", "plane", {"seed": seed}), desks)
    assert len(stack) == 5
    while stack.undo(desks):
        pass
    assert desks.it.seed == 4


def test_a_refused_edit_leaves_the_stack_as_it_was() -> None:
    stack, desks, _ = make()
    stack.do(Edit("Seed", "plane", {"seed": 1}), desks)

    def refuse(world: str, desk: object) -> None:
        raise BadInput("no")

    desks.put_desk = refuse  # type: ignore[method-assign]
    with pytest.raises(BadInput):
        stack.do(Edit("Seed", "plane", {"seed": 2}), desks)
    with pytest.raises(BadInput):
        stack.undo(desks)
    assert (len(stack), stack.undo_label, stack.redo_label) == (1, "Seed", "")
