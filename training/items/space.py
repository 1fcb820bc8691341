"""The learned space of items, run by NumPy: latent values to descriptions, attributes, and how these change."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from perception.pose import Array
from perception.tensors import read_tensors, write_tensors
from sim.items.damage_classes import CLASSES
from sim.items.description import Description
from training.errors import TrainingError
from training.items.derived import derived
from training.items.measure import NAMES
from training.items.vector import SCALARS, SHAPE, description_of, vector_of

VERSION = 1
SHIPPED = "space.safetensors"
SPREAD = 0.35  # of the latent values of drawn items around those of two known ones, in standard deviations
TOLD = ("head", "straight", "attribute", "anchor")
DIFFERENCE = 1e-4  # of a scaled row, for slopes
Tensors = dict[str, NDArray[Any]]


class SpaceError(TrainingError):
    """Weights of the space of items that are missing, cut short, changed, or of another version."""


@dataclass(frozen=True, eq=False)
class Space:
    """Weights by name, as `training.items.network` makes them.

    A description's row is scaled, print reduced to `print_basis`; `enc*` map it to latent values (Z,), `dec*` these to
    a row, and `head*` latent values, row and what follows from it to attributes (A,) in the order of `measure.NAMES`.
    """

    tensors: Tensors
    digest: str

    @property
    def size(self) -> int:
        """Z."""
        return int(self.tensors["dec0.weight"].shape[1])

    @property
    def meaning(self) -> str:
        """SHA-256 of what says which item latent values are: not of heads, nor of what is drawn around."""
        return digest_of({name: self.tensors[name] for name in self.tensors if not name.startswith(TOLD)})

    @property
    def units(self) -> Array:
        """Standard deviation of each attribute over known items, (A,)."""
        return np.asarray(self.tensors["attribute_scale"], np.float64)

    def encode(self, description: Description) -> Array:
        """Latent values (Z,)."""
        x = self._reduced(vector_of(description))
        for name in ("enc0", "enc1"):
            x = silu(self._linear(name, x))
        return self._linear("enc2", x)

    def decode(self, z: Array, kind: str) -> Description:
        """The description at latent values (Z,); what harms it is told by `kind`."""
        return description_of(self._restored(self.row(z)), kind)

    def row(self, z: Array) -> Array:
        """The scaled row (R,) at latent values (Z,)."""
        x = z
        for name in ("dec0", "dec1"):
            x = silu(self._linear(name, x))
        return self._linear("dec2", x)

    def attributes(self, z: Array) -> Array:
        """What the heads believe an item at latent values (Z,) to be like, (A,)."""
        return self._heads(z)[0]

    def jacobian(self, z: Array) -> tuple[Array, Array]:
        """How believed attributes (A, Z), and everything of the item's scaled row (R, Z), change with latent values."""
        _, slope, row_slope = self._heads(z, slopes=True)
        return slope, row_slope

    def draw(self, rng: Generator) -> tuple[Array, str]:
        """Latent values (Z,) between those of two known items and around, and what harms it."""
        anchors, kinds = self.tensors["anchors"], self.tensors["anchor_kinds"]
        first, second = rng.integers(len(anchors), size=2)
        share = rng.uniform(0, 0.5)
        z = (1 - share) * anchors[first] + share * anchors[second]
        z = z + SPREAD * self.tensors["latent_scale"] * rng.normal(size=self.size)
        return np.asarray(z, np.float64), list(CLASSES)[int(kinds[first])]

    def clues(self, z: Array, row: Array) -> Array:
        """What heads see at latent values (Z,) with a row (R,): both, and what follows from the row."""
        return np.concatenate([z / self.tensors["latent_scale"], row, derived(self.tensors, row[None])[0]])

    def _derived_slope(self, row: Array) -> Array:
        """How what follows from a row (R,) changes with it, (COUNT, R), by central differences."""
        counted = np.r_[: len(SCALARS), len(SCALARS) + SHAPE : len(row)]  # nothing follows from the shape's radii
        steps = DIFFERENCE * np.eye(len(row))[counted]
        ahead, behind = (derived(self.tensors, row + sign * steps) for sign in (1, -1))
        slope = np.zeros((ahead.shape[1], len(row)))
        slope[:, counted] = (ahead - behind).T / (2 * DIFFERENCE)
        return slope

    def scaled(self, z: Array) -> Array:
        """Latent values (..., Z) over their spread over known items."""
        return np.asarray(z / self.tensors["latent_scale"], np.float64)

    def _heads(self, z: Array, slopes: bool = False) -> tuple[Array, Array, Array]:
        """Attributes; with `slopes` for z (Z,), their derivatives and those of the decoded row."""
        t = self.tensors
        x, d = z, np.eye(self.size) if slopes else np.zeros((0, 0))
        for name in ("dec0", "dec1"):
            a = self._linear(name, x)
            d = silu_slope(a)[:, None] * (t[f"{name}.weight"] @ d) if slopes else d
            x = silu(a)
        row = self._linear("dec2", x)
        row_slope = t["dec2.weight"] @ d if slopes else d
        x = self.clues(z, row)
        d = (
            np.concatenate([np.diag(1 / t["latent_scale"]), row_slope, self._derived_slope(row) @ row_slope])
            if slopes
            else d
        )
        given, given_slope = x, d
        for name in ("head0", "head1"):
            a = self._linear(name, x)
            d = silu_slope(a)[:, None] * (t[f"{name}.weight"] @ d) if slopes else d
            x = silu(a)
        y = self._linear("head2", x) + given @ t["straight.weight"].T.astype(np.float64)
        if slopes:
            d = self.units[:, None] * (t["head2.weight"] @ d + t["straight.weight"] @ given_slope)
        return y * self.units + t["attribute_mean"], np.asarray(d), np.asarray(row_slope)

    def _linear(self, name: str, x: Array) -> Array:
        weight, bias = self.tensors[f"{name}.weight"], self.tensors[f"{name}.bias"]
        return np.asarray(x @ weight.T.astype(np.float64) + bias, np.float64)

    def _reduced(self, row: Array) -> Array:
        return reduced(self.tensors, row)

    def _restored(self, row: Array) -> Array:
        t, count = self.tensors, len(SCALARS)
        scalars = row[:count] * t["scalar_scale"] + t["scalar_mean"]
        radii = row[count : count + SHAPE] * t["radius_scale"] + t["radius_mean"]
        texture = (row[count + SHAPE :] * t["print_scale"]) @ t["print_basis"] + t["print_mean"]
        return np.concatenate([scalars, radii, texture])

    def save(self, path: Path) -> None:
        """Write the file under a temporary name, then rename it."""
        about = {"version": str(VERSION), "attributes": ",".join(NAMES), "sha256": digest_of(self.tensors)}
        write_tensors(path, self.tensors, about)

    @staticmethod
    def load(path: Path) -> Space:
        """Read a file. Raises SpaceError: it cannot be used."""
        expected = f"{path}: expected a whole file of the space of items"
        try:
            tensors, about = read_tensors(path)
            version, names, digest = int(about["version"]), about["attributes"], about["sha256"]
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise SpaceError(f"{expected}, got {error}; run python -m training.items.train") from error
        if (version, names) != (VERSION, ",".join(NAMES)):
            raise SpaceError(
                f"{expected} of version {VERSION} for {', '.join(NAMES)}; got version {version} for {names}"
            )
        if digest != digest_of(tensors):
            raise SpaceError(f"{path}: the weights were changed after they were written; train again")
        return Space(tensors, digest)


def reduced(t: Tensors, rows: Array) -> Array:
    """Rows (..., LENGTH) scaled, with print in its basis."""
    scalars, radii, texture = np.split(rows, [len(SCALARS), len(SCALARS) + SHAPE], axis=-1)
    return np.concatenate(
        [
            (scalars - t["scalar_mean"]) / t["scalar_scale"],
            (radii - t["radius_mean"]) / t["radius_scale"],
            (texture - t["print_mean"]) @ t["print_basis"].T.astype(np.float64) / t["print_scale"],
        ],
        axis=-1,
    )


def silu(x: Array) -> Array:
    return np.asarray(x / (1 + np.exp(-np.clip(x, -60, 60))))


def silu_slope(x: Array) -> Array:
    s = 1 / (1 + np.exp(-np.clip(x, -60, 60)))
    return np.asarray(s * (1 + x * (1 - s)))


def digest_of(tensors: Tensors) -> str:
    """SHA-256 of all weights."""
    told = hashlib.sha256()
    for name in sorted(tensors):
        told.update(name.encode() + np.ascontiguousarray(tensors[name]).tobytes())
    return told.hexdigest()


@lru_cache(maxsize=1)
def shipped() -> Space:
    """The space that comes with this package. Raises SpaceError."""
    return Space.load(Path(str(files("training") / "items" / "data" / SHIPPED)))
