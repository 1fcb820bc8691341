"""What a tool holds is lifted off its support and then shaken sideways, ever harder, until it lets go or gives way.

In the tool's own frame a shaken tool is one at rest whose load bears the inertial force -m a: that is what is applied,
so that the arm's motors have no part in what is compared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from benchmarks.support.bench import box_spec
from benchmarks.support.engine.course import lift, tool_at_home
from benchmarks.support.engine.rig import ENGINES, Rig, Setting
from benchmarks.support.engine.rows import PINCH, SEAL, Found, Row
from grasping.tools import Tool
from perception.pose import Array, Pose
from perception.tote import Box
from sim.items.catalog import make_item
from sim.items.damage_classes import BOXED, REBOUND
from sim.items.spec import ItemSpec

RISE, PITCH = 2.0, 3.0  # m/s^2 per second by which the amplitude rises, and Hz
MOST = 30.0  # m/s^2
GIVEN = 3e-3  # metres that an item's middle shifts in the fingers, by slipping or turning
PRESSED = 4e-3  # metres that the lip is pressed on
ABOVE = 0.03  # metres from the fingertips up to the item's upper edge: as high as a pad
HEIGHT, LIFTING, RESTING = 0.10, 1.0, 0.5  # metres, seconds
CARTON = (0.12, 0.10, 0.06)
TALL = (0.10, 0.06, 0.12)  # its middle hangs 45 mm below that of the pads


@dataclass(frozen=True)
class Held:
    """An item in a tool.

    Attributes:
        rotation: of the item in the tool's frame, (3, 3).
        force: newtons of each pad, or 0 for the cup.
    """

    name: str
    spec: ItemSpec
    tool: Tool
    rotation: Array
    force: float = 0.0

    @property
    def depth(self) -> float:
        """From the tool's origin along its axis to the item's middle, metres."""
        half = float(np.abs(self.rotation @ self.spec.size)[2]) / 2
        return half - (PRESSED if self.tool is Tool.SUCTION else ABOVE)

    @property
    def opening(self) -> float:
        """Of the fingers before they close, metres."""
        return float(np.abs(self.rotation @ self.spec.size)[1]) + 0.02


OVER_BOTH_COVERS = np.array([(0.0, 1, 0), (0, 0, 1), (1, 0, 0)])  # spine up, covers to the pads


def cases() -> Iterator[Held]:
    """All that is shaken."""
    down = np.diag([1.0, -1, -1])  # the tool's axis points down, the item's up
    for mass in (0.5, 0.8):
        spec = box_spec(CARTON, mass, 0.5, BOXED, restitution=REBOUND)
        yield Held(f"carton {mass} kg on the cup", spec, Tool.SUCTION, down)
    for mass, force in ((0.8, 60.0), (0.5, 40.0), (0.3, 20.0)):
        spec = box_spec(TALL, mass, 0.5, BOXED, restitution=REBOUND)
        yield Held(f"carton {mass} kg pinched by {force:.0f} N", spec, Tool.PINCH, down, force)
    for seed, force in ((3, 40.0), (3, 80.0), (5, 40.0)):
        spec = make_item("hardcover", np.random.default_rng(seed))
        name = f"book {spec.mass:.2f} kg over both covers by {force:.0f} N"
        yield Held(name, spec, Tool.PINCH, OVER_BOTH_COVERS, force)


def rows() -> Iterator[Row]:
    """Each of them in both engines."""
    for held in cases():
        tolerance = SEAL if held.tool is Tool.SUCTION else PINCH
        yield Row(f"{held.name}, shaken", "m/s2", *(shake(held, engine) for engine in ENGINES), tolerance)


def shake(held: Held, engine: Callable[[Setting], Rig]) -> Found:
    """The acceleration, m/s^2, at which a hold fails or gives way."""
    rig = engine(setting(held))
    try:
        if not taken(rig, held):
            return Found(None, "not lifted")
        across = tool_at_home(held.tool).rotation[:, 0]
        before = in_tool(rig, held.tool)
        most = [0.0]

        def bear(t: float) -> None:
            acceleration = RISE * t * np.sin(2 * np.pi * PITCH * t)
            most[0] = max(most[0], abs(acceleration))
            rig.shake(acceleration * across)

        def gone() -> bool:
            if held.tool is Tool.SUCTION:
                return not rig.suction.holding
            return float(np.linalg.norm(in_tool(rig, held.tool) - before)) > GIVEN

        if rig.step(MOST / RISE, bear, gone) is None:
            return Found(None, f"none to {MOST:.0f}")
        broke = rig.suction.cups[0].broke
        return Found(most[0], broke.value if held.tool is Tool.SUCTION and broke else "gives way")
    finally:
        rig.close()


def setting(held: Held) -> Setting:
    """The item in place under the tool, on a box."""
    T_base_tool = tool_at_home(held.tool)
    T_base_item = T_base_tool @ Pose.from_rotation((0, 0, held.depth), held.rotation)
    half = np.abs(T_base_item.rotation @ held.spec.size)[2] / 2
    under = Box(Pose.from_rotation(T_base_item.position - (0, 0, half + 0.05), np.eye(3)), np.array((0.1, 0.1, 0.1)))
    items = [(held.spec, T_base_item)]
    if held.tool is Tool.SUCTION:
        return Setting(items, (under,), extended=True)
    return Setting(items, (under,), opening=held.opening)


def taken(rig: Rig, held: Held) -> bool:
    """Grip and lift; whether the item came along."""
    rig.step(0.2)
    if held.tool is Tool.SUCTION:
        rig.suction.on = True
    else:
        rig.fingers.go(0.0, held.force)
    rig.step(RESTING)
    low = rig.item.pose().position[2]
    rig.arm.follow(lift(HEIGHT, LIFTING))
    rig.step(LIFTING + RESTING)
    return bool(rig.item.pose().position[2] > low + 0.8 * HEIGHT)


def in_tool(rig: Rig, tool: Tool) -> Array:
    """The item's middle in the frame of the tool's palm, metres (3,)."""
    return rig.arm.T_base_link("palm").inverse().apply(rig.item.pose().position)
