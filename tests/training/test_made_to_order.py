"""Items made to order: what measures them, the learned space, paths in it, and the search for hard ones."""

import json
import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from grasping.quality.learned import shipped_path
from handpick.command import main
from handpick.grammar.items import ATTRIBUTES as OFFERED
from perception.errors import GeometryError
from sim.items.catalog import make_item
from sim.items.description import SLICES
from sim.items.item_file import ItemFileError, item_files, read_item, write_item
from sim.items.made_item import spec_of
from sim.render.renderer import make_renderer
from tests.support.made import BOX, ROUND, described
from training.errors import AttributeNameError, HoldError, ItemError, ToolError
from training.items.candidates import Candidates, read
from training.items.describe import describe
from training.items.hard import Search, _keenest, check_policy, search, tasks, write
from training.items.measure import NAMES, measured
from training.items.origin import start_of
from training.items.paths import Order, controlled, gradient, leakage, rest_of, straight
from training.items.possible import is_closed, notes, problems
from training.items.search_state import State
from training.items.space import Space, SpaceError, shipped
from training.items.surrogate import Surrogate
from training.items.vector import LENGTH, description_of, vector_of


@pytest.fixture(scope="module")
def renderer():
    made = make_renderer()
    yield made
    made.close()


def attributes(description, renderer) -> dict[str, float]:
    return dict(zip(NAMES, measured(spec_of(description), renderer)))


def test_measures_tell_what_was_put_in(renderer) -> None:
    told = attributes(described(), renderer)
    assert told["flatness"] == pytest.approx(np.log(2)) and told["slenderness"] == pytest.approx(np.log(5 / 3))
    assert told["glossiness"] == pytest.approx(0.2, abs=0.01) and told["porosity"] == pytest.approx(-9, abs=0.01)
    assert told["com"] == pytest.approx(0, abs=1e-3) and told["friction"] == pytest.approx(0.5)
    assert told["volume"] == pytest.approx(np.log(0.2 * 0.12 * 0.06)) and told["mass"] == pytest.approx(np.log(0.432))


def test_each_measure_moves_with_its_cause_alone(renderer) -> None:
    noisy = np.random.default_rng(0).integers(0, 256, (6, 8, 8, 3))
    causes = {
        "glossiness": {"gloss": 0.8},
        "porosity": {"leak_conductance": 1e-8},
        "com": {"balance": (0.1, 0, 0)},
        "print": {"print": noisy},
        "mass": {"density": 500.0},
        "friction": {"friction": 0.7},
    }
    before = attributes(described(), renderer)
    for name, change in causes.items():
        after = attributes(described(**change), renderer)
        assert after[name] > before[name] + 0.1
        others = [other for other in NAMES if other != name]
        assert np.allclose([after[k] for k in others], [before[k] for k in others], atol=0.02), name


def test_windows_let_air_through(renderer) -> None:
    before, after = (attributes(described(openings=np.full(6, share)), renderer) for share in (0.0, 0.6))
    assert after["porosity"] > before["porosity"] + 0.3


@pytest.mark.parametrize("family", ["carton", "can", "bottle", "gift_card"])
def test_descriptions_of_families_keep_size_mass_and_shape(family: str, renderer) -> None:
    true = make_item(family, np.random.default_rng(3))
    made = spec_of(describe(true, renderer))
    assert np.allclose(np.sort(made.size), np.sort(true.size), rtol=0.03)
    assert made.volume == pytest.approx(true.volume, rel=0.08) and made.mass == pytest.approx(true.mass, rel=0.08)


def test_rows_round_trip() -> None:
    rng = np.random.default_rng(0)
    for _ in range(10):
        was = described(
            radii=np.tile(BOX, (SLICES, 1)) * rng.uniform(0.3, 1, (SLICES, 1)),
            openings=rng.uniform(0, 1, 6),
            balance=rng.uniform(-0.2, 0.2, 3),
            print=rng.integers(0, 256, (6, 8, 8, 3)),
        )
        row = vector_of(was)
        assert row.shape == (LENGTH,) and np.allclose(vector_of(description_of(row, was.kind)), row, atol=1e-6)


def test_whatever_a_row_says_is_an_item_within_bounds() -> None:
    rng = np.random.default_rng(1)
    for _ in range(20):
        description_of(rng.normal(0, 30, LENGTH), "sturdy")  # raises if it is out of bounds


def test_slopes_are_those_of_finite_differences() -> None:
    space, rng = shipped(), np.random.default_rng(2)
    z = space.draw(rng)[0]
    slopes, rows = space.jacobian(z)
    for k, step in enumerate(1e-5 * np.eye(space.size)):
        assert np.allclose(
            (space.attributes(z + step) - space.attributes(z - step)) / 2e-5,
            slopes[:, k],
            atol=1e-5 * (1 + np.abs(slopes).max()),
        )
        assert np.allclose((space.row(z + step) - space.row(z - step)) / 2e-5, rows[:, k], atol=1e-5)


def test_heads_agree_with_what_is_measured(renderer) -> None:
    space, rng = shipped(), np.random.default_rng(77)
    told, true = [], []
    while len(told) < 60:
        z, kind = space.draw(rng)
        try:
            true.append(measured(spec_of(space.decode(z, kind)), renderer))
        except GeometryError:
            continue
        told.append(space.attributes(z))
    wrong = np.median(np.abs(np.array(told) - np.array(true)) / space.units, axis=0)
    assert (wrong < 0.35).all(), dict(zip(NAMES, wrong))


def test_a_path_changes_what_it_should_and_holds_the_rest(renderer) -> None:
    space = shipped()
    start = start_of("carton:3", space, renderer)
    measure = lambda z: measured(spec_of(space.decode(z, start.kind)), renderer)
    order = Order("flatness", ("slenderness", "mass", "volume", "friction", "glossiness"))
    line = straight(space, start.z, gradient(space, start.z, order), 1.5, order)
    ours, theirs = (
        leakage(way, measure, order, space.units, 1.0) for way in (controlled(space, start.z, order, 1.5), line)
    )
    assert ours is not None and theirs is not None
    assert np.linalg.norm(ours) < 0.5 * np.linalg.norm(theirs)


def test_paths_go_down_as_well_as_up(renderer) -> None:
    space = shipped()
    z = start_of("can:1", space, renderer).z
    order = Order("glossiness", ("mass",))
    for sign in (1, -1):
        moved = space.attributes(controlled(space, z, order, sign * 0.5)[-1]) - space.attributes(z)
        assert moved[order.varied] / space.units[order.varied] == pytest.approx(sign * 0.5, abs=0.08)


def test_contradictory_orders_are_refused_by_name() -> None:
    with pytest.raises(AttributeNameError, match=r"'weight'.*flatness.*mass"):
        Order("flatness", ("weight",))
    with pytest.raises(AttributeNameError, match="'shiny'"):
        Order("shiny", ())
    with pytest.raises(HoldError, match="'mass'"):
        Order("mass", ("flatness", "mass"))
    with pytest.raises(ItemError, match="not 0"):
        controlled(shipped(), np.zeros(shipped().size), Order("mass", ()), 0.0)
    assert set(rest_of("mass")) == set(NAMES) - {"mass"} and OFFERED == NAMES


def test_weights_that_were_changed_are_refused(tmp_path: Path) -> None:
    space = shipped()
    space.save(tmp_path / "a.safetensors")
    assert Space.load(tmp_path / "a.safetensors").digest == space.digest
    data = bytearray((tmp_path / "a.safetensors").read_bytes())
    data[-5] ^= 1
    (tmp_path / "b.safetensors").write_bytes(data)
    (tmp_path / "c.safetensors").write_bytes(data[: len(data) // 2])
    for name in "bcd":
        with pytest.raises(SpaceError):
            Space.load(tmp_path / f"{name}.safetensors")


def test_what_cannot_be_is_told_with_its_reason() -> None:
    assert problems(spec_of(described())) == []
    assert problems(spec_of(described(size=(0.04, 0.03, 0.02), density=7900.0))) == []
    thin = described(size=(0.1, 0.05, 0.002), radii=np.tile(ROUND, (SLICES, 1)))
    assert "thin" in problems(spec_of(thin))[0]
    with pytest.raises(GeometryError, match="mass"):
        spec_of(described(density=3000.0))
    wide = described(size=(0.25, 0.22, 0.22), density=60.0)
    assert problems(spec_of(wide)) == [] and "fingers" in notes(spec_of(wide))[0]


def test_an_open_mesh_is_no_surface() -> None:
    visual = spec_of(described()).links[0].visual
    assert is_closed(visual)
    assert not is_closed(replace(visual, triangles=visual.triangles[1:]))


def test_the_surrogate_learns_which_items_fail() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(120, 4))
    truth = 1 / (1 + np.exp(-3 * x[:, 0]))
    tries = np.full(120, 4.0)
    model = Surrogate(x, rng.binomial(4, truth).astype(float), tries)
    new = rng.normal(size=(200, 4))
    rates, spreads = model.rates(new)
    assert np.corrcoef(rates, 1 / (1 + np.exp(-3 * new[:, 0])))[0, 1] > 0.8
    assert model.rates(x)[1].mean() < spreads.mean()


def test_make_writes_items_that_a_path_can_begin_at(tmp_path: Path, capsys) -> None:
    command = [
        "items",
        "make",
        "--vary",
        "slenderness",
        "--hold",
        "mass,volume",
        "--from",
        "carton:3",
        "--change",
        "0.6",
    ]
    assert main([*command, "--items", "3", "--out", str(tmp_path / "a")]) == 0
    files = item_files(tmp_path / "a")
    assert len(files) == 3 and (tmp_path / "a" / "items.html").read_text().count("<figure") == 3
    told = json.loads((tmp_path / "a" / "path.json").read_text())
    assert told["changed"]["slenderness"] > 0.3 and abs(told["changed"]["mass"]) < 0.15
    space = shipped()
    last, about = read_item(files[-1])
    start = start_of(str(files[-1]), space, None)  # type: ignore[arg-type]
    assert np.allclose(start.z, about["latent"]) and start.kind == last.kind
    assert main([*command, "--items", "3", "--out", str(tmp_path / "b")]) == 0
    for path in files:
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["--vary", "weight", "--from", "carton:3"], "unknown attribute 'weight'"),
        (["--vary", "mass", "--hold", "mass,print", "--from", "carton:3"], "to hold other attributes"),
        (["--vary", "mass", "--from", "carton"], "FAMILY:SEED"),
        (["--vary", "mass", "--from", "toaster:1"], "unknown family 'toaster'"),
        (["--vary", "mass", "--from", "none.json"], "none.json: expected an item"),
        (["--vary", "mass", "--from", "carton:3", "--items", "1"], "2 items or more"),
    ],
)
def test_wrong_orders_are_answered_by_name(arguments: list[str], words: str, tmp_path: Path, capsys) -> None:
    assert main(["items", "make", *arguments, "--out", str(tmp_path)]) == 2
    assert words in capsys.readouterr().err


def test_a_file_of_an_item_without_latent_values_is_encoded(tmp_path: Path) -> None:
    path = write_item(tmp_path / "x.json", described())
    assert start_of(str(path), shipped(), None).z.shape == (shipped().size,)  # type: ignore[arg-type]
    path.write_text("{}")
    with pytest.raises(ItemFileError):
        start_of(str(path), shipped(), None)  # type: ignore[arg-type]


def some_candidates(count: int) -> Candidates:
    space, rng = shipped(), np.random.default_rng(5)
    z, kinds = zip(*(space.draw(rng) for _ in range(count)))
    return Candidates(np.array(z), kinds, np.array([space.attributes(one) for one in z]))


def test_each_item_lies_in_as_many_bins_as_it_should_with_others_each_time() -> None:
    made = tasks(some_candidates(12), range(12), 3, "learned", (0,), per_bin=4)
    assert len(made) == 9 and len({task.seed for task in made}) == 9
    count = Counter(item for task in made for item, _ in task.items)
    assert set(count.values()) == {3} and len(count) == 12
    assert made[0].items != made[3].items


def test_a_round_looks_at_items_of_many_kinds_near_those_that_failed() -> None:
    known, pool = some_candidates(20), some_candidates(60)
    counts = np.column_stack([np.arange(20) % 3 == 0, np.full(20, 2)]).astype(float)
    chosen = _keenest(shipped(), known, counts, pool, 15)
    assert len(set(chosen)) == 15


def test_weights_for_another_tool_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    shutil.copy(shipped_path(), path)
    card = json.loads((shipped_path().parent / "card.json").read_text())
    (tmp_path / "card.json").write_text(json.dumps(card))
    check_policy(str(path))
    (tmp_path / "card.json").write_text(json.dumps({**card, "tool_sha256": "0" * 64}))
    with pytest.raises(ToolError, match="weights for 000000000000"):
        check_policy(str(path))
    assert main(["items", "hard", "--policy", str(path), "--out", str(tmp_path / "x")]) == 2


def test_a_search_that_cannot_keep_as_many_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ItemError, match="1 to 8"):
        search(Search(items=20, rounds=2, each=4), print, tmp_path / "x.json")


def test_a_search_goes_on_from_its_own_rounds_alone(tmp_path: Path) -> None:
    state = State("this", ()).after(some_candidates(3), np.ones((3, 2))).after(some_candidates(2), np.ones((2, 2)))
    state.write(tmp_path / "x.json")
    again = State.read(tmp_path / "x.json", "this")
    assert again is not None and len(again.rounds) == 2 and np.array_equal(again.items.z, state.items.z)
    assert again.items.kinds == state.items.kinds and again.counts.shape == (5, 2)
    assert State.read(tmp_path / "x.json", "another") is None and State.read(tmp_path / "none.json", "this") is None


def test_hard_items_round_trip(tmp_path: Path, renderer) -> None:
    found = some_candidates(3)
    written = write(found, [{"tries": 2, "failed": 1, "expected": 0.4}] * 3, Search(), tmp_path)
    again = read([read_item(path) for path in written], shipped(), renderer)
    assert np.allclose(again.z, found.z) and again.kinds == found.kinds
