"""Named failures. Every message says what was expected, what came and what to do."""


class HandpickError(Exception):
    """Base of every error that Handpick raises on purpose."""


class GeometryError(HandpickError):
    """A pose, tote, camera or shape that cannot exist."""


class FrameError(HandpickError):
    """A camera frame whose images do not fit its camera."""


class BlindError(HandpickError):
    """No camera delivered a usable depth image, so nothing can be said about the scene."""


class ViewError(HandpickError):
    """A camera that does not show the totes where the layout has them."""


class SupportError(HandpickError):
    """No plane that items could stand on, or not where it is known to be."""
