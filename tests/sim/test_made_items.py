"""Items made to order: what they are made of, and the files and folders that hold them."""

import json

import numpy as np
import pytest

from perception.errors import GeometryError
from perception.pose import Pose
from sim.bullet import pb
from sim.items.body import spawn
from sim.items.catalog import make_item
from sim.items.description import BOUNDS, SLICES, Description
from sim.items.item_file import ItemFileError, digest_of_items, item_files, obj_text, read_item, write_item
from sim.items.made_item import MOST_PIECES, WINDOW, pieces_of, spec_of, windows_of
from sim.items.meshes import mass_properties
from sim.suites import UnknownSuiteError, bin_specs, made_of, suite_shares
from tests.support.made import BOX, ROUND, described


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def test_a_box_has_the_mass_and_the_moments_of_a_box() -> None:
    spec = spec_of(described())
    x, y, z = spec.size
    assert np.allclose(spec.size, (0.20, 0.12, 0.06), atol=1e-6) and spec.mass == pytest.approx(300 * x * y * z)
    assert [link.collision.kind for link in spec.links] == ["box"]
    expected = spec.mass / 12 * np.array([y**2 + z**2, x**2 + z**2, x**2 + y**2])
    assert np.allclose(sum(link.inertia for link in spec.links), expected, rtol=1e-6)


def test_a_waist_needs_pieces_and_a_cone_one() -> None:
    waist = np.interp(np.arange(SLICES), [0, 4, 8], [1.0, 0.3, 1.0])[:, None] * ROUND
    cone = np.linspace(1.0, 0.2, SLICES)[:, None] * ROUND
    assert len(pieces_of(described(radii=cone))) == 1
    assert 2 <= len(pieces_of(described(radii=waist))) <= MOST_PIECES


def test_a_heavy_end_moves_the_centre_of_mass_by_as_much(rng: np.random.Generator) -> None:
    for _ in range(10):
        balance = rng.uniform(*BOUNDS["balance"], 3)
        spec = spec_of(described(balance=balance))
        link = spec.links[0]
        middle = mass_properties(link.visual.vertices, link.visual.triangles)[1]
        assert np.allclose(-middle, balance * (0.20, 0.12, 0.06), atol=1e-6)
        a, b, c = np.sort(link.inertia)
        assert a > 0 and a + b >= c


def test_windows_lie_in_the_faces_that_have_room() -> None:
    some = windows_of(described(openings=(0.0, 0, 0, 0, 0.5, 0.01)))
    assert len(some) == 1 and np.allclose(some[0].middle, (0, 0, 0.03)) and some[0].radius == pytest.approx(0.03)
    assert not windows_of(described(size=(0.1, 0.05, 0.002), openings=(0, 0, 0, 0, 0.5, 0.5)))
    spec = spec_of(described(openings=np.full(6, 0.5)))
    netting = [link for link in spec.links if link.name == WINDOW]
    assert len(netting) == 6 and all(link.surface.leak_conductance > 1e-8 for link in netting)


def test_it_falls_as_it_is_made() -> None:
    client = pb.connect(pb.DIRECT)
    spec = spec_of(described(radii=np.tile(ROUND, (SLICES, 1)), openings=np.full(6, 0.4), balance=(0.1, 0, 0)))
    item = spawn(client, spec, Pose.identity())
    shift = item.centre_of_mass() - item.pose().position
    assert np.allclose(shift, (0.02, 0, 0), atol=2e-4)
    pb.disconnect(client)


def test_numbers_that_no_item_has_are_refused_by_name() -> None:
    for name, value in (("size", (0.2, -0.1, 0.1)), ("gloss", np.nan), ("friction", 3.0), ("kind", "glass")):
        with pytest.raises(GeometryError, match=name):
            described(**{name: value})


def test_files_round_trip(tmp_path, rng: np.random.Generator) -> None:
    for number in range(5):
        made = described(
            size=np.sort(rng.uniform(0.02, 0.2, 3))[::-1],
            print=rng.integers(0, 256, (6, 8, 8, 3)),
            gloss=rng.uniform(),
            leak_conductance=10 ** rng.uniform(-11, -8),
            density=rng.uniform(100, 500),
        )
        path = write_item(tmp_path / f"a{number}.json", made, {"from": "a test"})
        found, about = read_item(path)
        assert about == {"from": "a test"}
        for name in ("size", "print", "gloss", "density", "radii", "kind"):
            there, was = getattr(found, name), getattr(made, name)
            assert there == was if name == "kind" else np.allclose(there, was, atol=1e-8)
    assert len(item_files(tmp_path)) == 5
    assert path.with_suffix(".png").exists() and "map_Kd a4.png" in path.with_suffix(".mtl").read_text()


def test_the_mesh_for_others_has_every_link() -> None:
    text = obj_text(spec_of(described(openings=np.full(6, 0.5))), "x.mtl")
    lines = text.splitlines()
    assert sum(line.startswith("o ") for line in lines) == 7
    corners = [int(part.split("/")[0]) for line in lines if line.startswith("f ") for part in line.split()[1:]]
    assert max(corners) == sum(line.startswith("v ") for line in lines) and min(corners) == 1


@pytest.mark.parametrize(
    "text",
    ["", "{}", "[1]", '{"format": "handpick item"}', '{"format": "handpick item", "version": 9}', "not json"],
)
def test_what_is_no_item_is_refused(tmp_path, text: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises(ItemFileError, match=r"x\.json.*expected an item"):
        read_item(path)


def test_files_that_were_changed_are_refused(tmp_path) -> None:
    path = write_item(tmp_path / "x.json", described())
    told = json.loads(path.read_text())
    told["item"]["density"] = 400.0
    path.write_text(json.dumps(told))
    with pytest.raises(ItemFileError, match="changed"):
        read_item(path)


def test_a_folder_of_items_is_a_suite(tmp_path, rng: np.random.Generator) -> None:
    for number, length in enumerate((0.10, 0.14)):
        write_item(tmp_path / f"{number}.json", described(size=(length, 0.06, 0.04), density=200.0))
    (tmp_path / "path.json").write_text("{}")  # what is no item is passed over
    specs = bin_specs(str(tmp_path), rng)
    assert len(specs) >= 10 and {round(float(spec.size[0]), 3) for spec in specs} == {0.10, 0.14}
    before = made_of(str(tmp_path))
    assert before == digest_of_items(tmp_path) and made_of("mixed") == ""
    write_item(tmp_path / "0.json", described(size=(0.11, 0.06, 0.04)))
    assert made_of(str(tmp_path)) != before


def test_folders_without_items_and_names_of_nothing_are_refused(tmp_path) -> None:
    with pytest.raises(ItemFileError, match="found none"):
        suite_shares(str(tmp_path))
    with pytest.raises(UnknownSuiteError, match="a folder of items"):
        suite_shares(str(tmp_path / "nothing"))
    with pytest.raises(ItemFileError):
        make_item(str(tmp_path / "none.json"), np.random.default_rng(0))


def test_a_description_cannot_be_written_into() -> None:
    made: Description = described(radii=np.tile(BOX, (SLICES, 1)))
    with pytest.raises(ValueError, match="read-only"):
        made.radii[0, 0] = 1.0
