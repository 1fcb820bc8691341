"""Named failures of the simulated cell."""

from perception.errors import HandpickError


class SimulationError(HandpickError):
    """The physics world cannot be built."""
