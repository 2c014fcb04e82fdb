from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from genplay.errors import BadInput
from genplay.training.snapshot import Gallery
from tests.lab.fakes import Bench


class Twice:
    """A latent model in numpy: z = 2x; answered through ``query`` without torch."""

    latent_dim = 2


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    made = Bench()
    made.worker.model = Twice()

    def query(name: str, *args: object, **more: object):
        def answer(_: object) -> object:
            assert name == "encode"
            return 2 * np.asarray(args[0])

        return made.experiment.ask(answer)

    monkeypatch.setattr(made.experiment, "query", query)
    made.experiment.ready()
    made.experiment.poll()
    return made


def test_the_sliders_have_the_dimensions_of_the_model(bench: Bench) -> None:
    assert bench.experiment.latent.z == (0.0, 0.0)
    bench.do("latent.set", index=1, value=-3)
    assert bench.experiment.latent.z == (0.0, -3.0)
    with pytest.raises(BadInput, match="2 dimensions: index 2"):
        bench.do("latent.set", index=2, value=0)


def test_encode_moves_the_sliders(bench: Bench) -> None:
    bench.do("latent.encode", point=[1, 3])
    bench.experiment.poll()
    assert bench.experiment.latent.z == (2.0, 6.0)


def test_exactly_one_thing_is_encoded(bench: Bench) -> None:
    for given in ({}, {"point": [0, 0], "sample": 1}):
        with pytest.raises(BadInput, match="Give one of"):
            bench.do("latent.anchor", slot="a", **given)
    with pytest.raises(BadInput, match="On the plane"):
        bench.do("latent.encode", pixels="#" * 25)


def test_anchors_come_from_the_samples_that_are_shown(bench: Bench) -> None:
    with pytest.raises(BadInput, match="no samples yet"):
        bench.do("latent.anchor", slot="a", sample=0)
    samples = np.array([[0, 1], [2, 3]], np.float32)
    bench.worker.snapshot = replace(bench.worker.snapshot, samples=samples)
    bench.do("latent.anchor", slot="b", sample=1)
    bench.experiment.poll()
    assert bench.experiment.latent.b.z.tolist() == [4, 6]
    with pytest.raises(BadInput, match=r"no sample 2\. Allowed: 0 to 1"):
        bench.do("latent.anchor", slot="b", sample=2)
    bench.worker.snapshot = replace(bench.worker.snapshot, gallery=Gallery(samples[:1], None))
    with pytest.raises(BadInput, match="no sample 1"):
        bench.do("latent.anchor", slot="b", sample=1)


def test_interpolation_needs_both_anchors(bench: Bench) -> None:
    with pytest.raises(BadInput, match="both anchors"):
        bench.do("latent.interpolate")
    bench.do("latent.anchor", slot="a", point=[0, 0])
    bench.experiment.poll()
    assert not bench.registry.available("latent.interpolate")


def test_a_model_without_a_code_says_so() -> None:
    bench = Bench()
    bench.worker.model = object()
    bench.experiment.ready()
    bench.experiment.poll()
    with pytest.raises(BadInput, match="'gaussian' has no latent code"):
        bench.do("latent.set", index=0, value=0)


def test_another_run_of_other_dimensions_starts_at_zero(bench: Bench) -> None:
    bench.do("latent.set", index=0, value=1)
    bench.worker.model.latent_dim = 3
    bench.do("model.choose", name="gmm")
    bench.experiment.poll()
    bench.experiment.poll()
    assert bench.experiment.latent.z == (0.0, 0.0, 0.0)
