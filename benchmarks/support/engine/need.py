"""MuJoCo, which is there only where somebody asked for it."""

from __future__ import annotations

from types import ModuleType

from perception.errors import HandpickError


class EngineMissingError(HandpickError):
    """The second engine is not installed."""


def mujoco() -> ModuleType:
    """The module. Raises EngineMissingError: it is not installed."""
    try:
        import mujoco as module
    except ImportError as error:
        raise EngineMissingError(
            "expected MuJoCo, the second engine; install it: pip install 'handpick[engine]'"
        ) from error
    return module
