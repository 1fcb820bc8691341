"""RRT-Connect with shortcuts, compiled (Kuffner and LaValle, RRT-Connect, ICRA 2000)."""

from __future__ import annotations

import numpy as np
from numba import njit

from motion.collision.spheres import Checker, hit
from motion.errors import NoPath
from perception.pose import Array

CHECK = 0.05  # rad between two configurations that are checked along an edge
STRIDE = 0.5  # rad: length of a tree's edge


@njit(cache=True)
def _free(a, b, world, step):  # type: ignore[no-untyped-def]
    """Whether the straight edge from a (checked before) to b is free."""
    steps = int(np.ceil(np.max(np.abs(b - a)) / step))
    for i in range(1, steps + 1):  # noqa: SIM110 (numba compiles no generator)
        if hit(a + (b - a) * (i / steps), *world):
            return False
    return True


@njit(cache=True)
def _extend(tree, parents, count, target, world, step):  # type: ignore[no-untyped-def]
    """One edge from the nearest node towards target: (reached, blocked), and the new count."""
    nearest, least = 0, np.inf
    for i in range(count):
        distance = 0.0
        for k in range(tree.shape[1]):
            distance += (tree[i, k] - target[k]) ** 2
        if distance < least:
            nearest, least = i, distance
    gap = np.sqrt(least)
    goal = target if gap <= STRIDE else tree[nearest] + (target - tree[nearest]) * (STRIDE / gap)
    if not _free(tree[nearest], goal, world, step):
        return False, True, count
    tree[count], parents[count] = goal, nearest
    return gap <= STRIDE, False, count + 1


@njit(cache=True)
def _branch(tree, parents, node):  # type: ignore[no-untyped-def]
    """Nodes from `node` to the root."""
    length, i = 1, node
    while parents[i] >= 0:
        i = parents[i]
        length += 1
    branch = np.empty((length, tree.shape[1]))
    i = node
    for k in range(length):
        branch[k] = tree[i]
        i = parents[i]
    return branch


@njit(cache=True)
def _connect(start, goal, samples, world, step):  # type: ignore[no-untyped-def]
    """A free polyline (K, J) from start to goal, empty when the samples (M, J) run out."""
    joints = len(start)
    size = 12 * len(samples) + 2
    trees, parents, counts = np.empty((2, size, joints)), np.empty((2, size), np.int64), np.ones(2, np.int64)
    trees[0, 0], trees[1, 0] = start, goal
    parents[:, 0] = -1
    grow = 0
    for n in range(len(samples)):
        target = samples[n]  # contiguous, which rows of an iteration are not for Numba: it would compile all twice
        _, blocked, counts[grow] = _extend(trees[grow], parents[grow], counts[grow], target, world, step)
        if not blocked:
            fresh = trees[grow, counts[grow] - 1]
            other = 1 - grow
            reached = False
            while not blocked and not reached and counts[other] < size - 2:
                reached, blocked, counts[other] = _extend(
                    trees[other], parents[other], counts[other], fresh, world, step
                )
            if reached:
                halves = (_branch(trees[0], parents[0], counts[0] - 1), _branch(trees[1], parents[1], counts[1] - 1))
                return np.concatenate((halves[0][::-1], halves[1][1:]))
        if min(size - 2 - counts[0], size - 2 - counts[1]) <= 0:
            break
        grow = 1 - grow
    return np.empty((0, joints))


@njit(cache=True)
def _shorten(path, picks, world, step):  # type: ignore[no-untyped-def]
    """Replace detours between two random points of the polyline by straight edges; picks (M, 2) lie in 0..1."""
    for pick in picks:
        edges = len(path) - 1
        u, v = min(pick) * edges, max(pick) * edges
        i, j = min(int(u), edges - 1), min(int(v), edges - 1)
        if i == j:
            continue
        a = path[i] + (u - i) * (path[i + 1] - path[i])
        b = path[j] + (v - j) * (path[j + 1] - path[j])
        if _free(a, b, world, step):
            middle = np.empty((2, path.shape[1]))
            middle[0], middle[1] = a, b
            path = np.concatenate((path[: i + 1], middle, path[j + 1 :]))
    return path


def connect(
    start: Array,
    goal: Array,
    lower: Array,
    upper: Array,
    checker: Checker,
    rng: np.random.Generator,
    iterations: int = 800,
    shortcuts: int = 60,
    step: float = CHECK,
) -> Array:
    """A collision-free polyline (K, J) from start to goal, each (J,) rad, looked at every `step` rad.

    Raises:
        NoPath: an end is in collision, or the iterations did not suffice.
    """
    for name, q in (("start", start), ("goal", goal)):
        if checker.hit(q):
            raise NoPath(f"expected a free {name} of the path, got a collision at joints {q.round(3)}")
    samples = rng.uniform(lower, upper, (iterations, len(start)))
    samples[:1] = goal
    path = _connect(start, goal, samples, checker.world, step)
    if len(path) == 0:
        raise NoPath(f"no path found in {iterations} iterations between joints {start.round(3)} and {goal.round(3)}")
    return np.asarray(_shorten(path, rng.random((shortcuts, 2)), checker.world, step))


def densified(path: Array, step: float) -> Array:
    """The polyline (K, J) cut into edges of equal length, `step` rad or less, within each original one.

    Corners that nearly coincide become one: a smooth curve through both would all but stop there.
    """
    path = _apart(path, step / 5)
    lengths = np.abs(np.diff(path, axis=0)).max(axis=1)
    counts = np.maximum(np.ceil(lengths / step), 1).astype(int)
    pieces = [a + np.arange(n)[:, None] / n * (b - a) for a, b, n in zip(path[:-1], path[1:], counts)]
    return np.vstack([*pieces, path[-1:]])


def _apart(path: Array, least: float) -> Array:
    """The polyline's ends, and of its corners those that are `least` rad or more from the last one kept and the end."""
    kept = [path[0]]
    for corner in path[1:-1]:
        if min(np.abs(corner - kept[-1]).max(), np.abs(corner - path[-1]).max()) >= least:
            kept.append(corner)
    return np.array([*kept, path[-1]])
