"""Work done in a copy of this process: whatever it does to the world, here the world stays as it is, to the bit."""

from __future__ import annotations

import os
import pickle
import traceback
from collections.abc import Callable
from typing import TypeVar

from sim.errors import SimulationError

R = TypeVar("R")


class BranchError(SimulationError):
    """The copy of this process failed."""


def branched(work: Callable[[], R]) -> R:
    """The result of `work`, done in a fork of this process.

    PyBullet's saveState does not keep the order in which its solver takes contacts: trials from a restored state differ
    after what was tried before. A fork shares memory until it is written to, and costs some milliseconds.

    Raises:
        BranchError: the work raised, or its process was lost.
    """
    receive, send = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(receive)
        _serve(work, send)
    os.close(send)
    with os.fdopen(receive, "rb") as pipe:
        told = pipe.read()
    os.waitpid(child, 0)
    if not told:
        raise BranchError("the copy of this process was lost (killed, or out of memory)")
    result, error = pickle.loads(told)  # from this process's own copy
    if error:
        raise BranchError(error)
    return result


def _serve(work: Callable[[], R], send: int) -> None:
    """Do the work, tell its result, and end without tidying up what belongs to the parent."""
    try:
        result, error = work(), ""
    except Exception:
        result, error = None, traceback.format_exc()
    with os.fdopen(send, "wb") as pipe:
        pipe.write(pickle.dumps((result, error)))
    os._exit(0)
