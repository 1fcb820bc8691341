"""What an item looks like in numbers: maps of a pre-trained network pooled over its pixels, colours, and outline."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from perception.identity.cutout import EDGE, Square
from perception.identity.errors import ModelError

SHA256 = "517dc3c2eb8bf3cc20bd9533ad4e3d0ee492efcc52c236d128a2dd818a2862fa"  # of backbone.onnx
STAGES = (24, 40, 112, 320)  # channels of the maps
BINS = 6  # of each chroma axis, of 2 x CHROMA levels in all
CHROMA = 48.0  # levels of a and b: what lies beyond counts as the outermost bin
LIGHTNESS = 8  # bins
LENGTH = 2 * sum(STAGES) + 6 + BINS**2 + LIGHTNESS + 2
Features = NDArray[np.float32]
Network = Callable[[NDArray[np.float32]], Sequence[NDArray[np.float32]]]  # images (N, 3, EDGE, EDGE) to maps


def features(squares: Sequence[Square]) -> Features:
    """Shape (N, LENGTH)."""
    made = [np.concatenate([_seen(square), _colors(square), _outline(square)]) for square in squares]
    return np.asarray(made, np.float32).reshape(-1, LENGTH)


def _seen(square: Square) -> Features:
    """Mean and spread of the maps over the item, alike for all turns after which the outline looks the same."""
    turned = np.stack([np.rot90(square.color, turn) for turn in square.turns])
    shares = np.stack([np.rot90(square.mask, turn) for turn in square.turns])
    pooled: list[Any] = []
    for maps in network()(np.ascontiguousarray((turned.astype(np.float32) / 127.5 - 1).transpose(0, 3, 1, 2))):
        n, channels, edge, _ = maps.shape
        weight = shares.reshape(n, edge, EDGE // edge, edge, EDGE // edge).mean(axis=(2, 4)).reshape(n, 1, -1) + 1e-6
        weight /= weight.sum(axis=2, keepdims=True)
        flat = maps.reshape(n, channels, -1)
        mean = (flat * weight).sum(axis=2)
        spread = np.sqrt((((flat - mean[..., None]) ** 2) * weight).sum(axis=2))
        pooled += [mean.mean(axis=0), spread.mean(axis=0)]
    return np.concatenate(pooled)


def _colors(square: Square) -> Features:
    """Means and spreads of lightness and chroma, and how often each of them occurs (as roots of shares)."""
    lab = cv2.cvtColor(square.color, cv2.COLOR_RGB2LAB)[square.mask > 0.5].astype(np.float32)
    if not len(lab):
        lab = np.zeros((1, 3), np.float32)
    cell = np.clip((lab[:, 1:] - 128 + CHROMA) * BINS / (2 * CHROMA), 0, BINS - 1).astype(int)
    chroma = np.bincount(cell[:, 0] * BINS + cell[:, 1], minlength=BINS**2) / len(lab)
    light = np.bincount((lab[:, 0] * LIGHTNESS / 256).astype(int), minlength=LIGHTNESS) / len(lab)
    return np.concatenate([lab.mean(axis=0) / 64, lab.std(axis=0) / 64, np.sqrt(chroma), np.sqrt(light)])


def _outline(square: Square) -> Features:
    return np.array([np.log(square.aspect), square.fill], np.float32)


def backbone_path() -> Path:
    return Path(str(files("perception") / "identity" / "data" / "backbone.onnx"))


def backbone() -> bytes:
    """The file of the pre-trained network. Raises ModelError: it is missing, or another one."""
    path = backbone_path()
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path}: expected the network that Handpick brings, got {error}; install again") from error
    if (got := hashlib.sha256(data).hexdigest()) != SHA256:
        raise ModelError(f"{path}: expected a file with sha256 {SHA256}, got {got}; install again")
    return data


@lru_cache(maxsize=1)
def network() -> Network:
    """The pre-trained network, run by onnxruntime where that is installed (in half the time), else by OpenCV.

    Raises:
        ModelError: its file is missing, or another one.
    """
    data = backbone()
    try:
        return _by_onnxruntime(data)
    except ImportError:
        return _by_opencv(data)


def _by_onnxruntime(data: bytes) -> Network:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # small images: more threads wait for each other
    session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    return lambda images: session.run(None, {"image": images})


def _by_opencv(data: bytes) -> Network:
    net = cv2.dnn.readNetFromONNX(np.frombuffer(data, np.uint8))
    names = list(net.getUnconnectedOutLayersNames())

    def run(images: NDArray[np.float32]) -> Sequence[NDArray[np.float32]]:
        net.setInput(images)
        return [np.asarray(maps, np.float32) for maps in net.forward(names)]

    return run
