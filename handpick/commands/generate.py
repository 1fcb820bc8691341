"""`handpick generate`: outcomes of grasps in simulated bins, a file for each bin."""

from __future__ import annotations

import argparse
import sys

from handpick.interrupts import leave


def run(options: argparse.Namespace) -> int:
    from training.generate import Job, generate, shard_of

    suites = tuple(options.suite)
    job = Job(options.out, options.picks, suites, options.seed, options.tries, shard_of(options.shard))
    show = lambda line: print(line, file=sys.stderr, flush=True)
    count, interrupted = generate(job, options.jobs, show, options.ray)
    if interrupted:
        leave(kept=f"{count} outcomes are in {job.out}")
    print(f"{count} outcomes in {job.out}")
    return 0
