"""No pick pays for compiling: what thinking needs is loaded when the stack is built."""

import subprocess
import sys

# in a process of its own, in which nothing else has been compiled
SCRIPT = """
import sys

import numpy as np
from numba.core.dispatcher import Dispatcher

from grasping.attempts import Attempts
from handpick.picking.decide import think
from handpick.picking.stack import Stack
from handpick.picking.outlook import calm_view
from sim.cell import SimCell
from sim.render.renderer import make_renderer
from sim.plan import SimPlan
from sim.suites import bin_specs


def compiled():
    planner_side = [m for name, m in sys.modules.items() if name.split(".")[0] in ("perception", "grasping", "motion")]
    found = {id(v): v for m in planner_side for v in vars(m).values() if isinstance(v, Dispatcher)}
    return {(f.__module__, f.__name__, str(s)) for f in found.values() for s in f.signatures}


plan, rng = SimPlan(), np.random.default_rng(17)
stack = Stack.build(plan.layout, plan.tool, plan.allowed)
before = compiled()
for suite in "boxes", "mixed", "books":
    specs = bin_specs(suite, rng)[:8]
    cell = SimCell.build(plan.layout, plan.tool, specs, make_renderer(), rng, 1 / 240)
    thought = think(stack, calm_view(cell, stack.arm), Attempts())
    assert suite == "books" or thought.plan is not None, thought.cause
    cell.close()
assert before and compiled() == before, compiled() - before
"""


def test_first_thoughts_compile_nothing():
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
