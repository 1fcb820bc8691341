"""A probing lift by the free-flying tool: slowly up, felt at rest, and judged as the pick loop judges it."""

from __future__ import annotations

import numpy as np

from grasping.contact.wrench_limits import GRAVITY
from grasping.grasp import Grasp
from handpick.picking.guards import FORCE_ERROR
from handpick.picking.seal_check import felt_limits
from motion.planning.probe import DWELL, RISE, SPEED
from perception.pose import Array
from sim.trial.bench import Bench
from sim.trial.course import Pace, straight


def probed(bench: Bench, grasp: Grasp) -> bool | None:
    """Lift by a probe's height and feel; None: the item may be carried on. Else whether it can be set down again: True
    where the hold is too weak or a part was left behind, False where the item was lost on the way."""
    up = np.array((0.0, 0.0, RISE))
    bench.fly(straight(bench.body.T_base_flange, up, Pace(SPEED, 0.5), bench.world.dt))
    felt: list[Array] = []
    bench.rest(DWELL, lambda left: felt.append(-bench.body.beyond) or False)  # type: ignore[func-returns-value]
    if not bench.held():
        return False
    half = np.mean(felt[len(felt) // 2 :], axis=0)
    rotation = bench.body.rotation
    lever = bench.tool.T_flange_tool(grasp.tool).position
    force = half[:3] @ rotation
    moment = half[3:] @ rotation - np.cross(lever, force)
    least = 0.0 if grasp.limp else grasp.load.mass_range[0]
    if -half[2] + FORCE_ERROR < GRAVITY * least:
        return True
    wrench = np.concatenate([force, moment])
    return True if felt_limits(grasp, bench.vacuums, bench.tool).margin(-wrench) < 0 else None
