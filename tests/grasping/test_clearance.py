"""What the swept tool would enter, against every cell counted one by one."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from grasping.candidates.clearance import swept_volumes
from perception.scene import Space

VOXEL = 0.004
ROOMY = np.array((9.0, 9.0, 9.0))  # metres of tote, so that nothing leaves it
DEEP = np.array((0.0, 0.0, 4.0))


def counted(T_grid_tool, box, own, state, item):
    """Volumes of a box in others, in unseen space and in the item itself, from the middles of its samples."""
    n = np.maximum(np.ceil((box[3:6] - box[:3]) / (box[7] * VOXEL)).astype(int), 1)
    step = (box[3:6] - box[:3]) / n
    middles = np.stack(np.meshgrid(*(np.arange(k) + 0.5 for k in n), indexing="ij"), axis=-1).reshape(-1, 3) * step
    places = (box[:3] + middles) @ T_grid_tool[:3, :3].T + T_grid_tool[:3, 3]
    cells = np.floor(places / VOXEL + 0.5).astype(int)
    cells = cells[((cells >= 0) & (cells < state.shape)).all(axis=1)]
    space, whose = state[tuple(cells.T)], item[tuple(cells.T)]
    filled, mine = space == Space.OCCUPIED, whose == own
    return step.prod() * np.array(((filled & ~mine).sum(), (space == Space.UNSEEN).sum(), (filled & mine).sum()))


@pytest.mark.parametrize("seed", range(4))
def test_the_swept_tool_meets_what_every_cell_counted_alone_says(seed):
    rng = np.random.default_rng(seed)
    shape = (30, 22, 18)
    heights = rng.integers(0, shape[2], shape[:2]) * (rng.random(shape[:2]) < 0.5)
    below = np.arange(shape[2]) < heights[..., None]
    state = np.where(below, rng.integers(0, 3, shape), Space.FREE).astype(np.uint8)
    item = np.where(state == Space.OCCUPIED, rng.integers(0, 2, shape), -1).astype(np.int16)
    count = 40
    T = np.tile(np.eye(4), (count, 1, 1))
    T[:, :3, :3] = Rotation.random(count, random_state=rng.integers(2**31)).as_matrix()
    T[: count // 2, :3, :3] = np.diag([1.0, -1.0, -1.0])  # as most tools come: straight down
    T[:, :3, 3] = rng.uniform(-2 * VOXEL, np.array(shape) * VOXEL, (count, 3))
    low = rng.uniform(-0.04, 0.0, (count, 1, 3))
    boxes = np.concatenate([low, low + rng.uniform(0.002, 0.08, (count, 1, 3)), np.zeros((count, 1, 2))], axis=2)
    boxes[..., 7] = rng.integers(1, 4, (count, 1))
    in_tote = T.copy()
    in_tote[:, :3, 3] += DEEP
    ids = rng.integers(0, 2, count)
    volumes = swept_volumes(T, in_tote, boxes, ids, state, item, VOXEL, ROOMY, np.inf)
    expected = [counted(*each, state, item) for each in zip(T, boxes[:, 0], ids)]
    assert volumes[:, :3] == pytest.approx(np.array(expected), abs=1e-12) and not volumes[:, 3].any()
    assert (volumes[:, :3] > 0).any(axis=0).all()
