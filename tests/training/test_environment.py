"""The environment passes Gymnasium's own checker, and its rewards are the worth of what came of a try."""

import numpy as np
import pytest

gymnasium = pytest.importorskip("gymnasium")

from gymnasium.utils.env_checker import check_env  # noqa: E402

from training.environment import NAME, register  # noqa: E402


@pytest.fixture
def env():
    register()
    made = gymnasium.make(NAME, suite="boxes", items=2, views=1, offers=6, disable_env_checker=True)
    yield made
    made.close()


def test_it_passes_the_checker_of_gymnasium(env) -> None:
    check_env(env.unwrapped, skip_render_check=True)


def test_a_greedy_policy_empties_a_small_bin(env) -> None:
    seen, _ = env.reset(seed=1)
    total, over = 0.0, False
    while not over:
        odds = seen["believed"] * seen["mask"][:, None]
        seen, reward, ended, late, told = env.step(int(np.argmax(odds[:, 0] * odds[:, 1] * (1 - odds[:, 2]))))
        assert set(told) in ({"acquired", "held", "returned", "harm"}, set())
        assert not told or told["held"] or reward <= 0
        total, over = total + reward, ended or late
    assert total > 1.2


def test_what_is_not_offered_brings_nothing(env) -> None:
    seen, _ = env.reset(seed=1)
    seen["mask"][-1] = 0
    env.unwrapped.drawn = env.unwrapped.drawn[:-1][:5]
    _, reward, _, _, told = env.step(5)
    assert (reward, told) == (0.0, {})
