"""The facts about a machine that can change the last bits of a result, and so, in the end, a run."""

from __future__ import annotations

import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

# Bins settle elsewhere when sums differ in their last bit: one thread keeps sums in one order, and one family of
# OpenBLAS kernels serves every processor with AVX2. LP_NUM_THREADS is of Mesa's renderer.
THREADS = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "LP_NUM_THREADS")}
KERNELS = "OPENBLAS_CORETYPE", "Haswell"
# glibc picks its sine by the processor; with these features hidden from it, it has one for every x86-64. Bullet turns
# bodies by it, and contacts that are alike by symmetry are told apart by its last bit.
MATHEMATICS = "GLIBC_TUNABLES", "glibc.cpu.hwcaps=-AVX2,-FMA,-FMA4"
PACKAGES = (
    *("numpy", "scipy", "numba", "llvmlite", "opencv-python-headless", "pybullet"),
    *("pin", "coal", "toppra", "ruckig", "moderngl", "trimesh"),
)

VECTORS = frozenset(
    ("sse4_2", "avx", "avx2", "fma", "f16c", "avx512f", "avx512bw", "avx512dq", "avx512vl", "neon", "asimd", "sve")
)


def pinned() -> dict[str, str]:
    """Environment variables under which a run's processes compute alike, as far as these can see to it.

    A choice of OpenBLAS kernels or of glibc's tunables that the user has made stays.
    """
    name, kernels = KERNELS
    fits = {"avx2", "fma"} <= cpu()[1]
    blas = {name: os.environ.get(name, kernels)} if fits or name in os.environ else {}
    tunables, hidden = MATHEMATICS
    return THREADS | blas | {tunables: os.environ.get(tunables, hidden)}


def pin() -> None:
    """Begin this process anew as `pinned` says, unless it is so: a bin is then the one that a run's processes fill."""
    wanted = pinned()
    if any(os.environ.get(name) != value for name, value in wanted.items()):
        sys.stdout.flush()
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], os.environ | wanted)


def machine() -> dict[str, Any]:
    """Processor, libraries and threads of this process as JSON data; the same on every call."""
    from llvmlite.binding import get_host_cpu_name
    from threadpoolctl import threadpool_info

    model, features = cpu()
    blas = {
        f"{Path(library['filepath']).parent.name.split('.')[0]}: {library['internal_api']} {library['version']}": {
            "kernels": library.get("architecture", ""),
            "threads": library["num_threads"],
        }
        for library in threadpool_info()
        if library["user_api"] == "blas"
    }
    return {
        "processor": model,
        "features": sorted(features & VECTORS),
        "compiled_for": os.environ.get("NUMBA_CPU_NAME") or get_host_cpu_name(),
        "system": f"{platform.system()} {platform.machine()}",
        "libc": " ".join(platform.libc_ver()),
        "tunables": os.environ.get(MATHEMATICS[0], ""),
        "python": platform.python_version(),
        "blas": dict(sorted(blas.items())),
        "threads": {name: os.environ.get(name, "") for name in THREADS},
        "packages": {name: installed(name) for name in PACKAGES},
    }


def installed(package: str) -> str:
    """The version of a package, empty where it goes by another name here."""
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def cpu(info: Path = Path("/proc/cpuinfo")) -> tuple[str, frozenset[str]]:
    """Model and features of the processor; of features none where the system does not tell."""
    try:
        text = info.read_text(errors="replace")
    except OSError:
        return platform.processor(), frozenset()
    lines = [line.partition(":") for line in reversed(text.splitlines())]
    entries = {name.strip(): value.strip() for name, _, value in lines}
    features = entries.get("flags") or entries.get("Features") or ""
    return entries.get("model name") or platform.processor(), frozenset(features.lower().split())
