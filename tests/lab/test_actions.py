from __future__ import annotations

import inspect
import json

import pytest

from genplay.errors import BadInput
from genplay.lab.action_list import ALL
from genplay.lab.actions import ActionRegistry
from tests.lab.fakes import Bench

WINDOW = {
    "diagnostics.write", "app.quit", "window.theme", "window.scale", "window.screenshot", "window.panel",
    "window.palette", "window.size", "window.focus", "evaluate.page", "help.shortcuts", "help.about",
}  # fmt: skip


def test_ids_and_shortcuts_are_unique() -> None:
    ids = [spec.id for spec in ALL]
    assert len(set(ids)) == len(ids)
    shortcuts = [spec.shortcut for spec in ALL if spec.shortcut]
    assert len(set(shortcuts)) == len(shortcuts)


def test_specs_say_what_they_are_and_are_json() -> None:
    for spec in ALL:
        assert spec.title
        assert spec.help.endswith(".")
        assert json.loads(json.dumps(spec.to_json()))["id"] == spec.id
        for param in spec.params:
            assert param.help
            if not param.required:
                assert param.parse(param.default) == param.default


def test_everything_but_the_window_is_bound() -> None:
    registry = Bench().registry
    unbound = {spec.id for spec in ALL if registry.why_not(spec.id).endswith("needs the window.")}
    assert unbound == WINDOW


def test_callbacks_take_exactly_the_parameters_of_their_action() -> None:
    registry = Bench().registry
    for spec in ALL:
        callback = registry._callbacks.get(spec.id)
        if callback is not None:
            names = [p.name for p in inspect.signature(callback).parameters.values()]
            assert names == [param.name for param in spec.params], spec.id


def test_unknown_actions_and_parameters_suggest_the_nearest() -> None:
    registry = ActionRegistry()
    with pytest.raises(BadInput, match=r"Did you mean 'train\.start'"):
        registry.run("train.strat")
    with pytest.raises(BadInput, match="Did you mean 'name'"):
        registry.run("data.choose", nam="rings")
    with pytest.raises(BadInput, match="needs 'name'"):
        registry.run("data.choose")
    with pytest.raises(BadInput, match="needs the window"):
        registry.run("app.quit")


def test_arguments_are_checked_before_anything_happens() -> None:
    called = []
    registry = ActionRegistry()
    registry.bind("train.step", lambda n: called.append(n))
    with pytest.raises(BadInput, match=r"train\.step: n cannot be '0'"):
        registry.run("train.step", n=0)
    registry.run("train.step")
    registry.run("train.step", n="5")
    assert called == [1, 5]


def test_a_condition_says_why_not() -> None:
    bench = Bench()
    assert bench.registry.why_not("edit.undo") == "Nothing to undo."
    with pytest.raises(BadInput, match="Nothing to undo"):
        bench.do("edit.undo")
    assert "choose that world first" in bench.registry.why_not("data.draw_digit")
    bench.do("data.choose", name="rings")
    assert bench.registry.available("edit.undo")
