"""Over lifted via points to a goal, jerk-limited from any moving state."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from motion.errors import LimitsExceeded, PlanError, Unreachable
from motion.jerk import State, brake, joined, through
from motion.route import UP, timed
from motion.setting import Setting, apart
from motion.timing import retime
from motion.trajectory import Trajectory
from perception.pose import Array

LIFTS = (0.08, 0.16, 0.26)  # metres over the higher end of the way
SHARES = (0.7, 0.4)  # of the limits of acceleration and jerk
CONTACT_SPEED, CONTACT_WAY = 0.10, 0.015  # m/s at most in the last metres


def over_vias(setting: Setting, state: State, goal: Array, into: Array) -> Trajectory:
    """From a moving state to configuration `goal` (J,): to a point before it, and straight in from there.

    Args:
        into: (3,) from the goal back along the last leg, metres in the base frame; zeros where there is none.

    Raises:
        PlanError: why there is no such way.
    """
    router, T_last_grasp = setting.stage.router, setting.stage.T_last_grasp
    line = router.line(goal, T_last_grasp, into) if np.linalg.norm(into) > 1e-3 else goal[None]
    before = setting.stage.tool_positions(line[-1:])[0]
    if np.linalg.norm(before - setting.stage.tool_positions(goal[None])[0] - into) > 2e-3:
        raise Unreachable("the arm cannot go straight into the goal")
    last = _straight_in(setting, line[::-1]) if len(line) > 2 else None
    failure: PlanError = Unreachable("no way over vias was tried")
    for states in _chains(setting, state, line[-1]):
        for share in SHARES:
            try:
                motion = through(states, setting.arm.limits, share)
                setting.check(apart(motion.positions))
                setting.limit(motion)
                return motion if last is None else joined((motion, last))
            except LimitsExceeded as error:
                failure = error
            except PlanError as error:
                failure = error
                break
    raise failure


def _straight_in(setting: Setting, path: Array) -> Trajectory:
    """The last leg (N, J), from rest to rest."""
    way = timed(setting.arm, path, setting.stage.T_last_grasp, 0.0, CONTACT_WAY, CONTACT_SPEED)
    motion = retime(setting.loaded, way, setting.hold)
    setting.check(apart(motion.positions))
    return motion


def _chains(setting: Setting, state: State, goal: Array) -> Iterator[list[State]]:
    """Chains of states to a configuration: straight, then up from where the arm can stop, over and down."""
    yield [state, State.still(goal)]
    stage = setting.stage
    stop = brake(state, setting.arm.limits).positions[-1]
    heights = stage.tool_positions(np.stack([stop, goal]))[:, 2]
    for lift in LIFTS:
        over = [
            stage.router.line(q, stage.T_last_grasp, (heights.max() + lift - height) * UP)[-1]
            for q, height in zip((stop, goal), heights)
        ]
        yield [state, *(State.still(q) for q in (*over, goal))]
