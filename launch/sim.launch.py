"""The same nodes before the simulated robot.

handpick cell new my_cell --simulated && ros2 launch handpick sim.launch.py cell:=my_cell
"""

import sys
from pathlib import Path

from launch import LaunchDescription
from launch.actions import (
    DeclareLaunchArgument,
    EmitEvent,
    ExecuteProcess,
    IncludeLaunchDescription,
    OpaqueFunction,
    RegisterEventHandler,
)
from launch.event_handlers import OnProcessExit
from launch.events import Shutdown
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration

CELL = Path(__file__).parent / "cell.launch.py"
OPTIONS = {"suite": "boxes", "arm": "panda", "tools": "both", "seed": "0", "camera-rate": "10", "pace": "1"}


def generate_launch_description():
    options = [
        DeclareLaunchArgument(name.replace("-", "_"), default_value=value, description="as of `handpick robot`")
        for name, value in OPTIONS.items()
    ]
    return LaunchDescription(
        [
            DeclareLaunchArgument("cell", description="folder that describes the cell"),
            DeclareLaunchArgument("namespace", default_value="", description="of all topics, as /cell"),
            *options,
            OpaqueFunction(function=robot),
            IncludeLaunchDescription(
                PythonLaunchDescriptionSource(str(CELL)),
                launch_arguments={name: LaunchConfiguration(name) for name in ("cell", "namespace")}.items(),
            ),
        ]
    )


def robot(context):
    """The simulated robot; all ends with it."""
    value = lambda name: LaunchConfiguration(name.replace("-", "_")).perform(context)
    command = [sys.executable, "-m", "handpick", "robot"]
    command += [word for name in OPTIONS for word in (f"--{name}", value(name))]
    command += ["--ros-args", "-r", f"__ns:={value('namespace')}"] if value("namespace") else []
    process = ExecuteProcess(name="robot", cmd=command, output="screen")
    ended = OnProcessExit(target_action=process, on_exit=[EmitEvent(event=Shutdown(reason="the robot ended"))])
    return [process, RegisterEventHandler(ended)]
