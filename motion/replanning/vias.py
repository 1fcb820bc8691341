"""Jerk-limited motions over lifted via points to a goal, from any moving state."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from motion.errors import LimitsExceeded, NoPath, PlanError, Unreachable
from motion.paths.arches import UP, timed
from motion.planning.constraints import Setting, apart
from motion.timing.jerk_limited import State, brake, joined, through
from motion.timing.time_optimal import Pace, retime
from motion.trajectory import Trajectory
from perception.pose import Array

LIFTS = (0.16, 0.26)  # metres over the higher end of the way
STRAIGHT = Pace(acceleration=0.75, torque=0.85, hold=0.75)  # of straight legs: timed well enough at once
SHARES = (0.7, 0.4)  # of the limits of acceleration and jerk
CONTACT_SPEED, CONTACT_WAY = 0.10, 0.015  # m/s at most in the last metres


def over_vias(setting: Setting, state: State, goal: Array, stop: Callable[[], Trajectory]) -> Trajectory:
    """From a moving state to configuration `goal` (J,): to a point before it, and straight in from there.

    Args:
        stop: gives a motion from the state to rest along a way known to be free. It serves where the arm is too deep
            among things to leave in any but a straight line.

    Raises:
        PlanError: why there is no such way.
    """
    failure: PlanError = NoPath("no way over vias was tried")
    for chain, height in _chains(setting, state, goal):
        try:
            return joined((_moved(setting, chain), *_in(setting, goal, height)))
        except PlanError as error:
            failure = error
    try:
        rest = stop()
        return joined((rest, *_straight(setting, rest.positions[-1], goal)))
    except PlanError as error:
        raise failure from error


def _chains(setting: Setting, state: State, goal: Array) -> Iterator[tuple[list[State], float]]:
    """Chains of states towards a configuration, and from how many metres before it on to go straight: without vias,
    and up from where the arm can stop and over."""
    reach = float(np.linalg.norm(setting.into))
    yield [state, State.still(_before(setting, goal, reach))], reach
    rest = brake(state, setting.arm.limits).positions[-1]
    height, end = setting.stage.tool_positions(np.stack([rest, goal]))[:, 2]
    for lift in LIFTS:
        apex = max(height, end + reach) + lift
        up = setting.stage.router.line(rest, setting.stage.T_last_grasp, (apex - height) * UP)[-1]
        yield [state, State.still(up), State.still(_before(setting, goal, apex - end))], apex - end


def _straight(setting: Setting, start: Array, goal: Array) -> Iterator[Trajectory]:
    """From rest straight up, over, and straight in."""
    height, end = setting.stage.tool_positions(np.stack([start, goal]))[:, 2]
    apex = max(height, end + float(np.linalg.norm(setting.into))) + LIFTS[0]
    line = setting.stage.router.line(start, setting.stage.T_last_grasp, (apex - height) * UP)
    yield _along(setting, line, 0.0)
    yield _moved(setting, [State.still(line[-1]), State.still(_before(setting, goal, apex - end))])
    yield from _in(setting, goal, apex - end)


def _moved(setting: Setting, chain: list[State]) -> Trajectory:
    """Through a chain of states.

    Raises:
        PlanError: it hits something, or breaks a limit even when it goes gently.
    """
    failure: PlanError = NoPath("no speed was tried")
    for share in SHARES:
        try:
            motion = through(chain, setting.arm.limits, share)
            setting.check(apart(motion.positions))
            setting.limit(motion)
            return motion
        except LimitsExceeded as error:
            failure = error
    raise failure


def _in(setting: Setting, goal: Array, reach: float) -> Iterator[Trajectory]:
    """The last metres into the goal."""
    if reach > 1e-3:
        yield _along(setting, _line(setting, goal, reach)[::-1], CONTACT_WAY)


def _before(setting: Setting, goal: Array, reach: float) -> Array:
    return np.asarray(_line(setting, goal, reach)[-1])


def _line(setting: Setting, goal: Array, reach: float) -> Array:
    """Configurations (N, J) straight back from the goal.

    Raises:
        Unreachable: the arm cannot go so far straight.
    """
    stage = setting.stage
    line = stage.router.line(goal, stage.T_last_grasp, reach * setting.back)
    ends = stage.tool_positions(line[[0, -1]])
    if np.linalg.norm(ends[1] - ends[0] - reach * setting.back) > 2e-3:
        raise Unreachable(f"the arm cannot go straight into the goal from {reach:.2f} m before it")
    return line


def _along(setting: Setting, line: Array, slow: float) -> Trajectory:
    """Along a line (N, J) from rest to rest, slowly in its last `slow` metres.

    Raises:
        PlanError: it hits something, or gravity alone breaks a limit.
    """
    if len(line) < 3:
        raise Unreachable("the arm cannot go straight here")
    setting.check(line)
    way = timed(setting.arm, line, setting.stage.T_last_grasp, 0.0, slow, CONTACT_SPEED)
    return retime(setting.loaded, way, setting.hold, STRAIGHT)
