"""Vectors are alike for one item however it lies and whatever lamp is on, and files of weights are whole or refused."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from perception.identity import features as module
from perception.identity.cutout import Cutout, squared
from perception.identity.encoder import Encoder, shipped
from perception.identity.errors import ModelError, PictureError
from perception.identity.foreground import foreground
from perception.identity.worn import worn
from tests.support.packages import photograph


def cutout(print_seed: int, rng: np.random.Generator, degrees: float | None = None) -> Cutout:
    image = photograph(print_seed, rng, degrees)
    return Cutout(image, foreground(image))


def test_an_item_is_laid_along_its_longer_edge_whatever_way_it_lay() -> None:
    rng = np.random.default_rng(0)
    squares = [squared(cutout(4, rng, degrees)) for degrees in (0, 37, 90, 180)]
    assert [square.aspect for square in squares] == pytest.approx([220 / 150] * 4, rel=0.05)
    plain = squares[0].color.astype(int)
    for square in squares[1:]:
        ways = [np.abs(np.rot90(square.color, turn).astype(int) - plain).mean() for turn in (0, 2)]
        assert min(ways) < 30


def test_pictures_of_one_item_are_nearer_than_those_of_others() -> None:
    rng = np.random.default_rng(1)
    gallery = shipped().encode([cutout(k, rng) for k in range(15)])
    asked = shipped().encode([cutout(k, rng) for k in range(15)])
    assert np.mean(np.argmax(asked @ gallery.T, axis=1) == np.arange(15)) >= 0.9
    assert np.linalg.norm(asked, axis=1) == pytest.approx(np.ones(15), abs=1e-5)


def test_both_runtimes_say_the_same() -> None:
    pytest.importorskip("onnxruntime")
    images = np.random.default_rng(0).uniform(-1, 1, (2, 3, 128, 128)).astype(np.float32)
    one, other = module._by_onnxruntime(module.backbone())(images), module._by_opencv(module.backbone())(images)
    for mine, theirs in zip(one, other):
        assert np.abs(mine - theirs).max() < 1e-3 * np.abs(mine).max()


def test_a_changed_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "head.safetensors"
    shipped().save(path)
    assert Encoder.load(path).model == shipped().model
    data = path.read_bytes()
    for bad in (data[:-1000], data[:-4] + b"\0\0\0\1", b"", b"\x80\x04K\x01."):
        path.write_bytes(bad)
        with pytest.raises(ModelError, match=r"head\.safetensors"):
            Encoder.load(path)


def test_what_is_worn_is_covered_in_part_and_the_same_by_the_same_seed() -> None:
    whole = cutout(2, np.random.default_rng(0))
    one, again = (worn(whole, np.random.default_rng(3)) for _ in range(2))
    assert np.array_equal(one.color, again.color) and np.array_equal(one.mask, again.mask)
    assert max(one.mask.shape) < max(whole.mask.shape)


def test_an_empty_mask_is_refused() -> None:
    with pytest.raises(PictureError, match="expected pixels that belong to an item"):
        Cutout(np.zeros((9, 9, 3), np.uint8), np.zeros((9, 9), bool))


def test_a_speck_and_a_line_have_vectors_too() -> None:
    for shape in ((1, 1), (1, 50)):
        mask = np.zeros((60, 60), np.uint8)
        cv2.rectangle(mask, (4, 4), (4 + shape[1] - 1, 4), 1, -1)
        assert np.isfinite(shipped().encode([Cutout(np.full((60, 60, 3), 99, np.uint8), mask > 0)])).all()
