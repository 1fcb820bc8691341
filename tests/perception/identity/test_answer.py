"""Answers are as fine as they can be trusted, and what the catalogue lacks is not guessed at."""

from dataclasses import replace

import numpy as np
import pytest

from perception.identity.answer import MOST_VIEWS, Level, answer, groups, inputs
from perception.identity.belief import Scale, Weight, believe, manifest_prior, mass_likelihood, size_likelihood, weighed
from perception.identity.calibrate import calibrate
from perception.identity.errors import GalleryError
from perception.identity.gallery import Gallery, Item, gallery_of
from perception.identity.logistic import fit, probability

WIDTH = 32
APART = 0.12  # of look-alikes, relative to families


def unit(x: np.ndarray) -> np.ndarray:
    return (x / np.linalg.norm(x, axis=-1, keepdims=True)).astype(np.float32)


class Shop:
    """Families of two look-alikes, and items of their own, as points that pictures scatter about."""

    def __init__(self, families: int = 60, pictures: int = 6, noise: float = 0.03) -> None:
        self.rng = np.random.default_rng(0)
        self.noise, self.places, items = noise, {}, []
        for family in range(families):
            middle = unit(self.rng.normal(size=WIDTH))
            for letter in "ab"[: 1 + family % 2]:
                name = f"f{family}{letter}"
                self.places[name] = unit(middle + APART * self.rng.normal(size=WIDTH) / np.sqrt(WIDTH) * 2)
                edge = 0.1 + 0.05 * (letter == "b")
                items.append(Item(name, f"f{family}", f"k{family % 5}", (2 * edge, edge, edge / 2)))
        names = [item.name for item in items for _ in range(pictures)]
        self.gallery: Gallery = gallery_of(items, self.seen(names), self.seen(names, 1.5), names)

    def seen(self, names: list[str], worse: float = 1.0) -> np.ndarray:
        off = self.rng.normal(size=(len(names), WIDTH)) * self.noise * worse
        return unit(np.array([self.places[name] for name in names]) + off)


@pytest.fixture(scope="module")
def shop() -> Shop:
    return Shop()


@pytest.fixture(scope="module")
def calibration(shop: Shop):
    return calibrate(shop.gallery, np.random.default_rng(0))


def test_answers_are_right_as_often_as_they_promise(shop: Shop, calibration) -> None:
    names = [item.name for item in shop.gallery.items] * 4
    given = [(answer(shop.gallery, calibration, shop.seen([name] * 2, 1.5)).given, name) for name in names]
    items = {item.name: item for item in shop.gallery.items}
    right = [
        guess.name == {Level.ITEM: name, Level.FAMILY: items[name].family, Level.KIND: items[name].kind}[guess.level]
        for guess, name in given
        if guess is not None
    ]
    assert len(right) > 0.7 * len(names) and np.mean(right) >= 0.98
    assert {guess.level for guess, _ in given if guess is not None} >= {Level.ITEM, Level.FAMILY}


def test_what_the_catalogue_lacks_is_told_apart_from_what_it_has(shop: Shop, calibration) -> None:
    strangers = [answer(shop.gallery, calibration, unit(shop.rng.normal(size=(2, WIDTH)))) for _ in range(100)]
    known = [answer(shop.gallery, calibration, shop.seen([item.name] * 2)) for item in shop.gallery.items]
    assert sum(one.given is not None for one in strangers) <= 2
    assert max(one.known for one in strangers) < np.median([one.known for one in known])


def test_views_count_no_further_than_confidence_was_learned(shop: Shop, calibration) -> None:
    """Beyond that each view would take from it, however sure the others are."""
    name, of = shop.gallery.items[0].name, groups(shop.gallery, Level.ITEM)
    belief = believe(shop.gallery, shop.gallery.nearest(shop.seen([name] * 2)), calibration.scale)
    one, most, many = (inputs(replace(belief, views=views), of)[1] for views in (1, MOST_VIEWS, 3 * MOST_VIEWS))
    assert (many == most).all() and (one != most).any()


def test_a_manifest_helps_and_never_forces(shop: Shop, calibration) -> None:
    twins = [item.name for item in shop.gallery.items if shop.gallery.items and item.name.endswith("b")]

    def rate(listing) -> float:
        found = [answer(shop.gallery, calibration, shop.seen([name], 2.5), listing(name)) for name in twins * 4]
        return float(np.mean([one.likely[0][0] == name for one, name in zip(found, twins * 4)]))

    others = [item.name for item in shop.gallery.items if item.name.endswith("a")]
    without, with_ = rate(lambda name: None), rate(lambda name: [name, *others[:10]])
    assert with_ >= without
    far = [name for name in others if name[:-1] + "b" not in twins][:10]
    clear = [answer(shop.gallery, calibration, shop.seen([name] * 4, 0.5), far) for name in twins]
    assert np.mean([one.likely[0][0] == name for one, name in zip(clear, twins)]) > 0.9  # though none is listed


def test_size_tells_look_alikes_apart(shop: Shop) -> None:
    log = size_likelihood(shop.gallery, (0.15, 0.3, 0.075))
    letters = np.array([item.name[-1] for item in shop.gallery.items])
    assert log[letters == "b"].min() > log[letters == "a"].max()
    nearest = np.full((1, len(letters)), 0.5, np.float32)
    belief = believe(shop.gallery, nearest, Scale(30.0, 0.0), size=(0.15, 0.3, 0.075))
    assert letters[belief.items[0]] == "b"
    with pytest.raises(GalleryError, match="expected three extents"):
        size_likelihood(shop.gallery, (0.1, -1, 0.1))


def test_weight_tells_look_alikes_apart(shop: Shop) -> None:
    items = tuple(replace(item, mass=0.3 if item.name.endswith("a") else 0.36) for item in shop.gallery.items)
    gallery = replace(shop.gallery, items=items)
    letters = np.array([item.name[-1] for item in items])
    fine, coarse = (mass_likelihood(gallery, Weight(0.365, error)) for error in (0.002, 0.08))
    leads = [log[letters == "b"].mean() - log[letters == "a"].mean() for log in (fine, coarse)]
    assert leads[0] > 1.5 > leads[1] > 0
    assert np.ptp(mass_likelihood(shop.gallery, Weight(0.3))) == 0  # nobody told
    some = replace(gallery, items=tuple(replace(i, mass=i.mass if k % 3 else None) for k, i in enumerate(items)))
    log = mass_likelihood(some, Weight(0.365))
    assert log[letters == "a"].min() < log[0] < log.max()
    nearest = np.full((1, len(letters)), 0.5, np.float32)
    belief = believe(gallery, nearest, Scale(30.0, 0.0), weight=Weight(0.365))
    assert letters[belief.items[0]] == "b"
    for mass, error in ((-0.1, 0.1), (0.3, 0.0), (np.nan, 0.1)):
        with pytest.raises(GalleryError, match="expected a mass"):
            Weight(mass, error)


def test_a_weight_names_more_items_and_a_wrong_one_is_doubted(shop: Shop) -> None:
    rng = np.random.default_rng(4)
    items = tuple(replace(item, mass=float(rng.uniform(0.1, 0.9))) for item in shop.gallery.items)
    gallery = replace(shop.gallery, items=items)
    calibration, masses = calibrate(gallery, rng), {item.name: item.mass or 0.0 for item in items}
    names = [str(name) for name in rng.choice(sorted(masses), 60)]
    views = [shop.seen([name], 5.0) for name in names]
    true = [weighed(masses[name], 0.01, rng) for name in names]
    false = [Weight(masses[name] + 0.2, 0.01) for name in names]
    told = [[answer(gallery, calibration, *pair) for pair in zip(views, [None] * 60)]]
    told += [[answer(gallery, calibration, v, weight=w) for v, w in zip(views, weights)] for weights in (true, false)]
    by_look, by_weight, misled = (np.mean([a.likely[0][0] == n for a, n in zip(found, names)]) for found in told)
    assert by_weight > by_look and misled > by_look - 0.1  # what cannot be its weight says little
    assert np.mean([a.known for a in told[1]]) > np.mean([a.known for a in told[2]])


def test_a_manifests_floor_leaves_everything_possible() -> None:
    prior = manifest_prior(np.array([True, False, False, False]))
    assert prior.min() > 0 and prior.sum() == pytest.approx(1)


def test_small_and_empty_galleries(shop: Shop) -> None:
    nothing = np.empty((0, WIDTH), np.float32)
    with pytest.raises(GalleryError, match="empty catalogue"):
        gallery_of((), nothing, nothing, ())
    one = shop.seen(["f0a"])
    single = gallery_of([Item("f0a", "f0", "k0")], one, one, ["f0a"])
    found = answer(single, calibrate(single, np.random.default_rng(0)), one)
    assert found.likely[0][0] == "f0a"
    with pytest.raises(GalleryError, match="expected vectors of 32 numbers"):
        answer(single, calibrate(single, np.random.default_rng(0)), np.zeros((1, 8), np.float32))


def test_logistic_regression_finds_the_odds() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(4000, 2))
    happened = rng.random(4000) < 1 / (1 + np.exp(-(2 * x[:, 0] - 1)))
    weights = fit(x, happened.astype(float))
    assert weights == pytest.approx([2, 0, -1], abs=0.25)
    assert probability(weights, x).mean() == pytest.approx(happened.mean(), abs=0.01)
