"""Rates: counted ones say of what, judged ones say why, and none is certain."""

import pytest

from grasping.quality.rates import Rate, RateError, judged


def test_what_never_happened_in_few_tries_still_may():
    assert 0 < Rate(0, 17, "handpick sim").probability < Rate(0, 3, "handpick sim").probability < 0.5
    assert Rate(11, 14, "handpick sim").probability == 0.75


@pytest.mark.parametrize("made", [lambda: Rate(3, 2, "x"), lambda: judged(1.2, "x"), lambda: judged(0.5, "")])
def test_a_rate_that_cannot_be_is_refused(made):
    with pytest.raises(RateError, match="expected"):
        made()
