"""Named failures of the nodes."""

from perception.errors import HandpickError


class NodeError(HandpickError):
    """A node that cannot do its work: a wrong parameter, a missing message package, or two of one kind."""


class MotionRefused(HandpickError):
    """A motion that the arm's node does not send."""


class MessageError(HandpickError):
    """A message that does not hold what its type promises."""


class NoRosError(HandpickError):
    """ROS 2 is not installed."""

    def __init__(self, error: ImportError) -> None:
        super().__init__(f"expected ROS 2 in this Python, got {error}; source its setup.bash first")
