"""From a folder of looks to the camera's pose: see the board, solve in closed form, refine, judge."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from handpick.calibration.closed_form import METHODS
from handpick.calibration.description import Mount, Session, read_session
from handpick.calibration.errors import DescriptionError, DisagreementError, TooFewLooksError
from handpick.calibration.motions import carrier, expect_rotation, motions
from handpick.calibration.refine import Fit, Residual, overall, refine, residuals, with_board
from handpick.calibration.sight import Sight, see
from handpick.recording.confined import read_bytes
from handpick.recording.image_bytes import MOST_BYTES, decode_color

FEWEST_LOOKS = 6
FARTHEST_OFF = 10.0  # mm, rms over the looks: more is no noise


@dataclass(frozen=True, eq=False)
class Calibration:
    """A camera's pose, and how well the looks agree with it.

    Attributes:
        size: width and height of the images, pixels.
        methods: corners' distances by each closed form before refinement, pixels (rms).
        looks: by name of the image, what remains in it. blind: images in which the board was not seen.
    """

    session: Session
    size: tuple[int, int]
    fit: Fit
    methods: dict[str, float]
    looks: dict[str, Residual]
    blind: tuple[str, ...]

    @property
    def method(self) -> str:
        """The closed form that the refinement began with."""
        return min(self.methods, key=self.methods.__getitem__)

    @property
    def total(self) -> Residual:
        return overall(list(self.looks.values()))

    @property
    def frame(self) -> str:
        """The pose's name: T_flange_camera or T_base_camera."""
        return "T_flange_camera" if self.session.mount is Mount.HAND else "T_base_camera"


def calibrate(folder: Path) -> Calibration:
    """The pose of the camera that a folder's images were taken with.

    Raises:
        DescriptionError, RecordingError: the folder or an image cannot be read.
        TooFewLooksError, TooLittleRotationError: the looks do not tell the pose; says what to add.
        DisagreementError: no pose explains them.
    """
    session = read_session(folder)
    seen, size = _sights(session)
    blind = tuple(look.image.name for look in session.looks if look.image.name not in seen)
    if len(seen) < FEWEST_LOOKS:
        missing = f"; the board is not seen in {', '.join(blind)}" if blind else ""
        raise TooFewLooksError(
            f"{folder}: expected the board in {FEWEST_LOOKS} looks or more (15 are better), got {len(seen)} of "
            f"{len(session.looks)}{missing}; "
            "add sharp ones that show most of it, and see that `board` is the printed one"
        )
    sights = list(seen.values())
    carriers = [carrier(session.mount, look.T_base_flange) for look in session.looks if look.image.name in seen]
    moved = motions(carriers, [sight.T_camera_board for sight in sights])
    expect_rotation(moved)
    begun = {name: with_board(solve(moved), carriers, sights) for name, solve in METHODS.items()}
    methods = {name: overall(residuals(fit, carriers, sights, session)).pixels for name, fit in begun.items()}
    fit = refine(begun[min(methods, key=methods.__getitem__)], carriers, sights, session)
    remaining = dict(zip(seen, residuals(fit, carriers, sights, session)))
    found = Calibration(session, size, fit, methods, remaining, blind)
    _expect_agreement(found)
    return found


def _sights(session: Session) -> tuple[dict[str, Sight], tuple[int, int]]:
    """What each image shows of the board, by its name, those left out that show too little; the images' size."""
    seen: dict[str, Sight] = {}
    size = (0, 0)
    if len({look.image.name for look in session.looks}) < len(session.looks):
        raise DescriptionError("expected every look with an image of its own name, got one twice")
    for look in session.looks:
        name = look.image.name
        color = decode_color(read_bytes(look.image, MOST_BYTES), name)
        height, width = color.shape[:2]
        if size not in ((0, 0), (width, height)):
            raise DescriptionError(f"{name}: expected {size[0]}x{size[1]} as the images before, got {width}x{height}")
        size = width, height
        if not (0 <= session.K[0, 2] < width and 0 <= session.K[1, 2] < height):
            raise DescriptionError(
                f"{name}: K is that of another image size than {width}x{height}: {session.K.tolist()}"
            )
        if (sight := see(session, np.asarray(cv2.cvtColor(color, cv2.COLOR_RGB2GRAY), np.uint8))) is not None:
            seen[name] = sight
    return seen, size


def _expect_agreement(found: Calibration) -> None:
    """Raises DisagreementError."""
    if (off := found.total.millimetres) > FARTHEST_OFF:
        worst = max(found.looks, key=lambda name: found.looks[name].millimetres)
        other = Mount.BASE if found.session.mount is Mount.HAND else Mount.HAND
        raise DisagreementError(
            f"expected looks that agree within {FARTHEST_OFF:g} mm (rms), got {off:.1f}, most in {worst} "
            f"({found.looks[worst].millimetres:.1f} mm); are the poses T_base_flange, not their inverse, in metres and "
            f"of the same moments as the images, is the board as large as told, and `mount` not {other.value!r}?"
        )
