"""`handpick export`: learned odds for other languages."""

from __future__ import annotations

import argparse
from pathlib import Path


def run(options: argparse.Namespace) -> int:
    from grasping.policy import LEARNED
    from grasping.quality.learned import Weights, shipped
    from training.export import export_onnx

    weights = shipped() if options.weights == LEARNED else Weights.load(Path(options.weights))
    off = export_onnx(weights, options.onnx)
    print(f"onnxruntime and numpy differ by {off:.1e} at most\n  {options.onnx}")
    return 0
