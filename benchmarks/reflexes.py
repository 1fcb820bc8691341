"""Mend carries in flight and print which branch does it, and what that takes.

    python -m benchmarks.reflexes [--cases 150] [--seed 10]

A box of 0.5 kg hangs on the 15 mm cup on its way from the source to the destination, 30 ms of latency; at a random
moment between its being clear of its neighbours and the last 0.1 s

- place: its place is moved by 5 cm, the tote stays;
- tote: the destination is moved by 5 cm with all that is in it, though not against the robot;
- obstacle: a box of 6 x 6 x 10 cm stands on the remaining path, 0.3 s ahead or more, 20 cm beside the place or more,
  and nowhere that the robot has not left in 0.15 s;
- weak: the grasp has 25 to 60% of the strength that was believed.

Milliseconds are of the processor (the machine may be shared) and of the clock on the wall.
"""

from __future__ import annotations

import argparse
import logging
import time
from collections import Counter
from collections.abc import Callable

import numpy as np

from benchmarks.planning import bin_scene, standard_planner
from grasping.contact.wrench_limits import suction_limits
from grasping.grasp import Grasp, Load, Odds
from grasping.tools import Tool
from handpick.layout import standard_layout
from motion.errors import PlanError
from motion.plan import Plan
from motion.planning.constraints import Setting
from motion.replanning.reflexes import Reflexes
from motion.replanning.running import Branch, Running
from motion.robot.arm import Arm
from perception.events import Event, EventKind
from perception.pose import Pose
from perception.scene import ItemShape
from perception.tote import Box

AHEAD, ASIDE = 0.3, 0.2  # seconds and metres
MASS, PRESSURE, FRICTION = 0.5, 60e3, 0.5
Make = Callable[[Plan, np.random.Generator], Event]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=150)
    parser.add_argument("--seed", type=int, default=10)
    arguments = parser.parse_args()
    logging.getLogger("toppra").setLevel(logging.ERROR)
    plans = carries(max(arguments.cases // 15, 2), arguments.seed)
    columns = [*Branch, "unsafe"]
    print(f"{'':10}" + "".join(f"{name.value if isinstance(name, Branch) else name:>9}" for name in columns), end="")
    print(f"{'CPU ms p50':>12}{'p95':>6}{'wall p95':>10}{'arrives':>9}{'holds':>7}")
    for name, make in (("place", place), ("tote", tote), ("obstacle", obstacle), ("weak", weak)):
        rng = np.random.default_rng(arguments.seed)
        mended(plans[0], make(plans[0], rng))
        counts: Counter[str] = Counter()
        cpu, wall, arrives, holds = [], [], 0, 0
        for case in range(arguments.cases):
            plan = plans[case % len(plans)]
            event = make(plan, rng)
            started = time.process_time(), time.perf_counter()
            kind, there, held = mended(plan, event)
            cpu.append(1e3 * (time.process_time() - started[0]))
            wall.append(1e3 * (time.perf_counter() - started[1]))
            counts[kind] += 1
            arrives, holds = arrives + there, holds + held
        print(f"{name:10}" + "".join(f"{counts[str(getattr(c, 'value', c))]:9d}" for c in columns), end="")
        print("{:12.0f}{:6.0f}{:10.0f}".format(*np.percentile(cpu, (50, 95)), np.percentile(wall, 95)), end="")
        print(f"{arrives:9d}{holds:7d}")


def mended(plan: Plan, event: Event) -> tuple[str, bool, bool]:
    """How one event was answered, whether the item arrives, and whether the grasp holds."""
    try:
        answer = Reflexes().mend(Running(plan.carry.motion, 0.0, plan.carry.constraints), event.stamp, event)
    except PlanError:
        return "unsafe", False, False
    return answer.kind.value, answer.arrives, answer.holds


def moment(plan: Plan, rng: np.random.Generator) -> float:
    return float(rng.uniform(plan.carry.clear, plan.carry.motion.duration - 0.1))


def place(plan: Plan, rng: np.random.Generator) -> Event:
    """Towards the middle of the tote, where there is room."""
    tote = plan.carry.constraints.destination
    assert tote is not None
    x, y, _ = tote.T_base_tote.position - plan.ending.T_base_release.position
    return Event(
        EventKind.TARGET_MOVED, 0.9, moment(plan, rng), shift=_shift(np.arctan2(y, x) + rng.uniform(-1.0, 1.0))
    )


def tote(plan: Plan, rng: np.random.Generator) -> Event:
    while True:
        now, shift = moment(plan, rng), _shift(rng.uniform(0, 2 * np.pi))
        if clear(plan.carry.constraints.aimed(shift, True), plan, now):
            return Event(EventKind.DESTINATION_MOVED, 0.9, now, shift=shift)


def obstacle(plan: Plan, rng: np.random.Generator) -> Event:
    """Around where the item will be, and beside the arm as it is."""
    tool, last = plan.carry.constraints.stage.tool_positions(plan.carry.motion.positions), crossed(plan)
    while True:
        now = rng.uniform(plan.carry.clear, plan.carry.motion.times[last] - AHEAD)
        row = rng.integers(np.searchsorted(plan.carry.motion.times, now + AHEAD), last + 1)
        centre = tool[row] - (0, 0, 0.03) + 0.02 * rng.standard_normal(3)
        box = Box(Pose.from_euler(centre, (0, 0, rng.uniform(0, np.pi))), np.array((0.06, 0.06, 0.10)))
        if clear(plan.carry.constraints.blocked(box), plan, now):
            return Event(EventKind.PATH_BLOCKED, 0.9, now, box=box)


def crossed(plan: Plan) -> int:
    """The last row of a carry at which the tool is still beside the place."""
    tool = plan.carry.constraints.stage.tool_positions(plan.carry.motion.positions)
    return int(np.flatnonzero(np.linalg.norm((tool - tool[-1])[:, :2], axis=1) > ASIDE)[-1])


def clear(setting: Setting, plan: Plan, now: float) -> bool:
    """Whether the robot touches nothing in the next 0.15 s of its motion."""
    try:
        setting.check(np.array([plan.carry.motion.sample(now + t)[0] for t in np.arange(0, 0.16, 0.01)]), closely=True)
    except PlanError:
        return False
    return True


def weak(plan: Plan, rng: np.random.Generator) -> Event:
    return Event(EventKind.GRASP_WEAK, 0.9, moment(plan, rng), share=rng.uniform(0.25, 0.6))


def _shift(angle: float) -> Pose:
    return Pose.from_rotation((0.05 * np.cos(angle), 0.05 * np.sin(angle), 0), np.eye(3))


def carries(count: int, seed: int) -> list[Plan]:
    """Planned picks of boxes by the cup, from the tops of random bins."""
    layout, planner = standard_layout(), standard_planner()
    found: list[Plan] = []
    while len(found) < count:
        scene = bin_scene(layout, seed)
        seed += 1
        for item in scene.items:
            try:
                plan = planner.plan(sucked(item, planner.arm), scene, planner.rest)
            except PlanError:
                continue
            if plan.carry.motion.times[crossed(plan)] < plan.carry.clear + AHEAD + 0.1:
                continue  # too short a crossing to be blocked in good time
            found.append(plan)
            if len(found) % 3 == 0:  # some from each bin
                break
    return found[:count]


def sucked(item: ItemShape, arm: Arm) -> Grasp:
    """The cup on the middle of an item's top, straight down."""
    cup = arm.tool.cup
    down = np.array((0, 0, -1.0))
    close = item.T_base_box.rotation[:, 1] * (1, 1, 0)
    close /= np.linalg.norm(close)
    top = np.array((*item.T_base_box.position[:2], item.points[:, 2].max()))
    T_base_tool = Pose.from_rotation(top, np.column_stack([np.cross(close, down), close, down]))
    load = Load(MASS, np.array((0, 0, item.size[2] / 2)), 1e-3 * np.eye(3), (MASS, MASS))
    limits = suction_limits(PRESSURE * cup.area, FRICTION, cup.radius)
    return Grasp(Tool.SUCTION, item.id, T_base_tool, cup.fingers_open, 0.0, 0.0, Odds(0.9, 0.9, 0.1), limits, load)


if __name__ == "__main__":
    main()
