"""Leaves of a book pinched along their plane: the force at which they bow, where no boards hold them."""

from __future__ import annotations

import numpy as np

from perception.pose import Array

CALIPER = 1e-4  # m: uncoated paper of 80 g/m^2
ACROSS, ALONG = 2.5e9, 5e9  # Pa, across and along the grain, which runs along the spine (Niskanen, Paper Physics, 2008)
GLUED = 0.7  # of its length, over which a strut bends whose one end is held and whose other may turn (Euler)
TALL = 1.45  # times its width that a book is tall, as the middle of 1.3 to 1.65
CARD, BOARD = 0.28e-3, 3e9  # m, Pa: covers of 10 to 12 point card


def bowing_load(thickness: Array, girth: Array, width: Array) -> Array:
    """Newtons, (C,): each leaf is a strut, pi^2 E I / L^2 (Euler), and none holds the others up.

    Args:
        thickness, girth: of the book, its least and its middle edge. width: between the pads: of much more than the
            girth they press on head and tail, else on spine and fore edge. All (C,), metres.
    """
    along = width > (1 + TALL) / 2 * girth
    length = np.where(along, TALL * girth, GLUED * girth)
    edge, modulus = np.where(along, girth, TALL * girth), np.where(along, ALONG, ACROSS)
    rigidity = edge * (modulus * thickness * CALIPER**2 + 2 * BOARD * CARD**3) / 12
    return np.asarray(np.pi**2 * rigidity / np.maximum(length, 1e-3) ** 2)
