"""Words tell items apart by how rare they are, however badly they are read."""

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("rapidfuzz")

from perception.identity.answer import answer
from perception.identity.calibrate import calibrate, cases
from perception.identity.errors import GalleryError
from perception.identity.gallery import Gallery, Item, gallery_of
from perception.identity.readings import learned_spelling, readings
from perception.identity.spelling import Alignment, Lexicon, Spelling
from perception.identity.together import Seen, answers

SPELLING = Spelling()
OTHERS = [(f"{a}{b}{c}",) for a in ("bal", "kor", "mit") for b in ("an", "eri", "ou") for c in ("ta", "lo", "zz")]
LEXICON = Lexicon((("organic", "granola"), ("organic", "muesli"), ("organic", "porridge"), (), *OTHERS))


def best(*read: tuple[str, ...]) -> int:
    return int(np.argmax(LEXICON.likelihood(read, SPELLING)))


def test_an_item_is_told_by_a_word_that_is_misread_cut_off_or_run_together() -> None:
    for word in ("muesli", "mues1i", "uesli", "mueslixx", "nuesli"):
        assert best((word,)) == 1, word


def test_what_is_on_every_package_says_little() -> None:
    log = LEXICON.likelihood([("organic",)], SPELLING)
    clear = LEXICON.likelihood([("granola",)], SPELLING)
    assert np.ptp(log[:3]) < 1e-6 and clear[0] - clear[1:].max() > log[0] - log[3:].max() + 1


def test_letters_that_nobody_catalogued_rule_nothing_out() -> None:
    assert np.ptp(LEXICON.likelihood([("xylophone",)], SPELLING)) < 2.5
    both = LEXICON.likelihood([("xylophone", "porridge")], SPELLING)
    assert int(np.argmax(both)) == 2


def test_four_views_weigh_as_two_and_nothing_read_says_nothing() -> None:
    one = LEXICON.likelihood([("muesli",)], SPELLING)
    four = LEXICON.likelihood([("muesli",)] * 4, SPELLING)
    assert four == pytest.approx(2 * one)
    assert not LEXICON.likelihood([(), ()], SPELLING).any() and not LEXICON.likelihood([], SPELLING).any()
    assert not Lexicon(((), ())).likelihood([("muesli",)], SPELLING).any()


def test_the_channel_follows_its_formula() -> None:
    likelihood = Alignment.of(["oats", "oxts"], ["oats", "coats"]).likelihood(Spelling(0.5, 0.1))
    right, wrong = 36 * 0.9, 0.1
    expected = np.array([[right**4, right**4 / 2], [right**3 * wrong, right**3 * wrong / 2]])
    assert likelihood == pytest.approx(expected, rel=1e-4)


WORDS = [
    f"{a}{b}{c}" for a in ("bal", "kor", "mit", "sup") for b in ("an", "eri", "ou", "yx") for c in ("ta", "lo", "zz")
]


def shop(rng: np.random.Generator, shown: float = 0.8, slips: float = 0.05, pictures: int = 4) -> Gallery:
    """Items that look alike, each with a word that `shown` of its pictures bear; `slips` of the letters are misread."""

    def read(word: str) -> tuple[str, ...]:
        letters = [chr(rng.integers(97, 123)) if rng.random() < slips else one for one in word]
        return ("".join(letters),) if rng.random() < shown else ("".join(chr(k) for k in rng.integers(97, 123, 6)),)

    items = [Item(word, f"f{k // 4}", "box") for k, word in enumerate(WORDS)]
    names = [item.name for item in items for _ in range(pictures)]
    vectors = rng.normal(size=(len(names), 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return gallery_of(items, vectors, vectors, names, [read(n) for n in names], [read(n) for n in names])


def test_how_text_is_read_is_learned_from_the_gallery() -> None:
    found = []
    for seed, (shown, slips) in enumerate(((0.9, 0.02), (0.4, 0.02), (0.9, 0.2))):
        rng = np.random.default_rng(seed)
        gallery = shop(rng, shown, slips)
        found.append(learned_spelling(readings(gallery, cases(gallery, rng))))
    clear, hidden, blurred = found
    assert hidden.shown < clear.shown and blurred.slips > clear.slips


def test_a_picture_that_is_left_out_is_not_read_against_itself() -> None:
    rng = np.random.default_rng(0)
    gallery = shop(rng)
    for case in cases(gallery, rng)[:40]:
        (one,) = readings(gallery, [case])
        kept = [k for k in range(len(gallery.item)) if k not in case.left_out]
        some = replace(gallery.lexicon, items=tuple(
            tuple(dict.fromkeys(w for k in kept if gallery.item[k] == item for w in gallery.words[k]))
            for item in range(len(gallery.items))
        ))  # fmt: skip
        read = [gallery.worn_words[view] for view in case.views]
        assert one.likelihood(SPELLING) == pytest.approx(some.likelihood(read, SPELLING), abs=1e-6)


def test_items_that_look_alike_are_told_by_what_is_written_on_them() -> None:
    rng = np.random.default_rng(3)
    gallery = shop(rng)
    calibration = calibrate(gallery, rng)
    view = rng.normal(size=(1, 8)).astype(np.float32)
    view /= np.linalg.norm(view)
    told = [answer(gallery, calibration, view, read=[(word,)]) for word in WORDS]
    assert np.mean([one.likely[0][0] == word for one, word in zip(told, WORDS)]) > 0.9
    blind = [answer(gallery, calibration, view) for _ in range(2)]
    assert np.mean([one.known for one in told]) > 2 * blind[0].known
    both = answers(gallery, calibration, [Seen(view, read=((WORDS[0],),)), Seen(view, read=((WORDS[5],),))], WORDS[:9])
    assert [one.likely[0][0] for one in both] == [WORDS[0], WORDS[5]]


def test_a_gallery_of_which_one_item_alone_has_words_can_be_calibrated() -> None:
    gallery = shop(np.random.default_rng(0))
    alone = tuple(("muesli",) if item == 0 else () for item in gallery.item)
    few = replace(gallery, words=alone, worn_words=alone)
    calibration = calibrate(few, np.random.default_rng(0))
    assert all(np.isfinite(weights).all() for weights in calibration.weights.values())
    assert answer(few, calibration, gallery.vectors[:1], read=[("muesli",)]).likely[0][0] == WORDS[0]


def test_words_of_some_pictures_only_are_refused() -> None:
    gallery = shop(np.random.default_rng(0))
    with pytest.raises(GalleryError, match="expected words of"):
        replace(gallery, words=gallery.words[1:])
