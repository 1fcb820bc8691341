"""Names and qualities of the topics and services, all relative: launch files put them into a namespace."""

from __future__ import annotations

from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy

NEWEST, KEEP = HistoryPolicy.KEEP_LAST, ReliabilityPolicy.RELIABLE
SENSOR = QoSProfile(history=NEWEST, depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)  # a queue only ages images
CONTROL = QoSProfile(history=NEWEST, depth=1, reliability=KEEP)
EVENTS = QoSProfile(history=NEWEST, depth=100, reliability=KEEP)
LATCHED = QoSProfile(history=NEWEST, depth=1, reliability=KEEP, durability=DurabilityPolicy.TRANSIENT_LOCAL)

# Between the robot's drivers and the nodes; remap them to the driver's names.
JOINT_STATES = "joint_states"
CONTROLLER = "joint_trajectory"
PROTECTIVE_STOP, ROBOT_RECOVER = "protective_stop", "robot_recover"
GRIPPER, GRIPPER_STATE = "gripper/command", "gripper/state"
PUMP, PUMP_OUTPUT = "pump/pressure", "pump/output"
VACUUM, VACUUM_SWITCH = "vacuum/pressure", "vacuum/switch"  # of the first cup; of further ones with their numbers
VALVE = "valve/output"  # where there are several cups; likewise
ROD, ROD_OUTPUT, ROD_STATE = "rod/command", "rod/output", "rod/state"

# Among the nodes.
STATUS = "status"  # of each node, below its name: heartbeat and state in one
LOOK = "perception/look"
FRAMES = "frames"
MOTION, ANSWER = "arm/motion", "arm/answer"
BEGINS = "begins"  # in the answer to a motion: ROS time, seconds
ARM_JOINTS = "arm/joint_states"
ARM_BRAKE, ARM_STOP, ARM_RESET, ARM_RECOVER = "arm/brake", "arm/stop", "arm/reset", "arm/recover"
TOOL_COMMAND, TOOL_STATE = "tool/command", "tool/state"
BASE = "base"  # the frame of the arm's base
PICKS, DECISION = "planner/picks", "planner/decision"
SCENE, MARKERS, PLAN = "planner/scene", "planner/markers", "planner/plan"  # for RViz and Foxglove
START, STOP, RESET = "supervisor/start", "supervisor/stop", "supervisor/reset"
