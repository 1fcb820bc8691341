"""What a real stereo depth camera makes of an ideal image.

Disparity d = f b / z carries spatially correlated noise of standard deviation s, so that sigma_z = z^2 s / (f b),
and is quantised. Depth is missing at edges, at grazing incidence, where the right imager's view is blocked (stereo
shadow), on clear film, on black gloss, and out of range.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.special import ndtri

from perception.camera import CameraModel
from perception.errors import HandpickError
from sim.render.base import Rendered

_VERY_FAR = 100.0  # metres
_NORMAL = ndtri((np.arange(256) + 0.5) / 256)  # equally likely values of a standard normal variable
_HOLE_BELOW = ndtri(np.arange(256) / 255).astype(np.float32)  # smooth noise below it: a hole, by risk * 255


class NoiseError(HandpickError):
    """Noise parameters that cannot be."""


@dataclass(frozen=True)
class DepthNoise:
    """An RGB-D stereo camera's imperfections; the left imager is the reference. Defaults: RealSense D400 class.

    Attributes:
        baseline: between the imagers, metres.
        subpixel: standard deviation of disparity, pixels.
        scales: correlated parts of the disparity noise: (standard deviation of the smoothing kernel in pixels,
            share of the variance). The matching window gives the first, the surface's wavy look the second.
        quantum: step of disparity, pixels; 0 for none.
        edge: step of depth between neighbours at which depth is lost, metres.
        grazing: cosine of incidence below which depth is lost.
        shadow: whether what the right imager does not see is lost.
        film: probability of a hole on perfectly clear film.
        black_gloss: probability of a hole on a black mirror.
        hole_size: standard deviation of the kernel that smooths the holes' outlines, pixels.
        exposure, white_balance: relative standard deviations of a frame's brightness and of each channel's.
        color: standard deviation of a pixel's channel, levels of 255.
    """

    baseline: float = 0.050
    subpixel: float = 0.08
    scales: tuple[tuple[float, float], ...] = ((1.5, 0.8), (12.0, 0.2))
    quantum: float = 1 / 32
    edge: float = 0.04
    grazing: float = 0.1
    shadow: bool = True
    film: float = 0.5
    black_gloss: float = 0.7
    hole_size: float = 3.0
    exposure: float = 0.04
    white_balance: float = 0.01
    color: float = 2.0

    def __post_init__(self) -> None:
        shares = sum(share for _, share in self.scales)
        if self.baseline <= 0 or min(self.subpixel, self.quantum, self.color) < 0 or abs(shares - 1) > 1e-9:
            raise NoiseError(
                "depth noise: expected a positive baseline, no negative deviation, and shares of variance that sum "
                f"to 1, got {self}"
            )

    @staticmethod
    def none() -> DepthNoise:
        """A perfect camera: only its range is limited."""
        return DepthNoise(
            subpixel=0,
            quantum=0,
            edge=np.inf,
            grazing=0,
            shadow=False,
            film=0,
            black_gloss=0,
            exposure=0,
            white_balance=0,
            color=0,
        )


def noisy_depth(
    image: Rendered, camera: CameraModel, noise: DepthNoise, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Measured depth, float32 metres, shape (height, width), NaN where the camera measures none."""
    shape = image.depth.shape
    disparity_noise = np.zeros(shape, np.float32)
    for sigma, share in noise.scales if noise.subpixel > 0 else ():
        disparity_noise += np.float32(noise.subpixel * share**0.5) * smooth_noise(shape, sigma, rng)
    holes = noise.film > 0 or noise.black_gloss > 0
    return _measure(
        image.depth,
        image.color,
        image.incidence,
        image.gloss,
        image.transparency,
        _depth_steps(image.depth) if np.isfinite(noise.edge) else np.zeros(shape, np.float32),
        disparity_noise,
        smooth_noise(shape, noise.hole_size, rng) if holes else np.zeros(shape, np.float32),
        _HOLE_BELOW,
        np.float32(camera.k[0, 0] * noise.baseline),
        np.float32(noise.quantum),
        np.float32(noise.edge),
        np.float32(255 * noise.grazing),
        np.float32(noise.film / 255),
        np.float32(noise.black_gloss / 255**3),
        np.float32(camera.depth_range[0]),
        np.float32(camera.depth_range[1]),
        noise.shadow,
    )


def noisy_color(image: Rendered, noise: DepthNoise, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Photographed colour, RGB, uint8, shape (height, width, 3)."""
    gain = np.exp(noise.exposure * rng.standard_normal() + noise.white_balance * rng.standard_normal(3))
    response = np.clip(np.round(np.arange(256)[:, None] * gain), 0, 255).astype(np.uint8)
    color = np.asarray(cv2.LUT(image.color, response[None]), np.uint8)
    if noise.color == 0:
        return color
    levels = np.round(noise.color * _NORMAL).astype(np.int8)
    grain = cv2.LUT(_random_bytes(color.shape, rng), levels[None])
    return np.asarray(cv2.add(color, grain, dtype=cv2.CV_8U), np.uint8)


def smooth_noise(shape: tuple[int, ...], sigma: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """Normal noise of unit variance, shape (height, width), correlated by a Gaussian kernel of `sigma` pixels.

    White bytes are smoothed: the kernel sums about 4 pi sigma^2 of them, which makes the result normal. Wide kernels
    work on a coarser grid of about two cells a sigma.
    """
    coarse = max(1, int(sigma / 2))
    height, width = (-(-n // coarse) for n in shape)
    kernel = cv2.getGaussianKernel(2 * int(np.ceil(3 * sigma / coarse)) + 1, sigma / coarse).astype(np.float32)
    margin = len(kernel) // 2
    white = _random_bytes((height + 2 * margin, width + 2 * margin), rng).astype(np.float32)
    white -= 127.5
    smooth = cv2.sepFilter2D(white, -1, kernel, kernel)[margin:-margin, margin:-margin]
    smooth = smooth * np.float32(1 / (np.sqrt((256**2 - 1) / 12) * (kernel**2).sum()))
    if coarse > 1:
        smooth = cv2.resize(smooth, (width * coarse, height * coarse), interpolation=cv2.INTER_CUBIC)
    return np.asarray(smooth[: shape[0], : shape[1]])


def _depth_steps(depth: NDArray[np.float32]) -> NDArray[np.float32]:
    """Greatest difference of depth within each pixel's 3 x 3 neighbourhood; nothing counts as very far."""
    filled = np.nan_to_num(depth, nan=_VERY_FAR)
    window = np.ones((3, 3), np.uint8)
    return np.asarray(cv2.dilate(filled, window) - cv2.erode(filled, window))


def _random_bytes(shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.uint8]:
    return np.frombuffer(rng.bytes(int(np.prod(shape))), np.uint8).reshape(shape)


@njit(cache=True)
def _measure(  # type: ignore[no-untyped-def]
    depth,
    color,
    incidence,
    gloss,
    transparency,
    steps,
    disparity_noise,
    hole_noise,
    hole_below,
    focal_baseline,
    quantum,
    edge,
    grazing,
    film,
    black_gloss,
    near,
    far,
    shadow,
):
    """Depth by noisy, quantised disparity, NaN where matching fails.

    A row is read from right to left. Column u of the left image is column u - d of the right one; something nearer,
    further right in the left image, that lands at or left of it there stands in its way.
    """
    height, width = depth.shape
    out = np.full((height, width), np.nan, np.float32)
    for row in range(height):
        leftmost = np.float32(width)
        for column in range(width - 1, -1, -1):
            disparity = focal_baseline / depth[row, column]
            at = np.float32(column) - disparity
            hidden = shadow and (at > leftmost or at < 0)
            if at < leftmost:
                leftmost = at
            if hidden or incidence[row, column] < grazing or steps[row, column] > edge:
                continue
            if transparency[row, column] > 0 or gloss[row, column] > 0:
                risk = _hole_risk(color[row, column], gloss[row, column], transparency[row, column], film, black_gloss)
                if hole_noise[row, column] < hole_below[int(255 * risk)]:
                    continue
            disparity += disparity_noise[row, column]
            if quantum > 0:
                disparity = np.rint(disparity / quantum) * quantum
            if disparity > 0 and near <= focal_baseline / disparity <= far:
                out[row, column] = focal_baseline / disparity
    return out


@njit(cache=True)
def _hole_risk(rgb, gloss, transparency, film, black_gloss):  # type: ignore[no-untyped-def]
    dark = np.float32(255) - np.float32(0.299) * rgb[0] - np.float32(0.587) * rgb[1] - np.float32(0.114) * rgb[2]
    return 1 - (1 - film * transparency) * (1 - black_gloss * gloss * dark * dark)
