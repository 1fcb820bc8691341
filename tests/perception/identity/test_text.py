"""Text is read off items however they lie, and off nothing beside them."""

import builtins

import cv2
import numpy as np
import pytest

from perception.identity.cutout import Cutout
from perception.identity.errors import MissingExtraError
from perception.identity.text import Reader, read_all, words

PAPER = (235, 230, 215)


def label(*lines: str, size: tuple[int, int] = (120, 240)) -> np.ndarray:
    image = np.full((*size, 3), PAPER, np.uint8)
    for number, line in enumerate(lines, start=1):
        at = 20, number * size[0] // (len(lines) + 1) + 10
        cv2.putText(image, line, at, cv2.FONT_HERSHEY_DUPLEX, 1.0, (20, 20, 30), 2, cv2.LINE_AA)
    return image


def whole(image: np.ndarray) -> Cutout:
    return Cutout(image, np.ones(image.shape[:2], bool))


@pytest.fixture(scope="module", autouse=True)
def _installed() -> None:
    pytest.importorskip("rapidocr")


@pytest.mark.parametrize("turns", range(4))
def test_text_is_read_any_way_round(turns: int) -> None:
    (found,) = read_all([whole(np.rot90(label("OATMEAL", "HONEY 500"), turns))])
    assert set(found) == {"oatmeal", "honey", "500"}


def test_small_print_is_enlarged_and_large_pictures_are_read() -> None:
    small = cv2.resize(label("KETCHUP"), (70, 35), interpolation=cv2.INTER_AREA)
    large = cv2.resize(label("KETCHUP"), (3000, 1500), interpolation=cv2.INTER_CUBIC)
    assert read_all([whole(small), whole(large)]) == (("ketchup",), ("ketchup",))


def test_what_is_written_beside_an_item_does_not_count() -> None:
    image = np.vstack([label("MUSTARD", size=(80, 240)), label("VINEGAR", size=(80, 240))])
    mask = np.zeros(image.shape[:2], bool)
    mask[:80] = True
    assert read_all([Cutout(image, mask)]) == (("mustard",),)


def test_blank_and_tiny_pictures_have_no_words() -> None:
    noise = np.random.default_rng(0).integers(0, 255, (40, 60, 3)).astype(np.uint8)
    assert read_all([whole(label()), whole(label()[:1, :1]), whole(label()[:3, :200])]) == ((), (), ())
    assert len(read_all([whole(noise)])) == 1


def test_words_are_compared_in_small_letters_and_figures() -> None:
    assert words("Müsli-Riegel, 12x25 g!") == ("müsli", "riegel", "12x25")
    assert words("ＦＵＬＬ") == ("full",) and words("a . ~") == ()
    assert len(words("x" * 1000)[0]) <= 40


def test_without_the_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def missing(name: str, *args, **kwargs):
        if name == "rapidocr":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(MissingExtraError, match=r"pip install \"handpick\[identity\]\""):
        Reader()
