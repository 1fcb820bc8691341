"""A cell on a real arm: the five nodes, in a namespace, which end together when one of them does.

    ros2 launch handpick cell.launch.py cell:=/path/to/my_cell namespace:=/cell

Joint names, topics and limits are in the cell's folder (`handpick cell new DIR`). Drivers, controllers and cameras are
launched by their own packages; what they call otherwise is remapped there or in a launch file around this one.
"""

import sys
from pathlib import Path

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, EmitEvent, ExecuteProcess, OpaqueFunction, RegisterEventHandler
from launch.event_handlers import OnProcessExit
from launch.events import Shutdown
from launch.substitutions import LaunchConfiguration

NODES = ("perception", "arm", "tool", "planner", "supervisor")


def generate_launch_description():
    return LaunchDescription(
        [
            DeclareLaunchArgument("cell", description="folder that describes the cell"),
            DeclareLaunchArgument("namespace", default_value="", description="of all topics, as /cell"),
            DeclareLaunchArgument("parameters", default_value="", description="default: the folder's parameters.yaml"),
            OpaqueFunction(function=nodes),
        ]
    )


def nodes(context):
    """The five processes, in the Python of this launch file, be it installed by pip, by colcon or not at all."""
    cell, namespace, parameters = (
        LaunchConfiguration(name).perform(context) for name in ("cell", "namespace", "parameters")
    )
    arguments = ["-p", f"cell:={cell}", "--params-file", parameters or str(Path(cell) / "parameters.yaml")]
    arguments += ["-r", f"__ns:={namespace}"] if namespace else []
    started = [
        ExecuteProcess(
            name=name, cmd=[sys.executable, "-m", "ros_nodes", name, "--ros-args", *arguments], output="screen"
        )
        for name in NODES
    ]
    together = [
        RegisterEventHandler(
            OnProcessExit(target_action=process, on_exit=[EmitEvent(event=Shutdown(reason=f"{name} ended"))])
        )
        for name, process in zip(NODES, started)
    ]
    return [*started, *together]
