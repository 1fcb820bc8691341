"""Where the item is in a picture of one item: what differs from the background that shows along the border."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

WORKED_ON = 256  # pixels of the longer edge
BORDER = 0.04  # of the edges: what shows there is background
PLAIN = 9.0  # levels of Lab: a border that varies less is one plain colour
DIFFERENT = 9.0  # levels of Lab, at least, between item and background
LEAST, MOST = 0.01, 0.92  # share of the picture that an item takes
ROUNDS = 3  # of graph cuts where the background is not plain
Mask = NDArray[np.bool_]


def foreground(color: NDArray[np.uint8]) -> Mask:
    """Which pixels are the item's, shape (height, width). All of them where nothing stands out from the border."""
    height, width = color.shape[:2]
    factor = min(1.0, WORKED_ON / max(height, width))
    small = cv2.resize(color, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    lab = cv2.cvtColor(small, cv2.COLOR_RGB2LAB).astype(np.float32)
    rim = max(1, round(BORDER * min(small.shape[:2])))
    border = np.concatenate([lab[:rim].reshape(-1, 3), lab[-rim:].reshape(-1, 3), lab[:, :rim].reshape(-1, 3),
                             lab[:, -rim:].reshape(-1, 3)])  # fmt: skip
    middle = np.median(border, axis=0)
    spread = float(np.percentile(np.abs(border - middle).max(axis=1), 90))
    away = np.linalg.norm((lab - middle) * (0.6, 1, 1), axis=2)  # shadows change lightness first
    found = _main_part(away > max(DIFFERENT, 1.5 * spread))
    if spread > PLAIN:
        found = _cut(np.asarray(small), found, rim)
    if not LEAST <= found.mean() <= MOST:
        return np.ones((height, width), bool)
    return np.asarray(cv2.resize(found.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST) > 0)


def _main_part(mask: Mask) -> Mask:
    """The largest connected part, with its holes filled."""
    opened = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    closed = cv2.morphologyEx(opened, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    outlines, _ = cv2.findContours(closed, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    filled = np.zeros_like(closed)
    if outlines:
        cv2.drawContours(filled, [max(outlines, key=cv2.contourArea)], -1, 1, -1)
    return np.asarray(filled > 0)


def _cut(small: NDArray[np.uint8], guess: Mask, rim: int) -> Mask:
    """Graph cuts from a guess, or from all but the border where there is none."""
    labels = np.full(guess.shape, cv2.GC_PR_BGD, np.uint8)
    labels[guess if LEAST <= guess.mean() <= MOST else np.ones_like(guess)] = cv2.GC_PR_FGD
    for edge in (np.s_[:rim], np.s_[-rim:], np.s_[:, :rim], np.s_[:, -rim:]):
        labels[edge] = cv2.GC_BGD
    if not (labels == cv2.GC_PR_FGD).any():
        return np.zeros_like(guess)
    cv2.setRNGSeed(0)  # its clusters begin at random places
    cv2.grabCut(small, labels, (0, 0, 0, 0), np.zeros((1, 65)), np.zeros((1, 65)), ROUNDS, cv2.GC_INIT_WITH_MASK)
    return _main_part((labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD))
