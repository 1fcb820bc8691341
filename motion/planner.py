"""The front of the room: from a chosen grasp to motions that may be sent."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cache
from itertools import islice

import numpy as np

from grasping.grasp import Grasp
from grasping.skills.drag import Drag
from grasping.skills.tip import ahead_of
from motion.collision.distance_field import Field, heights, seen, strict
from motion.collision.line_of_sight import Sight, capsule_of
from motion.errors import GraspTooWeak, InCollision, LimitsExceeded, NoPath, NoPlace, PlanError, Unreachable
from motion.paths.arches import Router
from motion.paths.rrt_connect import connect
from motion.plan import DragMotion, Homeward, PickMotion
from motion.planning.constraints import Setting
from motion.planning.delivery import LIFTED, Delivery, Spots
from motion.planning.hidden_extent import hidden_depth
from motion.planning.homing import Homing
from motion.planning.placing import Placing
from motion.planning.planning_scene import Stage
from motion.planning.reach import Reach
from motion.planning.rest_pose import rest_configuration
from motion.planning.task import CLEAR, CONTACT_WAY, Staging, Task, Way, closed
from motion.robot.arm import Arm
from motion.robot.joint_check import within_limits
from motion.robot.panda_ik import Inverse
from motion.robot.tool_state import ToolState
from motion.skills.swing import attitudes
from motion.skills.tip import EntryPath, entry, entry_path
from motion.timing.grasp_load import believed_load, deepened, hold_of
from motion.timing.pick_duration import pick_seconds
from motion.timing.time_optimal import Pace
from motion.trajectory import Trajectory
from perception.camera import CameraModel
from perception.pose import Array, Pose
from perception.scene import Scene
from perception.tote import Box, Tote

__all__ = [
    "GraspTooWeak",
    "InCollision",
    "LimitsExceeded",
    "NoPath",
    "NoPlace",
    "PickMotion",
    "PlanError",
    "Planner",
    "Unreachable",
]

DRAG_RISE = 0.004  # metres by which the cup goes up on the way that it drags something
LANDING = 0.02  # metres before the last slow ones from which landing is minded
# Ways to reach a grasp that are tried while its item may also hang in another attitude: with more of them not one more
# of 383 plans for books succeeded, and those that failed took a quarter longer.
MOST_GENTLE = 2
CAMERA_BODY = np.array((0.10, 0.05, 0.05))


class Planner:
    """Plans picks from the source tote to the destination tote.

    Args:
        obstacles: solid boxes besides the totes. cameras: what must keep its view, and stands around as well.
        pace: shares of the limits. seed: of the search for ways around.

    Raises:
        Unreachable: the arm has no place to wait.
    """

    def __init__(
        self,
        arm: Arm,
        source: Tote,
        destination: Tote,
        obstacles: Sequence[Box] = (),
        cameras: Sequence[CameraModel] = (),
        pace: Pace | None = None,
        placing: Placing | None = None,
        seed: int = 0,
    ) -> None:
        self.arm, self.source, self.destination = arm, source, destination
        self.pace, self.seed = pace or Pace(), seed
        bodies = (Box(camera.T_base_camera @ _behind(CAMERA_BODY), CAMERA_BODY) for camera in cameras)
        self.boxes = (*source.boxes(), *destination.boxes(), *obstacles, *bodies)
        self.inverse = Inverse(arm)
        self.router = Router(arm, self.inverse)
        self.rest = rest_configuration(arm, self.inverse, source, destination, cameras)
        self.sight = Sight((source, destination), cameras, (source,))
        self.rim = max(tote.T_base_tote.position[2] + tote.inner[2] for tote in (source, destination))
        self.staging = Staging(arm, self.router, self.boxes, self.pace, seed)
        self.reach = Reach(self.staging)
        self.delivery = Delivery(self.staging, source, placing or Placing(), self.rim)

    def warm_up(self, scene: Scene, options: Sequence[Grasp]) -> None:
        """Plan once with each tool and once around, so that compiled code is loaded before the first pick."""
        positions, left, some = self.rest, None, {grasp.tool: grasp for grasp in options if grasp.hinge is None}
        for grasp in some.values():
            with suppress(PlanError):
                motion = self.plan(grasp, scene, positions, left)
                positions, left = motion.carry.positions[-1], motion.released
                stage, rng = motion.carrying.stage, np.random.default_rng(self.seed)
                connect(self.rest, self.rest, self.inverse.lower, self.inverse.upper, stage.free, rng, 1)

    def time(self, grasp: Grasp) -> float:
        """Seconds from the last release to that of a pick with this grasp, roughly, at the speed that it permits."""
        return pick_seconds(grasp, self.destination, self.rim)

    def plan(self, grasp: Grasp, scene: Scene, positions: Array, left: ToolState | None = None) -> PickMotion:
        """Motions for one pick from joint positions (J,), at rest.

        The tool may be turned half about its axis, which changes nothing for the item.

        Args:
            left: how the tool has just let go of the last item, among what lies in the destination; without it the
                tool stands free, and ready for the grasp.

        Raises:
            Unreachable, InCollision, NoPath, NoPlace, GraspTooWeak, LimitsExceeded: why there are none; all PlanError.
            JointStateError: the positions are none that this arm can report.
        """
        positions = self._checked(positions)
        reach, over = 0.4 if grasp.hinge else 0.2, self._over(scene)
        occupancy, floor = scene.occupancy, scene.destination
        # Asked for only where the item has room: looking around takes a tenth of a plan.
        contact = cache(lambda: seen(occupancy, grasp.item, grasp.T_base_tool.position, reach))
        item = scene.item(grasp.item)
        if grasp.tipping is not None:
            scene = ahead_of(scene, item, grasp.tipping)
            item = scene.item(grasp.item)
        hidden = hidden_depth(scene, item)
        load = deepened(believed_load(grasp), grasp, float(np.ptp(item.points[:, 2])), hidden)
        failures: list[PlanError] = []
        options, room = attitudes(grasp), False
        for option in options:
            spots = Spots(self.delivery.places)
            try:
                if not room:  # if there is some in one attitude, then mostly in the other too
                    self.delivery.check_room(option, scene)
                    room = True
                ways = self.reach.ways(option, scene, positions, load)
                for T_last_grasp, lift in ways if option is options[-1] else islice(ways, MOST_GENTLE):
                    try:
                        path = self._entry_path(option, T_last_grasp, lift)
                        start = lift[0] if path is None else path.tip[0]
                        way = strict(occupancy, grasp.item), heights(floor)
                        task = Task(option, scene, T_last_grasp, load, start, lift, contact(), way, over, hidden)
                        return self._pick(task, path, spots, positions, left)
                    except PlanError as error:
                        failures.append(error)
                        if isinstance(error, NoPlace) and not grasp.hinge:  # however the arm reaches the item
                            break
            except PlanError as error:
                failures.append(error)
        raise failures[-1] if isinstance(failures[-1], NoPlace) else failures[0]

    def drag(self, drag: Drag, scene: Scene, positions: Array) -> DragMotion:
        """Motions that drag an item aside, from joint positions (J,) at rest with the tool free.

        Raises:
            Unreachable, InCollision, NoPath, LimitsExceeded: why there are none; all PlanError.
        """
        positions, grasp = self._checked(positions), drag.grasp
        contact = seen(scene.occupancy, grasp.item, grasp.T_base_tool.position, 0.3)
        way = strict(scene.occupancy, grasp.item), Field.empty()
        over = self._over(scene)
        failures: list[PlanError] = []
        for T_last_grasp, lift in self.reach.ways(grasp, scene, positions, grasp.load):
            task = Task(grasp, scene, T_last_grasp, grasp.load, lift[0], lift, contact, way, over, 0.0)
            try:
                coming = self.staging.coming(task)
                coming.check_at(task.start)
                approach = self.reach.approach(task, coming, positions, None)
                approached, ready = self.staging.timed(approach, (0.0, CONTACT_WAY))
                dragged = self._dragged(coming, task, drag.way)
                settings = (
                    Setting.of(approached, self.arm, approach.stage, None, approach.contact),
                    Setting.of(dragged, self.arm, coming, None, (np.inf, np.inf)),
                )
                return DragMotion(approached, ready, dragged, *settings)
            except PlanError as error:
                failures.append(error)
        raise failures[0]

    def swings(self, grasp: Grasp, way: Array, scene: Scene, positions: Array) -> bool:
        """Whether a book held by a hinged grasp can be swung up once it has been dragged along `way` (3,) metres."""
        item = scene.item(grasp.item)
        slid = replace(item, points=item.points + way)
        ahead = replace(scene, items=tuple(slid if other is item else other for other in scene.items))
        T_base_tool = Pose.from_rotation(grasp.T_base_tool.position + way, grasp.T_base_tool.rotation)
        contact = seen(scene.occupancy, grasp.item, T_base_tool.position, 0.4)
        nothing = Field.empty()
        for option in attitudes(replace(grasp, T_base_tool=T_base_tool)):
            try:
                for T_last_grasp, lift in self.reach.ways(option, ahead, positions, grasp.load):
                    around = contact, (nothing, nothing)
                    task = Task(option, ahead, T_last_grasp, grasp.load, lift[0], lift, *around, 0.0, 0.0)
                    with suppress(InCollision):
                        self.staging.coming(task).check(lift, np.inf, np.inf)
                        return True
            except PlanError:
                continue
        return False

    def home(
        self,
        positions: Array,
        scene: Scene | None,
        tool: ToolState | None = None,
        boxes: Sequence[Box] | None = None,
    ) -> Homeward:
        """From joint positions (J,) at rest to the rest pose, tool empty.

        tool: its state at most: fingers no further open, cup no further out. None: whatever it is.

        boxes: all that stands around, where it has moved; None where it stands as ever.

        Raises:
            NoPath, InCollision, Unreachable, LimitsExceeded: there is no safe way.
        """
        most = tool or ToolState(self.arm.tool.gripper.opening[1], 1.0)
        homing = Homing(self.arm, self.router, boxes or self.boxes, self.rim, self.pace, self.seed)
        return homing.home(self._checked(positions), self.rest, scene, most)

    def _entry_path(self, grasp: Grasp, T_last_grasp: Pose, lift: Array) -> EntryPath | None:
        """The path from where the approach ends to the grasp, where it does not end there."""
        if grasp.tipping is None:
            return None
        return entry_path(self.staging, grasp, grasp.tipping, T_last_grasp, lift[0])

    def _pick(
        self, task: Task, path: EntryPath | None, spots: Spots, positions: Array, left: ToolState | None
    ) -> PickMotion:
        """The first place to which the item can be carried, and the approach; what fails soonest comes first."""
        grasp, slow = task.grasp, CONTACT_WAY
        spots.check(task)
        coming = self.staging.coming(task)
        coming.check_at(task.start)
        hold = hold_of(self.arm, task.load, grasp.limits, task.T_last_grasp)
        lifting, options = self.delivery.lifting(task, coming, hold), spots.of(task)
        ways, place = self.delivery.ways(task, lifting, options)
        approach = self.reach.approach(task, coming, positions, left)
        entered = None if path is None else entry(self.staging, task, path)
        approached, ready = self.staging.timed(approach, (0.0, slow))
        carry = ways[-1]
        low = slow + task.hidden if grasp.hinge is None or place.standing else 0.0
        carried = self.delivery.carried(task, ways, hold, low)
        tool = carry.stage.tool_positions(carried.positions)
        clear = np.flatnonzero(tool[:, 2] > tool[0, 2] + LIFTED)
        lifted = float(carried.times[clear[0]]) if len(clear) else carried.duration
        high = np.flatnonzero(np.linalg.norm(tool - place.T_base_grasp.position, axis=1) > low + LANDING)
        landing = float(carried.times[high[-1]]) if len(high) else 0.0
        held = capsule_of(task.scene.item(grasp.item), grasp.T_base_tool @ task.T_last_grasp.inverse())
        return PickMotion(
            approached,
            ready,
            entered,
            carried,
            lifted,
            self.sight.freed(self.arm, carried, closed(grasp), held),
            landing,
            lambda: self.delivery.retreat(task, carried.positions[-1], self.rest),
            place.T_base_grasp,
            self.staging.released(grasp),
            held,
            Setting.of(approached, self.arm, approach.stage, None, approach.contact),
            Setting.of(carried, self.arm, carry.stage, hold, carry.contact, self.destination),
        )

    def _dragged(self, stage: Stage, task: Task, way: Array) -> Trajectory:
        """Straight along a way (3,), gently, the cup on the item and a little up: it pressed the item down."""
        way = way + np.array((0.0, 0.0, DRAG_RISE))
        line = self.router.line(task.lift[-1], task.T_last_grasp, way)
        short = np.linalg.norm(way) - np.linalg.norm(np.ptp(stage.tool_positions(line), axis=0))
        if short > 1e-3:
            raise Unreachable(f"expected a reach for the whole way, got {short:.3f} m less; drag another way")
        stage.check(line, np.inf, np.inf)
        return self.staging.timed(Way(stage, line, (np.inf, np.inf)), (np.inf, 0.0))[0]

    def _over(self, scene: Scene) -> float:
        """Height in the base frame at which things pass over the rim and all items."""
        return max(self.rim, *(float(item.points[:, 2].max()) for item in scene.items)) + CLEAR

    def _checked(self, positions: Array) -> Array:
        return within_limits(positions, self.arm.limits, list(self.arm.model.names)[1:])


def _behind(size: Array) -> Pose:
    return Pose.from_rotation((0, 0, -size[2] / 2 - 0.01), np.eye(3))
