import dataclasses
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genplay.errors import BadInput
from genplay.knobs import Knobs, again, knob


@dataclass(frozen=True)
class Settings(Knobs):
    width: int = knob(64, "Units in a layer.", low=1, high=512, label="layer width")
    rate: float = knob(0.01, "Learning rate.", low=0.0, log=True, live=True)
    kind: str = knob("relu", "Activation.", choices=("relu", "tanh"))
    bias: bool = knob(True, "Whether layers have a bias.")
    filters: int = knob(3, "Filters.", high=9, worlds=("digits",), objectives=("cd",))
    free: float = knob(0.0, "Any number.")


def test_types_labels_and_ranges_come_from_the_declaration():
    infos = {i.name: i for i in Settings.infos()}
    assert [i.type for i in infos.values()] == ["int", "float", "choice", "bool", "int", "float"]
    assert infos["width"].label == "layer width"
    assert infos["rate"].label == "rate"
    assert infos["width"].allowed() == "a whole number from 1 to 512"
    assert infos["rate"].allowed() == "a number, at least 0"
    assert infos["filters"].allowed() == "a whole number, at most 9"
    assert infos["free"].allowed() == "a number"
    assert infos["kind"].allowed() == "relu, tanh"
    assert infos["bias"].allowed() == "true, false"


def test_a_knob_applies_only_where_it_says():
    info = Settings.info("filters")
    assert info.applies("digits", "cd")
    assert info.applies("digits")
    assert not info.applies("plane", "cd")
    assert not info.applies("digits", "exact")
    assert Settings.info("width").applies("plane", "anything")


@pytest.mark.parametrize(
    ("name", "raw", "value"),
    [
        ("width", "128", 128),
        ("width", 128.0, 128),
        ("rate", "1e-3", 1e-3),
        ("rate", 1, 1.0),
        ("kind", "tanh", "tanh"),
        ("bias", "off", False),
        ("bias", "Yes", True),
        ("bias", 0, False),
    ],
)
def test_text_and_numbers_are_read(name, raw, value):
    parsed = getattr(Settings.parse({name: raw}), name)
    assert parsed == value
    assert type(parsed) is type(value)


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("width", 0), ("width", 513), ("width", "12.5"), ("width", "many"), ("width", True), ("width", None),
        ("rate", -1), ("rate", "nan"), ("rate", "inf"), ("rate", [1]), ("kind", "rel"), ("bias", "perhaps"),
        ("width", "1" * 400), ("width", float("inf")),
    ],
)  # fmt: skip
def test_a_bad_value_is_refused_naming_knob_and_allowed_values(name, raw):
    with pytest.raises(BadInput) as refused:
        Settings.parse({name: raw})
    text = str(refused.value)
    assert name in text
    assert Settings.info(name).allowed() in text
    assert "\n" not in text


def test_a_choice_suggests_the_nearest():
    with pytest.raises(BadInput, match="Did you mean 'relu'"):
        Settings.parse({"kind": "rellu"})


def test_an_unknown_knob_names_the_nearest():
    with pytest.raises(BadInput, match=r"no knob 'widht'\. Did you mean 'width'"):
        Settings.parse({"widht": 1})


def test_values_are_checked_however_the_object_is_made():
    with pytest.raises(BadInput):
        Settings(width=0)
    with pytest.raises(BadInput):
        Settings().replace(rate=-1)


@given(st.integers(1, 512), st.floats(0, 10), st.sampled_from(["relu", "tanh"]), st.booleans())
def test_reading_back_what_was_written_gives_the_same(width, rate, kind, bias):
    made = Settings(width=width, rate=rate, kind=kind, bias=bias)
    assert Settings.parse(made.as_dict()) == made
    assert Settings.parse({k: str(v) for k, v in made.as_dict().items()}) == made
    assert Settings.parse(made.changed()) == made


def test_changed_holds_only_what_differs():
    assert Settings().changed() == {}
    assert Settings(width=3).changed() == {"width": 3}


def test_a_knob_once_more_keeps_what_is_not_changed():
    @dataclass(frozen=True)
    class Others(Settings):
        width: int = again(Settings, "width", 7, help="Other words.")

    known, changed = Settings.info("width"), Others.info("width")
    assert (changed.default, changed.help) == (7, "Other words.")
    assert dataclasses.replace(changed, default=known.default, help=known.help) == known
    assert [i.name for i in Others.infos()] == [i.name for i in Settings.infos()]
    with pytest.raises(TypeError, match="no colour"):
        again(Settings, "width", colour="red")
