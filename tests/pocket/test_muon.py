"""Muon, held against torch's own and against the matrices that it should come near to.

pytest tests/pocket/test_muon.py
"""

from __future__ import annotations

import pytest
import torch

from phicookbook.pocket.muon import Muon, orthogonal

SHAPES = [(48, 32), (32, 48), (32, 32), (48, 32)]  # tall, wide, square, and one shape twice
KNOBS = {"lr": 0.01, "weight_decay": 0.05}


def matrices(seed: int = 0) -> list[torch.nn.Parameter]:
    torch.manual_seed(seed)
    return [torch.nn.Parameter(torch.randn(shape)) for shape in SHAPES]


def train(optimizer, weights, steps: int = 4) -> None:
    """Steps with gradients that are the same for every optimizer."""
    torch.manual_seed(7)
    for _ in range(steps):
        for weight in weights:
            weight.grad = torch.randn(weight.shape)
        optimizer.step()


@pytest.mark.parametrize(("dtype", "most"), [(torch.float32, 0.02), (torch.bfloat16, 0.02)])
def test_it_equals_torch_s_own_to_the_rounding_of_bfloat16(dtype, most):
    theirs, ours, start = matrices(), matrices(), matrices()
    train(torch.optim.Muon(theirs, adjust_lr_fn="match_rms_adamw", **KNOBS), theirs)
    train(Muon(ours, dtype, **KNOBS), ours)
    for one, other, before in zip(theirs, ours, start, strict=True):
        moved = (one - before).norm()
        assert moved > 0 and (one - other).norm() < most * moved


def test_the_direction_s_singular_values_come_near_to_one():
    """The iteration's coefficients leave them between 0.5 and 1.5, as its author says."""
    group = Muon(matrices(), torch.float32, **KNOBS).param_groups[0]
    torch.manual_seed(1)
    for shape in SHAPES:
        values = torch.linalg.svdvals(orthogonal(torch.randn(2, *shape), group))
        assert values.min() > 0.5 and values.max() < 1.5


def test_a_matrix_without_a_gradient_stays():
    weights = matrices()
    before = weights[1].detach().clone()
    optimizer = Muon(weights, torch.float32, **KNOBS)
    weights[0].grad = torch.ones_like(weights[0])
    optimizer.step()
    assert torch.equal(weights[1], before) and not optimizer.state[weights[1]]


def test_it_goes_on_from_its_saved_state():
    whole, halves = matrices(), matrices()
    uncut, first = Muon(whole, torch.float32, **KNOBS), Muon(halves, torch.float32, **KNOBS)
    train(uncut, whole)
    train(uncut, whole)
    train(first, halves)
    second = Muon(halves, torch.float32, **KNOBS)
    second.load_state_dict(first.state_dict())
    train(second, halves)
    assert all(torch.equal(one, other) for one, other in zip(whole, halves, strict=True))


def test_a_closure_is_refused():
    with pytest.raises(ValueError, match="takes no closure"):
        Muon(matrices(), torch.float32, **KNOBS).step(lambda: 0.0)
