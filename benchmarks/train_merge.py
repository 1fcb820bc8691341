"""Train the model that merges patches into items: `python -m benchmarks.train_merge [--kind color|depth] [--resume]`.

Simulated bins and tables are cut into patches; each round merges them with the model so far and keeps every pair that
it had to judge, labelled by the truth, so that the model learns on the states that it gets itself into (DAgger: Ross,
Gordon and Bagnell, AISTATS 2011). Writes merge_color.py or merge_depth.py. Reports use other seeds (see
FIRST_SEED). A model that starts from nothing stays behind one that goes on (--resume) from earlier weights with zeros
for new features.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from benchmarks.support.merge_cases import Case, bin_case, table_case
from perception.errors import HandpickError
from perception.segmentation import merge
from perception.segmentation.merge import MODELS
from perception.segmentation.merge_features import FEATURES
from training.segmentation.merge_rule import Examples, examples, log_odds, refitted

FIRST_SEED = 200  # seeds 100..199 are for reports
HIDDEN_UNITS = 16
ROUNDS = 6
EXAMPLES = 200_000
STEPS = 120  # of each round's fit, at most


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kind", choices=("color", "depth"), default="color", help="what the model is to see")
    parser.add_argument("--scenes", type=int, default=150)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--resume", action="store_true", help="go on from the weights that are there")
    options = parser.parse_args()
    rng = np.random.default_rng(0)
    cases = make_cases(options.kind, options.scenes)
    drawn = rng.normal(0, 0.3, (HIDDEN_UNITS, len(FEATURES))), np.append(rng.normal(0, 0.3, HIDDEN_UNITS), 0.0)
    nothing = np.zeros((1, len(FEATURES))), np.array([0.0, -5.0])  # merges nothing
    rule, start = (MODELS[options.kind],) * 2 if options.resume else (nothing, drawn)
    seen: list[Examples] = []
    for number in range(options.rounds):
        threshold = float(number % 2) if options.resume else -float(number % 2)
        seen += [examples(case.sums, case.counts, rule, threshold) for case in cases]
        x, y, w = (np.concatenate(column) for column in zip(*seen))
        chosen = rng.permutation(len(x))[:EXAMPLES]
        rule = start = refitted(x[chosen], y[chosen], w[chosen], start, STEPS)
        right = ((log_odds(rule, x) > 0) == y).mean()
        figures = f"{len(x)} pairs of {len(cases)} scenes, {right:.1%} right"
        print(f"round {number + 1}: {figures}", flush=True)
    write(options.kind, *rule, figures)


def make_cases(kind: str, count: int) -> list[Case]:
    """Scenes of one kind; every fourth of `color` is a table, the rest are bins."""
    cases = []
    for number in range(count):
        try:
            if kind == "depth" or number % 4 == 3:
                cases.append(table_case(FIRST_SEED, number, color=kind == "color"))
            else:
                cases.append(bin_case(FIRST_SEED + number, number))
        except HandpickError as error:  # a scene that cannot be made
            print(f"scene {number}: {error}", flush=True)
        print(f"\r{len(cases)} of {count} scenes", end="", flush=True)
    return cases


def write(kind: str, hidden: np.ndarray, output: np.ndarray, figures: str) -> None:
    def text(values: np.ndarray) -> str:
        lines = np.array2string(np.round(values, 3), separator=", ", threshold=10**6, max_line_width=100)
        return lines.replace("\n", "\n    ")

    Path(merge.__file__).with_name(f"merge_{kind}.py").write_text(
        f'"""Weights of the merge model for {kind}, written by benchmarks/train_merge.py. Do not edit.\n\n'
        f'Trained on {figures}."""\n\n'
        f"import numpy as np\n\n# fmt: off\nHIDDEN = np.array({text(hidden)})\nOUTPUT = np.array({text(output)})\n"
    )


if __name__ == "__main__":
    main()
