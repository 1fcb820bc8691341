"""Items of one tote told together: what one of them is, no other can be."""

from __future__ import annotations

import numpy as np
import pytest

from perception.identity.belief import Scale
from perception.identity.calibrate import calibrate
from perception.identity.gallery import Gallery, Item, gallery_of
from perception.identity.together import Seen, answers, shared_out

WIDTH = 32


def unit(x: np.ndarray) -> np.ndarray:
    return np.asarray(x / np.linalg.norm(x, axis=-1, keepdims=True), np.float32)


@pytest.mark.parametrize("seed", range(8))
def test_probabilities_are_of_each_item_seen_and_hardly_any_name_is_given_twice(seed: int) -> None:
    rng = np.random.default_rng(seed)
    seen, items = int(rng.integers(1, 12)), int(rng.integers(2, 30))
    listed = rng.random(items) < 0.5
    probability = shared_out(rng.random((seen, items)) ** 8 + 1e-12, listed)
    assert probability.shape == (seen, items) and (probability >= 0).all()
    np.testing.assert_allclose(probability.sum(axis=1), 1.0)
    assert (probability[:, listed].sum(axis=0) <= 1.0 + 1e-6).all()


def test_the_one_that_is_sure_leaves_the_other_name_to_its_look_alike() -> None:
    likelihood = np.array([[1.0, 1e-6, 1e-6], [1.0, 0.8, 1e-6]])  # the second is a little more like the first's item
    alone = shared_out(likelihood[1:], np.array([True, True, False]))
    both = shared_out(likelihood, np.array([True, True, False]))
    assert alone[0].argmax() == 0 and both[0].argmax() == 0 and both[1].argmax() == 1
    assert both[1, 1] > 0.8


def test_a_wrong_manifest_forces_nothing() -> None:
    likelihood = np.array([[1e-9, 1e-9, 1.0]])
    assert shared_out(likelihood, np.array([True, True, False]))[0].argmax() == 2
    assert shared_out(likelihood, np.zeros(3, bool))[0].argmax() == 2


def test_told_together_more_are_right_than_each_by_itself() -> None:
    rng = np.random.default_rng(0)
    places = unit(rng.normal(size=(40, WIDTH)).repeat(2, axis=0) + 0.35 * rng.normal(size=(80, WIDTH)))
    items = [Item(f"{k // 2}{'ab'[k % 2]}", str(k // 2), "kind") for k in range(80)]
    names = [item.name for item in items for _ in range(4)]
    look = lambda noise: unit(places.repeat(4, axis=0) + noise * rng.normal(size=(320, WIDTH)))
    gallery: Gallery = gallery_of(items, look(0.05), look(0.25), names)
    order = {item.name: k for k, item in enumerate(gallery.items)}
    calibration = calibrate(gallery, rng)
    assert isinstance(calibration.scale, Scale)
    alone = together = 0
    for _ in range(15):
        chosen = rng.choice(80, 12, replace=False)
        seen = [Seen(unit(places[k] + 0.3 * rng.normal(size=(1, WIDTH)))) for k in chosen]
        manifest = [items[k].name for k in chosen]
        told = answers(gallery, calibration, seen, manifest)
        together += sum(a.likely[0][0] == name for a, name in zip(told, manifest))
        listed = [order[name] for name in manifest]
        nearest = [gallery.nearest(one.views)[0, listed].argmax() for one in seen]
        alone += sum(manifest[best] == name for best, name in zip(nearest, manifest))
    assert together > alone
