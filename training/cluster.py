"""Bins spread over a Ray cluster: a task makes one file, and what is lost with a node is made anew on another."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from training.errors import TrainingError

LOCAL = "local"  # in place of an address: a cluster of this machine alone
AGAIN = 10  # times that a task is begun anew whose node or process was lost

T = TypeVar("T")


def on_cluster(address: str, made: Callable[[T], bytes], tasks: Sequence[T]) -> Iterator[tuple[T, bytes, str]]:
    """Each task with what was made of it, or the error in its place, in the order in which they end.

    What is made comes back to this process, so that nodes need no storage in common. Whoever takes less than all ends
    the rest.

    Args:
        address: of the cluster as Ray has it (`auto`, `HOST:PORT`, `ray://HOST:PORT`), or LOCAL.
        made: a pure function, found by its name on every node; each call has a processor of its own.

    Raises:
        TrainingError: Ray is missing, or there is no cluster at the address.
    """
    ray = _connected(address)
    try:
        remote = ray.remote(num_cpus=1, max_retries=AGAIN)(made)
        waiting = {remote.remote(task): task for task in tasks}
        while waiting:
            (done,), _ = ray.wait(list(waiting), num_returns=1)
            task = waiting.pop(done)
            try:
                yield task, ray.get(done), ""
            except ray.exceptions.RayError as error:
                yield task, b"", str(error).strip()
    finally:
        ray.shutdown()


def _connected(address: str) -> Any:
    """The module of Ray, connected."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is told to others
    try:
        import ray
    except ImportError as error:
        raise TrainingError("spreading over a cluster needs Ray: pip install 'handpick[ray]'") from error
    try:
        ray.init(address, log_to_driver=False, logging_level="warning")
    except (ConnectionError, ValueError, RuntimeError) as error:
        expected = f"expected {LOCAL!r}, or the address of a Ray cluster that runs"
        raise TrainingError(f"{expected}, got {address!r}: {error}") from error
    return ray
