"""`handpick robot`: the simulated cell behind ROS topics, as a robot would be."""

from __future__ import annotations

import argparse
from functools import partial

from ros_nodes.errors import NoRosError


def run(options: argparse.Namespace) -> int:
    try:
        from ros_nodes.robot.robot_node import serve
    except ImportError as error:
        raise NoRosError(error) from error
    from sim.bin_record import counted
    from sim.cell import SimCell
    from sim.plan import STEP, SimPlan, generators
    from sim.render.renderer import make_renderer
    from sim.suites import bin_specs

    plan = SimPlan(options.suite, tools=options.tools, seed=options.seed, arm=options.arm)
    item_rng, world_rng = generators(plan.seed, 0)
    renderer = make_renderer()
    specs = bin_specs(plan.suite, item_rng)
    cell = SimCell.build(plan.layout, plan.tool, specs, renderer, world_rng, STEP, arm=plan.robot)
    truth = lambda: counted(cell.truth())
    put_back = partial(cell.put_back, item_rng)
    try:
        names = plan.robot.joint_names
        serve(options.ros_args, cell, names, plan.tool, options.camera_rate, options.pace, truth, put_back)
    finally:
        cell.close()
        renderer.close()
    return 0
