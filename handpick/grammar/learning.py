"""The grammar of the commands that make weights: generate, train, export, release."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from grasping.policy import ANALYTIC, LEARNED
from handpick.grammar.arguments import DEFAULT, add_command, add_jobs, add_policy, natural, positive, suite

SOLIDS = "solids"  # of `training.completion.random_solids`, and of no cell


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
    generate.add_argument(
        "--scenes", action="store_true", help="look at bins, and keep what was seen of each item and how it truly is"
    )
    generate.add_argument("--bins", type=positive, default=8, help=f"with --scenes: how many bins {DEFAULT}")
    generate.add_argument("--shard", default="0/1", metavar="I/N", help=f"every N-th bin, from the I-th on {DEFAULT}")
    generate.add_argument(
        "--suite",
        type=_taught,
        default="mixed,boxes,books,bags",
        help=f"suites in turn, with --scenes also {SOLIDS} {DEFAULT}",
    )
    generate.add_argument("--seed", type=natural, default=0, help=f"the same seed gives the same files {DEFAULT}")
    told = f"times that each grasp is tried: how often the same one ends otherwise {DEFAULT}"
    generate.add_argument("--repeat", type=positive, default=1, metavar="N", help=told)
    generate.add_argument(
        "--ray",
        default="",
        metavar="ADDRESS",
        help="of a Ray cluster that works in place of --jobs, or `local`",
    )
    add_policy(generate, ANALYTIC)
    add_jobs(generate)


def _taught(text: str) -> list[str]:
    """Names of suites, the same one more than once if it is to have more bins. Raises UnknownSuiteError."""
    return [name if name == SOLIDS else suite(name) for name in map(str.strip, text.split(","))]


def add_train(commands: Any) -> None:
    """The grammar of `handpick train`."""
    train = add_command(
        commands,
        "train",
        "fit odds of grasps to outcomes, and compare them with contact mechanics; or adapt odds to a cell",
        "families of items are split: for training, for validation, and never seen; of recordings, bins are",
        "handpick train out/outcomes --out out/weights, or handpick train --from out/record --out out/site",
    )
    source = train.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "folders", type=Path, nargs="*", default=[], metavar="FOLDER", help="outcomes, as handpick generate writes them"
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
    train.add_argument(
        "--network",
        action="store_true",
        help="judge networks over pictures beside boosting, of outcomes: minutes; the weights are boosted all the same",
    )
    train.add_argument(
        "--after",
        metavar="OLD",
        help=f"weights in use, or {LEARNED}: what they choose is kept unless the new ones promise enough more",
    )
    train.add_argument(
        "--on",
        metavar="OLD",
        help=f"weights to grow on, or {LEARNED}, of other bins: where only the hand is new, say; or to adapt",
    )
    train.add_argument("--out", type=Path, default=Path("out/weights"), help=f"folder of weights and card {DEFAULT}")


def add_export(commands: Any) -> None:
    """The grammar of `handpick export`."""
    export = add_command(
        commands,
        "export",
        "write learned odds as ONNX, for other languages, once onnxruntime says the same as this package",
        f"{LEARNED}: the weights that come with the package",
        f"handpick export {LEARNED} --onnx out/quality.onnx",
    )
    export.add_argument("weights", metavar="WEIGHTS", help=f"a file, as handpick train writes it, or {LEARNED}")
    export.add_argument("--onnx", type=Path, required=True, metavar="FILE", help="to be written")


def add_release(commands: Any) -> None:
    """The grammar of `handpick release`."""
    release = add_command(
        commands,
        "release",
        "whether weights may replace others, which version is in use, and the way back",
        "weights are files with the card that handpick train writes beside them",
        "handpick release check out/new/quality.safetensors --against learned --on out/outcomes",
    )
    actions = release.add_subparsers(required=True, metavar="ACTION", dest="action")
    check = add_command(
        actions,
        "check",
        "compare new weights with old ones on outcomes of bins that neither was trained on, and refuse what is worse",
        f"exit code 1: worse somewhere beyond chance; {LEARNED}: the weights that come with the package",
        f"handpick release check out/new/quality.safetensors --against {LEARNED} --on out/outcomes",
    )
    check.add_argument("new", metavar="NEW", help="a file of weights")
    check.add_argument("--against", required=True, metavar="OLD", help=f"the file of weights in use, or {LEARNED}")
    check.add_argument(
        "--on",
        type=Path,
        nargs="+",
        required=True,
        metavar="OUTCOMES",
        help="folders, as handpick generate writes them",
    )
    check.add_argument("--seed", type=natural, default=0, help=f"of the intervals and the test {DEFAULT}")
    check.add_argument("--out", type=Path, default=Path("out/release"), help=f"folder of the page {DEFAULT}")
    install = add_command(
        actions,
        "install",
        "make a version of weights in a folder of versions, with card and notes, and take it into use",
        "each but the first must have passed a check against the one in use",
        "handpick release install out/new/quality.safetensors --into releases --checked out/release",
    )
    install.add_argument("file", metavar="FILE", help="of weights")
    install.add_argument("--into", type=Path, required=True, metavar="DIR", help="folder of versions")
    install.add_argument("--checked", type=Path, metavar="DIR", help="folder that handpick release check wrote")
    for name, does in (
        ("roll-back", "take the version into use that was before"),
        ("list", "the versions in a folder, and which one is in use"),
    ):
        action = add_command(actions, name, does, "DIR is a folder of versions", f"handpick release {name} releases")
        action.add_argument("folder", type=Path, metavar="DIR", help="folder of versions")
