"""Outcomes by the thousand: bins tried one after the other, a file each, shared out over processes and machines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from grasping.policy import ANALYTIC
from grasping.quality.policies import digest_of
from handpick.compiling.store import use_store
from handpick.recording.folder import replace_file
from sim.fill import UnrestError
from sim.render.renderer import make_renderer
from sim.suites import made_of, suite_shares
from sim.workers.pool import run_pool
from training.cluster import on_cluster
from training.emptying import emptied
from training.errors import ShardError, TrainingError
from training.outcomes import OUTCOME, Origin, read_shard, write_shard


@dataclass(frozen=True)
class Job:
    """What to generate: about `picks` outcomes, `tries` of each bin, whose suites take turns.

    shard: this machine's number and how many there are; the files together are the same however many there are.
    policy: by whose odds grasps are drawn. repeat: how often each of them is tried.
    """

    out: Path
    picks: int
    suites: tuple[str, ...]
    seed: int = 0
    tries: int = 240
    shard: tuple[int, int] = (0, 1)
    policy: str = ANALYTIC
    repeat: int = 1

    def origins(self) -> list[Origin]:
        """Of the files that are this shard's. Raises UnknownSuiteError, PolicyError, WeightsError."""
        for suite in self.suites:
            suite_shares(suite)
        items = {suite: made_of(suite) for suite in self.suites}
        first, step = self.shard
        bins, weights = range(first, -(-self.picks // self.tries), step), digest_of(self.policy)
        suite_of = lambda number: self.suites[number % len(self.suites)]
        made = lambda number: Origin(suite_of(number), self.seed, number, self.tries)
        return [
            replace(made(k), policy=self.policy, weights=weights, repeat=self.repeat, items=items[suite_of(k)])
            for k in bins
        ]

    def path(self, origin: Origin) -> Path:
        suite, seed, number = origin.world
        return self.out / f"{suite}-{seed}-{number:06d}.npz"


def generate(job: Job, jobs: int, show: Callable[[str], None], cluster: str = "") -> tuple[int, bool]:
    """Make the files that are missing or not whole; the number of outcomes in all of this shard, and whether it was
    interrupted.

    Args:
        jobs: processes of this machine. cluster: address of a Ray cluster that works in their place.

    Raises:
        ShardError: a file in the folder comes from something else.
        TrainingError: a worker failed, or there is no such cluster.
    """
    job.out.mkdir(parents=True, exist_ok=True)
    origins = job.origins()
    missing = [origin for origin in origins if not is_whole(job.path(origin), origin)]
    show(f"{len(missing)} of {len(origins)} bins to be tried")
    errors, interrupted = (spread(job, missing, cluster, show), False) if cluster else here(job, missing, jobs, show)
    if errors:
        raise TrainingError(f"{len(errors)} of {len(missing)} bins failed; the first one said: {errors[0]}")
    whole = [origin for origin in origins if job.path(origin).exists()]
    return sum(len(read_shard(job.path(origin), origin)) for origin in whole), interrupted


def here(job: Job, origins: Sequence[Origin], jobs: int, show: Callable[[str], None]) -> tuple[list[str], bool]:
    """Make files on this machine; what went wrong, and whether it was interrupted."""
    tasks = [(job.path(origin), origin) for origin in origins]
    done, interrupted = run_pool(work, tasks, jobs, lambda index, found: show(f"{tasks[index][0].name}: {found}"))
    return [progress.error for progress in done if progress.error and not interrupted], interrupted


def spread(job: Job, origins: Sequence[Origin], address: str, show: Callable[[str], None]) -> list[str]:
    """Make files on a Ray cluster, and write them here; what went wrong."""
    errors = []
    for origin, data, error in on_cluster(address, file_of, origins):
        path = job.path(origin)
        if error:
            errors.append(error)
        else:
            replace_file(path, data)
        show(f"{path.name}: {error.splitlines()[-1] if error else f'{len(data)} bytes'}")
    return errors


def file_of(origin: Origin) -> bytes:
    """The file of a bin, made in a process like those of one machine. Raises TrainingError: that process failed."""
    use_store()
    with TemporaryDirectory() as folder:
        path = Path(folder) / "bin.npz"
        (done,), _ = run_pool(work, [(path, origin)], jobs=1)
        if done.error:
            raise TrainingError(done.error)
        return path.read_bytes()


def work(task: tuple[Path, Origin], tell: Callable[[str], None]) -> int:
    """Try one bin, and write its file. A bin that never comes to rest has no outcomes."""
    path, origin = task
    renderer = make_renderer()
    try:
        outcomes = emptied(origin, renderer)
    except UnrestError:
        outcomes = np.zeros(0, OUTCOME)
    finally:
        renderer.close()
    write_shard(path, origin, outcomes)
    tell(f"{len(outcomes)} outcomes, {int(outcomes['held'].sum())} held")
    return len(outcomes)


def is_whole(path: Path, origin: Origin) -> bool:
    """Whether a file is there and can be read. Raises ShardError: it is of something else."""
    if not path.exists():
        return False
    try:
        read_shard(path)
    except ShardError:
        return False
    read_shard(path, origin)
    return True


def shard_of(text: str) -> tuple[int, int]:
    """`i/n` as numbers. Raises TrainingError."""
    parts: Sequence[str] = text.split("/")
    if len(parts) == 2 and all(part.isascii() and part.isdigit() for part in parts):
        i, n = map(int, parts)
        if i < n:
            return i, n
    raise TrainingError(f"expected a shard i/n with 0 <= i < n, got {text!r}")
