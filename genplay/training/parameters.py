"""A model's parameters and buffers as numpy arrays, and back."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from genplay.errors import BadInput
from genplay.training.checkpoint import State

__all__ = ["all_finite", "read", "write"]


def read(model: nn.Module) -> dict[str, NDArray[np.generic]]:
    """Copies of all parameters and buffers by name, read-only."""
    copies = {name: tensor.detach().cpu().numpy().copy() for name, tensor in model.state_dict().items()}
    for array in copies.values():
        array.setflags(write=False)
    return copies


@torch.no_grad()
def write(model: nn.Module, state: State) -> None:
    """Put values in place, in the parameters' own memory; a buffer may change its shape.

    ``BadInput`` if a parameter is missing, unknown or of another shape: the state is of another model.
    """
    known = dict(model.named_parameters())
    missing = sorted(known.keys() - state.keys())
    if missing:
        raise BadInput(f"These weights do not fit the model: '{missing[0]}' is missing.")
    places = {}
    for name, array in state.items():
        owner_name, _, leaf = name.rpartition(".")
        try:
            owner = model.get_submodule(owner_name)
        except AttributeError:
            owner = None
        if owner is None or (leaf not in owner._parameters and leaf not in owner._buffers):
            raise BadInput(f"These weights do not fit the model: it has no '{name}'.")
        parameter = known.get(name)
        if parameter is not None and tuple(parameter.shape) != tuple(array.shape):
            raise BadInput(
                f"These weights do not fit the model: '{name}' is {tuple(array.shape)}, "
                f"the model has {tuple(parameter.shape)}."
            )
        places[name] = (owner, leaf)
    # Checked first, written then: a state that does not fit changes nothing.
    device = next((p.device for p in known.values()), torch.device("cpu"))
    for name, (owner, leaf) in places.items():
        value = torch.from_numpy(np.array(state[name]))
        current = getattr(owner, leaf)
        if isinstance(current, Tensor) and current.shape == value.shape:
            current.copy_(value)
        else:
            if isinstance(current, Tensor):
                value = value.to(current.device, current.dtype)
            setattr(owner, leaf, value if isinstance(current, Tensor) else value.to(device))


def all_finite(state: State) -> bool:
    """Whether no value is infinite or not a number."""
    return all(bool(np.isfinite(a).all()) for a in state.values() if np.issubdtype(a.dtype, np.floating))
