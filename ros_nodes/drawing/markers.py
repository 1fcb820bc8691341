"""A look as markers: totes, items, the grasps on offer, the chosen one, the tool's way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from builtin_interfaces.msg import Time
from geometry_msgs.msg import Point, Quaternion
from std_msgs.msg import ColorRGBA
from visualization_msgs.msg import Marker, MarkerArray

from grasping.grasp import Grasp
from perception.pose import Array, Pose
from perception.scene import ItemShape, Scene
from perception.tote import Tote

MOST = 30  # grasps that are drawn
STALK, SHAFT, HEAD = 0.06, 0.003, 0.008  # metres: an arrow's length, and the widths of its parts
GREY, GREEN, WHITE, BLUE = (0.6, 0.6, 0.6), (0.2, 0.75, 0.3), (1.0, 1.0, 1.0), (0.2, 0.5, 0.9)
EDGES = [(a, b) for a in range(8) for b in range(8) if a < b and bin(a ^ b).count("1") == 1]  # of a box, by corners


def look_markers(
    scene: Scene, options: Sequence[Grasp], chosen: Grasp | None, way: Array, stamp: Time, frame: str
) -> MarkerArray:
    """All that is drawn of a look, in place of what was drawn before.

    Args:
        way: of the chosen tool's frame (N, 3), metres; empty where no motion is planned.
    """
    message = MarkerArray(markers=[Marker(action=Marker.DELETEALL)])
    message.markers += [
        *(tote_marker(tote, i) for i, tote in enumerate((scene.source, scene.destination.tote))),
        *(marker for item in scene.items for marker in item_markers(item)),
        *(grasp_marker(grasp, i) for i, grasp in enumerate(options[:MOST]) if grasp is not chosen),
        *(chosen_markers(chosen, way) if chosen else ()),
    ]
    for marker in message.markers:
        marker.header.stamp, marker.header.frame_id = stamp, frame
    return message


def tote_marker(tote: Tote, number: int) -> Marker:
    """The edges of a tote's inside."""
    corners = np.array([[i >> axis & 1 for axis in range(3)] for i in range(8)]) - (0.5, 0.5, 0.0)
    found = marker("totes", number, Marker.LINE_LIST, WHITE)
    found.scale.x = SHAFT
    found.points = points(tote.T_base_tote.apply(corners * tote.inner)[np.array(EDGES).ravel()])
    return found


def item_markers(item: ItemShape) -> Iterator[Marker]:
    """The box around an item's full shape, in its own colour, and its number. Its points are the cloud's."""
    box = marker("items", item.id, Marker.CUBE, item.colors.mean(axis=0) / 255, 0.4)
    box.scale.x, box.scale.y, box.scale.z = item.size.tolist()
    box.pose.position = points(item.T_base_box.position[None])[0]
    x, y, z, w = item.T_base_box.quaternion.tolist()
    box.pose.orientation = Quaternion(x=x, y=y, z=z, w=w)
    yield box
    number = marker("numbers", item.id, Marker.TEXT_VIEW_FACING, WHITE, text=str(item.id))
    number.scale.z = 0.02
    number.pose.position = points(item.vertices[item.vertices[:, 2].argmax()][None] + (0, 0, 0.02))[0]
    yield number


def grasp_marker(grasp: Grasp, number: int) -> Marker:
    """An arrow to where a tool would hold an item, the clearer the likelier it is placed undamaged."""
    return arrow("grasps", number, grasp.T_base_tool, GREY, 0.15 + 0.6 * grasp.odds.placed_undamaged)


def chosen_markers(grasp: Grasp, way: Array) -> Iterator[Marker]:
    """The grasp that was chosen, with its odds, and the tool's way."""
    yield arrow("chosen", 0, grasp.T_base_tool, GREEN, 1.0, thick=2.0)
    told = f"{grasp.tool.value} on {grasp.item}, {grasp.skill.name}, {grasp.odds.placed_undamaged:.0%}"
    words = marker("words", 0, Marker.TEXT_VIEW_FACING, GREEN, text=told)
    words.scale.z = 0.025
    words.pose.position = points(grasp.T_base_tool.apply(np.array([[0.0, 0.0, -1.6 * STALK]])))[0]
    yield words
    if len(way):
        line = marker("way", 0, Marker.LINE_STRIP, BLUE)
        line.scale.x, line.points = SHAFT, points(way)
        yield line


def arrow(
    kind: str, number: int, T_base_tool: Pose, color: Sequence[float], alpha: float, thick: float = 1.0
) -> Marker:
    """Along the tool's approach, its tip where the tool holds."""
    found = marker(kind, number, Marker.ARROW, color, alpha)
    found.points = points(T_base_tool.apply(np.array([[0.0, 0.0, -STALK], [0.0, 0.0, 0.0]])))
    found.scale.x, found.scale.y = thick * SHAFT, thick * HEAD
    return found


def marker(
    kind: str, number: int, shape: int, color: Sequence[float] | Array, alpha: float = 1.0, text: str = ""
) -> Marker:
    """A marker that stays until the next look."""
    found = Marker(ns=kind, id=number, type=shape, action=Marker.ADD, text=text)
    red, green, blue = (float(part) for part in color)
    found.color = ColorRGBA(r=red, g=green, b=blue, a=float(alpha))
    found.pose.orientation.w = 1.0
    return found


def points(rows: Array) -> list[Point]:
    return [Point(x=x, y=y, z=z) for x, y, z in np.asarray(rows, np.float64).tolist()]
