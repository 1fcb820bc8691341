"""Fits and calibrates the completion network: `python -m training.completion.train DIR ... --out FILE`.

DIR: scenes, as `handpick generate --scenes` writes them. The families of the suite `unseen` are for judging: where some
are among the scenes, they are passed over.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from perception.completion.complete import fit_solid, shape_within
from perception.completion.evidence import gather
from perception.completion.learned import clues
from perception.completion.margins import Weights, margins
from perception.pose import Array
from sim.suites import SUITES
from training.completion.cases import ITEM, Case, read_file
from training.completion.fit import CHECKED, exported, fitted
from training.completion.score import CLOSE
from training.completion.table import Table, joined, read_table
from training.completion.true_shape import TrueShape
from training.errors import TrainingError
from training.split import UNSEEN

ASIDE = 12  # one of so many bins is checked on, and not fitted to
MOST_POINTS = 200  # of a case, for calibration
FEW, AGAIN = 2, 2.5e-3  # views of what it is fitted to in the end, once more, and the rate of learning then


@dataclass(frozen=True, eq=False)
class Parts:
    """Rows of a table to fit to, shape (N,), and which bins are never fitted to."""

    fit: NDArray[np.int64]
    aside: frozenset[int]

    def checks(self, case: Case) -> bool:
        """Whether a case may be calibrated on: its family or its bin was not fitted to."""
        return case.family not in SUITES[UNSEEN] and (case.family in CHECKED or case.bin in self.aside)


def parts_of(table: Table, seed: int) -> Parts:
    """Split by families and by bins."""
    bins = np.random.default_rng(seed).permutation(np.unique(table.bin))
    aside = bins[: max(1, len(bins) // ASIDE)]
    out = np.isin(table.family, (*CHECKED, *SUITES[UNSEEN])) | np.isin(table.bin, aside)
    return Parts(np.flatnonzero(~out), frozenset(int(number) for number in aside))


def train(folders: Sequence[Path], epochs: int, seed: int, show: Callable[[str], None]) -> Weights:
    """Weights from folders of scenes: fitted to all items, then to those that few cameras saw.

    Raises:
        ShardError, TrainingError: what is wrong with the scenes.
    """
    paths = [path for folder in folders for path in sorted(folder.glob("*.npz"))]
    if not paths:
        raise TrainingError(f"{[str(f) for f in folders]}: expected scenes (*.npz); run handpick generate --scenes")
    table = joined([read_table(path, path.parent / "tables") for path in paths])
    parts = parts_of(table, seed)
    show(f"{len(parts.fit)} of {len(table)} items are fitted to")
    network = fitted(table, parts.fit, epochs, seed, show)
    few = parts.fit[table.views[parts.fit] <= FEW]
    network = fitted(table, few, epochs + epochs // 3, seed + 1, show, network, AGAIN)
    cases = (case for path in paths for case in read_file(path) if case.views <= FEW and parts.checks(case))
    return calibrate(exported(network), cases, np.random.default_rng(seed))


def calibrate(weights: Weights, cases: Iterable[Case], rng: np.random.Generator) -> Weights:
    """The same weights, their confidence fitted to what is close to the truth in cases that they were not fitted to."""
    told, right = [], []
    for case in cases:
        shown = gather(ITEM, case.rows, case.around, fit_solid(ITEM, case.rows, case.around))
        found = margins(weights, shown.channels, shown.scales)
        distance = np.maximum(-0.5 * shown.soft * found, shown.bound)
        shape = shape_within(ITEM, case.rows, case.around, shown.lattice, distance)
        if shape is None or shape.seen.all():
            continue
        some = rng.permutation(int((~shape.seen).sum()))[:MOST_POINTS]
        told.append(clues(shape, shown, found)[some])
        right.append(np.abs(TrueShape(case.truth.parts).signed(shape.points[~shape.seen][some])) < CLOSE)
    return replace(weights, confidence=logistic(np.concatenate(told), np.concatenate(right)))


def logistic(x: Array, right: NDArray[np.bool_]) -> Array:
    """Weights (K,) of clues (N, K) that make what came true, (N,), most likely."""
    sign = np.where(right, -1.0, 1.0)
    loss = lambda w: float(np.logaddexp(0, sign * (x @ w)).mean())
    slope = lambda w: (sign / (1 + np.exp(-sign * (x @ w)))) @ x / len(x)
    return np.asarray(minimize(loss, np.zeros(x.shape[1]), jac=slope, method="L-BFGS-B").x)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+", metavar="DIR")
    parser.add_argument("--out", type=Path, default=Path("out/completion.npz"))
    parser.add_argument("--epochs", type=int, default=9)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    weights = train(options.folders, options.epochs, options.seed, lambda line: print(line, flush=True))
    options.out.parent.mkdir(parents=True, exist_ok=True)
    weights.write(options.out)
    print(options.out)


if __name__ == "__main__":
    main()
