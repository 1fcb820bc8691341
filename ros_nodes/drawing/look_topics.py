"""Tells looks on topics of standard messages, as RViz and Foxglove show them."""

from __future__ import annotations

import numpy as np
from rclpy.node import Node
from sensor_msgs.msg import PointCloud2
from trajectory_msgs.msg import JointTrajectory
from visualization_msgs.msg import MarkerArray

from grasping.grasp import Grasp
from handpick.picking.decide import Thought
from motion.robot.arm import Arm
from motion.trajectory import Trajectory, joined
from perception.pose import Array
from ros_nodes.control.windows import thinned
from ros_nodes.drawing.cloud import cloud_message
from ros_nodes.drawing.markers import look_markers
from ros_nodes.messages import motion_message, to_time
from ros_nodes.topics import BASE, LATCHED, MARKERS, PLAN, SCENE

APART = 0.02  # seconds between points of a motion that is shown


class LookTopics:
    """The newest look: its scene as points, its items and grasps as markers, and the motion that was planned."""

    def __init__(self, node: Node) -> None:
        self._scene = node.create_publisher(PointCloud2, SCENE, LATCHED)
        self._markers = node.create_publisher(MarkerArray, MARKERS, LATCHED)
        self._plan = node.create_publisher(JointTrajectory, PLAN, LATCHED)

    def thought(self, thought: Thought, arm: Arm | None, at: float) -> None:
        """Tell a decision. arm: whose motion it plans. at: seconds of ROS time when its images were taken."""
        look, motion, stamp = thought.look, planned(thought), to_time(at)
        way = tool_way(arm, look.grasp, motion) if arm and look.grasp and motion else np.zeros((0, 3))
        self._scene.publish(cloud_message(look.scene, stamp, BASE))
        self._markers.publish(look_markers(look.scene, look.options, look.grasp, way, stamp, BASE))
        if arm and motion:
            self._plan.publish(motion_message(motion, arm.description.joint_names, stamp))


def planned(thought: Thought) -> Trajectory | None:
    """The whole motion of a decision, with few points."""
    steps = thought.plan.steps if thought.plan else ()
    motions = [step.trajectory for step in steps if step.trajectory is not None]
    return thinned(joined(motions), APART) if motions else None


def tool_way(arm: Arm, grasp: Grasp, motion: Trajectory) -> Array:
    """Where the tool's frame goes, (N, 3), metres."""
    return np.array([arm.T_base_tool(q, grasp.tool).position for q in motion.positions])
