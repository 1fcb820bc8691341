"""A view to think from: images, where the arm will be, and what will have been placed by then."""

from __future__ import annotations

from dataclasses import dataclass, replace

from grasping.grasp import Grasp, in_grasp
from handpick.cell import Cell, CellState
from motion.plan import Plan
from motion.planning.hidden_extent import fallen, hidden_depth
from motion.robot.arm import Arm
from motion.robot.tool_state import ToolState
from perception.camera import CameraFrame
from perception.capsules import Capsules
from perception.fusion.height_map import raised, remembered
from perception.pose import Array, Pose
from perception.scene import HeightMap, Scene


@dataclass(frozen=True, eq=False)
class Placed:
    """An item about to lie in the destination.

    Attributes:
        points: its surface there (N, 3), base frame. doubtful: it may come to lie lower, or elsewhere.
        beside: (M, 3), where it may come to lie if it falls over. floor: what lay there before.
    """

    points: Array
    doubtful: bool
    beside: Array
    floor: HeightMap


@dataclass(frozen=True, eq=False)
class View:
    """The input from which the next pick is decided.

    Attributes:
        frames, robot: images, and what of the arm, and in its hand, they show.
        positions: joints (J,) where the pick begins, rad.
        left: how the tool will have let go of the last item there; None where it stands free.
        placed: that item.
        state: what the sensors read when the images were taken, for whoever records it.
    """

    frames: tuple[CameraFrame, ...]
    robot: Capsules
    positions: Array
    left: ToolState | None = None
    placed: Placed | None = None
    state: CellState | None = None

    def completed(self, scene: Scene) -> Scene:
        """The scene with the destination as it will be when the last item is let go."""
        if self.placed is None:
            return scene
        placed = self.placed
        floor = raised(remembered(scene.destination, placed.floor), placed.points, not placed.doubtful)
        return replace(scene, destination=raised(floor, placed.beside, sure=False))


def calm_view(cell: Cell, arm: Arm) -> View:
    """From where the arm rests."""
    state = cell.state()
    robot = arm.capsules(state.positions, state.finger_gap, state.cup_travel)
    return View(cell.capture(), robot, state.positions, state=state)


def leaving_view(cell: Cell, arm: Arm, way: Plan) -> View:
    """From where a way home will end, as soon as the arm does not hide the source any more."""
    return replace(calm_view(cell, arm), positions=way.end)


def carrying_view(cell: Cell, arm: Arm, plan: Plan, grasp: Grasp, scene: Scene) -> View:
    """From where the arm will let go of what it carries now; `scene` is what its pick was planned in."""
    assert plan.ending is not None
    state = cell.state()
    robot = arm.capsules(state.positions, state.finger_gap, state.cup_travel)
    held = plan.ending.held.moved(Pose(arm.links(state.positions)[-1]))
    T_place = plan.ending.T_base_release @ grasp.T_base_tool.inverse()
    item = in_grasp(scene, grasp)
    hidden = hidden_depth(scene, item)
    points = T_place.apply(item.points)
    points[:, 2] += hidden  # it may land that much earlier
    beside = fallen(points)
    placed = Placed(points, hidden > 0 or len(beside) > 0, beside, scene.destination)
    return View(cell.capture(), robot.together(held), plan.end, plan.ending.released, placed, state)
