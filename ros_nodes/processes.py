"""The nodes of a cell as processes that live and die together, without ROS's own launch."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from ros_nodes.cell_folder import PARAMETERS

PATIENCE = 5.0  # seconds to end after an interrupt


def node_command(name: str, folder: Path, extra: Sequence[str] = (), namespace: str = "") -> list[str]:
    """How a node is started where no ament index knows it. extra: parameters as NAME:=VALUE."""
    told = ["-p", f"cell:={folder}", "--params-file", str(folder / PARAMETERS)]
    told += [word for each in extra for word in ("-p", f"{name}:{each}")]
    told += ["-r", f"__ns:={namespace}"] if namespace else []
    return [sys.executable, "-m", "ros_nodes", name, "--ros-args", *told]


class Processes:
    """Processes of one cell, each in a group of its own. A context: leaving it ends them all.

    Args:
        logs: folder for what they say; None: it is shown. environment: besides this process's own.
    """

    def __init__(self, logs: Path | None = None, environment: Mapping[str, str] | None = None) -> None:
        self.logs, self.environment = logs, dict(environment or {})
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Processes:
        return self

    def __exit__(self, *error: object) -> None:
        self.end()

    def start(self, name: str, command: Sequence[str]) -> subprocess.Popen[bytes]:
        with contextlib.ExitStack() as files:
            log: IO[bytes] | None = None
            if self.logs is not None:
                log = files.enter_context((self.logs / f"{name}.log").open("ab"))
            process = subprocess.Popen(
                list(command), stdout=log, stderr=log, env=os.environ | self.environment, start_new_session=True
            )
        self.running[name] = process
        return process

    def dead(self) -> dict[str, int]:
        """Exit codes of those that have ended."""
        codes = {name: process.poll() for name, process in self.running.items()}
        return {name: code for name, code in codes.items() if code is not None}

    def kill(self, name: str) -> None:
        """End one without a word, as a fault does."""
        self.running[name].kill()
        self.running[name].wait()

    def end(self) -> None:
        """Interrupt all, and kill those that do not end."""
        for process in self.running.values():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGINT)
        end = time.monotonic() + PATIENCE
        for process in self.running.values():
            try:
                process.wait(max(end - time.monotonic(), 0.01))
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
