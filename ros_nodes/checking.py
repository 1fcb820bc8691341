"""A look at a cell through its nodes: cameras against totes, joints against limits, the tool's readings."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import rclpy

from handpick.check_cell import check_cell
from ros_nodes.node import CellNode, spin, use_profile
from ros_nodes.ros_cell import RosCell


def check(folder: Path, simulated: bool, arguments: Sequence[str]) -> list[str]:
    """Compare what comes with what is known; lines that tell it.

    Raises:
        CellCheckError, ViewError, JointStateError, LimitsExceeded, StateError, NodeError: what is wrong.
    """
    use_profile()
    told = ["-p", f"cell:={folder}", "-p", f"use_sim_time:={str(simulated).lower()}"]
    rclpy.init(args=[*(arguments or ["--ros-args"]), *told])
    over = threading.Event()
    node = CellNode("check")
    hearing = threading.Thread(target=spin, args=(node, over.is_set), daemon=True)
    hearing.start()
    try:
        cell = RosCell(node, node.folder(), patience=20.0 if simulated else 2.0)
        fits = check_cell(cell, moves=False, arm=cell.folder.robot())
        return [*map(str, fits), *joints(cell), *tool(cell)]
    finally:
        over.set()
        hearing.join(timeout=1.0)
        rclpy.try_shutdown()


def joints(cell: RosCell) -> list[str]:
    """Each joint, and how far it is from its limits."""
    q, limits = cell.state().positions, cell.folder.arm.limits
    room = np.minimum(q - limits.lower, limits.upper - q)
    return [
        f"joint {name}: {angle:+.3f} rad, {left:.3f} rad within its limits"
        for name, angle, left in zip(cell.folder.arm.joint_names, q, room)
    ]


def tool(cell: RosCell) -> list[str]:
    state = cell.state()
    return [
        f"tool: gap {1e3 * state.finger_gap:.1f} mm with {state.finger_force:.1f} N, rod {state.cup_travel:.0%} out, "
        f"vacuum {1e-3 * state.vacuum:.1f} kPa"
    ]
