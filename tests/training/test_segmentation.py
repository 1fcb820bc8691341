"""Looks are kept as they were, partitions are compared with the truth, and the network learns what NumPy runs."""

from dataclasses import replace

import numpy as np
import pytest

from perception.pose import Pose
from perception.segmentation.learned import LearnedSegmentation, SegmentationWeights
from perception.segmentation.partition import Partition
from perception.segmentation.pyramid import INPUTS, pyramid
from perception.segmentation.surfel_network import told
from perception.tote import Tote
from tests.support.surfels import VOXEL, surfels
from training.completion.cases import Origin
from training.errors import ShardError, TrainingError
from training.segmentation.looks import UNIT, Look, Looks, read_file, read_looks, read_origin
from training.segmentation.score import compared

ORIGIN = Origin("table:mixed", 0, 3)


@pytest.fixture
def look():
    """Two squares of surfels, 10 by 10 each, on a tote that is turned."""
    x, y = (VOXEL * a.ravel() for a in np.meshgrid(np.arange(10), np.arange(10), indexing="ij"))
    square = np.column_stack([x, y, np.full(100, 0.05)])
    points = np.concatenate([square, square + np.array((0.06, 0, 0))])
    surface = surfels(points, np.tile((0.0, 0.0, 1.0), (200, 1)), np.tile((200, 40, 40), (200, 1)))
    tote = Tote("source", Pose.from_euler((0.3, 0.1, 0), (0, 0, 0.5)), np.array((0.4, 0.3, 0.2)))
    truth = np.repeat((0, 1), 100)
    return Look(surface, np.ones(200, bool), truth, ("can", "pen"), VOXEL, tote, "table", 3, 1, True)


def test_a_look_comes_back_as_it_was(look, tmp_path):
    content = Looks()
    content.add(look)
    content.write(tmp_path / "a.npz", ORIGIN)
    (back,) = read_file(tmp_path / "a.npz")
    assert read_origin(tmp_path / "a.npz") == ORIGIN
    np.testing.assert_allclose(back.surface.points, look.surface.points, atol=UNIT)
    np.testing.assert_allclose(back.surface.normals, look.surface.normals, atol=1e-3)
    for name in ("voxels", "colors", "views"):
        np.testing.assert_array_equal(getattr(back.surface, name), getattr(look.surface, name))
    np.testing.assert_array_equal(np.sort(back.surface.neighbors), np.sort(look.surface.neighbors))
    np.testing.assert_array_equal(back.truth, look.truth)
    assert (back.families, back.place, back.number, back.views) == (look.families, "table", 3, 1)


def test_files_that_are_cut_short_are_refused(look, tmp_path):
    content = Looks()
    content.add(look)
    content.write(tmp_path / "a.npz", ORIGIN)
    (tmp_path / "a.npz").write_bytes((tmp_path / "a.npz").read_bytes()[:-200])
    with pytest.raises(ShardError, match="remove it"):
        list(read_looks([tmp_path]))


def test_the_true_partition_finds_everything_and_invents_nothing(look):
    found = compared(look, Partition(look.truth.astype(np.int32), np.ones(2)))
    assert list(found.iou) == [1, 1] and found.hit.all()


def test_two_taken_for_one_are_one_found_at_most(look):
    found = compared(look, Partition(np.zeros(200, np.int32), np.ones(1)))
    assert list(found.iou) == [0.5, 0.5] and not found.hit.any()


def test_a_piece_beside_the_item_is_false(look):
    labels = look.truth.astype(np.int32)
    labels[:20] = 2
    found = compared(look, Partition(labels, np.ones(3)))
    assert list(found.hit) == [True, True, False]


def test_numpy_runs_what_torch_learned(look):
    torch = pytest.importorskip("torch")
    from training.segmentation.network import SurfelNetwork, batched, exported

    rng = np.random.default_rng(0)
    voxels = np.unique(rng.integers(0, 20, (900, 3), dtype=np.int32), axis=0)
    known = rng.normal(size=(len(voxels), INPUTS)).astype(np.float32)
    network, levels = SurfelNetwork(), pyramid(voxels)
    network(torch.from_numpy(known), batched([levels]))  # moves the normalisation from where it began
    with torch.inference_mode():
        right = network.eval()(torch.from_numpy(known), batched([levels])).numpy()
    np.testing.assert_allclose(told(exported(network), levels, known), right, rtol=1e-3, atol=1e-5)


def test_looks_in_a_batch_do_not_see_each_other():
    torch = pytest.importorskip("torch")
    from training.segmentation.network import SurfelNetwork, batched

    rng = np.random.default_rng(1)
    parts = [np.unique(rng.integers(0, 20, (count, 3), dtype=np.int32), axis=0) for count in (300, 500)]
    known = [torch.randn(len(part), INPUTS) for part in parts]
    network = SurfelNetwork().eval()
    with torch.inference_mode():
        alone = torch.cat([network(some, batched([pyramid(part)])) for some, part in zip(known, parts)])
        together = network(torch.cat(known), batched([pyramid(part) for part in parts]))
    np.testing.assert_allclose(alone.numpy(), together.numpy(), atol=1e-5)


def test_slopes_are_right():
    torch = pytest.importorskip("torch")
    from training.segmentation.network import _Down, _Near

    voxels = np.unique(np.random.default_rng(2).integers(0, 5, (40, 3), dtype=np.int32), axis=0)
    levels = pyramid(voxels)
    values = torch.randn(len(voxels), 2, dtype=torch.double, requires_grad=True)
    for layer, rows, taps in ((_Near, levels[0].near, 27), (_Down, levels[1].children, 8)):
        weight = torch.randn(3, 2 * taps, dtype=torch.double, requires_grad=True)
        assert torch.autograd.gradcheck(layer.apply, (values, torch.from_numpy(rows.astype(np.int64)), weight))


def test_a_turned_sample_is_the_same_sample(look):
    pytest.importorskip("torch")
    from training.segmentation.fit import sample_of, turned

    sample = sample_of(replace(look, tote=Tote("table", Pose.identity(), np.array((0.5, 0.5, 0.0)))))
    for seed in range(8):
        other = turned(sample, np.random.default_rng(seed))
        a, b = other.edges.T
        assert (np.abs(other.voxels[a] - other.voxels[b]) <= 1).all()
        np.testing.assert_allclose(
            np.linalg.norm(other.points[a] - other.points[b], axis=1),
            np.linalg.norm(sample.points[a] - sample.points[b], axis=1),
            atol=1e-6,
        )


def test_from_looks_to_weights_that_tell_items_apart(look, tmp_path):
    pytest.importorskip("torch")
    from training.segmentation.fit import fitted, sample_of
    from training.segmentation.merging import asked, calibrated, fitted_rule, judged_pairs
    from training.segmentation.network import exported

    rng, said = np.random.default_rng(3), []
    normals = rng.normal((0, 0, 2.0), 0.7, (200, 3))
    rough = replace(look.surface, normals=(normals / np.linalg.norm(normals, axis=1)[:, None]).astype(np.float32))
    look = replace(look, surface=rough)
    layers = exported(fitted([[sample_of(look)]], 2, 0, said.append))
    weights = calibrated(layers, fitted_rule(layers, [look], 0, said.append), [look], said.append)
    weights.write(tmp_path / "a.safetensors")
    found = LearnedSegmentation(SegmentationWeights.read(tmp_path / "a.safetensors"))(*asked(look))
    assert found.labels.shape == look.truth.shape and found.labels.max() + 1 == len(found.whole)
    odds, same = judged_pairs(weights, look)
    assert len(odds) == len(same) > 0 and ((odds >= 0) & (odds <= 1)).all()


def test_families_that_are_for_judging_are_not_learned_from(look, tmp_path):
    pytest.importorskip("torch")
    from training.segmentation.train import looks_of

    content = Looks()
    content.add(replace(look, families=("can", "hammer")))
    content.write(tmp_path / "a.npz", ORIGIN)
    with pytest.raises(TrainingError, match="hammer"):
        looks_of(tmp_path / "a.npz")
