"""A plate of four cups on the arm: its solids, the way it is turned, and a plan with the cups that are to open."""

from __future__ import annotations

import numpy as np
import pytest

from grasping.grasp import Grasp
from grasping.propose import propose
from grasping.tool_solids import Rod, lips, tool_solids
from grasping.tools import FOUR_CUPS, Tool
from handpick.layout import standard_layout
from motion.errors import PlanError
from motion.plan import Plan
from motion.planner import Planner
from motion.planning.reach import alike_turned
from motion.robot.arm import Arm
from perception.perceiver import Perceiver
from perception.scene import Scene

LAYOUT = standard_layout()


@pytest.fixture(scope="module")
def scene() -> Scene:
    return Perceiver(LAYOUT.source, LAYOUT.destination, LAYOUT.cameras).warm_up()


@pytest.fixture(scope="module")
def options(scene: Scene) -> tuple[Grasp, ...]:
    return propose(scene, FOUR_CUPS, frozenset({Tool.SUCTION}))


def test_the_plate_and_its_lips_are_solids_and_there_are_no_fingers() -> None:
    links = [solid.link for solid in tool_solids(FOUR_CUPS)]
    assert not any(link.startswith("finger") for link in links)
    assert [solid.link for solid in tool_solids(FOUR_CUPS) if isinstance(solid, Rod) and solid.soft] == [
        *lips(FOUR_CUPS)
    ]
    assert links.count("cup_rod") == 2  # rod and plate


def test_only_what_is_the_same_turned_half_may_be_turned_half(options: tuple[Grasp, ...]) -> None:
    turned = {grasp.cups: alike_turned(grasp, FOUR_CUPS) for grasp in options}
    assert turned[(0, 1, 2, 3)]
    assert not any(alike for cups, alike in turned.items() if len(cups) < 4)


def test_a_plan_opens_the_cups_of_its_grasp(scene: Scene, options: tuple[Grasp, ...]) -> None:
    planner = Planner(Arm(FOUR_CUPS), LAYOUT.source, LAYOUT.destination, LAYOUT.obstacles, LAYOUT.cameras)
    four = sorted((g for g in options if len(g.cups) == 4), key=lambda g: -g.odds.placed_undamaged)
    grasp, plan = next(found for found in (planned(planner, grasp, scene) for grasp in four[:8]) if found)
    drawing = [told.command for step in plan.steps for told in step.commands if told.command.vacuum > 0]
    assert drawing and all(command.cups == grasp.cups for command in drawing)
    used = np.array([grasp.limits.margin(np.array([0, 0, -9.81 * grasp.load.mass, 0, 0, 0]))])
    assert (used > 0.5).all()


def planned(planner: Planner, grasp: Grasp, scene: Scene) -> tuple[Grasp, Plan] | None:
    """A grasp with its plan; None where it has none."""
    try:
        return grasp, planner.plan(grasp, scene, planner.rest)
    except PlanError:
        return None
