"""A recording on topics, thought out anew, with RViz where it is asked for. Nothing is executed.

    ros2 launch handpick replay.launch.py recording:=out/record/ros-000 rviz:=true

Recordings are those of `handpick record` and of `ros2 bag record`; times are those at which they were taken.
"""

import sys
from pathlib import Path

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, EmitEvent, ExecuteProcess, OpaqueFunction, RegisterEventHandler
from launch.event_handlers import OnProcessExit
from launch.events import Shutdown
from launch.substitutions import LaunchConfiguration

RVIZ = Path(__file__).parent / "handpick.rviz"
OPTIONS = {
    "speed": ("1", "times real time"),
    "from": ("0", "seconds after the recording's beginning"),
    "out": ("out/replay", "folder of the report"),
}


def generate_launch_description():
    options = [
        DeclareLaunchArgument(name, default_value=value, description=does) for name, (value, does) in OPTIONS.items()
    ]
    return LaunchDescription(
        [
            DeclareLaunchArgument("recording", description="a bag, or a folder of images"),
            DeclareLaunchArgument("namespace", default_value="", description="of all topics, as /cell"),
            DeclareLaunchArgument("rviz", default_value="false", description="whether RViz shows it"),
            *options,
            OpaqueFunction(function=processes),
        ]
    )


def processes(context):
    """The replay, and RViz beside it; all ends with either."""
    value = lambda name: LaunchConfiguration(name).perform(context)
    space = ["-r", f"__ns:={value('namespace')}"] if value("namespace") else []
    command = [sys.executable, "-m", "handpick", "replay", value("recording"), "--ros"]
    command += [word for name in OPTIONS for word in (f"--{name}", value(name))]
    commands = {"replay": [*command, *(["--ros-args", *space] if space else [])]}
    if value("rviz") == "true":
        commands["rviz"] = ["rviz2", "-d", str(RVIZ), *(["--ros-args", *space] if space else [])]
    started = [ExecuteProcess(name=name, cmd=words, output="screen") for name, words in commands.items()]
    together = [
        RegisterEventHandler(
            OnProcessExit(target_action=process, on_exit=[EmitEvent(event=Shutdown(reason=f"{name} ended"))])
        )
        for name, process in zip(commands, started)
    ]
    return [*started, *together]
