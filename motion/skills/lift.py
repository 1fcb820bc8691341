"""Lift, planned: reach the grasp, lift the item clear, carry it to a place, and let it go."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from itertools import islice

import numpy as np

from grasping.grasp import Grasp, Load
from motion.collision.distance_field import Field, heights, seen, strict
from motion.collision.line_of_sight import capsule_of
from motion.errors import NoPlace, PlanError
from motion.plan import Ending, Plan
from motion.planning.constraints import Setting
from motion.planning.delivery import LIFTED, Delivery, Spots
from motion.planning.hidden_extent import hidden_depth
from motion.planning.placing import Place
from motion.planning.planning_scene import Stage
from motion.planning.probe import probe_path, probe_step
from motion.planning.reach import Reach
from motion.planning.step import Gripped, Landing, Released, Step, ToolCommand, Touch
from motion.planning.task import CONTACT_WAY, Task, Way, closed
from motion.planning.tool_commands import closing, holding, ready_command
from motion.planning.workspace import Workspace
from motion.robot.tool_state import ToolState
from motion.timing.grasp_load import believed_load, deepened, hold_of
from motion.trajectory import Trajectory
from perception.capsules import Capsules
from perception.pose import Array, Pose
from perception.scene import Scene
from perception.watch.intent import Phase

LANDING = 0.02  # metres before the last slow ones from which landing is minded
MOST_GENTLE = 2  # ways to reach a grasp that are tried while its item may also be held in another attitude


class LiftPlanner:
    """Plans picks of one skill. What another skill does otherwise, its planner overrides.

    Attributes:
        around: metres around the grasp in which what was seen counts while the tool goes in.
        anywhere: whether another reach of the grasp may find a place where one has found none.
    """

    around = 0.2
    anywhere = False

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.arm, self.staging, self.router = workspace.arm, workspace.staging, workspace.router
        self.reach = Reach(workspace.staging)
        self.delivery = self.delivering(workspace)

    def delivering(self, workspace: Workspace) -> Delivery:
        """What carries the item and puts it down."""
        return Delivery(workspace.staging, workspace.source, workspace.placing, workspace.rim)

    def plan(self, grasp: Grasp, scene: Scene, positions: Array, left: ToolState | None) -> Plan:
        """A pick from joint positions (J,), at rest. Raises PlanError: why there is none."""
        over, ahead = self.workspace.over(scene), self.ahead(grasp, scene)
        item = ahead.item(grasp.item)
        hidden = hidden_depth(ahead, item)
        load = deepened(believed_load(grasp), grasp, float(np.ptp(item.points[:, 2])), hidden)
        contact = self._contact(grasp, scene)  # built only where the item has room: it takes a tenth of a plan
        failures: list[PlanError] = []
        options, room = self.attitudes(grasp), False
        for option in options:
            spots = Spots(self.delivery.places)
            try:
                if not room:  # if there is some in one attitude, then mostly in the other too
                    self.delivery.check_room(option, ahead)
                    room = True
                ways = self.ways(option, ahead, positions, load)
                for T_last_grasp, lift in ways if option is options[-1] else islice(ways, MOST_GENTLE):
                    try:
                        way = strict(scene.occupancy, grasp.item), heights(scene.destination)
                        entry = self.entry_paths(option, T_last_grasp, lift)
                        start = entry[0][0] if entry else lift[0]
                        task = Task(option, ahead, T_last_grasp, load, start, lift, contact(), way, over, hidden, entry)
                        return self._pick(task, spots, positions, left)
                    except PlanError as error:
                        failures.append(error)
                        if isinstance(error, NoPlace) and not self.anywhere:  # however the arm reaches the item
                            break
            except PlanError as error:
                failures.append(error)
        raise failures[-1] if isinstance(failures[-1], NoPlace) else failures[0]

    def possible(self, grasp: Grasp, scene: Scene, positions: Array) -> bool:
        """Whether the arm at joint positions (J,) can be put to a grasp and turn its item; sooner told than planned."""
        contact, nothing = self._contact(grasp, scene)(), Field.empty()
        for option in self.attitudes(grasp):
            try:
                for T_last_grasp, lift in self.ways(option, scene, positions, grasp.load):
                    around = contact, (nothing, nothing)
                    task = Task(option, scene, T_last_grasp, grasp.load, lift[0], lift, *around, 0.0, 0.0)
                    try:
                        self.staging.coming(task).check(lift, np.inf, np.inf)
                        return True
                    except PlanError:
                        continue
            except PlanError:
                continue
        return False

    def ahead(self, grasp: Grasp, scene: Scene) -> Scene:
        """The scene as it is when the tool closes."""
        return scene

    def attitudes(self, grasp: Grasp) -> tuple[Grasp, ...]:
        """The grasp in each way that its item may be held, the gentlest first."""
        return (grasp,)

    def ways(self, grasp: Grasp, scene: Scene, positions: Array, load: Load) -> Iterator[tuple[Pose, Array]]:
        """The ways to put the arm at joint positions (J,) to the grasp, and to turn the item by it.

        Returns:
            The grasp's frame in the last link's, and the joint path (N, J) in which the item is turned.

        Raises:
            PlanError: there are none.
        """
        return self.reach.ways(grasp, positions)

    def entry_paths(self, grasp: Grasp, T_last_grasp: Pose, lift: Array) -> tuple[Array, ...]:
        """Joint paths (N, J) from where the approach ends to the grasp, if that is not the same. Raises Unreachable."""
        return ()

    def entry(self, task: Task) -> tuple[Step, ...]:
        """The steps on these paths. Raises PlanError."""
        return ()

    def touch(self, grasp: Grasp) -> Touch:
        """How gently the tool comes in."""
        return Touch()

    def _contact(self, grasp: Grasp, scene: Scene) -> Callable[[], Field]:
        return cache(lambda: seen(scene.occupancy, grasp.item, grasp.T_base_tool.position, self.around))

    def _pick(self, task: Task, spots: Spots, positions: Array, left: ToolState | None) -> Plan:
        """The first place to which the item can be carried, and the approach; what fails soonest comes first."""
        grasp = task.grasp
        spots.check(task)
        coming = self.staging.coming(task)
        coming.check_at(task.start)
        hold = hold_of(self.arm, task.load, grasp.limits, task.T_last_grasp)
        lifting, options = self.delivery.lifting(task, coming, hold), spots.of(task)
        probe: tuple[Step, ...] = ()
        if grasp.probe:
            path = probe_path(self.staging, task, self.delivery.lifts(task)[0])
            probe = (probe_step(self.staging, task, lifting.stage, path, hold),)
            task = replace(task, lift=np.vstack([task.lift, path[1:]]))
            lifting = self.delivery.lifting(task, coming, hold)
        ways, place = self.delivery.ways(task, lifting, options)
        approach = self.reach.approach(task, coming, positions, left)
        entry = self.entry(task)
        approached, ready = self.staging.timed(approach, (0.0, CONTACT_WAY))
        motion, low = self.delivery.carried(task, ways, hold, place)
        stage, contact = ways[-1].stage, ways[-1].contact
        constraints = Setting.of(motion, self.arm, stage, hold, contact, self.workspace.destination)
        carry = self._carry(task, stage, motion, constraints, place, low)
        steps = (
            self._approach(grasp, approach, approached, ready),
            *entry,
            Step(Phase.GRIP, Gripped(), commands=closing(grasp)),
            *probe,
            carry,
            Step(Phase.RELEASE, Released()),
        )
        return Plan(steps, self._ending(task, place, motion))

    def _approach(self, grasp: Grasp, way: Way, motion: Trajectory, ready: float) -> Step:
        constraints = Setting.of(motion, self.arm, way.stage, None, way.contact)
        command = ToolCommand(ready, ready_command(grasp, self.arm.tool))
        return Step(Phase.APPROACH, self.touch(grasp), motion, constraints, (command,), clear=ready)

    def _carry(
        self, task: Task, stage: Stage, motion: Trajectory, constraints: Setting, place: Place, low: float
    ) -> Step:
        """The step with the item in hand, that may land from `low` metres before its end, and a little, on."""
        grasp, tool = task.grasp, stage.tool_positions(motion.positions)
        clear = np.flatnonzero(tool[:, 2] > tool[0, 2] + LIFTED)
        lifted = float(motion.times[clear[0]]) if len(clear) else motion.duration
        high = np.flatnonzero(np.linalg.norm(tool - place.T_base_grasp.position, axis=1) > low + LANDING)
        landing = float(motion.times[high[-1]]) if len(high) else 0.0
        passed = self.workspace.sight.freed(self.arm, motion, closed(grasp), self._held(task))
        guard = Landing(motion.duration - landing)
        commands, paced = holding(grasp), grasp.skill.paced
        return Step(Phase.CARRY, guard, motion, constraints, commands, clear=lifted, passed=passed, paced=paced)

    def _ending(self, task: Task, place: Place, motion: Trajectory) -> Ending:
        leave = lambda: self.delivery.retreat(task, motion.positions[-1], self.workspace.rest)
        return Ending(place.T_base_grasp, self.staging.released(task.grasp), self._held(task), leave)

    def _held(self, task: Task) -> Capsules:
        return capsule_of(task.scene.item(task.grasp.item), task.grasp.T_base_tool @ task.T_last_grasp.inverse())
