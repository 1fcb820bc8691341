"""A look at a cell through its nodes, without moving it: cameras against totes, joints against limits, the tool."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
import rclpy
from sensor_msgs.msg import JointState

from handpick.check_cell import check_cell
from handpick.report.cell_findings import CameraFinding, CellFindings, NodeFinding, ToolFinding
from perception.capsules import Capsules
from perception.errors import HandpickError
from perception.view_check.check_views import compare_views
from ros_nodes.cell_folder import CellFolder
from ros_nodes.heard_joints import HeardJoints
from ros_nodes.node import CellNode, spin, use_profile
from ros_nodes.ros_cell import RosCell
from ros_nodes.topics import JOINT_STATES, SENSOR

LISTENED = 2.0  # seconds of joint states and of the nodes' words, at least
NEEDED = ("perception", "arm", "tool")
NOBODY = Capsules(np.zeros((0, 2, 3)), np.zeros(0))


def check(folder: Path, simulated: bool, arguments: Sequence[str], coming_up: float = 30.0) -> CellFindings:
    """Compare what comes with what is known.

    Raises:
        CellFolderError, ArmError, GeometryError: the folder cannot be read.
    """
    told = ["-p", f"cell:={folder}", "-p", f"use_sim_time:={str(simulated).lower()}"]
    with hearing([*(arguments or ["--ros-args"]), *told]) as node:
        known, began = node.folder(), time.monotonic()
        joints, nodes = HeardJoints(known.arm), dict[str, NodeFinding]()
        take = lambda message: joints.take(message.name, message.position)
        node.create_subscription(JointState, JOINT_STATES, take, SENSOR)
        for name in NEEDED:
            nodes[name] = NodeFinding(name, "", "does it run, in this namespace and ROS domain?")
            node.hear(name, partial(note, nodes, name))
        waits = {"patience": 20.0, "stale": 3.0} if simulated else {}
        cell, wrong = tried(node, known, coming_up, waits)
        time.sleep(max(0.0, began + LISTENED - time.monotonic()))
        seen = cameras(known, cell, nodes["perception"])
        return CellFindings(str(folder), seen, joints.findings(), tool(cell), tuple(nodes.values()), wrong)


def note(nodes: dict[str, NodeFinding], name: str, level: str, state: str, why: str) -> None:
    nodes[name] = NodeFinding(name, state, why)


@contextmanager
def hearing(arguments: Sequence[str]) -> Iterator[CellNode]:
    """A node that hears in a thread of its own meanwhile."""
    use_profile()
    rclpy.init(args=list(arguments))
    over = threading.Event()
    try:
        node = CellNode("check")
        thread = threading.Thread(target=spin, args=(node, over.is_set), daemon=True)
        thread.start()
        yield node
        over.set()
        thread.join(timeout=1.0)
    finally:
        over.set()
        rclpy.try_shutdown()


def tried(node: CellNode, folder: CellFolder, coming_up: float, waits: dict[str, float]) -> tuple[RosCell | None, str]:
    """The cell, if it comes up, and the first promise that it does not keep. waits: as of RosCell."""
    cell = None
    try:
        cell = RosCell(node, folder, coming_up=coming_up, **waits)
        check_cell(cell, moves=False, arm=folder.robot())
    except HandpickError as error:
        return cell, str(error)
    return cell, ""


def cameras(folder: CellFolder, cell: RosCell | None, perception: NodeFinding) -> tuple[CameraFinding, ...]:
    """Each camera's image, and how far off it is."""
    found, layout = {}, None if cell is None else cell.layout
    if cell is not None and layout is not None:
        totes, frames = (layout.source, layout.destination), cell.capture()
        now, fits = cell.clock(), compare_views(frames, layout.cameras, totes, robot(cell))
        found = {f.camera.name: CameraFinding.of(f, fit, now - f.stamp, totes) for f, fit in zip(frames, fits)}
    silent = f"no image came; perception says: {perception.state} {perception.why}".strip()
    return tuple(found.get(camera.name, CameraFinding(camera.name, silent)) for camera in folder.cameras)


def robot(cell: RosCell) -> Capsules:
    """What of the arm the images may show; nothing where its state tells nothing."""
    try:
        state = cell.state()
        return cell.folder.robot().capsules(state.positions, state.finger_gap, state.cup_travel)
    except HandpickError:
        return NOBODY


def tool(cell: RosCell | None) -> tuple[ToolFinding, ...]:
    """What each sensor of the tool reads."""
    names = ("fingers", "pads", "rod", "vacuum")
    try:
        state = None if cell is None else cell.state()
    except HandpickError as error:
        return tuple(ToolFinding(name, "", str(error)) for name in names)
    if state is None:
        return tuple(ToolFinding(name, "", "no word of the tool's node reached the check") for name in names)
    readings = (
        f"{1e3 * state.finger_gap:.1f} mm open",
        f"{state.finger_force:.1f} N",
        f"{state.cup_travel:.0%} out",
        f"{1e-3 * state.vacuum:.1f} kPa below atmosphere",
    )
    return tuple(ToolFinding(name, reading) for name, reading in zip(names, readings))
