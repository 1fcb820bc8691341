"""The constraints of a motion, kept with it so that it can be mended while it runs."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from grasping.grasp import WrenchLimits
from motion.collision.distance_field import Field
from motion.collision.spheres import Checker, Obstacles, first_hit
from motion.paths.arches import UP
from motion.planning.planning_scene import SURE, Stage, collision, scattered
from motion.robot.arm import Arm
from motion.timing.grasp_load import Hold
from motion.timing.verify import usage, verify
from motion.trajectory import Trajectory
from perception.arrays import readonly
from perception.pose import Array, Pose
from perception.tote import Box, Tote

TRAVEL = 0.02  # rad in some joint, or what it goes at full speed in 10 ms, between two configurations that are checked

STRIDE = 0.03  # metres between two ways aside that are tried
SHARES = tuple(np.arange(9, 0, -1) / 10)  # of a box's edges, by which it may have been believed to be larger than it is


@dataclass(frozen=True, eq=False)
class Setting:
    """The robot, its load and its surroundings in one motion, as planned and as since reported otherwise.

    Attributes:
        arm: the empty arm. planned: what holds the item in hand, None where the tool is empty.
        stage: the robot in the state of its tool among what it must not hit.
        ends: tool positions (2, 3), metres in the base frame, around which it may touch.
        contact: how far from them, metres.
        into: (3,) metres from the end back along the straight way into it.
        destination: the tote in which the motion ends or begins, if any, where it stands now.
        strength: share of the hold's strength that is left. slip: motion of the item in the tool's frame.
        shift: motion of the goal in the base frame. added: boxes that were not there.
    """

    arm: Arm
    stage: Stage
    planned: Hold | None
    ends: Array
    contact: tuple[float, float]
    into: Array
    destination: Tote | None = None
    strength: float = 1.0
    slip: Pose = field(default_factory=Pose.identity)
    shift: Pose = field(default_factory=Pose.identity)
    added: tuple[Box, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "ends", readonly(self.ends, np.float64, (2, 3), "ends of the motion"))
        object.__setattr__(self, "into", readonly(self.into, np.float64, (3,), "way into the end"))

    @staticmethod
    def of(
        motion: Trajectory,
        arm: Arm,
        stage: Stage,
        hold: Hold | None,
        contact: tuple[float, float],
        destination: Tote | None = None,
    ) -> Setting:
        """Of a motion as planned, which may touch so many metres from its own ends."""
        tool = stage.tool_positions(motion.positions)
        near = np.linalg.norm(tool - tool[-1], axis=1) <= contact[1]
        entry = len(tool) - int(np.argmin(near[::-1])) if not near.all() else 0
        into = tool[min(entry, len(tool) - 1)] - tool[-1]
        return Setting(arm, stage, hold, tool[[0, -1]], contact, into, destination)

    @property
    def back(self) -> Array:
        """The direction (3,) from the end back along the straight way into it."""
        length = float(np.linalg.norm(self.into))
        return self.into / length if length > 0 else UP

    @cached_property
    def hold(self) -> Hold | None:
        """What holds the item now."""
        if self.planned is None:
            return None
        limits, load, R = self.planned.limits, self.planned.load, self.slip.rotation
        moved = replace(load, centre=self.slip.apply(load.centre), inertia=R @ load.inertia @ R.T)
        return replace(self.planned, limits=WrenchLimits(limits.rows, self.strength * limits.bounds), load=moved)

    @cached_property
    def loaded(self) -> Arm:
        """The arm with what it holds."""
        return self.arm if self.hold is None else self.arm.carrying(self.hold.load, self.hold.T_last_grasp)

    def loose(self, path: Array) -> NDArray[np.bool_]:
        """At which configurations (N, J) the robot may touch."""
        far = np.linalg.norm(self.stage.tool_positions(path)[:, None] - self.ends, axis=2)
        return np.asarray((far <= np.array(self.contact) + 1e-6).any(axis=1))

    def met(self, path: Array) -> NDArray[np.bool_]:
        """At which configurations (N, J) the spheres touch a box that was not there when the motion was planned."""
        return np.array([self._strangers.hit(q) for q in path], bool)

    def check(self, path: Array, closely: bool = False) -> None:
        """Check configurations (N, J).

        closely: whether the robot may come near everywhere, as long as it touches nothing.

        Raises:
            InCollision: the robot hits something; Blocked, a kind of it, where it may not even touch.
        """
        loose = self.loose(path) | closely
        rows = scattered(len(path), 3)
        strangers = ((self._strangers, loose),) if self.added else ()  # which may not be touched even there
        first = first_hit(((self.stage.free, ~loose), (self.stage.close, loose), *strangers), path, rows)
        if first < len(rows):
            row = rows[first]
            raise collision(bool(loose[row]), self.stage.tool_positions(path[row : row + 1])[0])
        self.stage.exact.verify(path[::2])

    def aside(self, path: Array, direction: Array, most: float) -> float | None:
        """Metres by which the tool must at least be shifted along a direction (3,) for the robot to be free at each
        configuration (N, J); None where `most` does not do or the arm does not reach."""
        steps = np.linspace(0.0, most, max(int(np.ceil(most / STRIDE)), 1) + 1)
        free = np.ones(len(steps), bool)
        for q in path:
            line = self.stage.router.line(q, self.stage.T_last_grasp, most * direction, most / (len(steps) - 1) + 1e-9)
            free[len(line) :] = False
            for i in np.flatnonzero(free):
                free[i] = not self._strangers.hit(line[i]) and not self.stage.free.hit(line[i])
        return float(steps[np.argmax(free)]) if free.any() else None

    @cached_property
    def _strangers(self) -> Checker:
        return self._nothing_but(self.added)

    def _nothing_but(self, boxes: tuple[Box, ...], gaps: tuple[float, float] = (0.0, 0.0)) -> Checker:
        nothing = Field.empty()
        return Checker(self.arm, self.stage.free.robot, Obstacles(boxes, nothing, nothing), gaps)

    def clearing(self, q: Array, most: float = 0.3) -> float | None:
        """Metres that the robot goes straight back from the end at a configuration (J,) until it is free."""
        line = self.stage.router.line(q, self.stage.T_last_grasp, most * self.back)
        steps = np.linspace(0, most, int(np.ceil(most / 0.01)) + 1)
        return next((float(far) for far, at in zip(steps, line) if not self.stage.free.hit(at)), None)

    def limit(self, motion: Trajectory, gripping: bool = True) -> None:
        """Check a motion that may begin at speed and ends at rest, sampled at 1 kHz.

        gripping: whether the grasp must hold.

        Raises:
            LimitsExceeded: it breaks a limit of the arm or of the grasp.
        """
        verify(motion, usage(self.loaded, motion, self.hold if gripping else None), moving=True)

    def weakened(self, share: float) -> Setting:
        """With a hold of this share of the strength that was believed."""
        return replace(self, strength=max(share, 1e-3))

    def slipped(self, slip: Pose) -> Setting:
        """With the item moved in the tool since it was grasped."""
        return replace(self, slip=slip)

    def ended(self, q: Array) -> bool:
        """Whether the robot at a configuration (J,) is where it may touch at the end."""
        far = np.linalg.norm(self.stage.tool_positions(q[None])[0] - self.ends[1])
        return bool(far <= self.contact[1])

    def leaving(self, position: Array, reach: float) -> Setting:
        """On the way out of a place: it may touch within `reach` metres of the tool's position (3,)."""
        return replace(self, ends=np.stack([position, self.ends[1]]), contact=(reach, self.contact[1]))

    def blocked(self, box: Box) -> Setting:
        """With one box more, which takes the place of an added one around the same point."""
        kept = tuple(old for old in self.added if not _within(old, box.T_base_box.position))
        return self._among((*kept, box))

    def standing(self, q: Array) -> Setting:
        """With the robot at rest at a configuration (J,): an added box that it would touch there, or nearly so, is not
        as large as was believed, if it is there at all. From there a way can begin.
        """
        left = [self.left_of(box, q, SURE) for box in self.added]
        return self if left == list(self.added) else self._among(tuple(box for box in left if box is not None))

    def left_of(self, box: Box, q: Array, gaps: tuple[float, float] = (0.0, 0.0)) -> Box | None:
        """The largest part around a box's middle that the robot does not touch at a configuration (J,), if any.

        gaps: metres that it keeps from it, as a Checker has them.
        """
        parts = (box, *(replace(box, size=share * box.size) for share in SHARES))
        return next((part for part in parts if not self._nothing_but((part,), gaps).hit(q)), None)

    def aimed(self, shift: Pose, with_tote: bool) -> Setting:
        """With the goal, and the destination tote and all in it, moved since the motion was planned."""
        last, new = self.shift, self
        step = shift @ last.inverse()
        if with_tote and self.destination is not None:
            new = self._displaced(self.destination, step)
        ends = np.stack([self.ends[0], step.apply(self.ends[1])])
        return replace(new, ends=ends, into=step.rotate(self.into), shift=shift)

    def entering(self, reach: float) -> Setting:
        """With so many metres of straight way into the end, on which the robot may touch."""
        return replace(self, contact=(self.contact[0], reach), into=reach * self.back)

    def _among(self, added: tuple[Box, ...]) -> Setting:
        """With other boxes that were not there."""
        known = len(self.stage.free.obstacles.boxes) - len(self.added)
        amid = self._amid(lambda old: replace(old, boxes=(*old.boxes[:known], *added)))
        return replace(amid, added=added)

    def _displaced(self, tote: Tote, step: Pose) -> Setting:
        parts = np.array([part.T_base_box.matrix for part in tote.boxes()])
        boxes = tuple(
            Box(step @ box.T_base_box, box.size) if _one_of(box, parts) else box
            for box in self.stage.free.obstacles.boxes
        )

        def moved(old: Obstacles) -> Obstacles:
            rows = old.destination
            return replace(old, boxes=boxes, destination=replace(rows, T_base_grid=step @ rows.T_base_grid))

        return replace(self._amid(moved), destination=replace(tote, T_base_tote=step @ tote.T_base_tote))

    def _amid(self, change: Callable[[Obstacles], Obstacles]) -> Setting:
        stage = copy.copy(self.stage)
        for name in ("free", "sure", "roomy", "close"):
            checker = getattr(stage, name)
            setattr(stage, name, checker.amid(change(checker.obstacles)))
        stage.exact = stage.exact.amid(stage.free.obstacles.boxes)
        return replace(self, stage=stage)


def apart(path: Array) -> Array:
    """Rows of a path (N, J), its ends among them, TRAVEL apart."""
    way = np.concatenate([[0.0], np.cumsum(np.abs(np.diff(path, axis=0)).max(axis=1))])
    marks = np.linspace(0.0, way[-1], int(np.ceil(way[-1] / TRAVEL)) + 1)
    return np.asarray(path[np.searchsorted(way, marks - 1e-12)])


def _one_of(box: Box, parts: Array) -> bool:
    """Whether a box stands where one of the parts (N, 4, 4) does."""
    return bool((np.abs(parts - box.T_base_box.matrix).max(axis=(1, 2)) < 1e-9).any())


def _within(box: Box, point: Array) -> bool:
    return bool((np.abs(box.T_base_box.inverse().apply(point)) <= box.size / 2).all())
