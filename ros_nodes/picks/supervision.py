"""The supervisor's state, without ROS: who is well, and whether picks may go on."""

from __future__ import annotations

import time
from collections.abc import Callable

from ros_nodes.control.watchdog import Watchdog

NODES = ("perception", "arm", "tool", "planner")
LOADED = ("ready", "picking", "waiting", "done", "failed")  # states of the planner from which it can be started


class Supervision:
    """waiting (not all are well yet), ready, running, stopped (latched: only `reset` leads out).

    Args:
        stale: seconds without word of a node after which it is lost.
    """

    def __init__(self, stale: float = 0.5, clock: Callable[[], float] = time.monotonic) -> None:
        self.nodes = NODES
        self.state, self.why = "waiting", ""
        self.stops: list[str] = []
        self._words = {name: Watchdog(f"word of the {name} node", stale, clock) for name in NODES}
        self._said: dict[str, tuple[str, str, str]] = {}
        self._picking = False  # the planner has begun since the start

    def hear(self, name: str, level: str, state: str, why: str) -> None:
        self._said[name] = (level, state, why)
        self._words[name].beat()

    def lose(self, name: str) -> None:
        """A node's process has ended; it is lost until it is heard of again."""
        self._said[name] = ("error", "lost", f"the {name} node's process has ended")

    def told(self) -> dict[str, tuple[str, str, str]]:
        """Level, state and why of each node, as it said or as it is missed."""
        lost = {name: ("error", "lost", str(word)) for name, word in self._words.items() if word.late}
        return {name: lost.get(name) or self._said[name] for name in self.nodes}

    def look(self) -> None:
        """Take note of what the nodes said."""
        wrong = "; ".join(
            f"{name}: {why or state}" for name, (level, state, why) in self.told().items() if level == "error"
        )
        planner, arm = self._said.get("planner", ("", "", ""))[1], self._said.get("arm", ("", "", ""))[1]
        recovering = self.state == "running" and arm == "protective stop"
        if self.state in ("waiting", "ready"):
            missing = wrong or ("" if planner in LOADED else "the planner loads")
            missing = missing or (f"the arm is {arm}" if arm not in ("ready", "moving") else "")
            self.state, self.why = ("waiting", missing) if missing else ("ready", "")
        elif self.state == "running" and wrong and not recovering:
            self.stop(wrong)
        elif self.state == "running":
            self._picking = self._picking or planner == "picking"
            if self._picking and planner in ("done", "failed"):
                self.state, self.why = "ready", ""

    def start(self) -> str:
        """Let picks begin, or go on after a reset; why not, empty where they do."""
        if self.state != "ready":
            return f"expected a cell that is ready, it is {self.state}: {self.why or 'started already'}"
        self.state, self.why, self._picking = "running", "", False
        return ""

    def stop(self, why: str) -> None:
        if self.state != "stopped":
            self.stops.append(why)
            self.state, self.why = "stopped", why

    def reset(self) -> None:
        """After the arm's own reset."""
        self.state, self.why = "waiting", ""
