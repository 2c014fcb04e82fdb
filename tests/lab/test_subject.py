"""What is looked at closely: chosen by point, image or sample, in each world its own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from genplay.errors import BadInput
from genplay.training.snapshot import Gallery
from tests.lab.fakes import Bench

PIXELS = [1] * 5 + [0] * 20


@pytest.fixture
def bench() -> Bench:
    made = Bench()
    made.experiment.ready()
    made.experiment.poll()
    return made


def test_the_first_training_point_until_something_is_chosen(bench: Bench) -> None:
    subject, told = bench.experiment.subject, []
    subject.changed.connect(lambda: told.append(1))
    assert subject.chosen is None
    assert subject.x == pytest.approx(bench.experiment.data.x_train[:1])
    bench.do("inside.about", point=[[0.25, -1.5]])
    assert subject.x == pytest.approx(np.array([[0.25, -1.5]]))
    bench.do("inside.about", point=[0.25, -1.5])
    assert len(told) == 1, "the same point again is nothing new"
    bench.do("inside.about")
    assert subject.chosen is None
    assert len(told) == 2


def test_each_world_keeps_its_own(bench: Bench) -> None:
    subject = bench.experiment.subject
    bench.do("inside.about", point=[0.5, 0.5])
    bench.do("world.choose", name="digits")
    assert subject.x == pytest.approx(bench.experiment.data.x_train[:1])
    bench.do("inside.about", pixels=PIXELS)
    assert subject.chosen == pytest.approx(PIXELS)
    bench.do("world.choose", name="plane")
    assert subject.chosen == pytest.approx([0.5, 0.5])
    bench.do("file.new")
    assert subject.chosen is None


def test_a_sample_of_the_gallery(bench: Bench) -> None:
    with pytest.raises(BadInput, match="no samples yet"):
        bench.do("inside.about", sample=0)
    samples = np.arange(6, dtype=np.float32).reshape(3, 2)
    bench.worker.snapshot = replace(bench.worker.snapshot, samples=samples)
    bench.do("inside.about", sample=2)
    assert bench.experiment.subject.chosen == pytest.approx([4.0, 5.0])
    images = np.eye(25, dtype=np.float32)[:4]
    bench.worker.snapshot = replace(bench.worker.snapshot, gallery=Gallery(images, None))
    bench.do("inside.about", sample=3)
    assert bench.experiment.subject.chosen == pytest.approx(images[3])
    with pytest.raises(BadInput, match="0 to 3"):
        bench.do("inside.about", sample=4)


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ({"pixels": PIXELS}, "give a point"),
        ({"point": [0, 0], "sample": 1}, "point and sample"),
        ({"point": [float("nan"), 0]}, "finite"),
    ],
)
def test_refusals_change_nothing(bench: Bench, args: dict, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        bench.do("inside.about", **args)
    assert bench.experiment.subject.chosen is None


def test_samples_of_a_class_are_chosen_by_name_or_number_in_each_world(bench: Bench) -> None:
    subject, told = bench.experiment.subject, []
    subject.labelled.connect(lambda: told.append(subject.label))
    bench.do("model.choose", name="naive-bayes")
    names = bench.experiment.data.class_names
    bench.do("gallery.label", label=names[1])
    bench.do("gallery.label", label=1)
    bench.do("gallery.label", label="0")
    bench.do("gallery.label", label="all")
    assert told == [1, 0, None]
    bench.do("gallery.label", label=names[0])
    with pytest.raises(BadInput, match=f"Allowed: all, {names[0]}"):
        bench.do("gallery.label", label=7)
    assert subject.label == 0
    bench.do("world.choose", name="digits")
    assert subject.label is None
    bench.do("world.choose", name="plane")
    assert subject.label == 0
    bench.do("gallery.label", label=1)
    bench.do("data.choose", name="gaussian-blob")
    assert subject.label is None, "data of one class have no such class"


def test_a_model_that_knows_no_classes_cannot_be_asked_for_one(bench: Bench) -> None:
    bench.do("model.choose", name="gmm")
    with pytest.raises(BadInput, match="cannot be asked for a class"):
        bench.do("gallery.label", label=0)
    bench.do("model.choose", name="naive-bayes")
    bench.do("data.choose", name="gaussian-blob")
    with pytest.raises(BadInput, match="one class"):
        bench.do("gallery.label", label=0)


def test_a_vae_can_be_asked_for_a_class_once_it_is_told_the_classes(bench: Bench) -> None:
    bench.do("model.choose", name="vae")
    with pytest.raises(BadInput, match="class-conditional"):
        bench.do("gallery.label", label=0)
    bench.do("model.set", name="conditional", value=True)
    bench.do("gallery.label", label=0)
    assert bench.experiment.subject.label == 0
