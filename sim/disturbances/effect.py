"""A disturbance at work: the parts of a cell that it may act on, its steps, and what it puts back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from grasping.tools import Tool
from motion.robot.arm import Arm
from perception.pose import Array, Pose
from sim.bullet import pb
from sim.cameras.rig import CameraRig
from sim.judge import Judge
from sim.render.scene import VisualScene
from sim.robot.arm import ArmBody
from sim.robot.fingers import Fingers
from sim.robot.suction import Suction
from sim.robot.tool_body import ARM_GROUP
from sim.world import World


@dataclass(frozen=True, eq=False)
class Bench:
    """The parts of a simulated cell.

    Attributes:
        model: the arm's kinematics.
        shown: handles of the scenery in the visual scene, by name.
        obstacle: PyBullet id of a box that waits out of the way.
        delay: makes the wait that is under way, or the next one, longer by so many seconds.
        stop: stops the cell and says why.
    """

    world: World
    arm: ArmBody
    model: Arm
    cup: Suction
    fingers: Fingers
    cameras: CameraRig
    judge: Judge
    scene: VisualScene
    shown: dict[str, int]
    obstacle: int
    delay: Callable[[float], None]
    stop: Callable[[str], None]

    def T_base_tip(self, positions: Array) -> Pose:
        """Where the fingertips are at joint positions (J,), rad; the cup is on their axis, out or in."""
        return self.model.T_base_tool(positions, Tool.PINCH)

    def target(self) -> int | None:
        """The item that the arm's motion ends at: the first one along the tool's axis, else the nearest."""
        T_base_tip = self.T_base_tip(self.arm.ahead(np.inf))
        beyond = self.arm.tool.cup.extension + 0.03
        ray = T_base_tip.apply(np.array(((0, 0, -0.08), (0, 0, beyond))))
        hit = pb.rayTestBatch([ray[0].tolist()], [ray[1].tolist()], collisionFilterMask=~ARM_GROUP,
                              physicsClientId=self.world.client)[0]  # fmt: skip
        found = self.world.item_of(hit[0])
        if found is not None:
            return self.world.items.index(found)
        places = self.centres() - T_base_tip.position
        gaps = np.linalg.norm(places, axis=1)
        return int(np.argmin(gaps)) if len(gaps) and gaps.min() < 0.1 else None

    def centres(self) -> Array:
        """Centres of mass of all items, shape (items, 3)."""
        return np.array([item.centre_of_mass() for item in self.world.items]).reshape(-1, 3)


class Effect:
    """A disturbance at work."""

    def step(self) -> None:
        """Before each physics step."""

    def undo(self) -> None:
        """The pick is over: put back what can be put back."""


def smooth(share: float) -> float:
    """From 0 to 1, at rest at both ends (minimum jerk)."""
    u = min(max(share, 0.0), 1.0)
    return 10 * u**3 - 15 * u**4 + 6 * u**5
