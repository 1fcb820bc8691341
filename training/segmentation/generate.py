"""Looks by the thousand, a file each bin or table: `python -m training.segmentation.generate --out DIR --bins N`.

Bins are settled by the physics and looked at full and twice more after a third of their items were taken out, by one
camera and by four; tables with grain, shadows and stains, or plain ones, bear a pile or items upright, and one to four
cameras stand around them. Bins are looked at with colour and without; of a table that makes no difference to what is
kept. A second run fills the gaps; the files are the same however they are shared out.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from sim.fill import UnrestError
from sim.render.renderer import make_renderer
from sim.workers.pool import run_pool
from training.completion.cases import Origin
from training.completion.generate import TABLE, SceneJob
from training.errors import ShardError, TrainingError
from training.generate import shard_of
from training.segmentation.looks import Looks, read_origin
from training.segmentation.seen import look_at_bin, look_at_table


def work(task: tuple[Path, Origin], tell: Callable[[str], None]) -> int:
    """Look at one bin or table, and write its file. What never comes to rest is not looked at."""
    path, origin = task
    content = Looks()
    with suppress(UnrestError):
        if origin.suite.startswith(TABLE):
            look_at_table(origin, origin.suite.removeprefix(TABLE), content)
        else:
            renderer = make_renderer()
            try:
                look_at_bin(origin, renderer, content)
            finally:
                renderer.close()
    content.write(path, origin)
    tell(f"{len(content.about)} looks")
    return len(content.about)


def generate_looks(job: SceneJob, jobs: int, show: Callable[[str], None]) -> int:
    """Make the files that are missing; the number of files of this shard.

    Raises:
        ShardError: a file in the folder comes from something else, or cannot be read.
        TrainingError: a worker failed.
    """
    job.out.mkdir(parents=True, exist_ok=True)
    tasks = [(job.path(origin), origin) for origin in job.origins()]
    for path, origin in tasks:
        if path.exists() and read_origin(path) != origin:
            raise ShardError(f"{path}: expected looks of {origin}, got {read_origin(path)}; use another folder")
    missing = [(path, origin) for path, origin in tasks if not path.exists()]
    done, interrupted = run_pool(work, missing, jobs, lambda index, found: show(f"{missing[index][0].name}: {found}"))
    errors = [progress.error for progress in done if progress.error and not interrupted]
    if errors:
        raise TrainingError(f"{len(errors)} of {len(missing)} bins failed; the first one said: {errors[0]}")
    return sum(path.exists() for path, _ in tasks)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("out/looks"))
    parser.add_argument("--bins", type=int, default=40, help="bins and tables")
    parser.add_argument("--suite", default="mixed,table:mixed,solids,table:solids", help="in turn; `table:` for tables")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--shard", default="0/1", metavar="I/N")
    parser.add_argument("--jobs", type=int, default=1)
    options = parser.parse_args()
    suites = tuple(options.suite.split(","))
    job = SceneJob(options.out, options.bins, suites, options.seed, shard_of(options.shard))
    count = generate_looks(job, options.jobs, lambda line: print(line, file=sys.stderr, flush=True))
    print(f"{count} files in {options.out}")


if __name__ == "__main__":
    main()
