"""Executes launch files where ROS's own `launch` is not installed: the few actions that ours use, with its meaning."""

from __future__ import annotations

import importlib.util
import sys
import types
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Launched:
    """What a launch file comes to: processes by name, and which of them end all others when they end."""

    arguments: dict[str, str]
    processes: dict[str, list[str]] = field(default_factory=dict)
    critical: dict[str, str] = field(default_factory=dict)  # why all end, by the process that does


class LaunchConfiguration:
    def __init__(self, name: str) -> None:
        self.name = name

    def perform(self, context: Launched) -> str:
        return context.arguments[self.name]


class DeclareLaunchArgument:
    def __init__(self, name: str, default_value: str | None = None, description: str = "") -> None:
        self.name, self.default = name, default_value

    def execute(self, context: Launched) -> None:
        if self.name not in context.arguments:
            if self.default is None:
                raise ValueError(f"expected the launch argument {self.name}")
            context.arguments[self.name] = self.default


class ExecuteProcess:
    def __init__(self, cmd: list[str], name: str, output: str) -> None:
        self.cmd, self.name = cmd, name

    def execute(self, context: Launched) -> None:
        context.processes[self.name] = self.cmd


class OpaqueFunction:
    def __init__(self, function: Callable[[Launched], list[Any]]) -> None:
        self.function = function

    def execute(self, context: Launched) -> None:
        for action in self.function(context):
            action.execute(context)


@dataclass
class Shutdown:
    reason: str


@dataclass
class EmitEvent:
    event: Shutdown


@dataclass
class OnProcessExit:
    target_action: ExecuteProcess
    on_exit: list[EmitEvent]


class RegisterEventHandler:
    def __init__(self, handler: OnProcessExit) -> None:
        self.handler = handler

    def execute(self, context: Launched) -> None:
        context.critical[self.handler.target_action.name] = self.handler.on_exit[0].event.reason


class PythonLaunchDescriptionSource:
    def __init__(self, path: str) -> None:
        self.path = Path(path)


class IncludeLaunchDescription:
    def __init__(self, source: PythonLaunchDescriptionSource, launch_arguments: Any) -> None:
        self.source, self.arguments = source, launch_arguments

    def execute(self, context: Launched) -> None:
        inner = Launched({name: value.perform(context) for name, value in self.arguments})
        described(self.source.path).execute(inner)
        context.processes |= inner.processes
        context.critical |= inner.critical


class LaunchDescription:
    def __init__(self, actions: list[Any]) -> None:
        self.actions = actions

    def execute(self, context: Launched) -> None:
        for action in self.actions:
            action.execute(context)


MODULES: Mapping[str, tuple[type, ...]] = {
    "launch": (LaunchDescription,),
    "launch.actions": (
        *(DeclareLaunchArgument, EmitEvent, ExecuteProcess, IncludeLaunchDescription, OpaqueFunction),
        RegisterEventHandler,
    ),
    "launch.event_handlers": (OnProcessExit,),
    "launch.events": (Shutdown,),
    "launch.launch_description_sources": (PythonLaunchDescriptionSource,),
    "launch.substitutions": (LaunchConfiguration,),
}


def launched(path: Path, **arguments: str) -> Launched:
    """Execute a launch file with arguments."""
    context = Launched(dict(arguments))
    described(path).execute(context)
    return context


def described(path: Path) -> Any:
    with standing_in():
        spec = importlib.util.spec_from_file_location(path.stem.replace(".", "_"), path)
        assert spec and spec.loader
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return module.generate_launch_description()


@contextmanager
def standing_in() -> Iterator[None]:
    """Put these classes in the place of ROS's modules meanwhile."""
    before = {name: sys.modules.get(name) for name in MODULES}
    for name, classes in MODULES.items():
        module = types.ModuleType(name)
        for each in classes:
            setattr(module, each.__name__, each)
        sys.modules[name] = module
    try:
        yield
    finally:
        for name, old in before.items():
            if old is None:
                del sys.modules[name]
            else:
                sys.modules[name] = old
