"""Cut-outs as vectors: what is alike lies close, whatever way it lay and whatever lamp was on."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from perception.arrays import readonly
from perception.errors import GeometryError
from perception.identity.cutout import Cutout, squared
from perception.identity.errors import ModelError
from perception.identity.features import LENGTH, SHA256, Features, features
from perception.tensors import read_tensors, write_tensors

WIDTH = 128  # of a vector
Vectors = NDArray[np.float32]
FIELDS = ("mean", "spread", "inner", "inner_bias", "outer", "outer_bias")


@dataclass(frozen=True, eq=False)
class Encoder:
    """A small trained head over features: one hidden layer.

    Attributes:
        mean, spread: of each feature, shape (LENGTH,).
        inner, inner_bias: shapes (LENGTH, H) and (H,). outer, outer_bias: shapes (H, WIDTH) and (WIDTH,).
        agrees: models with whose vectors this one's can be compared, as it was trained so; the nearest first.
    """

    mean: NDArray[np.float32]
    spread: NDArray[np.float32]
    inner: NDArray[np.float32]
    inner_bias: NDArray[np.float32]
    outer: NDArray[np.float32]
    outer_bias: NDArray[np.float32]
    agrees: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        hidden = np.shape(self.inner_bias)[0]
        shapes = ((LENGTH,), (LENGTH,), (LENGTH, hidden), (hidden,), (hidden, WIDTH), (WIDTH,))
        for name, shape in zip(FIELDS, shapes):
            object.__setattr__(self, name, readonly(getattr(self, name), np.float32, shape, f"encoder {name}"))

    @property
    def model(self) -> str:
        """Names the network and the head: vectors of different models cannot be compared."""
        told = hashlib.sha256(SHA256.encode())
        for name in FIELDS:
            told.update(getattr(self, name).tobytes())
        return told.hexdigest()[:12]

    def encode(self, cutouts: Sequence[Cutout]) -> Vectors:
        """Vectors of length 1, shape (N, WIDTH)."""
        return self.project(features([squared(cutout) for cutout in cutouts]))

    def project(self, seen: Features) -> Vectors:
        """Features (N, LENGTH) as vectors of length 1, shape (N, WIDTH)."""
        x = (seen - self.mean) / self.spread
        x = np.maximum(x @ self.inner + self.inner_bias, 0) @ self.outer + self.outer_bias
        return np.asarray(x / (np.linalg.norm(x, axis=1, keepdims=True) + 1e-9), np.float32)

    def save(self, path: Path) -> None:
        """Write the file under a temporary name, then rename it."""
        write_tensors(path, {name: getattr(self, name) for name in FIELDS}, self._about())

    def _about(self) -> dict[str, str]:
        return {"model": self.model, "backbone": SHA256, "agrees": " ".join(self.agrees)}

    @staticmethod
    def load(path: Path) -> Encoder:
        """Read a file. Raises ModelError: it is missing, cut short, changed, or made for another network."""
        try:
            arrays, about = read_tensors(path)
            agrees = tuple(about.get("agrees", "").split())
            encoder = Encoder(**{name: arrays[name] for name in FIELDS}, agrees=agrees)
            model, backbone = about["model"], about["backbone"]
        except (OSError, ValueError, KeyError, TypeError, IndexError, GeometryError) as error:
            raise ModelError(f"{path}: expected a whole encoder, got {error}; train or install it again") from error
        if backbone != SHA256 or model != encoder.model:
            raise ModelError(f"{path}: the encoder was changed after it was written, or is for another network")
        return encoder


@lru_cache(maxsize=1)
def shipped() -> Encoder:
    """The encoder that comes with this package. Raises ModelError."""
    return Encoder.load(Path(str(files("perception") / "identity" / "data" / "head.safetensors")))
