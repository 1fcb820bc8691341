"""`python -m ros_nodes NAME --ros-args ...` starts a node; so do the entry points of the package.

Compiled code is found before a room is imported, so that a planner that has been compiled once is there in seconds.
"""

from __future__ import annotations

import sys
from importlib import import_module

from handpick.compiling.store import use_store

NODES = ("perception", "arm", "tool", "planner", "supervisor")


def start(name: str) -> int:
    """Run a node until it ends; its exit code."""
    use_store()
    return int(import_module(f"ros_nodes.{name}_node").main())


def main() -> int:
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if name not in NODES:
        print(f"ros_nodes: expected one of {', '.join(NODES)}, got {name!r}", file=sys.stderr)
        return 2
    return start(name)


def perception() -> int:
    return start("perception")


def arm() -> int:
    return start("arm")


def tool() -> int:
    return start("tool")


def planner() -> int:
    return start("planner")


def supervisor() -> int:
    return start("supervisor")


if __name__ == "__main__":
    sys.exit(main())
