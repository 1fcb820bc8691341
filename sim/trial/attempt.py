"""One grasp tried by the free-flying tool: in, gripped, lifted, and carried as far as to the other tote."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator

from grasping.felt_grip import FeltGrip, as_firm_as_bowed, borne, may_bow
from grasping.grasp import Grasp
from grasping.skills.swing import Swing
from grasping.skills.tip import Tip
from grasping.tools import GripCommand, Tool
from handpick.harm import RuleSet
from handpick.picking.grip import POLL
from handpick.picking.grip import Hold as Patience
from handpick.picking.guards import Yielding, slid_off
from motion.planning.lift_direction import lift_axis
from motion.planning.task import CONTACT_SPEED, CONTACT_WAY
from motion.planning.tool_commands import closing, holding, ready_command
from motion.skills.swing_course import free_courses, swing
from motion.skills.tip import TIP_SPEED, entry_poses, tip_of
from perception.pose import Array, Pose
from perception.scene import Scene
from sim.damage.ledger import Cause
from sim.items.body import ItemBody
from sim.trial.bench import Bench
from sim.trial.course import Course, Pace, along, resting, shifted, straight
from sim.trial.pace import UP, brisk
from sim.trial.probe import probed

BACK = 0.10  # metres before the grasp from which the tool comes
HIGH = 0.20  # metres that it lifts: out of the tote
COMING, LIFTING = Pace(0.6, 5.0), Pace(0.8, 4.0)
TURNING = 0.35  # m/s at which a book is swung up
TOUCHED = {Tool.PINCH: 15.0, Tool.SUCTION: 10.0}  # N, as `handpick.picking.contact_sensing.Touch`
TIPPING = Tip.push + TOUCHED[Tool.SUCTION]
GUARDED = 0.4  # s before the end of the way in, from which a touch ends it
CARRIED = 1.6  # m/s at which a carry goes at most
RESTING = 0.15  # s at its end, in which what swings comes to rest
FALLING = 0.4  # s in which what is lost falls to the ground
PENDING = 0.05  # s after which an impact has been judged


@dataclass(frozen=True)
class Damage:
    """Causes of damage to the item that the tool had, or to the target where it had none; and to all others."""

    own: frozenset[Cause]
    others: frozenset[Cause]


@dataclass(frozen=True)
class Attempt:
    """What came of one grasp.

    Attributes:
        acquired: the tool had an item in its grip. held: it had it still at the end of the carry.
        returned: a probing lift found out that it would not hold, or is too heavy.
        body: PyBullet id of the item that it had, its first one; -1 for none.
        practical, strict: what was damaged, under each set of rules.
        acceleration: at the peak of the carry, m/s^2; 0 where it came to none.
        steps: of the physics.
    """

    acquired: bool
    held: bool
    returned: bool
    body: int
    practical: Damage
    strict: Damage
    acceleration: float
    steps: int


def flyable(grasp: Grasp, scene: Scene) -> bool:
    """Whether there is a way to move the item by this grasp: a swing needs room for the book to turn."""
    return not isinstance(grasp.skill, Swing) or bool(_courses(grasp, scene))


def attempt(
    bench: Bench, grasp: Grasp, scene: Scene, target: ItemBody | None, rng: Generator, carried: bool = True
) -> Attempt:
    """Try a grasp of a scene, by which `target` is meant, on the bench as it is.

    The tool stays there at the end, with what it holds.

    Args:
        rng: draws the noise of its sensors.
        carried: whether what is lifted is carried as well.
    """
    return _Trial(bench, grasp, scene).run(target, rng, carried)


class _Trial:
    """A trial in progress."""

    def __init__(self, bench: Bench, grasp: Grasp, scene: Scene) -> None:
        self.bench, self.grasp, self.scene, self.dt = bench, grasp, scene, bench.world.dt
        self.T_tool_flange = bench.tool.T_flange_tool(grasp.tool).inverse()
        self.felt = Patience().felt(grasp)
        self.most = TIPPING if grasp.skill.cup_out else TOUCHED[grasp.tool]
        self.acquired = self.returned = self.kept = False
        self.item, self.acceleration = -1, 0.0
        self.above, self.stopped = np.zeros(3), 0.0  # where the fingers begin to go down, and seconds of being stopped

    def run(self, target: ItemBody | None, rng: Generator, carried: bool) -> Attempt:
        began = self.bench.world.time
        if self.come(rng) and self.grip():
            self.acquired, self.item = True, self.bench.held()[0]
            if self.grasp.probe and (verdict := probed(self.bench, self.grasp)) is not None:
                self.returned = verdict
            else:
                self.kept = self.lift() and (not carried or self.carry())
        if not self.kept:
            self.bench.rest(FALLING if self.acquired and not self.returned else PENDING)
        steps = round((self.bench.world.time - began) / self.dt)
        had = self.bench.world.items[self.item] if self.acquired else None
        practical, strict = (self._damage(had or target, rules) for rules in (RuleSet.PRACTICAL, RuleSet.STRICT))
        body = had.bodies[0] if had else -1
        return Attempt(self.acquired, self.kept, self.returned, body, practical, strict, self.acceleration, steps)

    def _damage(self, item: ItemBody | None, rules: RuleSet) -> Damage:
        """What counts as damage under a set of rules: mere risks are told by the inspector, too."""
        items = self.bench.world.items
        events = [event for event in self.bench.truth().events if event.under(rules) is not None]
        own = frozenset(event.cause for event in events if items[event.item] is item)
        return Damage(own, frozenset(event.cause for event in events if items[event.item] is not item))

    def come(self, rng: Generator) -> bool:
        """The way in; whether there is anything to grip. A touch before its end is no failure: the tool grips there."""
        ready = ready_command(self.grasp, self.bench.tool)
        poses = self._way_in()
        first, back = Pose(poses[0]), -Pose(poses[0]).rotation[:, 2]
        start = shifted(first, (BACK + CONTACT_WAY) * back)
        self.bench.begin(start, ready, rng)
        self.bench.fly(straight(start, -BACK * back, COMING, self.dt))
        slow = straight(shifted(first, CONTACT_WAY * back), -CONTACT_WAY * back, Pace(CONTACT_SPEED, 2.0), self.dt)
        self.bench.fly(slow, self._touched)
        return not isinstance(self.grasp.skill, Tip) or self._tip(ready)

    def grip(self) -> bool:
        """Close, and wait until the sensors show a hold; whether they do, and something is truly held."""
        for command in closing(self.grasp):
            self.bench.grip(command.command)
        patience, steady, before = Patience(), 0, self.bench.sensors().vacuum
        hover = resting(self.bench.body.T_base_flange, POLL, self.dt)
        if may_bow(self.grasp) and not self.feel(hover):
            return False
        for _ in range(round(patience.patience / POLL)):
            self.bench.fly(hover)
            seen = self.bench.sensors()
            settled = self.grasp.tool is Tool.PINCH or seen.vacuum - before < patience.settled * seen.vacuum
            steady, before = steady + 1 if settled and self.felt.there(seen) else 0, seen.vacuum
            if steady == 2:
                break
        for command in holding(self.grasp):
            self.bench.grip(command.command)
        return steady == 2 and bool(self.bench.held())

    def feel(self, hover: Course) -> bool:
        """Close step by step on what may bow; whether it bears the item where it does."""
        grip = FeltGrip(self.grasp, self.bench.tool.gripper.force[0])
        while not grip.done:
            self.bench.fly(hover)
            seen = self.bench.sensors()
            grip.feel(seen.gap, seen.force, self.bench.across())
            self.bench.grip(grip.command)
        if grip.force is None:
            return True
        self.bench.fly(hover)
        self.grasp = as_firm_as_bowed(self.grasp, self.bench.sensors().force if grip.bows else grip.force)
        self.felt = Patience().felt(self.grasp)
        return borne(self.grasp, self.bench.tool.gripper)

    def lift(self) -> bool:
        """Up out of the tote; whether the item comes along."""
        flange, poses = self.bench.body.T_base_flange, self._turning()
        if poses is not None and not self.bench.fly(along(poses, Pace(TURNING, 2.0), self.dt), self._lost):
            return False
        if poses is not None:
            flange = Pose(poses[-1])
        axis = lift_axis(self.scene.source, self.scene.item(self.grasp.item).points)
        pace = Pace(LIFTING.speed, min(LIFTING.acceleration, self._brisk(UP)))
        return self.bench.fly(straight(flange, HIGH / axis[2] * axis, pace, self.dt), self._lost)

    def carry(self) -> bool:
        """Over to the other tote, as briskly as the hold permits, and at rest there; whether the item is still held."""
        layout, flange = self.bench.world.layout, self.bench.body.T_base_flange
        way = layout.destination.T_base_tote.position - layout.source.T_base_tote.position
        way[2] = 0.0
        ahead = way / np.linalg.norm(way)
        self.acceleration = self._brisk(np.stack([ahead, -ahead]))
        self.bench.leave_behind()
        arrived = self.bench.fly(straight(flange, way, Pace(CARRIED, self.acceleration), self.dt), self._lost)
        return arrived and self.bench.rest(RESTING, self._lost) and self.item in self.bench.held()

    def _brisk(self, ways: Array) -> float:
        """The acceleration, m/s^2, that the hold permits along `ways` (N, 3) with the tool as it is now."""
        T_base_tool = self.bench.body.T_base_flange @ self.bench.tool.T_flange_tool(self.grasp.tool)
        return brisk(self.grasp, T_base_tool, self.bench.vacuums, self.bench.tool, ways)

    def _tip(self, ready: GripCommand) -> bool:
        """Tip the item by the cup, and go down on both sides of it; whether nothing stops the fingers."""
        tipped, down = entry_poses(self.grasp, tip_of(self.grasp), self.bench.tool.cup)
        narrow = replace(ready, push=Tip.push)
        self.bench.grip(narrow)
        self.bench.fly(self._course(tipped))
        self.above, self.stopped = self.bench.body.T_base_flange.position, 0.0
        self.bench.grip(replace(narrow, opening=self.grasp.opening))
        return self.bench.fly(self._course(down), self._stopped)

    def _course(self, poses: Array) -> Course:
        return along(poses @ self.T_tool_flange.matrix, Pace(TIP_SPEED, 1.0), self.dt)

    def _stopped(self, left: int) -> bool:
        """Whether the fingers meet something, or the cup is on the item no more: as `Yielding` tells it."""
        down = float(np.linalg.norm(self.bench.body.T_base_flange.position - self.above))
        off = slid_off(down, self.bench.travel, self.bench.tool.cup) or self.bench.push() > TIPPING
        self.stopped = self.stopped + self.dt if off else 0.0
        return self.stopped > Yielding.doubts * POLL

    def _way_in(self) -> Array:
        """Poses (1, 4, 4) of the flange at which the tool touches first."""
        if isinstance(self.grasp.skill, Tip):
            return np.asarray(
                entry_poses(self.grasp, tip_of(self.grasp), self.bench.tool.cup)[0][:1] @ self.T_tool_flange.matrix
            )
        press = self.bench.tool.cup.press if self.grasp.tool is Tool.SUCTION else 0.0
        pressed = self.grasp.T_base_tool @ Pose.from_rotation((0, 0, press), np.eye(3))
        return (pressed @ self.T_tool_flange).matrix[None]

    def _turning(self) -> Array | None:
        """Poses (N, 4, 4) of the flange on which a book is swung up from where the tool is; None for other skills."""
        if not isinstance(self.grasp.skill, Swing):
            return None
        T_base_tool = self.bench.body.T_base_flange @ self.bench.tool.T_flange_tool(self.grasp.tool)
        return np.asarray(swing(T_base_tool, self.grasp.skill, *_courses(self.grasp, self.scene)[0])) @ (
            self.T_tool_flange.matrix
        )

    def _touched(self, left: int) -> bool:
        if left * self.dt > GUARDED:
            return False
        seen = self.bench.sensors()
        sealed = self.grasp.tool is Tool.SUCTION and self.felt.there(seen)
        squeezed = self.grasp.tool is Tool.PINCH and seen.force > TOUCHED[Tool.PINCH]
        return sealed or squeezed or self.bench.push() > self.most

    def _lost(self, left: int) -> bool:
        return not self.felt.there(self.bench.sensors())


def _courses(grasp: Grasp, scene: Scene) -> tuple[tuple[float, float], ...]:
    """Ways to swing a book up without hitting anything."""
    assert isinstance(grasp.skill, Swing)
    hinge = grasp.skill
    item = scene.item(grasp.item)
    return free_courses(scene, item, grasp.T_base_tool, hinge.T_tool_spine, hinge.width, hinge.thickness)
