"""The source of a model: the file that runs, found without torch."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from genplay.errors import Failure
from genplay.lab.source import source_of
from genplay.models.registry import card, cards


@pytest.mark.parametrize("name", list(cards()))
def test_every_model_has_a_source_with_its_class(name: str) -> None:
    made = card(name)
    for world in made.worlds:
        source = source_of(made, world)
        target = made.target if isinstance(made.target, str) else made.target[world]
        name_of_class = target.partition(":")[2]
        assert source.text == source.path.read_text(encoding="utf-8")
        assert source.text.splitlines()[source.line - 1].startswith(
            (f"class {name_of_class}", f"def {name_of_class}")
        )


def test_a_target_of_each_world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own_models.py").write_text("import torch\n\n\nclass Mine:\n    pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    made = replace(card("nsf"), target={"plane": "own_models:Mine", "digits": "no_such_module:Other"})
    assert source_of(made, "plane").line == 4
    for gone in ("no_such_module:Other", "no.such.module:Other", "sys:Other"):
        with pytest.raises(Failure, match="cannot be found"):
            source_of(replace(made, target=gone), "digits")


def test_torch_is_not_imported() -> None:
    code = (
        "import sys; from genplay.lab.source import source_of; from genplay.models.registry import card; "
        "print(len(source_of(card('nsf'), 'plane').text), 'torch' in sys.modules)"
    )
    out = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert int(out[0]) > 500
    assert out[1] == "False"
