"""Fits the completion network: on some families, checked and calibrated on others, judged on what it never saw."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from perception.completion.evidence import CHANNELS
from perception.completion.margins import Weights
from training.completion.network import CompletionNetwork
from training.completion.table import LEVELS, MOST, Table

CHECKED = ("can", "chocolate_bar")  # families to calibrate on, and never fit to
BATCH, RATE, DECAY = 24, 4e-3, 1e-3


def fitted(
    table: Table,
    rows: NDArray[np.int64],
    epochs: int,
    seed: int,
    show: Callable[[str], None],
    start: CompletionNetwork | None = None,
    rate: float = RATE,
) -> CompletionNetwork:
    """A network after some passes over rows of a table, each batch turned and mirrored; `start`, if given, goes on."""
    torch.manual_seed(seed)
    network, rng = start or CompletionNetwork(), np.random.default_rng(seed)
    optimizer = torch.optim.AdamW(network.parameters(), rate, weight_decay=DECAY)
    steps = epochs * (len(rows) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=steps, pct_start=0.15)
    network.train()
    for epoch in range(epochs):
        total = 0.0
        for some in rng.permutation(rows)[: len(rows) // BATCH * BATCH].reshape(-1, BATCH):
            channels, scales, inside, asked = turned(batch(table, some), rng)
            loss = surprise(network(channels, scales), inside, asked)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item()
        show(f"epoch {epoch + 1} of {epochs}: {total / (len(rows) // BATCH):.4f}")
    return network.eval()


def surprise(margins: Tensor, inside: Tensor, asked: Tensor) -> Tensor:
    """Cross entropy over the nodes that are asked, each case alike."""
    each = F.binary_cross_entropy_with_logits(margins, inside, reduction="none") * asked
    return (each.sum(dim=(1, 2, 3)) / asked.sum(dim=(1, 2, 3)).clamp(min=1)).mean()


def batch(table: Table, rows: NDArray[np.int64]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Channels, scales, odds of being inside, and what is asked."""
    single = lambda array: torch.from_numpy(array[rows]).float()
    return single(table.channels) / LEVELS, single(table.scales), single(table.inside) / MOST, single(table.asked)


def turned(parts: tuple[Tensor, Tensor, Tensor, Tensor], rng: np.random.Generator) -> tuple[Tensor, ...]:
    """A batch with its axes exchanged and mirrored: the order and the signs of a box's axes mean nothing."""
    channels, scales, inside, asked = parts
    order, mirrored = rng.permutation(3), [int(axis) for axis in np.flatnonzero(rng.random(3) < 0.5)]
    grids = [grid.permute(*range(grid.dim() - 3), *(grid.dim() - 3 + order)) for grid in (channels, inside, asked)]
    channels, inside, asked = (grid.flip([grid.dim() - 3 + axis for axis in mirrored]) for grid in grids)
    return channels.contiguous(), scales[:, order.tolist()], inside.contiguous(), asked.contiguous()


def predicted(network: CompletionNetwork, table: Table, rows: NDArray[np.int64]) -> Tensor:
    """Margins (N, X, Y, Z) of some rows."""
    with torch.inference_mode():
        return torch.cat(
            [network(*batch(table, some)[:2]) for some in np.array_split(rows, max(1, len(rows) // BATCH))]
        )


def exported(network: CompletionNetwork) -> Weights:
    """A network's layers for NumPy, normalisation folded in; its confidence is not calibrated yet."""
    near, last = network.near, network.last
    blocks = {"stem": network.stem, "near": near, "down": network.down, "middle": network.middle,
              "far_down": network.far_down, "far0": network.far[0], "far1": network.far[1],
              "middle_up": network.middle_up, "last": last}  # fmt: skip
    layers = {name: _folded(block) for name, block in blocks.items()}
    layers |= {name: _flat(getattr(network, name)) for name in ("up", "near_up", "head")}
    return Weights(layers, network.trust.item(), np.zeros(0))


def _folded(block: nn.Module) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """A convolution and its normalisation as one."""
    convolution, norm = block[0], block[1]
    scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
    weight = convolution.weight * scale[:, None, None, None, None]
    return _columns(weight), _plain(norm.bias - norm.running_mean * scale)


def _flat(layer: nn.Conv3d) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    assert layer.bias is not None
    return _columns(layer.weight), _plain(layer.bias)


def _columns(weight: Tensor) -> NDArray[np.float32]:
    """(outputs, inputs, X, Y, Z) as (X Y Z inputs, outputs)."""
    return _plain(weight.permute(2, 3, 4, 1, 0).reshape(-1, len(weight)))


def _plain(values: Tensor) -> NDArray[np.float32]:
    return values.detach().numpy().astype(np.float32).copy()


__all__ = ["CHANNELS", "CHECKED", "exported", "fitted", "predicted", "surprise"]
