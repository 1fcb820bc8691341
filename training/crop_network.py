"""A small network over the crop around a grasp and the inputs of boosting, on top of the odds that are believed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from grasping.quality.learned import BELIEVED, HEADS, INPUTS, inputs
from perception.pose import Array
from training.boost import TIP, labels
from training.crop import COMPLETED, OTHER, SEEN, TOTE, UNSEEN
from training.split import Mask

TOKENS = ((b"suction", b"lift"), (b"suction", b"swing"), (b"pinch", b"lift"))  # tool and skill
CHANNELS = 12  # height, normal, colour, and what is tote, other, completed, seen, unseen
WIDTHS, EYE, HIDDEN = (24, 48, 64), 64, 128
EPOCHS, BATCH, RATE, DECAY, DROPOUT = 8, 128, 2e-3, 0.2, 0.3
FAR = 4.0  # standard deviations, beyond which an input says no more
MIRRORED = (("spine_at", "patch_x", "centre_x", "down_x"), ("centre_y", "down_y"))  # inputs that change sign, x and y


class CropNetwork(nn.Module):
    """Margins (N, 4) of HEADS from pictures (N, CHANNELS, 32, 32), scaled inputs and tokens (N, ...), and the log odds
    that are believed (N, 4). It begins as contact mechanics."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for before, width in zip((CHANNELS, *WIDTHS), WIDTHS):
            size = 5 if before == CHANNELS else 3
            layers += [nn.Conv2d(before, width, size, 2, size // 2, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
        self.eye = nn.Sequential(*layers, nn.Flatten(), nn.Linear(WIDTHS[-1] * 16, EYE), nn.ReLU())
        known, last = EYE + len(INPUTS) + len(TOKENS), nn.Linear(HIDDEN, len(HEADS))
        drop = nn.Dropout(DROPOUT)
        self.heads = nn.Sequential(drop, nn.Linear(known, HIDDEN), nn.ReLU(), drop, last)
        self.line = nn.Linear(len(BELIEVED), len(HEADS))
        nn.init.eye_(self.line.weight)
        for zero in (self.line.bias, last.weight, last.bias):
            nn.init.zeros_(zero)

    def forward(self, picture: Tensor, known: Tensor, believed: Tensor) -> Tensor:
        margins: Tensor = self.line(believed) + self.heads(torch.cat([self.eye(picture), known], dim=1))
        return margins


@dataclass(frozen=True, eq=False)
class Table:
    """Outcomes as tensors: what CropNetwork is called with, whether each head's event came true, and whether that is
    asked, (N, 4) each."""

    picture: Tensor
    known: Tensor
    believed: Tensor
    label: Tensor
    asked: Tensor


def table_of(outcomes: NDArray[np.void]) -> Table:
    """Outcomes as tensors. Inputs are not scaled yet."""
    x = inputs(outcomes["features"], outcomes["views"], outcomes["believed"])
    tokens = [(outcomes["tool"] == tool) & (outcomes["skill"] == skill) for tool, skill in TOKENS]
    told = [labels(outcomes, head) for head in HEADS]
    label, asked = (np.column_stack(part) for part in zip(*told))
    asked &= (outcomes["skill"] != TIP)[:, None]
    single = lambda array: torch.from_numpy(np.ascontiguousarray(array, np.float32))
    return Table(
        torch.from_numpy(pictures(outcomes["crop"])),
        single(np.column_stack([x, *tokens])),
        single(x[:, -len(BELIEVED) :]),
        single(label),
        single(asked),
    )


def pictures(crops: NDArray[np.void]) -> NDArray[np.float16]:
    """Crops (N,) as channels of about unit size, (N, CHANNELS, 32, 32)."""
    kind, hidden = crops["shown"] & (UNSEEN - 1), crops["shown"] & UNSEEN > 0
    shown = [kind == value for value in (TOTE, OTHER, COMPLETED, SEEN)]
    normal, color = np.moveaxis(crops["normal"], -1, 0) / 127.0, np.moveaxis(crops["color"], -1, 0) / 255.0 - 0.5
    return np.stack([crops["height"] / np.float16(0.05), *normal, *color, *shown, hidden], axis=1, dtype=np.float16)


def network_margins(outcomes: NDArray[np.void], table: Table, rows: Mask, seeds: Sequence[int]) -> Array:
    """Margins (N, 4) of all outcomes by networks that were grown on some rows (N,), the mean over a network a seed."""
    torch.set_num_threads(1)  # so that the same outcomes and seeds give the same margins
    of = torch.from_numpy(np.flatnonzero(rows & (outcomes["skill"] != TIP)))
    known = _scaled(table.known, of)
    told = [_margins(_fitted(table, known, of, seed), table, known) for seed in seeds]
    return np.asarray(np.mean(told, axis=0), np.float64)


def _scaled(known: Tensor, rows: Tensor) -> Tensor:
    """Inputs by the mean and spread of some rows. What a mirror turns round is not shifted."""
    mean, spread = known[rows].mean(dim=0), known[rows].std(dim=0) + 1e-9
    mean[[INPUTS.index(name) for names in MIRRORED for name in names]] = 0.0
    mean[len(INPUTS) :], spread[len(INPUTS) :] = 0.0, 1.0
    return ((known - mean) / spread).clamp(-FAR, FAR)


def _fitted(table: Table, known: Tensor, rows: Tensor, seed: int) -> CropNetwork:
    """A network after EPOCHS passes over some rows, each batch mirrored along x and y or not."""
    torch.manual_seed(seed)
    network = CropNetwork()
    steps = EPOCHS * -(-len(rows) // BATCH)
    optimizer = torch.optim.AdamW(network.parameters(), RATE, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps)
    network.train()
    for _ in range(EPOCHS):
        for some in rows[torch.randperm(len(rows))].split(BATCH):
            axes = [axis for axis in (0, 1) if torch.rand(()) < 0.5]
            margins = network(*mirrored(table.picture[some].float(), known[some], axes), table.believed[some])
            loss = F.binary_cross_entropy_with_logits(margins, table.label[some], table.asked[some], reduction="sum")
            optimizer.zero_grad()
            (loss / len(some)).backward()
            optimizer.step()
            schedule.step()
    return network.eval()


def mirrored(picture: Tensor, known: Tensor, axes: Sequence[int]) -> tuple[Tensor, Tensor]:
    """Pictures and scaled inputs as if all lay on the other side of the tool's x (0) or y (1)."""
    picture, known = picture.clone(), known.clone()
    for axis in axes:
        picture = picture.flip(2 + axis)
        picture[:, 1 + axis] *= -1
        known[:, [INPUTS.index(name) for name in MIRRORED[axis]]] *= -1
    return picture, known


def _margins(network: CropNetwork, table: Table, known: Tensor) -> Array:
    with torch.inference_mode():
        parts = zip(table.picture.split(1024), known.split(1024), table.believed.split(1024))
        return torch.cat([network(picture.float(), x, believed) for picture, x, believed in parts]).numpy()
