"""What was seen of items is kept so that a completion does the same with it again, and is judged by the truth."""

from dataclasses import replace

import numpy as np
import pytest

from perception.completion.complete import complete, fit_solid
from perception.completion.evidence import gather
from perception.completion.surroundings import Surroundings
from perception.perceiver import Perceiver
from perception.scene import ItemShape
from sim.items.meshes import box_mesh
from tests.support.pictures import CAMERAS, DESTINATION, NO_ROBOT, SOURCE, World
from training.completion.cases import ITEM, Case, Cases, Origin, read_cases, read_file, read_origin, write_cases
from training.completion.generate import Recorder, SceneJob
from training.completion.random_solids import solid_specs
from training.completion.score import Hidden, calibration_error, compared, score
from training.completion.table import MOST, table_of
from training.errors import ShardError

ORIGIN = Origin("mixed", 0, 3)
SIZES = ((0.12, 0.10, 0.06), (0.10, 0.12, 0.08))
PLACES = ((-0.08, 0, 0.03), (0.07, 0.01, 0.04))


@pytest.fixture(scope="module")
def recorded():
    world, recorder = World(), Recorder()
    for place, size in zip(PLACES, SIZES):
        world.put(place, size, (200, 40, 40))
    frames = world.frames(np.random.default_rng(0))
    scene = Perceiver(SOURCE, DESTINATION, CAMERAS, completion=recorder).perceive(frames, NO_ROBOT)
    return world, recorder, scene


@pytest.fixture(scope="module")
def content(recorded):
    _, recorder, _ = recorded
    content = Cases()
    for (item, rows, around), box in zip(recorder.found, _boxes_of(recorded)):
        vertices, triangles, _ = box_mesh(box.size)
        truth = content.add_truth("carton", [(box.T_base_box.apply(vertices), triangles)])
        content.add(item, rows, around, truth, state=0, views=len(CAMERAS), purity=1.0, share=1.0)
    return content


@pytest.fixture(scope="module")
def cases(content, tmp_path_factory) -> list[Case]:
    path = tmp_path_factory.mktemp("scenes") / "a.npz"
    write_cases(path, ORIGIN, SOURCE, content)
    return list(read_file(path))


def _boxes_of(recorded):
    """The true box under each item that was found."""
    world, _, scene = recorded
    places = np.array([box.T_base_box.position for box in world.boxes])
    return [
        world.boxes[int(np.argmin(np.linalg.norm(places - item.T_base_box.position, axis=1)))] for item in scene.items
    ]


def test_a_completion_makes_the_same_of_what_was_kept(recorded, cases):
    _, _, scene = recorded
    assert len(cases) == len(scene.items) == 2
    for case, item in zip(cases, scene.items):
        again = complete(ITEM, case.rows, case.around)
        np.testing.assert_allclose(again.size, item.size, atol=2e-4)
        np.testing.assert_allclose(again.T_base_box.position, item.T_base_box.position, atol=2e-4)
        assert again.volume == pytest.approx(item.volume, rel=0.01)


def test_what_is_written_is_the_same_bytes_again(tmp_path, content):
    for name in ("a.npz", "b.npz"):
        write_cases(tmp_path / name, ORIGIN, SOURCE, content)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    assert read_origin(tmp_path / "a.npz") == ORIGIN
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.npz", "b.npz"]


def test_a_file_that_is_cut_short_and_an_empty_folder_are_told(tmp_path, content):
    with pytest.raises(ShardError, match="generate --scenes"):
        list(read_cases([tmp_path]))
    write_cases(tmp_path / "a.npz", ORIGIN, SOURCE, content)
    (tmp_path / "a.npz").write_bytes((tmp_path / "a.npz").read_bytes()[:-200])
    with pytest.raises(ShardError, match="whole file"):
        list(read_cases([tmp_path]))


def test_shards_share_the_bins_out_and_keep_their_numbers(tmp_path):
    whole = SceneJob(tmp_path, 7, ("mixed", "solids"), 5).origins()
    parts = [SceneJob(tmp_path, 7, ("mixed", "solids"), 5, (i, 3)).origins() for i in range(3)]
    assert sorted((origin for part in parts for origin in part), key=lambda o: o.bin) == whole
    assert [origin.suite for origin in whole[:3]] == ["mixed", "solids", "mixed"]


def test_boxes_are_completed_close_to_the_truth_and_a_smaller_one_is_not(cases):
    for case in cases:
        hidden = Hidden.of(case, np.random.default_rng(0))
        right = score(case, hidden, complete)
        assert right is not None and right.hidden < 0.004 and right.iou > 0.85
        shape = complete(ITEM, case.rows, case.around)
        less = compared(_shrunk(shape, 0.5), hidden)
        assert less.hidden > 2 * right.hidden and less.iou < 0.3


def _shrunk(shape: ItemShape, factor: float) -> ItemShape:
    """A shape about its middle."""
    middle = shape.T_base_box.position
    small = middle + factor * (shape.vertices - middle)
    return replace(shape, vertices=small, points=small)


def test_hidden_points_are_where_no_camera_looked(cases):
    for case in cases:
        hidden = Hidden.of(case, np.random.default_rng(0))
        floor = hidden.points[:, 2] < SOURCE.T_base_tote.position[2] + 0.002
        assert floor.mean() > 0.5  # the undersides
        top = case.truth.parts[0][0][:, 2].max()
        assert (hidden.points[:, 2] < top - 0.002).mean() > 0.97


def test_evidence_is_of_what_was_seen_alone(cases):
    for case in cases:
        shown = gather(ITEM, case.rows, case.around, fit_solid(ITEM, case.rows, case.around))
        assert np.abs(shown.channels).max() <= 1 and np.isfinite(shown.channels).all()
        nodes = shown.lattice.points()
        below = nodes[..., 2] < SOURCE.T_base_tote.position[2] - 0.004
        vertices = case.truth.parts[0][0]
        middle = np.linalg.norm(nodes[..., :2] - vertices[:, :2].mean(axis=0), axis=-1) < 0.03
        above = middle & (nodes[..., 2] > vertices[:, 2].max() + 0.012)
        assert (shown.bound[below] > 0).all()
        assert (shown.channels[0][above] >= 0).all()  # seen free, or not looked at
        assert shown.channels[3].sum() > 20  # surfels


def test_a_table_asks_where_the_item_can_be_and_knows_where_it_is(cases):
    table = table_of(cases)
    assert len(table) == 2
    for inside, asked, case in zip(table.inside, table.asked, cases):
        shown = gather(ITEM, case.rows, case.around, fit_solid(ITEM, case.rows, case.around))
        volume = (inside[asked] / MOST).sum() * float(shown.lattice.cell.prod())
        assert volume == pytest.approx(np.prod(SIZES[0] if volume < 8.4e-4 else SIZES[1]), rel=0.2)


def test_solids_are_of_many_forms_and_fit_into_a_bin():
    specs = [spec for seed in range(3) for spec in solid_specs(np.random.default_rng(seed))]
    assert len(specs) > 20
    flat = [np.sort(spec.size)[0] / np.sort(spec.size)[2] for spec in specs]
    full = [spec.volume / spec.size.prod() for spec in specs]
    assert min(flat) < 0.35 < 0.6 < max(flat) and min(full) < 0.4 < 0.6 < max(full)


def test_confidence_that_is_right_has_no_calibration_error():
    rng = np.random.default_rng(0)
    confidence = rng.random(20000)
    assert calibration_error(confidence, rng.random(20000) < confidence) < 0.02
    assert calibration_error(np.full(100, 0.9), np.zeros(100, bool)) == pytest.approx(0.9)


def test_recorded_surroundings_are_those_of_each_item(recorded):
    _, recorder, _ = recorded
    for item, rows, around in recorder.found:
        assert isinstance(around, Surroundings) and (around.labels[rows] == item).all()
