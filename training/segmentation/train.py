"""Fits the learned segmentation: `python -m training.segmentation.train DIR ... --out FILE`.

DIR: looks, as `python -m training.segmentation.generate` writes them. A network learns of each surfel on some of the
bins and tables; on others, which it never saw, a rule learns from what it tells to merge patches, and on others again
it is calibrated. With --network the first step is left out: its layers are read from a file.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from perception.segmentation.learned import CLUES, SegmentationWeights
from perception.segmentation.merge_features import FEATURES
from perception.segmentation.surfel_network import Layers
from perception.segmentation.told_features import TOLD
from sim.suites import SUITES
from training.errors import TrainingError
from training.segmentation.fit import Sample, fitted, sample_of
from training.segmentation.looks import Look, read_file
from training.segmentation.merging import calibrated, fitted_rule
from training.segmentation.network import SurfelNetwork, exported
from training.split import UNSEEN

TURNS = ("network", "network", "rule", "network", "network", "rule", "network", "calibration")  # whose bins are whose


def files(folders: Sequence[Path]) -> dict[str, list[Path]]:
    """Files by what they are learned for.

    Raises:
        TrainingError: there are too few, or some show families that are for judging.
    """
    paths = [path for folder in folders for path in sorted(folder.glob("*.npz"))]
    if len(paths) < len(TURNS):
        raise TrainingError(
            f"{[str(f) for f in folders]}: expected {len(TURNS)} files of looks at least, got {len(paths)}"
        )
    order = np.random.default_rng(0).permutation(len(paths))
    found: dict[str, list[Path]] = {turn: [] for turn in TURNS}
    for place, index in enumerate(order):
        found[TURNS[place % len(TURNS)]].append(paths[index])
    return found


def looks_of(path: Path) -> list[Look]:
    """Raises TrainingError: a look shows a family that is for judging."""
    looks = list(read_file(path))
    strange = {family for look in looks for family in look.families} & set(SUITES[UNSEEN])
    if strange:
        raise TrainingError(f"{path}: expected no families that are for judging, got {sorted(strange)}")
    return looks


def samples_of(paths: Sequence[Path]) -> list[list[Sample]]:
    """Of each file that shows something."""
    found = [[sample for look in looks_of(path) if (sample := sample_of(look))] for path in paths]
    return [some for some in found if some]


def _blank(layers: Layers) -> SegmentationWeights:
    """A network with a rule that merges nothing."""
    hidden, output = np.zeros((1, len(FEATURES) + len(TOLD))), np.array([0.0, -5.0])
    return SegmentationWeights(layers, hidden, output, 0.0, np.zeros(CLUES))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+", metavar="DIR")
    parser.add_argument("--out", type=Path, default=Path("out/segmentation.safetensors"))
    parser.add_argument("--network", type=Path, help="weights whose network is taken as it is")
    parser.add_argument("--steps", type=int, default=1600)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    show = lambda line: print(line, flush=True)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    parts = files(options.folders)
    if options.network:
        layers: Layers = SegmentationWeights.read(options.network).layers
    else:
        keep = lambda network: _blank(exported(network)).write(options.out)
        samples = samples_of(parts["network"])
        show(f"{sum(map(len, samples))} looks at {len(samples)} bins and tables are learned from")
        network: SurfelNetwork = fitted(samples, options.steps, options.seed, show, keep)
        keep(network)
        layers = exported(network)
    rule = fitted_rule(layers, [look for path in parts["rule"] for look in looks_of(path)], options.seed, show)
    weights = calibrated(layers, rule, [look for path in parts["calibration"] for look in looks_of(path)], show)
    weights.write(options.out)
    show(str(options.out))


if __name__ == "__main__":
    main()
