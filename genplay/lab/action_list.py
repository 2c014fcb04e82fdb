"""Every action of the program, as data: ids, titles, parameters, shortcuts and menus."""

from __future__ import annotations

from genplay.lab.action_spec import ActionSpec
from genplay.lab.data_action_list import DATA, EDIT, FILE
from genplay.lab.estimator_actions import SPECS as ESTIMATORS
from genplay.lab.evaluation_actions import SPECS as EVALUATE
from genplay.lab.model_action_list import HEALTH, MODEL, TRAIN
from genplay.lab.race_actions import SPECS as RACE
from genplay.lab.sample_action_list import GALLERY, INSIDE, LATENT, SAMPLE
from genplay.lab.table_action_list import TABLE
from genplay.lab.view_action_list import VIEW
from genplay.lab.world_action_list import WORLD

__all__ = ["ALL"]

ALL: tuple[ActionSpec, ...] = (
    *FILE, *EDIT, *DATA, *MODEL, *TRAIN, *RACE, *LATENT, *INSIDE, *TABLE, *GALLERY, *SAMPLE, *WORLD, *ESTIMATORS, *EVALUATE,
    *HEALTH, *VIEW,
)  # fmt: skip
