"""A command to the tool and its readings as named numbers, on topics of JointState."""

from __future__ import annotations

from collections.abc import Sequence

from builtin_interfaces.msg import Time
from sensor_msgs.msg import JointState

from grasping.tool_solids import numbered
from grasping.tools import GripCommand, coded, decoded
from ros_nodes.messages import named, values_of

OPENING, ROD, VACUUM, CUPS = "opening", "cup_extended", "vacuum", "cups"
TRAVEL, GAP = "cup_travel", "finger_gap"


def command_message(command: GripCommand, stamp: Time) -> JointState:
    """Opening (m) with force (N), rod (0 or 1) with push (N), vacuum (Pa), opened cups as a sum of powers of two."""
    values = {
        OPENING: (command.opening, command.force),
        ROD: (float(command.cup_extended), command.push),
        VACUUM: (command.vacuum, 0.0),
        CUPS: (coded(command.cups), 0.0),
    }
    return named(values, stamp)


def command_of(message: JointState) -> GripCommand:
    """Raises MessageError."""
    found = values_of(message, (OPENING, ROD, VACUUM, CUPS))
    (opening, force), (rod, push), (vacuum, _), (cups, _) = found.values()
    return GripCommand(opening, force, rod > 0.5, vacuum, push, decoded(cups))


def readings_message(vacuums: Sequence[float], travel: float, gap: float, force: float, stamp: Time) -> JointState:
    """Vacuum (Pa) under each cup, travel (0..1), gap (m) with force (N)."""
    gauges = {numbered(VACUUM, i): (vacuum, 0.0) for i, vacuum in enumerate(vacuums)}
    return named({**gauges, TRAVEL: (travel, 0.0), GAP: (gap, force)}, stamp)


def readings_of(message: JointState) -> tuple[tuple[float, ...], float, float, float]:
    """Vacuum under each cup, travel, gap and force. Raises MessageError."""
    gauges = [name for name in message.name if name.startswith(VACUUM)] or [VACUUM]
    *vacuums, (travel, _), (gap, force) = values_of(message, (*gauges, TRAVEL, GAP)).values()
    return tuple(vacuum for vacuum, _ in vacuums), travel, gap, force
