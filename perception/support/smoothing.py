"""Depth smoothed in proportion to its noise, edges kept: a wavy image makes wavy surfaces, on which nothing fits."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from perception.camera import CameraFrame

QUIET = 0.0015  # metres of noise below which fusing smooths enough by itself
REACH = 5.0  # pixels, standard deviation of the neighbourhood
KEEP = 2.5  # standard deviations of the noise from which on a step is an edge


def smoothed(frame: CameraFrame, noise: float) -> CameraFrame:
    """A frame by a bilateral filter (Tomasi and Manduchi, ICCV 1998); as it is, where its noise is low.

    noise: standard deviation of depth on a flat surface, metres.
    """
    if noise < QUIET:
        return frame
    known = np.isfinite(frame.depth)
    filled = np.where(known, frame.depth, -10.0).astype(np.float32)  # far from any depth: it weighs nothing
    once = cv2.bilateralFilter(filled, int(2 * REACH) | 1, KEEP * noise, REACH)
    twice = cv2.bilateralFilter(once, int(2 * REACH) | 1, KEEP * noise, REACH)
    return replace(frame, depth=np.where(known, twice, np.nan).astype(np.float32))
