"""The simple solids that the tool is made of: the one description that clearance, planner and simulator share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from grasping.tools import DualTool, Gripper
from perception.arrays import readonly
from perception.pose import Array, Pose

BELLOWS = 0.020  # height of bellows and lip below the rod, metres
PLATE = 0.010  # thickness of the plate that carries several cups, metres
PLATE_RADIUS = 0.040  # of the adapter plate on the flange
PROUD = 1.5e-3  # metres by which pads stand proud of their fingers
PLACES = 4  # of a pad, one above the other
ACROSS, APART = 0.3, 0.95  # of its width, that they are wide: contacts of items resist twist, too; of their distance


@dataclass(frozen=True, eq=False)
class Block:
    """A solid box centred at T_link_box.position; size: full edge lengths (3,), metres."""

    link: str
    T_link_box: Pose
    size: Array

    def __post_init__(self) -> None:
        object.__setattr__(self, "size", readonly(self.size, np.float64, (3,), f"block of {self.link}"))


@dataclass(frozen=True, eq=False)
class Rod:
    """A cylinder along z of its link, from z = start to z = end, metres; soft: it gives way when pressed on."""

    link: str
    radius: float
    start: float
    end: float
    soft: bool = False


def tool_solids(tool: DualTool) -> tuple[Block | Rod, ...]:
    """Solids of the tool's links, parallel to the flange and placed by `tool_offsets`.

    Links: palm (origin at the flange), finger_left and finger_right (at the fingertip's inner face), cup_rod and the
    lips of `lips` (all at the lip's face), the bellows included. The rod telescopes: what of it is retracted lies in
    the palm and counts no more than that. Several cups hang on a plate at the rod's end.
    """
    gripper, cup = tool.gripper, tool.cup
    palm, thick = np.array(gripper.palm), gripper.finger_thickness
    size = np.array((gripper.pad_width, thick, gripper.finger_length))
    length = cup.extension + gripper.finger_length - BELLOWS
    fingers = (
        Block("finger_left", _at(0, thick / 2, -gripper.finger_length / 2), size),
        Block("finger_right", _at(0, -thick / 2, -gripper.finger_length / 2), size),
    )
    plate = np.array((2 * cup.half[0], 2 * cup.half[1], PLATE))
    return (
        Rod("palm", PLATE_RADIUS, 0.0, tool.mount),
        Block("palm", _at(0, 0, tool.mount + palm[2] / 2), palm),
        *(fingers if tool.fingers else ()),
        Rod("cup_rod", cup.rod_radius, -BELLOWS - length, -BELLOWS),
        *((Block("cup_rod", _at(0, 0, -BELLOWS - PLATE / 2), plate),) if len(cup.places) > 1 else ()),
        # in one with the bellows: a thin item must not get between the two
        *(Rod(lip, cup.radius, -BELLOWS, 0.0, soft=True) for lip in lips(tool)),
    )


def bearing_solids(tool: DualTool) -> tuple[Block | Rod, ...]:
    """The same solids as physics engines are to have them: fingers hold by pads that stand proud of them.

    Engines bear a flat side on the corners of what touches it, which resist twist by their distance from its middle:
    nearly twice as much as an evenly pressed pad does, by the mean distance of its places. So a pad is made of PLACES
    that bear each for itself, over all of its length: a board that only the tips reach is held as well.
    """
    found: list[Block | Rod] = []
    for solid in tool_solids(tool):
        if isinstance(solid, Rod) or not solid.link.startswith("finger"):
            found.append(solid)
            continue
        side, (x, y, z) = float(np.sign(solid.T_link_box.position[1])), solid.size
        proud = min(PROUD, y / 2)
        back = 0.0, side * (y + proud) / 2, solid.T_link_box.position[2]
        found.append(Block(solid.link, _at(*back), np.array((x, y - proud, z))))
        found += _pad(solid.link, tool.gripper, side * y / 2, y)
    return tuple(found)


def _pad(link: str, gripper: Gripper, middle: float, thickness: float) -> Iterator[Block]:
    """The places of a pad, whose middle along y lies there, metres."""
    size = np.array((ACROSS * gripper.pad_width, thickness, gripper.pad_length / PLACES))
    for k in range(PLACES):
        yield Block(link, _at(0, middle, -(k + 0.5) * size[2]), size * (1.0, 1.0, APART))


def lips(tool: DualTool) -> tuple[str, ...]:
    """The links of the cups' lips, in the order of `SuctionCup.places`."""
    return tuple(numbered("cup_lip", i) for i in range(len(tool.cup.places)))


def numbered(name: str, i: int) -> str:
    """A link or joint of cup `i`: the first has the plain name."""
    return name if i == 0 else f"{name}_{i}"


def tool_offsets(tool: DualTool, opening: float, cup_travel: float) -> dict[str, Array]:
    """Origins of the tool's links in the flange's frame; all stand parallel to it, the cup unbent."""
    tip, lip = tool.T_flange_tip.position[2], tool.T_flange_cup.position[2]
    face = lip - tool.cup.retraction * (1 - cup_travel)
    return {
        "palm": np.zeros(3),
        "finger_left": np.array((0, opening / 2, tip)),
        "finger_right": np.array((0, -opening / 2, tip)),
        "cup_rod": np.array((0, 0, face)),
        **{lip: np.array((*place, face)) for lip, place in zip(lips(tool), tool.cup.places)},
    }


def extent(solid: Block | Rod) -> tuple[Array, Array]:
    """Least and greatest corner (3,) in the solid's link."""
    if isinstance(solid, Block):
        return solid.T_link_box.position - solid.size / 2, solid.T_link_box.position + solid.size / 2
    r = solid.radius
    return np.array((-r, -r, solid.start)), np.array((r, r, solid.end))


def _at(x: float, y: float, z: float) -> Pose:
    return Pose.from_rotation((x, y, z), np.eye(3))
