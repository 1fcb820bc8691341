"""The network of completion begins as the analytic solid, learns, and is the same without torch."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from perception.completion.evidence import CHANNELS, NODES  # noqa: E402
from perception.completion.margins import PRIOR, margins  # noqa: E402
from training.completion.fit import batch, exported, fitted, predicted, surprise, turned  # noqa: E402
from training.completion.network import CompletionNetwork  # noqa: E402
from training.completion.table import LEVELS, MOST, Table  # noqa: E402
from training.completion.train import logistic, parts_of  # noqa: E402

SHAPE = (NODES,) * 3


@pytest.fixture
def table() -> Table:
    """Cubes of which the analytic solid is half as high as they are, which another channel tells."""
    rng, count = np.random.default_rng(0), 24
    channels = rng.integers(-20, 20, (count, CHANNELS, *SHAPE)).astype(np.int8)
    inside = np.zeros((count, *SHAPE), np.uint8)
    inside[:, 8:24, 8:24, 8:24] = MOST
    channels[:, PRIOR] = -LEVELS
    channels[:, PRIOR, 8:24, 8:24, 16:24] = LEVELS
    channels[:, 0] = np.where(inside > 0, LEVELS, -LEVELS)
    family = np.array(["carton", "can", "hammer", "shirt"] * (count // 4))
    asked, views = np.ones((count, *SHAPE), bool), np.ones(count, np.int64)
    return Table(channels, np.zeros((count, 3), np.float32), inside, asked, family, np.arange(count), views)


def test_it_begins_as_the_analytic_solid(table):
    told = predicted(CompletionNetwork().eval(), table, np.arange(4)).numpy()
    assert ((told > 0) == (table.channels[:4, PRIOR] > 0)).all()


def test_it_learns_what_the_analytic_solid_misses_and_numpy_says_the_same(table, monkeypatch):
    monkeypatch.setattr("training.completion.fit.BATCH", 4)
    network = fitted(table, np.arange(8), 15, 0, lambda line: None)
    before, after = (predicted(one, table, np.arange(2)) for one in (CompletionNetwork().eval(), network))
    _, _, inside, asked = batch(table, np.arange(2))
    assert surprise(after, inside, asked) < 0.8 * surprise(before, inside, asked)
    told = after.numpy()
    channels, scales, _, _ = batch(table, np.arange(2))
    plain = [margins(exported(network), c, s) for c, s in zip(channels.numpy(), scales.numpy())]
    np.testing.assert_allclose(plain, told, atol=1e-4)


def test_turning_keeps_evidence_and_truth_together(table):
    channels, _, inside, _ = turned(batch(table, np.arange(8)), np.random.default_rng(3))
    assert (torch.sign(channels[:, 0]) == torch.where(inside > 0, 1.0, -1.0)).all()


def test_families_and_bins_are_kept_aside(table):
    parts = parts_of(table, 0)
    assert set(table.family[parts.fit]) == {"carton", "shirt"}
    assert not parts.aside & set(table.bin[parts.fit].tolist())


def test_confidence_is_fitted_to_what_came_true():
    rng = np.random.default_rng(0)
    clues = np.column_stack([rng.normal(size=20000), np.ones(20000)])
    right = rng.random(20000) < 1 / (1 + np.exp(-(clues @ (1.5, -0.5))))
    np.testing.assert_allclose(logistic(clues, right), (1.5, -0.5), atol=0.1)
