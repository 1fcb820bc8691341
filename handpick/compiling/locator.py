"""Tells Numba where the compiled code of one function is kept: under a hash of all that the code depends on."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from enum import EnumMeta
from pathlib import Path
from typing import Any

import llvmlite
import numba
import numpy as np
from numba.core.caching import UserProvidedCacheLocator
from numba.core.dispatcher import Dispatcher

from handpick.compiling.store import ROOMS, VARIABLE


class Locator(UserProvidedCacheLocator):
    """Keeps code in FOLDER/MODULE/STAMP, by the module's name and not its path: a copy of the code shares it.

    Numba's own stamp is of the function's file alone: it goes on with old code when a function that is called, or a
    constant that is used, changes in another file. Processor and signature are Numba's to tell apart.
    """

    def __init__(self, py_func: Callable[..., Any], py_file: str) -> None:
        self._py_file, self._lineno = py_file, py_func.__code__.co_firstlineno
        self._stamp = stamp(py_func, Path(py_file))
        self._cache_path = os.path.join(os.environ[VARIABLE], py_func.__module__, self._stamp)

    def get_source_stamp(self) -> str:
        return self._stamp

    @classmethod
    def from_function(cls, py_func: Callable[..., Any], py_file: str) -> Locator | None:
        """The locator of a function of one of the rooms; None lets Numba ask its own ones."""
        if VARIABLE not in os.environ or py_func.__module__.partition(".")[0] not in ROOMS:
            return None
        found: Locator | None = super(UserProvidedCacheLocator, cls).from_function(py_func, py_file)
        return found


def stamp(function: Callable[..., Any], file: Path) -> str:
    """A hash of a function's file, of what compiled code can use of what the file imports, and of the compiler.

    Imported constants count by their values, imported compiled functions by their own stamps.
    """
    digest = hashlib.sha256(f"{numba.__version__} {llvmlite.__version__}\n".encode() + file.read_bytes())
    for name, value in sorted(function.__globals__.items()):
        if not name.startswith("__") and (seen := content(value)) is not None:
            digest.update(f"{name}={seen}\n".encode())
    return digest.hexdigest()[:16]


def content(value: object) -> str | None:
    """What compiled code can use of a global value, as text; None where it can use nothing."""
    if isinstance(value, Dispatcher):
        return os.path.basename(str(value.stats.cache_path))
    if isinstance(value, np.ndarray):
        return f"{value.dtype}{value.shape}{hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()}"
    if isinstance(value, EnumMeta):
        return repr(list(value))
    if isinstance(value, tuple):
        return repr([content(part) for part in value])
    return repr(value) if isinstance(value, (int, float, complex, str, np.generic)) else None
