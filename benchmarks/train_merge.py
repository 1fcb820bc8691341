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
from scipy.optimize import minimize

from benchmarks.support.merge_cases import Case, bin_case, table_case
from perception.errors import HandpickError
from perception.segmentation import merge
from perception.segmentation.merge import MODELS, agglomerate
from perception.segmentation.merge_features import FEATURES

FIRST_SEED = 200  # seeds 100..199 are for reports
HIDDEN_UNITS = 16
ROUNDS = 6
EXAMPLES = 200_000
PURE = 0.7  # share of a patch that must belong to one item for the patch to be an example
DECAY = 10.0  # weight of the squared parameters
TRACE = 60_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kind", choices=("color", "depth"), default="color", help="what the model is to see")
    parser.add_argument("--scenes", type=int, default=150)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--resume", action="store_true", help="go on from the weights that are there")
    options = parser.parse_args()
    rng = np.random.default_rng(0)
    cases = make_cases(options.kind, options.scenes)
    hidden, output = np.zeros((1, len(FEATURES))), np.array([0.0, -5.0])  # merges nothing
    theta = np.concatenate([rng.normal(0, 0.3, HIDDEN_UNITS * (len(FEATURES) + 1)), [0.0]])
    if options.resume:
        hidden, output = MODELS[options.kind]
        theta = np.concatenate([hidden.ravel(), output])
    seen: list[tuple[np.ndarray, ...]] = []
    for number in range(options.rounds):
        threshold = float(number % 2) if options.resume else -float(number % 2)
        seen += [examples(case, hidden, output, threshold) for case in cases]
        x, y, w = (np.concatenate(column) for column in zip(*seen))
        chosen = rng.permutation(len(x))[:EXAMPLES]
        theta = fit(x[chosen], y[chosen], w[chosen], theta)
        hidden, output = unpack(theta)
        right = ((np.tanh(x @ hidden.T) @ output[:-1] + output[-1] > 0) == y).mean()
        figures = f"{len(x)} pairs of {len(cases)} scenes, {right:.1%} right"
        print(f"round {number + 1}: {figures}", flush=True)
    write(options.kind, hidden, output, figures)


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


def examples(case: Case, hidden: np.ndarray, output: np.ndarray, threshold: float) -> tuple[np.ndarray, ...]:
    """Features, whether one item, and weights of the pairs judged while merging."""
    trace = np.empty((TRACE, 2 + len(FEATURES)))
    sums = (case.sums.patch.copy(), case.sums.link.copy(), case.sums.border.copy(), case.sums.rim.copy())
    _, used = agglomerate(*sums, case.sums.voxel, hidden, output, threshold, trace)
    counts = case.counts.copy()
    keep, same, weight = np.zeros(used, bool), np.zeros(used, bool), np.zeros(used)
    for row in range(used):
        i, j = int(trace[row, 0]), int(trace[row, 1])
        if np.isnan(trace[row, 2]):
            counts[i] += counts[j]
            continue
        a, b = counts[i], counts[j]
        if (a.argmax() > 0 or b.argmax() > 0) and a.max() > PURE * a.sum() and b.max() > PURE * b.sum():
            keep[row], same[row], weight[row] = True, a.argmax() == b.argmax(), np.sqrt(min(a.sum(), b.sum()))
    return trace[:used][keep, 2:], same[keep], weight[keep]


def fit(x: np.ndarray, y: np.ndarray, w: np.ndarray, theta: np.ndarray) -> np.ndarray:
    """Weighted logistic regression of the network's output by L-BFGS, from the parameters `theta`."""
    w = w / w.mean()

    def loss(theta: np.ndarray) -> tuple[float, np.ndarray]:
        hidden, output = unpack(theta)
        z = np.tanh(x @ hidden.T)
        logit = z @ output[:-1] + output[-1]
        error = w * (1 / (1 + np.exp(-np.clip(logit, -50, 50))) - y)
        to_hidden = ((error[:, None] * output[:-1]) * (1 - z * z)).T @ x
        gradient = np.concatenate([to_hidden.ravel(), z.T @ error, [error.sum()]])
        value = (w * (np.logaddexp(0, logit) - y * logit)).sum() + DECAY * theta @ theta
        return value, gradient + 2 * DECAY * theta

    return np.asarray(minimize(loss, theta, jac=True, method="L-BFGS-B", options={"maxiter": 120}).x)


def unpack(theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    count = HIDDEN_UNITS * len(FEATURES)
    return theta[:count].reshape(HIDDEN_UNITS, len(FEATURES)).copy(), theta[count:].copy()


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
