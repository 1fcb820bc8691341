"""The other nodes' processes on this machine: that one has ended is known at once, not when its word fails to come."""

from __future__ import annotations

import os
import select
from functools import lru_cache
from pathlib import Path

BOOT, SPACE = Path("/proc/sys/kernel/random/boot_id"), Path("/proc/self/ns/pid")


@lru_cache(maxsize=1)
def machine() -> str:
    """What numbers of processes are unique in: this machine since it was started, or a container on it; empty where
    that cannot be told.
    """
    try:
        return f"{BOOT.read_text().strip()} {os.readlink(SPACE)}"
    except OSError:
        return ""


def own_address() -> str:
    """This process, as its node's status tells it."""
    return f"{machine()} {os.getpid()}" if machine() else ""


class Neighbours:
    """Watches processes by what their nodes' statuses say. Those on other machines are not seen."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[str, int]] = {}  # address and file descriptor, by the node's name

    def heard(self, name: str, address: str) -> None:
        """Take the address in a node's status; a node that was started anew has another one."""
        if address == self._known.get(name, ("", 0))[0]:
            return
        self.forget(name)
        place, _, number = address.rpartition(" ")
        if place and place == machine() and hasattr(os, "pidfd_open"):
            try:
                self._known[name] = address, os.pidfd_open(int(number))
            except (OSError, ValueError):  # it has ended meanwhile, or the kernel is too old
                return

    def forget(self, name: str) -> None:
        if name in self._known:
            os.close(self._known.pop(name)[1])

    def ended(self) -> list[str]:
        """The nodes whose processes have ended, be it by a signal; takes microseconds."""
        if not self._known:
            return []
        poll = select.poll()
        for _, file in self._known.values():
            poll.register(file, select.POLLIN)
        over = {file for file, _ in poll.poll(0)}
        return [name for name, (_, file) in self._known.items() if file in over]
