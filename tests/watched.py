"""Picks in the simulated cell with the watch looking on at 10 Hz; what it sees is noted and nobody reacts."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pybullet as pb

from grasping.grasp import Grasp
from grasping.tools import DualTool, Tool
from handpick.cell import CellState
from handpick.eyes import FELT, OpenEyes
from handpick.layout import standard_layout
from handpick.loop import Picker, go_home
from handpick.outcome import PickOutcome, Result
from handpick.stack import Stack
from handpick.view import View
from motion.arm import Arm
from motion.running import Branch, Running
from motion.setting import Setting
from motion.trajectory import Trajectory
from perception.camera import CameraFrame
from perception.events import Event, EventKind
from perception.pose import Array, Pose
from perception.scene import Scene
from perception.tote import Box, Tote
from perception.watch.intent import Hold, Posture, Stage
from perception.watch.sensors import WEAK
from perception.watch.watch import Watch
from sim.cell import SimCell
from sim.items.body import ItemBody
from sim.pinch import FINGERS
from sim.render import Renderer
from sim.render_scene import SCENERY
from sim.render_shapes import box_mesh
from sim.run import generators
from sim.suction import Break
from sim.suites import bin_specs
from sim.vacuum import Pump

ARM = Arm(DualTool())
MOVED = 0.005  # metres by which an item truly moved, that makes an event true
TRUE_SLIP, TRUE_TURN = 0.010, np.deg2rad(20.0)  # the same of an item in hand
TRUE_OPENING = np.deg2rad(5.0)  # of a book: a centimetre at the edge of its cover
ALONG, ABOUT = 0.05, 0.3  # metres that another item has come along, and edge of the box around the tool that it is in
TOUCHED = 0.2  # newtons at each pad from which something is between the fingers
DESTINATION = 1  # handle of the destination tote in the visual scene: totes are shown first


@dataclass
class Pick:
    """One pick as it was planned and as it was watched.

    Attributes:
        motions: stage of each motion so far, when it began by the clock, and the motion.
        clear: clock from which the item in hand is clear of the others.
        events: what the watch told. false: those of them that nothing in the cell bore out as they were told.
        ticks_ms: milliseconds of computing of each tick.
        disturbed: clock at which it was disturbed, if it was.
        truth: clock, tool's frame and where all items' first links truly are, (N, 4, 4), at each tick. For scores only.
        hinges: angles of the target's joints as it was looked at, rad. vacuum: most that the cup held by, pascals.
    """

    scene: Scene
    grasp: Grasp
    motions: list[tuple[Stage, float, Trajectory]] = field(default_factory=list)
    clear: float = np.inf
    events: list[Event] = field(default_factory=list)
    false: list[Event] = field(default_factory=list)
    ticks_ms: list[float] = field(default_factory=list)
    disturbed: float | None = None
    truth: list[tuple[float, Pose, Array]] = field(default_factory=list)
    hinges: Array = field(default_factory=lambda: np.zeros(0))
    vacuum: float = 0.0
    outcome: PickOutcome | None = None

    @property
    def stage(self) -> Stage:
        return self.motions[-1][0]

    @property
    def target(self) -> int:
        """Which of the bodies in the cell is meant."""
        return self.body(self.grasp.item)

    def at(self, clock: float) -> tuple[Stage, float]:
        """Where in the pick that was: its stage, and seconds since this began."""
        stage, began, _ = [motion for motion in self.motions if motion[1] <= clock + 1e-9][-1]
        return stage, clock - began

    def body(self, item: int) -> int:
        """Which of the bodies in the cell an item of the scene truly is: the one nearest to where it was seen."""
        middle = self.scene.item(item).T_base_box.position
        return int(np.argmin(np.linalg.norm(self.truth[0][2][:, :3, 3] - middle, axis=1)))


Act = Callable[[SimCell, Pick], None]


@dataclass
class Disturbance:
    """Something done to the cell once, `after` a share of a stage's planned duration."""

    stage: Stage
    after: float
    act: Act


class ClockedWatch(Watch):
    """Notes the milliseconds of one core that each tick takes."""

    def __init__(self, source: Tote, destination: Tote) -> None:
        super().__init__(source, destination)
        self.ticks_ms: list[float] = []

    def tick(self, frames: Sequence[CameraFrame], posture: Posture) -> tuple[Event, ...]:
        began = time.process_time()
        events = super().tick(frames, posture)
        self.ticks_ms.append(1e3 * (time.process_time() - began))
        return events


class Onlooker(OpenEyes):
    """Open eyes that note what they see, and whether it is so, and let the motion go on as planned.

    Attributes:
        pick: the one that is looked on, from its first motion on. disturbance: what is to be done to it.
        seen: where all items were at the last frames, as in Pick.truth: they may still roll while the robot thinks.
    """

    cell: SimCell

    def __init__(self, cell: SimCell, arm: Arm) -> None:
        self._clocked = ClockedWatch(cell.layout.source, cell.layout.destination)
        super().__init__(cell, arm, self._clocked)
        self.pick: Pick | None = None
        self.disturbance: Disturbance | None = None
        self.seen = self._calm = item_poses(cell)

    def look(self, view: View | None, scene: Scene) -> None:
        super().look(view, scene)
        self.pick, self._calm = None, self.seen

    def begin(
        self,
        stage: Stage,
        grasp: Grasp,
        motion: Trajectory,
        setting: Setting,
        clear: float = 0.0,
        hold: Hold | None = None,
    ) -> None:
        super().begin(stage, grasp, motion, setting, clear, hold)
        if self.pick is None:
            self.pick = Pick(self._scene, grasp, truth=[(self.cell.clock(), grasp.T_base_tool, self._calm)])
            self.pick.hinges = angles(self.cell._world.items[self.pick.target])
            self._clocked.ticks_ms = self.pick.ticks_ms
        self.pick.motions.append((stage, self.cell.clock(), motion))
        if stage is Stage.CARRY:
            self.pick.clear = self.cell.clock() + clear

    def attend(self, state: CellState) -> Running | None:
        if self.pick is not None:
            self._disturb(self.pick)
            self.pick.vacuum = max(self.pick.vacuum, self.cell._cup.vacuum)
        return super().attend(state)

    def _seen(self, state: CellState) -> list[Event]:
        if self.pick is not None and self.cell.clock() >= self._next - 1e-9:
            T_base_tool = self.arm.T_base_tool(state.positions, self.pick.grasp.tool)
            self.pick.truth.append((self.cell.clock(), T_base_tool, item_poses(self.cell)))
        return super()._seen(state)

    def _answer(self, event: Event, state: CellState) -> str:
        if self._fitting(event, state) is None:
            return FELT
        if self.pick is not None:
            self.pick.events.append(event)
            self.pick.false += [] if is_true(event, self.cell, self.pick) else [event]
        return Branch.KEEP.value

    def _disturb(self, pick: Pick) -> None:
        planned = self.disturbance
        if planned is None or pick.disturbed is not None or pick.stage is not planned.stage:
            return
        _, began, motion = pick.motions[-1]
        if self.cell.clock() - began >= planned.after * motion.duration:
            planned.act(self.cell, pick)
            pick.disturbed = self.cell.clock()


class SeenCell(SimCell):
    """Tells an onlooker when frames are taken."""

    onlooker: Onlooker | None = None

    def capture(self) -> tuple[CameraFrame, ...]:
        if self.onlooker is not None:
            self.onlooker.seen = item_poses(self)
        return super().capture()


class WatchedBin:
    """A bin that is picked under the watch, one pick after the other."""

    def __init__(self, suite: str, seed: int, renderer: Renderer, tools: frozenset[Tool] = frozenset(Tool)) -> None:
        items, world = generators(seed, 0)
        layout, tool = standard_layout(), DualTool()
        self.cell = SeenCell.build(layout, tool, bin_specs(suite, items), renderer, world)
        stack = Stack.build(layout, tool, tools, eyes=Onlooker)
        self._meshes = len(self.cell._scene.shown)  # what is shown when nothing is disturbed
        go_home(self.cell, stack, None)
        self._picker = Picker(self.cell, stack)
        self._eyes = self._picker.eyes
        assert isinstance(self.cell, SeenCell) and isinstance(self._eyes, Onlooker)
        self.cell.onlooker = self._eyes
        self._picks = 0

    def pick(self, disturbance: Disturbance | None = None) -> Pick | None:
        """The next pick, after the drags that come first; None where nothing can be picked."""
        eyes = self._eyes
        eyes.disturbance = disturbance
        while True:
            outcome, _ = self._picker.pick(self._picks, last=True)
            self._picks += 1
            if outcome.result is Result.NOT_EXECUTED:
                return None
            if outcome.result is not Result.MOVED:
                assert eyes.pick is not None
                eyes.pick.outcome = outcome
                return eyes.pick

    def family(self, pick: Pick) -> str:
        """What the item is that a pick aims at."""
        return self.cell._world.items[pick.target].spec.family

    def restore(self) -> None:
        """Undo what a disturbance did to the cell itself."""
        scene = self.cell._scene
        away = self.cell.layout.destination.T_base_tote.position - scene.shown[DESTINATION].T_base_link[:3, 3]
        if np.abs(away).max() > 1e-6:
            move_tote(self.cell, away)
        for handle in sorted(scene.shown)[self._meshes :]:
            del scene.shown[handle]
            scene.version += 1
        self.cell._cup._pump = Pump()
        self.cell.cameras._failed.clear()

    def close(self) -> None:
        self.cell.close()


def item_poses(cell: SimCell) -> Array:
    """Where the first links of all items are, (N, 4, 4), base frame."""
    states = (
        pb.getBasePositionAndOrientation(item.bodies[0], physicsClientId=item.client) for item in cell._world.items
    )
    return np.array([Pose.from_quaternion(*state).matrix for state in states])


def angles(item: ItemBody) -> Array:
    """Of all joints of an item's bodies, rad: how far its covers are open."""
    client = item.client
    joints = ((body, joint) for body in item.bodies for joint in range(pb.getNumJoints(body, physicsClientId=client)))
    return np.array([pb.getJointState(*at, physicsClientId=client)[0] for at in joints])


def is_true(event: Event, cell: SimCell, pick: Pick) -> bool:
    """Whether an event of a calm pick, told just now, is borne out by what is so in the cell."""
    way = np.linalg.norm(item_poses(cell)[:, :3, 3] - pick.truth[0][2][:, :3, 3], axis=1)
    others = lambda least: [i for n, i in enumerate(cell._world.items) if way[n] > least and n != pick.target]
    if event.item is not None:
        return bool(way[pick.body(event.item)] > MOVED)
    if event.kind in (EventKind.ITEM_LOST, EventKind.PUMP_LOST):
        return not holds(cell, pick)
    if event.kind is EventKind.GRASP_WEAK:
        return not holds(cell, pick, WEAK)
    if event.kind is EventKind.ITEM_SLIPPED:
        return slipped(pick)
    if event.kind is EventKind.BOOK_OPENING:
        opened = np.abs(angles(cell._world.items[pick.target]) - pick.hinges)
        tool = Box(Pose.from_rotation(pick.truth[-1][1].position, np.eye(3)), np.full(3, ABOUT))
        along = any(overlaps(tool, item) for item in others(ALONG))
        return bool((opened > TRUE_OPENING).any()) or slipped(pick) or along
    if event.kind is EventKind.PATH_BLOCKED and event.box is not None:
        return any(overlaps(event.box, item) for item in others(MOVED))
    return False


def holds(cell: SimCell, pick: Pick, share: float = 0.0) -> bool:
    """Whether the tool truly holds something, with at least this share of its strength."""
    if pick.grasp.tool is Tool.SUCTION:
        return cell._cup.held is not None and cell._cup.vacuum >= share * pick.vacuum
    forces, _ = cell._parties.forces(cell._world.contacts())
    pads = forces[:, [cell._parties.number(name) for name in FINGERS]].sum(axis=0)
    return bool(pads.min() >= TOUCHED and pads.mean() >= share * pick.grasp.force)


def slipped(pick: Pick) -> bool:
    """Whether the item in hand truly moved in it since the first ticks of the carry."""
    last = len(pick.truth) - 1
    start = next(i for i, t in enumerate(pick.truth) if t[0] > pick.clear or i == last)
    tools = [np.linalg.inv(pick.truth[i][1].matrix) @ pick.truth[i][2] for i in (start, last)]
    body = int(np.argmin(np.linalg.norm(tools[0][:, :3, 3], axis=1)))
    change = tools[1][body] @ np.linalg.inv(tools[0][body])
    turn = np.arccos(np.clip((np.trace(change[:3, :3]) - 1) / 2, -1, 1))
    return bool(np.linalg.norm(change[:3, 3]) > TRUE_SLIP or turn > TRUE_TURN)


def overlaps(box: Box, item: ItemBody) -> bool:
    """Whether an item reaches into a box that is upright in the base frame."""
    middle, half = box.T_base_box.position, box.size / 2
    bounds = (
        pb.getAABB(body, link, physicsClientId=item.client)
        for body in item.bodies
        for link in range(-1, pb.getNumJoints(body, physicsClientId=item.client))
    )
    return any((low < middle + half).all() and (high > middle - half).all() for low, high in map(np.array, bounds))


def item_at(cell: SimCell, place: Array) -> ItemBody:
    """The item whose centre of mass is nearest to a place of the base frame."""
    return min(cell._world.items, key=lambda item: float(np.linalg.norm(item.centre_of_mass() - place)))


def target(cell: SimCell, pick: Pick) -> ItemBody:
    return item_at(cell, pick.scene.item(pick.grasp.item).T_base_box.position)


def held(cell: SimCell, pick: Pick) -> ItemBody:
    """The item in hand."""
    if cell._cup.held is not None and cell._cup.held.item is not None:
        return cell._cup.held.item
    return item_at(cell, ARM.T_base_tool(cell.state().positions, pick.grasp.tool).position)


def put_off(item: ItemBody, offset: Array, turn: float = 0.0) -> None:
    """Lift all bodies of an item a little and let them fall back `offset` beside, turned about the vertical."""
    centre = item.centre_of_mass()
    about = Pose.from_euler((0, 0, 0), (0, 0, turn))
    for body in item.bodies:
        position, quaternion = pb.getBasePositionAndOrientation(body, physicsClientId=item.client)
        pose = about @ Pose.from_quaternion(np.array(position) - centre, quaternion)
        placed = pose.position + centre + offset
        velocity = pb.getBaseVelocity(body, physicsClientId=item.client)
        pb.resetBasePositionAndOrientation(body, placed, pose.quaternion, physicsClientId=item.client)
        pb.resetBaseVelocity(body, *velocity, physicsClientId=item.client)


def nudge_target(cell: SimCell, pick: Pick) -> None:
    """The target lies 3 cm beside where it lay, towards the middle of the tote."""
    item = target(cell, pick)
    put_off(item, _inwards(cell, item) * 0.03 + (0, 0, 0.02), 0.3)


def topple_neighbour(cell: SimCell, pick: Pick) -> None:
    """The item next to the target falls off it."""
    place = pick.scene.item(pick.grasp.item).T_base_box.position
    own = target(cell, pick)
    others = [item for item in cell._world.items if item is not own]
    nearest = min(others, key=lambda item: float(np.linalg.norm(item.centre_of_mass() - place)))
    put_off(nearest, _inwards(cell, nearest) * 0.03 + (0, 0, 0.03), 0.5)


def block_path(cell: SimCell, pick: Pick) -> None:
    """A box of 8 cm hangs on the way that is left: where the tool will be at half of the time."""
    _, began, motion = pick.motions[-1]
    done = (cell.clock() - began) / motion.duration
    place = ARM.T_base_tool(motion.sample((0.5 + 0.5 * done) * motion.duration)[0], pick.grasp.tool).position
    mesh = box_mesh(np.array((0.08, 0.08, 0.08)), np.array((0.8, 0.1, 0.1)))
    cell._scene.add(SCENERY, None, mesh, Pose.from_rotation(place, np.eye(3)))


def shift_destination(cell: SimCell, pick: Pick) -> None:
    """The destination tote stands 5 cm further along its length."""
    move_tote(cell, cell.layout.destination.T_base_tote.rotate((0.05, 0.0, 0.0)))


def move_tote(cell: SimCell, offset: Array) -> None:
    """Move the destination tote, without what lies in it."""
    shown = cell._scene.shown[DESTINATION]
    shown.T_base_link = shown.T_base_link.copy()
    shown.T_base_link[:3, 3] += offset
    client = cell._world.client
    for body in cell._world.scenery["destination"]:
        position, quaternion = pb.getBasePositionAndOrientation(body, physicsClientId=client)
        pb.resetBasePositionAndOrientation(body, np.array(position) + offset, quaternion, physicsClientId=client)


def lose_pump(cell: SimCell, pick: Pick) -> None:
    """The pump draws no air any more."""
    cell._cup._pump = Pump(flow=1e-9)


def tear_off(cell: SimCell, pick: Pick) -> None:
    """The cup's seal fails."""
    cell._cup._let_go(Break.PEEL)


def drop(cell: SimCell, pick: Pick) -> None:
    """The fingers open."""
    cell._fingers.go(0.14, 10.0)


def knock(cell: SimCell, pick: Pick) -> None:
    """What is held sits 25 mm further along the cup's face or the pads, and is held there."""
    along = ARM.T_base_tool(cell.state().positions, pick.grasp.tool).rotate((0.025, 0.0, 0.0))
    cup = cell._cup
    touch = cup.held
    for joint in cup._joints:
        pb.removeConstraint(joint, physicsClientId=cell._world.client)
    put_off(held(cell, pick), along)
    cup._joints = () if touch is None else (cup._join(touch, pb.JOINT_FIXED),)


def lose_cameras(names: Sequence[str]) -> Act:
    """These cameras die."""

    def act(cell: SimCell, pick: Pick) -> None:
        for name in names:
            cell.cameras.fail(name)

    return act


def _inwards(cell: SimCell, item: ItemBody) -> Array:
    """Horizontal unit vector from an item to the middle of the source tote."""
    way = cell.layout.source.T_base_tote.position - item.centre_of_mass()
    way[2] = 0.0
    return np.asarray(way / max(float(np.linalg.norm(way)), 1e-6))
