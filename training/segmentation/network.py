"""The network over surfels, as it is trained: `perception.segmentation.surfel_network` runs what is exported of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from perception.segmentation.pyramid import INPUTS, LEVELS, Level
from perception.segmentation.surfel_network import AT_ONCE, OUTPUTS, TRAITS, WIDTHS, layer_names

Indices = tuple[Tensor, Tensor, Tensor]  # near, parent and children of a level


class SurfelNetwork(nn.Module):
    """Outputs (N, OUTPUTS) of surfels from inputs (N, INPUTS) and the levels over them."""

    def __init__(self) -> None:
        super().__init__()
        blocks: dict[str, nn.Module] = {"near0": _Block(27, INPUTS, WIDTHS[0])}
        for level in range(1, LEVELS):
            blocks[f"down{level}"] = _Block(8, WIDTHS[level - 1], WIDTHS[level])
            blocks[f"near{level}"] = _Block(27, WIDTHS[level], WIDTHS[level])
        for level in range(LEVELS - 1):
            blocks[f"up{level}"] = nn.Linear(WIDTHS[level + 1], WIDTHS[level])
            blocks[f"back{level}"] = _Block(27, WIDTHS[level], WIDTHS[level])
        blocks["head"] = nn.Linear(WIDTHS[0], OUTPUTS)
        self.blocks = nn.ModuleDict(blocks)
        self.bias = nn.Parameter(torch.tensor(2.0))

    def forward(self, inputs: Tensor, levels: Sequence[Indices]) -> Tensor:
        kept = [self.blocks["near0"](inputs, levels[0][0])]
        for level in range(1, LEVELS):
            halved = self.blocks[f"down{level}"](kept[-1], levels[level][2])
            kept.append(self.blocks[f"near{level}"](halved, levels[level][0]))
        found = kept[-1]
        for level in reversed(range(LEVELS - 1)):
            spread = self.blocks[f"up{level}"](found).index_select(0, levels[level][1])
            found = self.blocks[f"back{level}"](kept[level] + spread, levels[level][0])
        outputs: Tensor = self.blocks["head"](found)
        return outputs

    def affinity(self, outputs: Tensor, pairs: Tensor) -> Tensor:
        """Log odds (P,) that surfels of pairs (P, 2) are one item's."""
        apart = outputs[pairs[:, 0], :TRAITS] - outputs[pairs[:, 1], :TRAITS]
        return self.bias - (apart * apart).sum(dim=1)


def batched(looks: Sequence[Sequence[Level]]) -> list[Indices]:
    """The levels of several looks as those of one; what is missing is the last row everywhere."""
    found = []
    for level in range(LEVELS):
        some = [levels[level] for levels in looks]
        below = [levels[level - 1] for levels in looks] if level else some
        above = [levels[level + 1] for levels in looks] if level < LEVELS - 1 else some
        near = _shifted([one.near for one in some], [len(one.near) for one in some])
        parent = _shifted([one.parent for one in some], [len(one.near) for one in above])
        children = _shifted([one.children for one in some], [len(one.near) for one in below])
        found.append((near, parent, children))
    return found


def exported(network: SurfelNetwork) -> dict[str, tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """A network's layers for NumPy, normalisation folded in."""
    return {name: _folded(network.blocks[name]) for name in layer_names()}


def _shifted(arrays: Sequence[NDArray[np.int32]], counts: Sequence[int]) -> Tensor:
    """Indices into parts of these sizes as such into all of them; a part's size, for nothing, becomes the whole."""
    starts, whole = np.cumsum([0, *counts[:-1]]), int(np.sum(counts))
    moved = [np.where(array < count, array + start, whole) for array, count, start in zip(arrays, counts, starts)]
    return torch.from_numpy(np.concatenate(moved).astype(np.int64))


class _Near(torch.autograd.Function):
    """A linear layer on the 27 cells around each, whose gradient is such a layer too: it adds up nothing by index."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, near: Tensor, weight: Tensor) -> Tensor:
        ctx.save_for_backward(values, near, weight)
        return _applied(values, near, weight)

    @staticmethod
    def backward(ctx: Any, *slopes: Tensor) -> tuple[Tensor | None, None, Tensor]:
        (slope,), (values, near, weight) = slopes, ctx.saved_tensors
        to_weight = _to_weight(slope, values, near)
        if not ctx.needs_input_grad[0]:
            return None, None, to_weight
        # Who is in place s of another one's surroundings has that one in place 26 - s of its own.
        mirrored = weight.reshape(len(weight), 27, -1).flip(1).permute(2, 1, 0).reshape(-1, 27 * len(weight))
        return _applied(slope, near, mirrored), None, to_weight


class _Down(torch.autograd.Function):
    """A linear layer on the children of each cell: each child has but one parent."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, children: Tensor, weight: Tensor) -> Tensor:
        ctx.save_for_backward(values, children, weight)
        return _applied(values, children, weight)

    @staticmethod
    def backward(ctx: Any, *slopes: Tensor) -> tuple[Tensor, None, Tensor]:
        (slope,), (values, children, weight) = slopes, ctx.saved_tensors
        found = values.new_zeros(len(values) + 1, values.shape[1])
        found[children.reshape(-1)] = (slope @ weight).reshape(-1, values.shape[1])
        return found[:-1], None, _to_weight(slope, values, children)


def _applied(values: Tensor, rows: Tensor, weight: Tensor) -> Tensor:
    """A linear layer on values of rows (N, K) beside each other, zeros where there is none."""
    return torch.cat([beside @ weight.T for _, beside in _beside(values, rows)])


def _to_weight(slope: Tensor, values: Tensor, rows: Tensor) -> Tensor:
    found = slope.new_zeros(slope.shape[1], rows.shape[1] * values.shape[1])
    for part, beside in _beside(values, rows):
        found.addmm_(slope[part].T, beside)
    return found


def _beside(values: Tensor, rows: Tensor) -> Iterator[tuple[slice, Tensor]]:
    """Values of rows (N, K) beside each other, a part at a time."""
    padded = torch.cat([values, values.new_zeros(1, values.shape[1])])
    for first in range(0, len(rows), AT_ONCE):
        part = slice(first, first + AT_ONCE)
        some = rows[part]
        yield part, padded.index_select(0, some.reshape(-1)).reshape(len(some), -1)


class _Block(nn.Module):
    """A layer over surrounding cells or over children, its normalisation, and the positive part."""

    def __init__(self, taps: int, inputs: int, outputs: int) -> None:
        super().__init__()
        self.taps = taps
        self.linear = nn.Linear(taps * inputs, outputs, bias=False)
        self.norm = nn.BatchNorm1d(outputs)

    def forward(self, values: Tensor, rows: Tensor) -> Tensor:
        layer = _Near if self.taps == 27 else _Down
        return F.relu(self.norm(layer.apply(values, rows, self.linear.weight)))


def _folded(block: nn.Module) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    if isinstance(block, nn.Linear):
        return _plain(block.weight.T), _plain(block.bias)
    linear, norm = block.linear, block.norm
    scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
    return _plain((linear.weight * scale[:, None]).T), _plain(norm.bias - norm.running_mean * scale)


def _plain(values: Tensor) -> NDArray[np.float32]:
    return np.ascontiguousarray(values.detach().numpy().astype(np.float32))
