"""The plane that each pixel of a depth image saw, from the depth around it."""

from __future__ import annotations

import numpy as np
from numba import njit

NORMAL_STEP = 3  # pixels to either side from which a pixel's normal is taken
DEPTH_EDGE = 0.025  # metres between neighbours across which no surface runs
FOLD = 2.5  # by which depth may bend between pixels that far apart, over their distance: an edge of a box, not a step
FAST = {"contract", "reassoc", "arcp"}  # keeps NaN


@njit(cache=True, nogil=True, fastmath=FAST)
def pixel_planes(depth, fx, fy, cx, cy, steps, left, right, top, bottom, out):  # type: ignore[no-untyped-def]
    """Per pixel: the plane that it saw and its weight.

    With z_u, z_v the depth's slopes, the plane's normal is N = (z_u fx, z_v fy, -(z + z_u (u - cx) + z_v (v - cy)))
    and N . (x, y, 1) = -z, so a point at pixel (u', v') and depth z' lies
    (z_u u' z' + z_v v' z' - (z + z_u u + z_v v) z' + z^2) / |N| before the plane.
    """
    height, width = depth.shape
    s = NORMAL_STEP
    edge, one, slope = np.float32(DEPTH_EDGE), np.float32(1), np.float32(1 / (2 * s))
    steep, two = np.float32(0.2**2), np.float32(2)
    bend = np.float32(FOLD) * np.float32(s) / fx
    for v in range(max(top, s), min(bottom, height - s)):
        fv = np.float32(v)
        y = (fv - cy) / fy
        for u in range(max(left, s), min(right, width - s)):
            z = depth[v, u]
            fu = np.float32(u)
            x = (fu - cx) / fx
            squared = x * x + y * y + one
            a, b, c, d = depth[v, u - s], depth[v, u + s], depth[v - s, u], depth[v + s, u]
            if steps:
                farthest = max(min(abs(a - z), abs(b - z)), min(abs(c - z), abs(d - z)))
            else:
                farthest = max(max(abs(a - z), abs(b - z)), max(abs(c - z), abs(d - z)))
            fold = bend * z
            zu = (b - a) * slope if not steps or abs(a + b - two * z) < fold else _lesser(b - z, z - a) * two * slope
            zv = (d - c) * slope if not steps or abs(c + d - two * z) < fold else _lesser(d - z, z - c) * two * slope
            nx, ny = zu * fx, zv * fy
            nz = z + nx * x + ny * y
            nn = nx * nx + ny * ny + nz * nz
            cosine = z * z / (nn * squared)  # squared
            if not (farthest < edge and cosine > steep):  # no surface to either side: take it to face the camera
                zu, zv = -z * x / (squared * fx), -z * y / (squared * fy)
                nn, cosine = z * z / squared, one
            inverse = one / np.sqrt(nn)
            out[v, u, 0] = zu * inverse
            out[v, u, 1] = zv * inverse
            out[v, u, 2] = -(z + zu * fu + zv * fv) * inverse
            out[v, u, 3] = z * z * inverse
            out[v, u, 4] = cosine / (z * z * z * z)


@njit(cache=True, nogil=True, fastmath=FAST)
def _lesser(a, b):  # type: ignore[no-untyped-def]
    """The one nearer to zero: the slope on the side of a step to which a pixel belongs."""
    return a if abs(a) < abs(b) else b
