"""Planning errors: the reasons why a pick has no plan."""

from perception.errors import HandpickError


class PlanError(HandpickError):
    """No motion for this grasp; try another."""


class Unreachable(PlanError):
    """No joint configuration puts the tool there."""


class InCollision(PlanError):
    """The tool or the arm would hit something where it must be."""


class Blocked(InCollision):
    """Both ends of a way are free, but something stands in between."""


class Wedged(InCollision):
    """The robot or what it holds hits something where it lifts off or comes down, and may touch."""


class NoPath(PlanError):
    """No path free of collision was found between two reachable configurations."""


class NoPlace(PlanError):
    """The destination has no room for the item."""


class GraspTooWeak(PlanError):
    """The grasp cannot carry its item even at rest."""


class LimitsExceeded(PlanError):
    """A timed motion breaks a limit of the arm or of the grasp."""
