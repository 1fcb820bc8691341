"""A command to the tool and its readings as named numbers, on topics of JointState."""

from __future__ import annotations

from builtin_interfaces.msg import Time
from sensor_msgs.msg import JointState

from grasping.tools import GripCommand
from ros_nodes.messages import named, values_of

OPENING, ROD, VACUUM = "opening", "cup_extended", "vacuum"
READINGS = ("vacuum", "cup_travel", "finger_gap")


def command_message(command: GripCommand, stamp: Time) -> JointState:
    """Opening (m) with force (N), rod (0 or 1) with push (N), vacuum (Pa)."""
    values = {
        OPENING: (command.opening, command.force),
        ROD: (float(command.cup_extended), command.push),
        VACUUM: (command.vacuum, 0.0),
    }
    return named(values, stamp)


def command_of(message: JointState) -> GripCommand:
    """Raises MessageError."""
    found = values_of(message, (OPENING, ROD, VACUUM))
    (opening, force), (rod, push), (vacuum, _) = found.values()
    return GripCommand(opening, force, rod > 0.5, vacuum, push)


def readings_message(vacuum: float, travel: float, gap: float, force: float, stamp: Time) -> JointState:
    """Vacuum (Pa), travel (0..1), gap (m) with force (N)."""
    return named({"vacuum": (vacuum, 0.0), "cup_travel": (travel, 0.0), "finger_gap": (gap, force)}, stamp)


def readings_of(message: JointState) -> tuple[float, float, float, float]:
    """Vacuum, travel, gap and force. Raises MessageError."""
    (vacuum, _), (travel, _), (gap, force) = values_of(message, READINGS).values()
    return vacuum, travel, gap, force
