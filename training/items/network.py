"""Fits the space of items: a variational autoencoder of their rows, and heads that tell an item's attributes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from perception.pose import Array
from training.items.space import Tensors, reduced
from training.items.vector import SCALARS, SHAPE

LATENT, WIDTHS, COLORS, HEADS = 24, (96, 160), 40, 96
WEIGHTS = (1.0, 0.5, 1.0)  # of scalars, shape and print in what is lost; each mean over its numbers
BETA = 2e-3  # weight of the divergence from the prior
EPOCHS, BATCH, RATE = 400, 128, 2e-3
HEAD_EPOCHS = 500


def scales(rows: Array) -> Tensors:
    """How rows (N, LENGTH) are scaled, and the basis of their print: principal components."""
    scalars, radii, texture = np.split(rows, [len(SCALARS), len(SCALARS) + SHAPE], axis=1)
    middle = texture.mean(axis=0)
    _, values, basis = np.linalg.svd(texture - middle, full_matrices=False)
    basis *= np.sign(basis[np.arange(len(basis)), np.abs(basis).argmax(axis=1)])[:, None]
    made = {
        "scalar_mean": scalars.mean(axis=0),
        "scalar_scale": scalars.std(axis=0),
        "radius_mean": radii.mean(axis=0),
        "radius_scale": np.array([radii.std(axis=0).mean()]),
        "print_mean": middle,
        "print_scale": np.array([values[:COLORS].mean() / np.sqrt(len(rows))]),
        "print_basis": basis[:COLORS],
    }
    return {name: np.asarray(value, np.float32) for name, value in made.items()}


def autoencoder(rows: Array, scaled: Tensors, seed: int) -> Tensors:
    """Weights of encoder and decoder, fitted to rows (N, LENGTH)."""
    torch.manual_seed(seed)
    x = torch.tensor(reduced(scaled, rows), dtype=torch.float32)
    width = x.shape[1]
    enc = _layers([width, WIDTHS[1], WIDTHS[0], 2 * LATENT])
    dec = _layers([LATENT, *WIDTHS, width])
    share = np.repeat(np.array(WEIGHTS) / (len(SCALARS), SHAPE, COLORS), (len(SCALARS), SHAPE, COLORS))
    weight = torch.tensor(share, dtype=torch.float32)

    def loss(batch: Tensor, noise: torch.Generator) -> Tensor:
        mean, spread = _run(enc, batch).chunk(2, dim=1)
        spread = spread.clamp(-8, 4)
        z = mean + torch.exp(spread / 2) * torch.randn(mean.shape, generator=noise)
        lost = ((_run(dec, z) - batch) ** 2 * weight).sum(dim=1)
        away = 0.5 * (mean**2 + spread.exp() - 1 - spread).sum(dim=1)
        return (lost + BETA * away).mean()

    _fit([*enc, *dec], (x,), lambda batch, noise: loss(batch[0], noise), EPOCHS, seed)
    with torch.no_grad():
        latent = _run(enc, x)[:, :LATENT].numpy()
    enc[-1].weight.data, enc[-1].bias.data = enc[-1].weight.data[:LATENT], enc[-1].bias.data[:LATENT]
    return {
        **_exported("enc", enc),
        **_exported("dec", dec),
        "latent_scale": np.asarray(latent.std(axis=0), np.float32),
    }


def heads(clues: Array, attributes: Array, seed: int) -> Tensors:
    """Weights of heads, fitted to attributes (N, A) as measured on items with clues (N, C)."""
    torch.manual_seed(seed)
    middle, unit = attributes.mean(axis=0), attributes.std(axis=0)
    x = torch.tensor(clues, dtype=torch.float32)
    y = torch.tensor((attributes - middle) / unit, dtype=torch.float32)
    layers = _layers([x.shape[1], HEADS, HEADS, y.shape[1]])
    straight = nn.Linear(x.shape[1], y.shape[1], bias=False)

    def loss(batch: Sequence[Tensor], noise: torch.Generator) -> Tensor:
        told = _run(layers, batch[0]) + straight(batch[0])
        return nn.functional.smooth_l1_loss(told, batch[1], beta=0.1)

    _fit([*layers, straight], (x, y), loss, HEAD_EPOCHS, seed)
    made = {"attribute_mean": middle, "attribute_scale": unit, "straight.weight": straight.weight.detach().numpy()}
    return {**_exported("head", layers), **{name: np.asarray(value, np.float32) for name, value in made.items()}}


def _layers(widths: Sequence[int]) -> list[nn.Linear]:
    return [nn.Linear(a, b) for a, b in pairwise(widths)]


def _run(layers: Sequence[nn.Linear], x: Tensor) -> Tensor:
    for layer in layers[:-1]:
        x = nn.functional.silu(layer(x))
    last: Tensor = layers[-1](x)
    return last


def _fit(layers, tables, loss, epochs: int, seed: int) -> None:  # type: ignore[no-untyped-def]
    """Adam in batches, its rate falling to nothing by a cosine."""
    noise = torch.Generator().manual_seed(seed)
    parameters = [weight for layer in layers for weight in layer.parameters()]
    steps = epochs * -(-len(tables[0]) // BATCH)
    adam = torch.optim.AdamW(parameters, lr=RATE, weight_decay=1e-4)
    rate = torch.optim.lr_scheduler.OneCycleLR(adam, RATE, steps, pct_start=0.05)
    for _ in range(epochs):
        order = torch.randperm(len(tables[0]), generator=noise)
        for rows in order.split(BATCH):
            adam.zero_grad()
            loss([table[rows] for table in tables], noise).backward()
            adam.step()
            rate.step()


def _exported(name: str, layers: Sequence[nn.Linear]) -> Tensors:
    weights: dict[str, NDArray[np.float32]] = {}
    for number, layer in enumerate(layers):
        weights[f"{name}{number}.weight"] = layer.weight.detach().numpy()
        weights[f"{name}{number}.bias"] = layer.bias.detach().numpy()
    return weights
