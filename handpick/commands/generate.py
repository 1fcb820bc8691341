"""`handpick generate`: outcomes of grasps in simulated bins, or seen and true shapes, a file for each bin."""

from __future__ import annotations

import argparse
import sys

from handpick.interrupts import leave


def run(options: argparse.Namespace) -> int:
    return _scenes(options) if options.scenes else _outcomes(options)


def _scenes(options: argparse.Namespace) -> int:
    from training.completion.generate import SceneJob, generate_scenes
    from training.generate import shard_of

    job = SceneJob(options.out, options.bins, tuple(options.suite), options.seed, shard_of(options.shard))
    count, interrupted = generate_scenes(job, options.jobs, _show)
    if interrupted:
        leave(kept=f"{count} bins are in {job.out}")
    print(f"{count} bins in {job.out}")
    return 0


def _outcomes(options: argparse.Namespace) -> int:
    from training.generate import Job, generate, shard_of

    suites = tuple(options.suite)
    shard = shard_of(options.shard)
    job = Job(options.out, options.picks, suites, options.seed, options.tries, shard, options.policy, options.repeat)
    count, interrupted = generate(job, options.jobs, _show, options.ray)
    if interrupted:
        leave(kept=f"{count} outcomes are in {job.out}")
    print(f"{count} outcomes in {job.out}")
    return 0


def _show(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
