"""A small 3-D network that corrects an item's analytic completion from what is known of the space around it."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from perception.completion.evidence import CHANNELS

WIDTHS = (16, 32, 64)
SCALES, CELLS = 3, 8  # edges of the cell; nodes that share one place of the coarse grid
PRIOR = 4  # channel of the analytic solid


class CompletionNetwork(nn.Module):
    """Margins (N, 32, 32, 32) that nodes lie inside, from evidence (N, CHANNELS, 32, 32, 32) and scales (N, 3).

    Eight nodes share a place of a grid of 16, so that most work is done there and on grids of 8 and 4. It begins as
    the analytic completion.
    """

    def __init__(self) -> None:
        super().__init__()
        a, b, c = WIDTHS
        self.stem = _block(CELLS * CHANNELS + SCALES, a, 1)
        self.near = _block(a, a, 3)
        self.down = _block(a, b, 2)
        self.middle = _block(b, b, 3)
        self.far_down = _block(b, c, 2)
        self.far = nn.Sequential(_block(c, c, 3), _block(c, c, 3))
        self.up = nn.Conv3d(c, CELLS * b, 1)
        self.middle_up = _block(b, b, 3)
        self.near_up = nn.Conv3d(b, CELLS * a, 1)
        self.last = _block(a, a, 3)
        self.head = nn.Conv3d(a, CELLS, 1)
        self.trust = nn.Parameter(torch.tensor(2.0))
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def forward(self, channels: Tensor, scales: Tensor) -> Tensor:
        packed = packed_cells(channels)
        size = packed.shape[2:]
        known = scales[:, :, None, None, None].expand(-1, -1, *size)
        near = self.near(self.stem(torch.cat([packed, known], dim=1)))
        middle = self.middle(self.down(near))
        far = self.far(self.far_down(middle))
        middle = self.middle_up(middle + spread_cells(self.up(far)))
        near = self.last(near + spread_cells(self.near_up(middle)))
        margins: Tensor = spread_cells(self.head(near))[:, 0] + self.trust * channels[:, PRIOR]
        return margins


def packed_cells(grid: Tensor) -> Tensor:
    """(N, C, X, Y, Z) as (N, 8 C, X / 2, Y / 2, Z / 2)."""
    n, c, x, y, z = grid.shape
    grid = grid.reshape(n, c, x // 2, 2, y // 2, 2, z // 2, 2)
    return grid.permute(0, 1, 3, 5, 7, 2, 4, 6).reshape(n, CELLS * c, x // 2, y // 2, z // 2)


def spread_cells(grid: Tensor) -> Tensor:
    """(N, 8 C, X, Y, Z) as (N, C, 2 X, 2 Y, 2 Z)."""
    n, c, x, y, z = grid.shape
    grid = grid.reshape(n, c // CELLS, 2, 2, 2, x, y, z)
    return grid.permute(0, 1, 5, 2, 6, 3, 7, 4).reshape(n, c // CELLS, 2 * x, 2 * y, 2 * z)


def _block(before: int, width: int, size: int) -> nn.Module:
    """A convolution, over non-overlapping cubes if its size is even, and its normalisation."""
    even = size % 2 == 0
    convolution = nn.Conv3d(before, width, size, size if even else 1, 0 if even else size // 2, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm3d(width), nn.ReLU())
