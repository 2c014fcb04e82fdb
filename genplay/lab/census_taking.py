"""Taking a census of the digit world for ``genplay world`` and ``Run.census``, and telling what it found."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from genplay.errors import BadInput, Failure, suggest
from genplay.lab.sampled import ON
from genplay.spaces.binary import PIXELS, SIDE

if TYPE_CHECKING:
    from genplay.datasets.base import Data
    from genplay.metrics.census import Census
    from genplay.metrics.watch import Watch
    from genplay.models.base import Model
    from genplay.spaces.subcube import Known

__all__ = ["census_of", "picture", "report", "report_lines"]

TABLE_SHARE = 0.3
"""About so much of the time goes into the table itself."""
ISOLATED = "nothing joins it to a deeper one but images of p = 0"


def census_of(
    model: Model | None,
    data: Data,
    on: str = "model",
    progress: Callable[[float, str], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Census:
    """Look through all 2^25 images of a model, or of the ``truth``; some seconds, and 0.7 GiB while it goes on.

    Raises ``BadInput`` if there is no such law, ``Failure`` if the model cannot say how probable an image is, or when cancelled.
    """
    from genplay.metrics.watch import Watch
    from genplay.spaces.one_thread import one_thread

    if data.world != "digits":
        raise BadInput(
            "All images can be visited in the world of digits only; on the plane there are infinitely many points."
        )
    if on not in ON:
        raise BadInput(f"There is no target '{on}'.{suggest(on, ON)} Allowed: {', '.join(ON)}.")
    watch = Watch.of(progress, cancelled)
    with one_thread():
        return _taken(model, data, on, watch)


def _taken(model: Model | None, data: Data, on: str, watch: Watch) -> Census:
    from genplay.metrics.census import take_census
    from genplay.models.image_table import law_table, model_table

    blocks: Callable[[], Callable[[int, int], NDArray[np.float64]]] | None = getattr(
        data.law, "log_prob_blocks", None
    )
    law = blocks() if blocks is not None else None

    def tick(share: float) -> None:
        watch.at(TABLE_SHARE * share, "log p of all 33,554,432 images")

    if on == "truth":
        if law is None:
            raise BadInput(
                f"The data '{data.spec.name}' are bare samples: there is no law whose images could be visited."
            )
        table, of, compared = law_table(law, tick), "the truth", None
    else:
        if model is None:
            raise Failure("There is no model yet.")
        table, of, compared = model_table(model, tick), model.card.title, law
    return take_census(
        table.log_p, of, table.kind, table.method, table.log_z, compared, watch.part(TABLE_SHARE, 1.0)
    )


def picture(image: Sequence[int] | np.ndarray) -> str:
    """An image as five rows of # and dots, with slashes between."""
    marks = ["#" if pixel else "." for pixel in image]
    return "/".join("".join(marks[i : i + SIDE]) for i in range(0, PIXELS, SIDE))


def report(
    census: Census,
    images: Sequence[Sequence[int]] = (),
    known: Known | None = None,
    between: tuple[int, int] | None = None,
    top: int = 10,
    minima: int = 20,
    samples: int = 0,
    seed: int = 0,
) -> dict[str, Any]:
    """What ``genplay world --json`` prints; images are lists of 25 pixels, log p in nats of the census's kind."""
    found = census.basins
    shown = min(minima, len(found))
    escape = census.escape()[:shown]
    into = np.full(len(found), -1)
    if census.saddles is not None:
        into[census.saddles.lost] = census.saddles.into
    best = census.top[:top]
    out: dict[str, Any] = {
        "of": census.of,
        "kind": census.kind,
        "method": census.method,
        "facts": {name: q.to_json() for name, q in census.facts.items()},
        "marginals": census.lit.tolist(),
        "most_probable": [
            {"image": x.tolist(), "log_prob": float(v), "prob": math.exp(v)}
            for x, v in zip(census.images(best), census.log_p[best], strict=True)
        ],
        "minima": [
            {
                "index": i, "image": x.tolist(), "log_prob": float(found.log_p[i]), "basin_size": int(found.size[i]),
                "basin_mass": float(found.mass[i]), "barrier": float(escape[i]) if np.isfinite(escape[i]) else None,
                "joins": int(into[i]) if into[i] >= 0 else None,
            }
            for i, x in enumerate(census.images(found.minima[:shown]))
        ],
        "images": [_told(census, image) for image in images],
    }  # fmt: skip
    if known is not None:
        out["known"] = _known(census, known, samples, seed)
    if between is not None:
        out["between"] = _between(census, *between)
    return out


def _told(census: Census, image: Sequence[int]) -> dict[str, Any]:
    place = census.place(image)
    way, log_p = census.walk(image)
    return {
        "image": list(image), "log_prob": place.log_prob, "rank": place.rank, "quantile": place.quantile,
        "mass_above": place.mass_above, "minimum": census.basin_of(image), "walk": way.tolist(),
        "walk_log_prob": log_p.tolist(),
    }  # fmt: skip


def _known(census: Census, known: Known, samples: int, seed: int) -> dict[str, Any]:
    cube = census.know(known)
    if samples and cube.log_mass == -math.inf:
        raise BadInput("No image with these pixels has a probability above 0: there is nothing to draw.")
    rng = np.random.default_rng(seed)
    drawn = np.array([cube.sample(rng) for _ in range(samples)], np.int64)
    possible = cube.log_mass > -math.inf
    return {
        "known": list(known), "images": cube.images, "log_prob": cube.log_mass,
        "marginals": cube.lit.tolist() if possible else None,
        "best": census.images(np.array([cube.best]))[0].tolist() if possible else None,
        "best_log_prob": cube.best_log_p - cube.log_mass if possible else None,
        "samples": census.images(drawn).tolist(),
    }  # fmt: skip


def _between(census: Census, start: int, end: int) -> dict[str, Any]:
    n = len(census.basins)
    for index in (start, end):
        if not 0 <= index < n:
            raise BadInput(f"There is no minimum {index}. Allowed: 0 to {n - 1}.")
    if census.saddles is None:
        raise BadInput(f"With {n:,} minima their barriers are not sought.")
    barrier, way, log_p = census.barrier(start, end)
    return {
        "from": start, "to": end, "barrier": barrier if math.isfinite(barrier) else None, "walk": way.tolist(),
        "walk_log_prob": log_p.tolist(),
    }  # fmt: skip


def report_lines(census: Census, found: dict[str, Any]) -> list[str]:
    """The same for a reader."""
    from genplay.metrics.census import FACTS

    lines = [f"{census.of}: all 2^{census.pixels} images, {census.method}"]
    lines += [f"  {FACTS[name]:<22} {q}" for name, q in census.facts.items()]
    lines.append("most probable")
    lines += [
        f"  {picture(row['image'])}  log p {row['log_prob']:8.3f}  p {row['prob']:.4g}"
        for row in found["most_probable"]
    ]
    lines.append("local minima of the energy, deepest first")
    for row in found["minima"]:
        climb = f"climbs {row['barrier']:.3f} to {row['joins']}" if row["barrier"] is not None else ""
        if not climb and row["index"]:
            climb = ISOLATED
        lines.append(
            f"  {row['index']:>4} {picture(row['image'])}  log p {row['log_prob']:8.3f}  basin {row['basin_size']:>10,} images, "
            f"{row['basin_mass']:7.2%}  {climb}".rstrip()
        )
    for row in found["images"]:
        lines.append(
            f"{picture(row['image'])}  log p {row['log_prob']:.3f}, rank {row['rank']:,}, {row['mass_above']:.4%} of the mass "
            f"is more probable; rolls to minimum {row['minimum']} in {len(row['walk']) - 1} steps"
        )
    if "known" in found:
        lines += _known_lines(found["known"])
    if "between" in found:
        row = found["between"]
        climb = "nothing" if row["barrier"] is None else f"{row['barrier']:.3f} nats"
        lines.append(
            f"from minimum {row['from']} to {row['to']}: climbs {climb}, {max(len(row['walk']) - 1, 0)} flips"
        )
        lines += [
            f"  {picture(x)}  log p {v:8.3f}" for x, v in zip(row["walk"], row["walk_log_prob"], strict=True)
        ]
    return lines


def _known_lines(row: dict[str, Any]) -> list[str]:
    marks = "".join("?" if k is None else "#" if k else "." for k in row["known"])
    shape = "/".join(marks[i : i + SIDE] for i in range(0, PIXELS, SIDE))
    if row["best"] is None:
        return [f"known {shape}: impossible"]
    lines = [
        f"known {shape}: {row['images']:,} images agree, log P(known) = {row['log_prob']:.3f} nats; P(pixel = 1 | known):"
    ]
    lit = row["marginals"]
    lines += ["  " + "  ".join(f"{v:.3f}" for v in lit[i : i + SIDE]) for i in range(0, PIXELS, SIDE)]
    lines.append(
        f"  most probable completion {picture(row['best'])}, log P {row['best_log_prob']:.3f} given what is known"
    )
    lines += [f"  drawn {picture(x)}" for x in row["samples"]]
    return lines
