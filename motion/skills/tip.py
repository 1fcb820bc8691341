"""The way into a combined hold: the cup tips the item, then the fingers go down on both sides of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from grasping.grasp import Grasp
from grasping.skills.tipping import Tipping
from grasping.tools import SuctionCup, Tool
from motion.collision.distance_field import Field
from motion.paths.splines import finer
from motion.planning.task import Staging, Task, Way
from motion.robot.tool_state import ToolState
from motion.trajectory import Trajectory, joined
from perception.arrays import readonly
from perception.pose import Array, Pose

TIP_SPEED, DOWN_SPEED = 0.10, 0.12  # m/s of the fingertips at most while the item is tipped, and on the way down
STEPS = 12  # poses of the tool on which the item is tipped
STRIDE = 0.01  # metres between poses on the way down


@dataclass(frozen=True, eq=False)
class Entry:
    """How the tool gets from where the approach ends to the grasp.

    Attributes:
        motion: from rest to rest.
        spread: seconds into it from which on the fingers may open for the grasp: they rest for an instant.
    """

    motion: Trajectory
    spread: float


def entry_poses(grasp: Grasp, tipping: Tipping, cup: SuctionCup) -> tuple[Array, Array]:
    """Poses (N, 4, 4) and (M, 4, 4) of the tip frame: while it tips the item, and on down to the grasp.

    The cup presses on its site, and stays there.
    """
    end, up = grasp.T_base_tool, np.array((0, 0, cup.extension - cup.press))
    tipping_poses = np.zeros((STEPS, 4, 4))
    for pose, share in zip(tipping_poses, np.linspace(0, 1, STEPS)):
        leaning = tipping.leaning(1 - share) @ end.rotation
        site = tipping.turned(share * tipping.angle).apply(tipping.site)
        pose[:] = Pose.from_rotation(site - leaning @ up, leaning).matrix
    above = tipping_poses[-1, :3, 3]
    count = int(np.ceil(np.linalg.norm(end.position - above) / STRIDE)) + 1
    down = np.repeat(tipping_poses[-1:], count, axis=0)
    way, share = end.position - above, np.linspace(0, 1, count)[:, None]
    along = (way @ end.rotation[:, 2]) * end.rotation[:, 2]
    down[:, :3, 3] = above + share * along + np.minimum(2 * share, 1) * (way - along)  # in line before the tips arrive
    return tipping_poses, down


@dataclass(frozen=True, eq=False)
class EntryPath:
    """Joint paths (N, J) on which the cup tips the item, and (M, J) down to the grasp."""

    tip: Array
    down: Array

    def __post_init__(self) -> None:
        for name in ("tip", "down"):
            object.__setattr__(self, name, readonly(getattr(self, name), np.float64, (None, None), f"entry: {name}"))


def entry_path(staging: Staging, grasp: Grasp, tipping: Tipping, T_last_grasp: Pose, q: Array) -> EntryPath:
    """The paths to the grasp at joint positions `q` (J,), found backwards.

    Raises:
        Unreachable: the arm cannot follow.
    """
    tip, down = entry_poses(grasp, tipping, staging.arm.tool.cup)
    whole = np.concatenate([tip, down[1:]])[::-1]
    path = staging.router.through(whole, q, T_last_grasp)[::-1]
    return EntryPath(path[: len(tip)], path[len(tip) - 1 :])


def entry(staging: Staging, task: Task, path: EntryPath) -> Entry:
    """The motion along an entry's paths; the robot may touch all along.

    Raises:
        InCollision, LimitsExceeded: why there is none.
    """
    tipping, tool = task.grasp.tipping, staging.arm.tool
    assert tipping is not None
    tips = staging.arm.T_base_tool(path.down[0], Tool.PINCH), staging.arm.T_base_tool(path.down[-1], Tool.PINCH)
    sunk = 1 - float(np.linalg.norm(tips[1].position - tips[0].position)) / tool.cup.retraction
    parts = []
    for rows, state, speed in (
        (path.tip, ToolState(tipping.opening, 1.0), TIP_SPEED),
        (path.down, ToolState(task.grasp.opening, sunk), DOWN_SPEED),
    ):
        stage = staging.stage(task, state, (task.contact, Field.empty()))
        stage.check(rows, np.inf, np.inf)
        parts.append(staging.timed(Way(stage, finer(rows, 2), (np.inf, np.inf)), (np.inf, 0.0), gently=speed)[0])
    return Entry(joined(parts), parts[0].duration)
