"""The grammar of the commands that make weights: generate, train."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from handpick.grammar.arguments import DEFAULT, add_command, add_jobs, natural, positive, suites


def add_generate(commands: Any) -> None:
    """The grammar of `handpick generate`."""
    generate = add_command(
        commands,
        "generate",
        "try grasps in simulated bins by a free-flying tool, and keep what came of each",
        "a second run fills the gaps; the files are the same however they are shared out",
        "handpick generate --out out/outcomes --picks 20000 --shard 0/2",
    )
    generate.add_argument("--out", type=Path, default=Path("out/outcomes"), help=f"folder {DEFAULT}")
    generate.add_argument("--picks", type=positive, default=960, help=f"outcomes, about {DEFAULT}")
    generate.add_argument("--tries", type=positive, default=240, help=f"outcomes of one bin, about {DEFAULT}")
    generate.add_argument("--shard", default="0/1", metavar="I/N", help=f"every N-th bin, from the I-th on {DEFAULT}")
    generate.add_argument("--suite", type=suites, default="mixed,boxes,books,bags", help=f"suites in turn {DEFAULT}")
    generate.add_argument("--seed", type=natural, default=0, help=f"the same seed gives the same files {DEFAULT}")
    add_jobs(generate)


def add_train(commands: Any) -> None:
    """The grammar of `handpick train`."""
    train = add_command(
        commands,
        "train",
        "fit odds of grasps to outcomes, and compare them with contact mechanics; or adapt the shipped odds to a cell",
        "families of items are split: for training, for validation, and never seen; of recordings, bins are",
        "handpick train out/outcomes --out out/weights, or handpick train --from out/record --out out/site",
    )
    source = train.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "path", type=Path, nargs="?", metavar="PATH", help="folder of outcomes, as handpick generate writes it"
    )
    source.add_argument(
        "--from",
        type=Path,
        nargs="+",
        dest="recordings",
        metavar="RECORDING",
        help="bags, or folders of bags, as handpick record writes them: exit code 1 where they give no better odds",
    )
    train.add_argument("--seed", type=natural, default=0, help=f"of the split and the fit {DEFAULT}")
    train.add_argument("--out", type=Path, default=Path("out/weights"), help=f"folder of weights and card {DEFAULT}")
