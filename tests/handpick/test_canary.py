"""A canary is rolled back where it is worse, seldom where it is not, and counts what either weights might have done."""

import numpy as np
import pytest

from handpick.outcome import Cause, PickOutcome, Result
from handpick.picking.canary import Canary, CanaryError, share_of, told
from handpick.picking.evidence import ERROR, Evidence, Side
from handpick.report.canary import canary_lines, verdict


def refuted(old, new, picks, rng, share=0.1):
    """After how many of so many picks new weights are rolled back; None: they are not. old, new: shares placed."""
    found = Evidence(share)
    for _ in range(picks):
        who = rng.random() < share
        found = found.after(bool(who), bool(rng.random() < (new if who else old)))
        if found.worse:
            break
    return found.refuted


def test_weights_that_break_what_worked_are_rolled_back_within_two_hundred_picks():
    rng = np.random.default_rng(0)
    ends = [refuted(0.8, 0.2, 200, rng) for _ in range(50)]
    assert all(ends) and np.median(ends) < 100


def test_weights_that_are_no_worse_are_rolled_back_as_seldom_as_is_stated():
    rng = np.random.default_rng(1)
    for same in (0.5, 0.9):
        found = sum(refuted(same, same, 600, rng) is not None for _ in range(100))
        assert found <= 11  # of 100 at 5%: more by chance once in a hundred times
    assert sum(refuted(0.6, 0.9, 600, rng) is not None for _ in range(50)) <= 2


def test_no_pick_wins_in_the_mean_where_both_are_alike():
    share, chance = 0.3, 0.65
    before = Evidence(share).after_all([(False, True)] * 7 + [(True, False)] * 2)
    mean = sum(
        (share if new else 1 - share) * (chance if placed else 1 - chance) * before.after(new, placed).value
        for new in (False, True)
        for placed in (False, True)
    )
    assert mean == pytest.approx(before.value)


def test_nothing_is_counted_after_the_roll_back():
    found = Evidence(0.5).after_all([(False, True), (True, False)] * 40)
    assert found.worse and found.refuted < 80
    assert found.old.picks + found.new.picks == found.refuted
    assert found.value >= 1 / ERROR


def test_an_interval_holds_at_any_time():
    rng, outside = np.random.default_rng(2), 0
    for _ in range(60):
        side, missed = Side(), False
        for placed in rng.random(150) < 0.7:
            side = side.after(bool(placed))
            low, high = side.span
            missed |= not low <= 0.7 <= high
        outside += missed
    assert outside <= 8
    assert Side().span == (0.0, 1.0) and Side(5, 5).span[1] == 1.0 and Side(5, 0).span[0] == 0.0


def outcome(result, cause=None, trial=True):
    return PickOutcome(0, result, None, cause, 0.0, 1.0, None, {}, 0.0, 0.0, trial=trial)


def test_a_look_that_led_to_nothing_counts_but_an_empty_bin_does_not():
    assert told(outcome(Result.PLACED)) == (True, True)
    assert told(outcome(Result.NOT_EXECUTED, Cause.NOT_WORTH_IT, False)) == (False, False)
    assert told(outcome(Result.NOT_EXECUTED, Cause.NOTHING_SEEN)) is None
    assert told(outcome(Result.PLACED, trial=None)) is None


def test_after_a_roll_back_the_old_weights_decide():
    canary = Canary(None, Evidence(0.5), np.random.default_rng(0))
    assert any(canary.draw() for _ in range(20))
    for _ in range(40):
        canary.record(outcome(Result.PLACED, trial=False))
        canary.record(outcome(Result.DROPPED, Cause.LOST_IN_TRANSFER))
    assert canary.evidence.worse and not any(canary.draw() for _ in range(50))


@pytest.mark.parametrize("text", ["0", "1", "much", "-0.1", "nan"])
def test_shares_that_leave_one_side_without_picks_are_refused(text):
    with pytest.raises(CanaryError, match=r"from 0\.01 to"):
        share_of(text)
    assert share_of("0.1") == 0.1


def test_the_report_says_whether_it_was_rolled_back():
    found = {"policy": "new.safetensors", "share": 0.1, "evidence": 0.5, "limit": 20.0, "rolled_back_at": None}
    found |= {name: {"picks": 0, "placed": 0, "share": None, "low": 0.0, "high": 1.0} for name in ("old", "new")}
    assert "not rolled back" in verdict(found)
    assert "rolled back after 80 picks" in "\n".join(canary_lines(found | {"rolled_back_at": 80}))
    assert canary_lines({}) == []
