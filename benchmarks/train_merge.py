"""Train the model that merges patches into items: `benchmarks/train_merge.py [--bins N] [--rounds N] [--resume]`.

Simulated bins are cut into patches; each round merges them with the model so far and keeps every pair that it had to
judge, labelled by the truth, so that the model learns on the states that it gets itself into (DAgger: Ross, Gordon
and Bagnell, AISTATS 2011). Writes perception/segmentation/merge_weights.py. Reports use other seeds (see FIRST_SEED).
A model that starts from nothing stays behind one that goes on (--resume) from earlier weights with zeros for new
features.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

from benchmarks.shapes import Bin, make_bin
from handpick.layout import standard_layout
from perception.errors import HandpickError
from perception.fusion.self_calibration import SelfCalibration
from perception.fusion.surface import Surface, extract_surface
from perception.fusion.volume import Fuser, View, VolumeGrid
from perception.segmentation import merge_weights
from perception.segmentation.merge import Graph, agglomerate, graph
from perception.segmentation.merge_features import FEATURES
from perception.segmentation.merge_weights import HIDDEN, OUTPUT
from perception.segmentation.segments import patches
from perception.segmentation.tote_surface import on_tote

VOXEL = 0.004
SUITES = ("mixed", "mixed", "mixed", "mixed", "boxes", "books", "bags")
FIRST_SEED = 200  # seeds 100..199 are for reports
HIDDEN_UNITS = 16
ROUNDS = 6
EXAMPLES = 200_000
PURE = 0.7  # share of a patch that must belong to one item for the patch to be an example
DECAY = 10.0  # weight of the squared parameters
TRACE = 60_000


@dataclass(frozen=True, eq=False)
class Case:
    """A bin's patches, and how many surfels of each item every patch has: (P, 1 + items), the first for none."""

    sums: Graph
    counts: np.ndarray


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bins", type=int, default=150)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--resume", action="store_true", help="go on from the weights that are there")
    options = parser.parse_args()
    rng = np.random.default_rng(0)
    cases = make_cases(options.bins)
    hidden, output = np.zeros((1, len(FEATURES))), np.array([0.0, -5.0])  # merges nothing
    theta = np.concatenate([rng.normal(0, 0.3, HIDDEN_UNITS * (len(FEATURES) + 1)), [0.0]])
    if options.resume:
        hidden, output = HIDDEN, OUTPUT
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
        figures = f"{len(x)} pairs of {len(cases)} bins, {right:.1%} right"
        print(f"round {number + 1}: {figures}", flush=True)
    write(hidden, output, figures)


def make_cases(count: int) -> list[Case]:
    cases = []
    for number in range(count):
        try:
            cases.append(make_case(make_bin(SUITES[number % len(SUITES)], FIRST_SEED + number)))
        except HandpickError as error:  # a bin that cannot be made
            print(f"bin {number}: {error}", flush=True)
    return cases


def make_case(content: Bin) -> Case:
    """As the perceiver goes about a first look, up to the patches."""
    layout = standard_layout()
    fuser = Fuser(VolumeGrid.over(layout.source, VOXEL))
    calibration = SelfCalibration((layout.source, layout.destination))
    views, ids = [], []
    for frame, image in zip(content.frames, content.ids):
        view = View(frame.camera, calibration.refine(frame.camera, frame.depth), frame.depth, frame.color)
        if fuser.sees(view):
            views.append(view)
            ids.append(image)
    surface = extract_surface(fuser.fuse(views), views)
    surface = surface.select(~on_tote(surface, layout.source))
    labels = patches(surface)
    counts = np.zeros((labels.max() + 1, 1 + len(content.families)))
    np.add.at(counts, (labels, 1 + truth(surface, views, ids, len(content.families))), 1)
    return Case(graph(surface, labels, VOXEL), counts)


def truth(surface: Surface, views: list[View], ids: list[np.ndarray], items: int) -> np.ndarray:
    """Item that most views show at each surfel, -1 for none, shape (N,)."""
    votes = np.zeros((len(surface.points), items + 1))
    for view, image in zip(views, ids):
        points = view.T_base_camera.inverse().apply(surface.points)
        k, size = view.camera.k, (view.camera.width, view.camera.height)
        pixel = np.round(points[:, :2] / points[:, 2:] * (k[0, 0], k[1, 1]) + k[:2, 2]).astype(int)
        rows = np.flatnonzero(((pixel >= 0) & (pixel < size)).all(axis=1))
        u, v = pixel[rows].T
        shown = np.abs(view.depth[v, u] - points[rows, 2]) < 0.012
        np.add.at(votes, (rows[shown], 1 + image[v, u][shown]), 1)
    return np.asarray(votes.argmax(axis=1) - 1)


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


def write(hidden: np.ndarray, output: np.ndarray, figures: str) -> None:
    def text(values: np.ndarray) -> str:
        lines = np.array2string(np.round(values, 3), separator=", ", threshold=10**6, max_line_width=100)
        return lines.replace("\n", "\n    ")

    Path(merge_weights.__file__).write_text(
        '"""Weights of the merge model (merge.py beside this), written by benchmarks/train_merge.py. Do not edit.\n\n'
        f'Trained on {figures}."""\n\n'
        f"import numpy as np\n\n# fmt: off\nHIDDEN = np.array({text(hidden)})\nOUTPUT = np.array({text(output)})\n"
    )


if __name__ == "__main__":
    main()
