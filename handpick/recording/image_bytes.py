"""Images as PNG, JPEG, TIFF or NPY bytes. Their size is read and bounded before anything is decoded."""

from __future__ import annotations

import io
import warnings

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from handpick.recording.errors import ImageFileError

MOST_PIXELS = 1 << 25  # 33 megapixels, four times a 4K image
MOST_BYTES = MOST_PIXELS * 8  # of one image file: float64 depth
NPY = b"\x93NUMPY"
DEPTH, COLOR = ("PNG", "TIFF"), ("PNG", "JPEG", "TIFF")
DEPTH_MODES = ("I;16", "I;16B", "I", "F")
COLOR_MODES = ("RGB", "RGBA", "L", "LA", "P", "1")


def expect_size(width: int, height: int, where: str) -> None:
    """Refuse an image of no pixels or of more than are decoded.

    Raises:
        ImageFileError: names `where`.
    """
    if width < 1 or height < 1 or width * height > MOST_PIXELS:
        raise ImageFileError(
            f"{where}: expected an image of 1 to {MOST_PIXELS} pixels, got {width}x{height}; crop or bin larger ones"
        )


def decode_depth(data: bytes, where: str) -> NDArray[np.generic]:
    """Depth (height, width) of PNG (16 bits), TIFF (16 or 32 bits, float32) or NPY, in the file's own unit.

    Raises:
        ImageFileError: it is none of these, is cut short, or too large.
    """
    if data.startswith(NPY):
        return _npy(data, where)
    image = _image(data, DEPTH, where, "16-bit PNG, float32 TIFF or NPY")
    if image.mode not in DEPTH_MODES:
        raise ImageFileError(
            f"{where}: expected depth of one channel of 16 bits or floats, got {image.mode}; is it a picture of the "
            "depth? Save the values themselves"
        )
    depth = _decoded(image, where)
    return depth.astype(depth.dtype.newbyteorder("="), copy=False)


def decode_color(data: bytes, where: str) -> NDArray[np.uint8]:
    """RGB (height, width, 3) of PNG, JPEG or TIFF; greys are repeated. Turns that EXIF asks for are left out, since
    the intrinsics are those of the pixels as they are stored.

    Raises:
        ImageFileError: it is none of these, is cut short, or too large.
    """
    image = _image(data, COLOR, where, "PNG, JPEG or TIFF")
    if image.mode not in COLOR_MODES:
        raise ImageFileError(f"{where}: expected colour of 8 bits a channel, got {image.mode}")
    _decoded(image, where)
    return np.asarray(image.convert("RGB"), np.uint8)


def encode_png(pixels: NDArray[np.generic]) -> bytes:
    """PNG of uint16 (height, width) or uint8 (height, width, 3), without loss."""
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG", compress_level=1)
    return out.getvalue()


def encode_npy(pixels: NDArray[np.generic]) -> bytes:
    """NPY of an array of numbers."""
    out = io.BytesIO()
    np.save(out, pixels, allow_pickle=False)
    return out.getvalue()


def _image(data: bytes, formats: tuple[str, ...], where: str, expected: str) -> Image.Image:
    """An image of which only the header has been read."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image = Image.open(io.BytesIO(data), formats=formats)
    except Exception as error:  # decoders raise whatever comes to them
        raise ImageFileError(
            f"{where}: expected {expected}, got {len(data)} bytes that begin with {data[:8]!r}; "
            "is the file empty, cut short or of another kind?"
        ) from error
    expect_size(*image.size, where)
    return image


def _decoded(image: Image.Image, where: str) -> NDArray[np.generic]:
    try:
        image.load()
        return np.asarray(image)
    except Exception as error:
        raise ImageFileError(f"{where}: expected a whole {image.format}, got a broken one: {error}") from error


def _npy(data: bytes, where: str) -> NDArray[np.generic]:
    """An array of numbers whose size the header told first."""
    stream = io.BytesIO(data)
    try:
        major = np.lib.format.read_magic(stream)
        header = np.lib.format.read_array_header_1_0 if major == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, dtype = header(stream)
    except Exception as error:
        raise ImageFileError(f"{where}: expected an NPY file, got a header that cannot be read: {error}") from error
    if len(shape) != 2 or dtype.kind not in "uif":
        raise ImageFileError(f"{where}: expected NPY of numbers, shape (height, width), got {dtype} {shape}")
    expect_size(shape[1], shape[0], where)
    need = stream.tell() + shape[0] * shape[1] * dtype.itemsize
    if len(data) < need:
        raise ImageFileError(
            f"{where}: expected {need} bytes of NPY {dtype} {shape}, got {len(data)}; is it cut short?"
        )
    stream.seek(0)
    array = np.lib.format.read_array(stream, allow_pickle=False)
    return array.astype(dtype.newbyteorder("="), copy=False)
