"""Fits the network over surfels to looks: surfels of one item are to be alike, and to point to its middle."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from perception.pose import Array
from perception.segmentation.merge import has_color
from perception.segmentation.pyramid import inputs, pyramid
from perception.segmentation.surfel_network import REACH, TRAITS
from training.segmentation.looks import Look
from training.segmentation.network import SurfelNetwork, batched

BATCH, RATE, DECAY = 2, 3e-3, 1e-3
EDGES, PAIRS, APART = 3000, 12000, 0.12  # sampled of each kind and look; metres between surfels of a pair, at most
FEWEST = 50  # surfels of a look that teaches anything
DROPPED = 0.5  # share of coloured looks that are learned from without
MIDDLE, NONE = 0.3, 0.3  # weights of the ways to the middle, and of being none's


@dataclass(frozen=True, eq=False)
class Sample:
    """A look's content as it is learned from.

    Attributes:
        inputs: shape (N, INPUTS). voxels: shape (N, 3). points: in the tote's frame, shape (N, 3).
        truth: item of each surfel, -1 for none, shape (N,). middle: of its item, shape (N, 3).
        edges: pairs of neighbouring surfels, shape (E, 2).
    """

    inputs: NDArray[np.float32]
    voxels: NDArray[np.int32]
    points: NDArray[np.float32]
    truth: NDArray[np.int64]
    middle: NDArray[np.float32]
    edges: NDArray[np.int32]


def sample_of(look: Look) -> Sample | None:
    """What is learned from a look; None where too little may be an item's."""
    if look.foreground.sum() < FEWEST:
        return None
    content, truth = look.surface.select(look.foreground), look.truth[look.foreground]
    points = look.tote.T_base_tote.inverse().apply(content.points).astype(np.float32)
    middle = points.copy()
    for item in np.unique(truth[truth >= 0]):
        own = truth == item
        middle[own] = (points[own].min(axis=0) + points[own].max(axis=0)) / 2
    first, slot = np.nonzero(content.neighbors[:, 13:] >= 0)
    edges = np.column_stack([first, content.neighbors[first, 13 + slot]]).astype(np.int32)
    known = inputs(content, look.voxel, look.tote, has_color(content))
    return Sample(known, content.voxels, points, truth, middle, edges)


def fitted(
    samples: Sequence[Sequence[Sample]],
    steps: int,
    seed: int,
    show: Callable[[str], None],
    keep: Callable[[SurfelNetwork], None] = lambda network: None,
) -> SurfelNetwork:
    """A network after some steps of a batch each.

    samples: of each bin or table, every one of which is as likely to be learned from. keep: is called with the network
        now and then.
    """
    torch.manual_seed(seed)
    network, rng = SurfelNetwork(), np.random.default_rng(seed)
    optimizer = torch.optim.AdamW(network.parameters(), RATE, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps, pct_start=0.1)
    network.train()
    losses: list[list[float]] = []
    for step in range(steps):
        drawn = [samples[i][int(rng.integers(len(samples[i])))] for i in rng.integers(0, len(samples), BATCH)]
        some = [turned(faded(sample, rng), rng) for sample in drawn]
        parts = loss_of(network, some, rng)
        optimizer.zero_grad()
        sum(parts, start=torch.zeros(())).backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimizer.step()
        schedule.step()
        losses.append([part.item() for part in parts])
        if (step + 1) % 100 == 0:
            mean = ", ".join(f"{value:.4f}" for value in np.mean(losses[-100:], axis=0))
            show(f"step {step + 1} of {steps}: neighbours, pairs, middles, none's: {mean}")
            keep(network)
    return network.eval()


def loss_of(network: SurfelNetwork, samples: Sequence[Sample], rng: Generator) -> tuple[Tensor, ...]:
    """Surprise at whether neighbours and other pairs are one item's; the errors of middles; whether no item's."""
    levels = batched([pyramid(sample.voxels) for sample in samples])
    outputs = network(torch.from_numpy(np.concatenate([sample.inputs for sample in samples])), levels)
    starts = np.cumsum([0, *[len(sample.truth) for sample in samples]])
    kinds = []
    for draw in (_edges, _pairs):
        found = [draw(sample, rng) for sample in samples]
        same = [_same(sample, pairs) for sample, pairs in zip(samples, found)]
        pairs = torch.from_numpy(np.concatenate([p + start for p, start in zip(found, starts)]).astype(np.int64))
        odds = network.affinity(outputs, pairs)
        kinds.append(F.binary_cross_entropy_with_logits(odds, torch.from_numpy(np.concatenate(same))))
    truth = np.concatenate([sample.truth for sample in samples])
    way = np.concatenate([sample.middle - sample.points for sample in samples]) / REACH
    real = torch.from_numpy(truth >= 0)
    off = F.smooth_l1_loss(outputs[:, TRAITS : TRAITS + 3][real], torch.from_numpy(way)[real], beta=0.1)
    none = F.binary_cross_entropy_with_logits(outputs[:, -1], (~real).float())
    return *kinds, MIDDLE * off, NONE * none


def turned(sample: Sample, rng: Generator) -> Sample:
    """A sample mirrored and turned by quarters about the vertical: up alone is given."""
    matrix = np.eye(3, dtype=np.float32)[[1, 0, 2] if rng.random() < 0.5 else [0, 1, 2]]
    matrix[:2] *= rng.choice((-1.0, 1.0), (2, 1)).astype(np.float32)
    known = sample.inputs.copy()
    known[:, :3], known[:, 8:11] = known[:, :3] @ matrix.T, known[:, 8:11] @ matrix.T
    voxels = sample.voxels @ matrix.T.astype(np.int32)
    return replace(
        sample,
        inputs=known,
        voxels=voxels - voxels.min(axis=0) + rng.integers(0, 16, 3, dtype=np.int32),
        points=sample.points @ matrix.T,
        middle=sample.middle @ matrix.T,
    )


def faded(sample: Sample, rng: Generator) -> Sample:
    """A sample in other colours, or without."""
    if not sample.inputs[0, 7]:
        return sample
    known = sample.inputs.copy()
    if rng.random() < DROPPED:
        known[:, 4:8] = 0
        return replace(sample, inputs=known)
    angle = rng.uniform(-np.pi, np.pi)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]], np.float32)
    known[:, 5:7] = known[:, 5:7] @ turn.T
    known[:, 4:7] *= rng.uniform(0.6, 1.4)
    return replace(sample, inputs=known)


def _edges(sample: Sample, rng: Generator) -> NDArray[np.int32]:
    """Neighbours: half of one item, half of two, as far as there are so many."""
    same = _same(sample, sample.edges) > 0.5
    kinds = [rng.permutation(np.flatnonzero(kind))[:EDGES] for kind in (same, ~same)]
    return sample.edges[np.concatenate(kinds)]


def _pairs(sample: Sample, rng: Generator) -> NDArray[np.int32]:
    """Surfels not far from each other."""
    pairs = rng.integers(0, len(sample.truth), (2 * PAIRS, 2), dtype=np.int32)
    apart: Array = np.linalg.norm(sample.points[pairs[:, 0]] - sample.points[pairs[:, 1]], axis=1)
    return pairs[apart < APART][:PAIRS]


def _same(sample: Sample, pairs: NDArray[np.int32]) -> NDArray[np.float32]:
    a, b = sample.truth[pairs].T
    return np.asarray((a == b) & (a >= 0), np.float32)
