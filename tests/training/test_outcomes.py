"""Files of outcomes are the same bytes every time, and what is wrong with one is told by name."""

import json

import numpy as np
import pytest

from sim.damage.ledger import Cause
from training.errors import ShardError, TrainingError
from training.generate import Job, is_whole, shard_of
from training.outcomes import CAUSES, OUTCOME, Origin, mask, read_folders, read_shard, write_shard

ORIGIN = Origin("mixed", 0, 3, 20)


@pytest.fixture
def outcomes():
    rows = np.zeros(5, OUTCOME)
    rows["bin"], rows["tool"], rows["family"], rows["held"] = 3, b"suction", b"carton", True
    rows["features"]["mass"] = np.arange(5)
    return rows


def test_what_is_written_is_read_and_is_the_same_bytes_again(tmp_path, outcomes):
    paths = [tmp_path / name for name in ("a.npz", "b.npz")]
    for path in paths:
        write_shard(path, ORIGIN, outcomes)
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert (read_shard(paths[0], ORIGIN) == outcomes).all()
    assert len(read_folders([tmp_path])) == 10
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.npz", "b.npz"]


def test_a_file_that_is_cut_short_is_made_again(tmp_path, outcomes):
    path = tmp_path / "a.npz"
    write_shard(path, ORIGIN, outcomes)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(ShardError, match="whole file"):
        read_shard(path)
    assert not is_whole(path, ORIGIN)


def test_a_changed_outcome_is_told(tmp_path, outcomes):
    changed = forged(tmp_path, outcomes, lambda about: None, lambda rows: rows["held"].fill(False))
    with pytest.raises(ShardError, match="changed after"):
        read_shard(changed)


def test_another_version_is_told(tmp_path, outcomes):
    with pytest.raises(ShardError, match="version 1"):
        read_shard(forged(tmp_path, outcomes, lambda about: about.update(version=0)))


def test_features_of_another_order_are_told(tmp_path, outcomes):
    with pytest.raises(ShardError, match="expected the features"):
        read_shard(forged(tmp_path, outcomes, lambda about: about["features"].reverse()))


def test_outcomes_of_something_else_are_not_overwritten(tmp_path, outcomes):
    path = tmp_path / "a.npz"
    write_shard(path, ORIGIN, outcomes)
    with pytest.raises(ShardError, match="another folder"):
        is_whole(path, Origin("mixed", 0, 3, 40))


def test_an_empty_folder_is_told(tmp_path):
    with pytest.raises(ShardError, match="found none"):
        read_folders([tmp_path])


def test_shards_share_out_the_same_bins(tmp_path):
    job = Job(tmp_path, 100, ("boxes", "bags"), tries=20)
    whole = job.origins()
    parts = [Job(tmp_path, 100, ("boxes", "bags"), tries=20, shard=(i, 2)).origins() for i in range(2)]
    assert [origin.suite for origin in whole] == ["boxes", "bags", "boxes", "bags", "boxes"]
    assert sorted(parts[0] + parts[1], key=lambda origin: origin.bin) == whole
    assert shard_of("1/2") == (1, 2)
    for wrong in ("2/2", "1", "-1/2", "a/b"):
        with pytest.raises(TrainingError, match="i/n"):
            shard_of(wrong)


def test_causes_are_bits():
    assert mask([]) == 0
    assert mask([CAUSES[2], CAUSES[0], CAUSES[0]]) == 0b101
    assert len(Cause) <= 16


def forged(folder, outcomes, about_change, rows_change=lambda rows: None):
    """A file that says something else than it holds."""
    path = folder / "forged.npz"
    write_shard(path, ORIGIN, outcomes)
    with np.load(path) as file:
        about, rows = json.loads(str(file["about"])), file["outcomes"]
    about_change(about)
    rows_change(rows)
    np.savez_compressed(path, about=np.array(json.dumps(about)), outcomes=rows)
    return path


def test_a_bin_has_the_same_number_in_all_folders_and_no_other_bin_has_it(tmp_path, outcomes):
    folders = [tmp_path / name for name in ("a", "b")]
    for folder, seeds in zip(folders, ((0, 1), (1, 2))):
        folder.mkdir()
        for seed in seeds:
            write_shard(folder / f"{seed}.npz", Origin("mixed", seed, 3, 20), outcomes)
    assert read_folders(folders)["bin"].tolist() == [0] * 5 + [1] * 5 + [1] * 5 + [2] * 5


def test_files_of_before_drew_by_contact_mechanics(tmp_path, outcomes):
    def older(about):
        del about["policy"], about["weights"]

    assert (read_shard(forged(tmp_path, outcomes, older), ORIGIN) == outcomes).all()
    with pytest.raises(ShardError, match="another folder"):
        is_whole(tmp_path / "forged.npz", Origin("mixed", 0, 3, 20, policy="learned", weights="0"))
