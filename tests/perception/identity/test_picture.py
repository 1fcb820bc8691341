"""Broken, hostile and poor pictures are refused by name; good ones come as they were held."""

import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from perception.identity.errors import PictureError
from perception.identity.foreground import foreground
from perception.identity.gate import Flaw, flaw
from perception.identity.picture import WORKED_ON, read_picture
from tests.support.packages import photograph, save


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def bomb(path: Path, width: int, height: int) -> Path:
    """A small file whose header promises a huge picture."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    data = chunk(b"IDAT", zlib.compress(bytes(1 << 20)))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + header + data + chunk(b"IEND", b""))
    return path


@pytest.mark.parametrize("size", [(100_000, 100_000), (9000, 9000)])
def test_a_decompression_bomb_is_refused_by_its_header(tmp_path: Path, size: tuple[int, int]) -> None:
    with pytest.raises(PictureError, match="expected at most 60000000 pixels, got"):
        read_picture(bomb(tmp_path / "bomb.png", *size))


def test_what_is_no_whole_picture_is_refused(tmp_path: Path) -> None:
    whole = save(tmp_path / "a.png", photograph(1, np.random.default_rng(0))).read_bytes()
    for name, data in {
        "cut.png": whole[: len(whole) // 2],
        "empty.jpg": b"",
        "text.jpg": b"<svg/>",
        "noise.jpg": os.urandom(999),
    }.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(PictureError, match=name):
            read_picture(tmp_path / name)
    os.mkfifo(tmp_path / "pipe.jpg")
    for name in ("pipe.jpg", "missing.jpg", "."):
        with pytest.raises(PictureError, match="expected a picture"):
            read_picture(tmp_path / name)


def test_another_format_under_a_pictures_name_is_refused(tmp_path: Path) -> None:
    Image.new("RGB", (64, 64)).save(tmp_path / "x.gif")
    (tmp_path / "x.gif").rename(tmp_path / "x.png")
    with pytest.raises(PictureError, match="JPEG or PNG"):
        read_picture(tmp_path / "x.png")


def test_a_picture_is_upright_small_and_keeps_its_alpha(tmp_path: Path) -> None:
    turned = Image.new("RGB", (3000, 1500), (9, 99, 199))
    exif = Image.Exif()
    exif[0x0112] = 6  # held upright: a quarter turn
    turned.save(tmp_path / "turned.jpg", exif=exif)
    assert read_picture(tmp_path / "turned.jpg").color.shape == (WORKED_ON, WORKED_ON // 2, 3)
    clear = np.zeros((40, 60, 4), np.uint8)
    clear[10:30, 20:50] = 255
    Image.fromarray(clear).save(tmp_path / "clear.png")
    mask = read_picture(tmp_path / "clear.png").mask
    assert mask is not None and mask.sum() == 20 * 30


def test_the_item_is_found_on_a_plain_table_and_on_a_busy_one() -> None:
    rng = np.random.default_rng(3)
    image = photograph(5, rng, degrees=0)
    found = foreground(image)
    middle = np.zeros(found.shape, bool)
    middle[130:230, 110:250] = True
    assert found[middle].mean() > 0.97 and found[:60].mean() < 0.02
    busy = image.copy()
    busy[~found] = np.clip(rng.normal((90, 140, 60), 25, (int((~found).sum()), 3)), 0, 255)
    again = foreground(busy)
    assert (again & found).sum() / (again | found).sum() > 0.8


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (lambda image: image, None),
        (lambda image: (image * 0.05).astype(np.uint8), Flaw.DARK),
        (lambda image: np.maximum(image, 252), Flaw.WASHED_OUT),
        (lambda image: np.asarray(Image.fromarray(image).resize((9, 9)).resize((360, 360), 2)), Flaw.BLURRED),
    ],
)
def test_poor_pictures_are_refused_for_what_is_wrong(spoil, expected) -> None:
    image = photograph(5, np.random.default_rng(3), degrees=20)
    assert flaw(spoil(image), foreground(image)) is expected


def test_what_is_cut_off_or_tiny_is_refused() -> None:
    image = photograph(5, np.random.default_rng(3), degrees=20)
    mask = foreground(image)
    assert flaw(image[:, 180:], mask[:, 180:]) is Flaw.CUT_OFF
    assert flaw(image[::20, ::20], mask[::20, ::20]) is Flaw.TOO_SMALL
