"""A model of the user's own, read from a file: its card, its errors with file and line, and that it trains like others."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from genplay.errors import BadInput
from genplay.models.own_file import FAMILY, read_model, trial
from genplay.paths import resource
from tests.models.harness import two_moons

TEMPLATE = resource("templates/my_model.py").read_text(encoding="utf-8")


def written(folder: Path, text: str, name: str = "mine.py") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_the_template_becomes_a_card(tmp_path: Path) -> None:
    card = read_model(written(tmp_path, TEMPLATE, "My first model.py"))
    assert card.id == "my-first-model"
    assert card.family == FAMILY
    assert card.worlds == ("plane",)
    assert card.density == {"plane": "exact"}
    assert set(card.capabilities) == {"sample", "density"}
    assert [info.name for info in card.knobs.infos()] == ["bells"]
    trial(card)


def test_an_id_that_is_taken_gets_another(tmp_path: Path) -> None:
    assert read_model(written(tmp_path, TEMPLATE, "nsf.py"), taken=("nsf",)).id == "own-nsf"


def test_the_templates_density_is_that_of_torch(tmp_path: Path) -> None:
    from genplay.models.base import Setting
    from genplay.spaces.plane import HOME

    card = read_model(written(tmp_path, TEMPLATE))
    x = two_moons(50)
    make = torch.Generator().manual_seed(0)
    model = card.load("plane")(
        card.knobs(), Setting("plane", 2, 1, "own", HOME, x, torch.zeros(50).long(), make)
    )
    bells = torch.distributions.MixtureSameFamily(
        torch.distributions.Categorical(torch.ones(12)),
        torch.distributions.Independent(torch.distributions.Normal(model._means(), model.log_sigma.exp()), 1),
    )
    torch.testing.assert_close(model.log_prob(x), bells.log_prob(x))


def line_of(text: str, part: str) -> int:
    return next(i for i, line in enumerate(text.splitlines(), 1) if part in line)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("class Ring(Model):", "class Ring(Model:", "line {0}"),
        ("self.log_radius = nn.Parameter", "self.log_radius = nn.Parametre", "line {0}: AttributeError"),
        (
            "return torch.logsumexp(bells, dim=1)",
            "return torch.logsumexp(bells, dim=7)",
            "line {0}: IndexError",
        ),
        ("import math\n", "import maths\n", "line {0}: ModuleNotFoundError"),
        ("class Ring(Model):", "class Ring:", "exactly one class"),
        ('worlds = ("plane",)', 'worlds = ("space",)', "Allowed: plane, digits"),
        ("return self._means()[bell]", "return self._means()", "shape (12, 2), not (7, 2)"),
        ('return {"loss": -self', 'return {"cost": -self', "must return a 'loss'"),
    ],
)
def test_a_broken_file_is_refused_with_its_name_and_line(
    old: str, new: str, said: str, tmp_path: Path
) -> None:
    assert old in TEMPLATE
    text = TEMPLATE.replace(old, new)
    if "self._means()\n" in new or new == "return self._means()":
        text = text.replace(" + self.log_sigma.exp() * noise[:, 1:]", "")
    path = written(tmp_path, text)
    with pytest.raises(BadInput) as refusal:
        trial(read_model(path))
    assert "mine.py" in str(refusal.value)
    assert said.format(line_of(text, new.strip().splitlines()[0])) in str(refusal.value)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"nowhere\.py cannot be read"):
        read_model(tmp_path / "nowhere.py")
