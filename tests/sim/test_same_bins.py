"""The same seed gives the same settled bins, whichever kernels of BLAS and paths of the libc a processor gets."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from handpick.machine import KERNELS, MATHEMATICS, cpu, pinned

ROOT = Path(__file__).parents[2]
OTHERS = {
    "Nehalem": {KERNELS[0]: "Nehalem"},
    "Sandybridge": {KERNELS[0]: "Sandybridge"},
    "without AVX2 and FMA": {MATHEMATICS[0]: "glibc.cpu.hwcaps=-AVX2,-FMA"},
}
CAPABLE = {"avx2", "fma"} <= cpu()[1]


def settled(suite: str, chosen: dict[str, str]) -> dict[str, list[list[list[list[float]]]]]:
    """A bin as a worker of a run settles it."""
    environment = os.environ | pinned() | chosen | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "tests.support.settled", suite, "0"]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, check=True, timeout=200)
    return dict(json.loads(done.stdout))


@pytest.mark.skipif(not CAPABLE, reason="needs a processor that can run all of the kernels")
@pytest.mark.parametrize("suite", ["mixed"])
def test_bins_settle_alike_under_other_arithmetic(suite: str) -> None:
    own = settled(suite, {})
    for name, chosen in OTHERS.items():
        other = settled(suite, chosen)
        assert other["drawn"] == own["drawn"], name
        for mine, theirs in zip(own["settled"], other["settled"], strict=True):
            np.testing.assert_allclose(mine, theirs, atol=1e-4, err_msg=name)
