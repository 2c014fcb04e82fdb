"""Annealed importance sampling of an RBM's log Z [1], the estimate that is used where Z cannot be summed.

Between independent pixels (β = 0) and the machine (β = 1) lie p_β ∝ e^{−F_β}, F_β(v) = −bᵀv − Σ_k log(1 + e^{β(c_k + (vᵀW)_k)}).
Each run starts at β = 0, moves by a Gibbs sweep at every β, and weighs w = Π_t e^{F_{t−1}(v_t) − F_t(v_t)}; then
E[w] = Z / Z_0. The mean of w is unbiased, its logarithm too small on average: few runs underrate log Z.

[1] Neal 2001; for RBMs Salakhutdinov and Murray 2008.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn.functional import softplus

from genplay.quantity import Quantity, estimate

__all__ = ["annealed_log_z"]


@torch.no_grad()
def annealed_log_z(
    W: Tensor, b: Tensor, c: Tensor, *, generator: torch.Generator, runs: int, steps: int
) -> Quantity:
    """log Z of W (d, H), b (d,), c (H,), float64, from so many runs over so many temperatures."""
    d, hidden = W.shape
    uniforms = torch.rand(steps, runs, hidden + d, generator=generator, device=generator.device).to(W)
    v = (torch.rand(runs, d, generator=generator, device=generator.device).to(W) < b.sigmoid()).to(W)
    log_w = W.new_zeros(runs)
    for t in range(1, steps + 1):
        pull = torch.addmm(c, v, W)
        log_w += (softplus(pull * (t / steps)) - softplus(pull * ((t - 1) / steps))).sum(dim=1)
        if t < steps:
            u = uniforms[t]
            h = (u[:, :hidden] < (pull * (t / steps)).sigmoid()).to(W)
            v = (u[:, hidden:] < torch.addmm(b, h, W.T, alpha=t / steps).sigmoid()).to(W)
    start = float(softplus(b).sum()) + hidden * math.log(2.0)
    w = (log_w - log_w.max()).exp()
    # The delta method: the standard error of a logarithm is that of the mean over the mean.
    error = float(w.std() / w.mean() / math.sqrt(runs)) if runs > 1 else None
    value = start + float(log_w.max() + w.mean().log())
    return estimate(value, error, f"AIS, {runs} runs over {steps} temperatures; tends to fall short")
