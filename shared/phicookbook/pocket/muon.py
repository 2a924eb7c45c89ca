"""Muon for CPUs: its multiplications in a precision that the machine has, matrices of one shape together.

Muon(matrices, torch.float32, lr=4e-3, weight_decay=0.05).step()
"""

from __future__ import annotations

import torch


class Muon(torch.optim.Muon):
    """`torch.optim.Muon` with `adjust_lr_fn="match_rms_adamw"`, which it equals to rounding.

    torch's own orthogonalizes in bfloat16, matrix by matrix. A CPU without bfloat16 instructions imitates them and takes several
    times as long as in 32 bits. Here `dtype` is the caller's choice.
    """

    def __init__(self, params, dtype: torch.dtype, lr: float, weight_decay: float):
        super().__init__(params, lr=lr, weight_decay=weight_decay, adjust_lr_fn="match_rms_adamw")
        self.dtype = dtype

    def step(self, closure=None) -> None:
        """One step on every matrix that has a gradient; a closure is refused with ValueError."""
        if closure is not None:
            raise ValueError("this optimizer takes no closure: compute the gradients first")
        with torch.no_grad():
            for group in self.param_groups:
                self._move(group)

    def _move(self, group: dict) -> None:
        alike: dict[torch.Size, list[torch.Tensor]] = {}
        for matrix in group["params"]:
            if matrix.grad is not None:
                alike.setdefault(matrix.shape, []).append(matrix)
        for shape, matrices in alike.items():
            directions = torch.stack([self._direction(matrix, group) for matrix in matrices])
            rate = group["lr"] * 0.2 * max(shape) ** 0.5  # as large as AdamW's steps: arXiv:2502.16982, equation 4
            for matrix, update in zip(matrices, orthogonal(directions.to(self.dtype), group), strict=True):
                matrix.mul_(1 - group["lr"] * group["weight_decay"]).add_(update, alpha=-rate)

    def _direction(self, matrix: torch.Tensor, group: dict) -> torch.Tensor:
        """The gradient with momentum, looking ahead as Nesterov's does."""
        state = self.state[matrix]
        if not state:
            state["momentum_buffer"] = torch.zeros_like(matrix.grad)
        momentum = state["momentum_buffer"].lerp_(matrix.grad, 1 - group["momentum"])
        return matrix.grad.lerp(momentum, group["momentum"])


def orthogonal(matrices: torch.Tensor, group: dict) -> torch.Tensor:
    """The nearly orthogonal matrices next to those of shape (number, rows, columns), by Newton and Schulz's iteration.

    Coefficients and number of steps come from an optimizer's group: https://kellerjordan.github.io/posts/muon/.
    """
    tall = matrices.size(1) > matrices.size(2)
    found = matrices.mT if tall else matrices
    found = found / found.norm(dim=(1, 2), keepdim=True).clamp(min=group["eps"])
    a, b, c = group["ns_coefficients"]
    for _ in range(group["ns_steps"]):
        gram = found @ found.mT
        found = torch.baddbmm(found, torch.baddbmm(gram, gram, gram, beta=b, alpha=c), found, beta=a)
    return found.mT if tall else found
