"""Which noise goes with which data point in a mini-batch: by the least total squared distance [1].

Exact optimal transport between small groups, by the assignment problem; over all groups it is close to the real one.

[1] Tong et al. 2024; Pooladian et al. 2023.
"""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["transported"]


def transported(noise: Tensor, data: Tensor, group: int) -> Tensor:
    """The rows of noise (n, d) in the order in which they go best with the rows of data (n, d), group by group."""
    from scipy.optimize import linear_sum_assignment

    parts = []
    for z, x in zip(noise.split(group), data.split(group), strict=True):
        # ‖x − z‖² without the squares of x and z, which no assignment can change.
        _, partner = linear_sum_assignment((-(x @ z.T)).cpu().numpy())
        parts.append(z[torch.as_tensor(partner, device=z.device)])
    return torch.cat(parts)
