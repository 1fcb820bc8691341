"""What Numba is compiling in this process, and how much of all it has."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numba.core.event as events
from numba.core.dispatcher import Dispatcher

from handpick.compiling.store import ROOMS


@dataclass(frozen=True)
class Compiling:
    """A function that is being compiled; `ready` of the `known` functions can be called already."""

    name: str
    ready: int
    known: int

    def __str__(self) -> str:
        done = round(20 * self.ready / max(self.known, 1))
        return f"compiling [{'#' * done}{'.' * (20 - done)}] {self.ready} of {self.known}: {self.name}"


class Teller(events.Listener):
    """Tells of each function as its compiling begins."""

    def __init__(self, tell: Callable[[Compiling], None]) -> None:
        self.tell = tell

    def on_start(self, event: events.Event) -> None:
        begun = event.data["dispatcher"].py_func
        if begun.__module__.partition(".")[0] not in ROOMS:  # a part of Numba itself
            return
        functions = compiled_functions()
        ready = sum(bool(function.signatures) for function in functions)
        self.tell(Compiling(f"{begun.__module__}.{begun.__name__}", ready, len(functions)))

    def on_end(self, event: events.Event) -> None:
        pass


@contextlib.contextmanager
def told(tell: Callable[[Compiling], None]) -> Iterator[None]:
    """Tell what is compiled meanwhile."""
    with events.install_listener("numba:compile", Teller(tell)):
        yield


def compiled_functions() -> list[Dispatcher]:
    """The functions of the imported rooms that are compiled when they are first called."""
    modules = [module for name, module in list(sys.modules.items()) if name.partition(".")[0] in ROOMS]
    found = {id(v): v for module in modules for v in list(vars(module).values()) if isinstance(v, Dispatcher)}
    return list(found.values())
