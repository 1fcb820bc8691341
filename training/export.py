"""Weights written for other languages, once what they say there is what they say here."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from grasping.candidates.table import FEATURES
from grasping.quality.learned import HEADS, Weights, learned_odds
from grasping.tools import Tool
from perception.pose import Array
from training.errors import ExportError

ALIKE = 1e-4  # odds, by which the two may differ
CHECKED = 2000  # made-up candidates of each tool that are compared before a file is written


def export_onnx(weights: Weights, path: Path) -> float:
    """Write weights as ONNX; the greatest difference of odds between onnxruntime and numpy, over made-up candidates.

    Raises:
        ExportError: onnx or onnxruntime is missing, or the two differ by more than ALIKE.
    """
    try:
        from training.onnx_graph import graph_of

        data = graph_of(weights).SerializeToString()
        off = max(float(np.abs(a - b).max()) for a, b in _compared(weights, data))
    except ImportError as error:
        raise ExportError(f"export needs onnx and onnxruntime: pip install 'handpick[onnx]' ({error})") from error
    if not off <= ALIKE:
        raise ExportError(f"expected odds of onnxruntime within {ALIKE} of numpy's, got {off} off; no file is written")
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".tmp")
    draft.write_bytes(data)
    draft.replace(path)
    return off


def onnx_odds(
    data: bytes | str, tool: Tool, features: NDArray[np.void], views: NDArray[np.uint8], believed: Array
) -> Array:
    """Odds (C, 4) by onnxruntime, from what `learned_odds` takes. data: a model, or its path."""
    from onnxruntime import InferenceSession

    known = np.column_stack([features[name] for name in FEATURES.names or ()])
    given = {"features": known, "views": views[:, None].astype(np.float64), "believed": believed}
    return np.asarray(InferenceSession(data, providers=["CPUExecutionProvider"]).run([tool.value], given)[0])


def _compared(weights: Weights, data: bytes) -> list[tuple[Array, Array]]:
    """Odds (CHECKED, 4) of each tool by numpy and by onnxruntime."""
    found = []
    for tool in Tool:
        candidates = around_thresholds(weights, tool, CHECKED)
        found.append((learned_odds(weights, tool, *candidates), onnx_odds(data, tool, *candidates)))
    return found


def around_thresholds(weights: Weights, tool: Tool, count: int) -> tuple[NDArray[np.void], NDArray[np.uint8], Array]:
    """Candidates whose features lie at the thresholds of a tool's trees and on either side of them, as far as single
    precision tells; numbers of cameras (count,); and what contact mechanics believes (count, 4)."""
    rng = np.random.default_rng(0)
    features = np.zeros(count, FEATURES)
    for number, name in enumerate(FEATURES.names or ()):
        trees = [weights.trees[tool, head] for head in HEADS]
        at = np.concatenate([[0.0, 1.0], *(t.threshold[t.feature == number] for t in trees)])
        features[name] = rng.choice(at, count) * (1 + 1e-7 * rng.integers(-1, 2, count))
    return features, rng.choice(np.array([1, 4], np.uint8), count), rng.random((count, len(HEADS)))
