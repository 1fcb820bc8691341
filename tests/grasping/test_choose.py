from dataclasses import replace

import numpy as np
import pytest

from benchmarks.support.scenes import box, make_scene
from grasping.attempts import Attempt, Attempts, Failure
from grasping.beliefs.slip import Slip
from grasping.choose import choose
from grasping.contact.wrench_limits import suction_limits
from grasping.draw import draw_grasp
from grasping.grasp import Grasp, Load, Odds
from grasping.propose import propose
from grasping.quality.trust import trust, trusted
from grasping.quality.worth import Stakes, blocked
from grasping.tools import DualTool, Tool
from handpick.layout import standard_layout
from perception.pose import Pose

SCENE = make_scene([box((-0.1, 0, 0.04), (0.10, 0.12, 0.08)), box((0.12, 0, 0.03), (0.10, 0.10, 0.06))])
OPTIONS = propose(SCENE, DualTool(), frozenset(Tool))


def made(item, odds, x=0.0, tool=Tool.SUCTION, extent=1.0):
    load = Load(0.3, np.zeros(3), np.eye(3) * 1e-4 * extent**2, (0.1, 0.5))
    T = Pose.from_euler((x, 0, 0), (np.pi, 0, 0))
    return Grasp(tool, item, T, 0.05, 0.0, 0.0, Odds(*odds), suction_limits(40.0, 0.5, 0.015), load)


def same_pick(a, b):
    return a.tool is b.tool and np.linalg.norm(a.T_base_tool.position - b.T_base_tool.position) < 0.02


def test_the_price_of_damage_decides_what_is_tried() -> None:
    """Whoever pays nothing lifts whatever holds; the dearer damage is, the less is tried, blocked or not."""
    risky = made(0, (1.0, 1.0, 0.3))
    for price, tried in ((0.0, True), (2.0, True), (20.0, False)):
        stakes = Stakes(damage=price)
        assert bool(choose([risky], lambda g: 3.0, Attempts(), stakes)) is tried
        assert blocked(4, stakes) == Stakes(left=2.0, damage=price)


def test_the_rate_of_undamaged_units_decides():
    sure_but_slow, quick, fragile = (
        made(0, (0.95, 0.98, 0.0), 0.0),
        made(1, (0.9, 0.95, 0.0), 0.2),
        made(2, (1.0, 1.0, 0.1), 0.4),
    )
    seconds = {0: 5.0, 1: 3.0, 2: 2.5}
    ranked = choose([sure_but_slow, quick, fragile], lambda g: seconds[g.item], Attempts())
    assert ranked == (quick, sure_but_slow, fragile)


def test_damage_costs_more_than_a_miss_and_harm_is_not_tried():
    misses, harms = made(0, (0.7, 1.0, 0.0)), made(1, (1.0, 1.0, 0.3), 0.3)
    assert Stakes().gain(misses) > Stakes().gain(harms)
    assert choose([made(0, (1.0, 1.0, 0.6))], lambda g: 3.0, Attempts()) == ()


def test_what_stands_in_the_way_is_worth_more_trouble_but_little_harm():
    doubtful, harmful = made(0, (0.7, 0.7, 0.14)), made(1, (1.0, 1.0, 0.3), 0.3)
    assert choose([doubtful, harmful], lambda g: 3.0, Attempts()) == ()
    assert choose([doubtful, harmful], lambda g: 3.0, Attempts(), blocked(2)) == (doubtful,)


def test_the_more_lies_behind_what_blocks_the_more_is_risked():
    burdened, harmful = made(0, (0.9, 0.12, 0.02)), made(1, (1.0, 1.0, 0.3), 0.3)
    assert choose([burdened, harmful], lambda g: 3.0, Attempts(), blocked(2)) == ()
    assert choose([burdened, harmful], lambda g: 3.0, Attempts(), blocked(14)) == (harmful, burdened)


def test_unreachable_grasps_are_left_and_the_next_best_is_another_item():
    a, b, c = made(0, (1, 1, 0)), made(0, (0.99, 1, 0), 0.1), made(1, (0.95, 1, 0), 0.3)
    assert choose([a, b, c], lambda g: np.inf if g is a else 3.0, Attempts()) == (c, b)
    assert choose([a, b, c], lambda g: 3.0, Attempts()) == (a, c, b)
    assert choose([], lambda g: 3.0, Attempts()) == ()


def test_a_failed_try_is_not_repeated():
    past = Attempts()
    tried = []
    for _ in range(4):
        first = choose(OPTIONS, lambda g: 3.6, past)[0]
        assert not any(same_pick(first, before) for before in tried)
        tried.append(first)
        past.record(first, False, Failure.NO_HOLD)


def test_drags_are_counted_by_item():
    past = Attempts()
    here, elsewhere = made(0, (1, 1, 0)), made(1, (1, 1, 0), 0.4, extent=2.0)
    past.record_drag(here)
    past.record_drag(made(7, (1, 1, 0), 0.1))  # the same a little further on: scenes count anew
    assert past.drags(here) == 2 and past.drags(elsewhere) == 0
    assert trust(past, here) == 1.0


def test_moves_are_counted_wherever_they_end():
    past, far = Attempts(), Pose.from_rotation((0.4, 0, 0), np.eye(3))
    here = made(0, (1, 1, 0))
    there = replace(here, T_base_tool=far @ here.T_base_tool)
    past.record_drag(here, there.T_base_tool)
    assert (past.drags(here), past.drags(there)) == (0, 1)
    past.record_drag(there, here.T_base_tool)
    assert (past.drags(here), past.drags(there)) == (2, 0)


def test_where_no_hold_was_found_the_next_drag_takes_another_site():
    past, grasp = Attempts(), made(0, (1, 1, 0))
    past.record(grasp, False, Failure.LOST)  # held, and too weak to lift: just what drags are for
    assert not past.unheld(grasp)
    past.record(grasp, False, Failure.NO_HOLD)
    assert past.unheld(grasp)
    assert not past.unheld(made(0, (1, 1, 0), 0.03))
    assert not past.unheld(made(0, (1, 1, 0), tool=Tool.PINCH))


def test_an_item_that_failed_often_is_left_for_last_and_a_placed_one_is_forgotten():
    past = Attempts()
    failing = choose(OPTIONS, lambda g: 3.6, past)[0].item
    for grasp in [g for g in OPTIONS if g.item == failing][:4]:
        past.record(grasp, False)
    ranked = choose(OPTIONS, lambda g: 3.6, past)
    assert ranked[0].item != failing
    placed = next(g for g in OPTIONS if g.item == failing)
    past.record(placed, True)
    assert trust(past, placed) == 1.0


def test_a_good_grasp_that_failed_once_is_tried_again_where_nothing_else_is():
    past, only, beside = Attempts(), made(0, (0.9, 0.9, 0.02)), made(0, (0.9, 0.9, 0.02), 0.03)
    past.record(only, False, Failure.NO_HOLD)
    assert choose([only, beside], lambda g: 3.6, past) == (beside,)  # not at the same site
    for grasp in (beside, made(0, (0.9, 0.9, 0.02), -0.03), beside):
        past.record(grasp, False, Failure.NO_HOLD)
    assert choose([only, beside], lambda g: 3.6, past) == ()


def test_failures_do_not_weigh_on_items_elsewhere():
    past, odds = Attempts(), (0.9, 0.9, 0.0)
    past.record(made(0, odds, 0.0), False, Failure.NO_HOLD)
    assert trust(past, made(7, odds, 0.3)) == 1.0
    assert trust(past, made(7, odds, 0.1, extent=2.0)) == 1.0
    moved, same = trust(past, made(7, odds, 0.1)), trust(past, made(7, odds, 0.0))  # alike and near: it may have moved
    by_fingers = trust(past, made(7, odds, 0.01, Tool.PINCH))
    assert same < 0.3 < moved < by_fingers < 1.0


def test_what_a_failure_tells_goes_to_the_odds_that_it_is_about():
    grasp, elsewhere = made(0, (0.7, 0.8, 0.02)), made(0, (0.7, 0.8, 0.02), 0.04)
    for failure, acquires, holds in ((Failure.NO_HOLD, -1, 0), (Failure.LOST, 1, -1), (Failure.WEIGHED, 1, 0)):
        past = Attempts()
        past.record(grasp, False, failure)
        odds = trusted(past, elsewhere)
        assert np.sign(odds.acquire - 0.7) == acquires and np.sign(odds.hold - 0.8) == holds


def test_a_pinch_that_slipped_off_leaves_says_little_of_another_hold():
    grasp, elsewhere = (made(0, (0.9, 0.8, 0.02), x, Tool.PINCH) for x in (0.0, 0.04))
    holds = []
    for slip in (None, Slip(0.9, 1.5)):
        past = Attempts(failed=[replace(Attempt.of(grasp, Failure.LOST), slip=slip)])
        holds.append(trusted(past, elsewhere).hold)
    assert holds[0] < 0.6 and holds[1] == pytest.approx(0.9 * 0.8 + 0.1 * holds[0])


def test_a_plan_that_failed_is_not_made_again_until_the_scene_changes_around_it():
    near, far = made(1, (1, 1, 0), 0.2, extent=2.0), made(1, (1, 1, 0), 0.3)
    for stir in (lambda past, grasp: past.record(grasp, False, Failure.NO_HOLD), Attempts.record_drag):
        past, grasp = Attempts(), made(0, (1, 1, 0))
        past.record_plan(grasp, Failure.NO_PLAN)
        assert choose([grasp], lambda g: 3.6, past) == ()
        assert trust(past, made(0, (1, 1, 0), 0.03)) == 1.0  # another site of the same item
        stir(past, far)
        assert choose([grasp], lambda g: 3.6, past) == ()
        stir(past, near)
        assert trust(past, grasp) == 1.0


def test_a_plan_that_no_pick_can_change_is_not_tried_again():
    past, grasp, other = Attempts(), made(0, (1, 1, 0)), made(1, (1, 1, 0), 0.3)
    past.record_plan(grasp, Failure.NO_PLACE)
    past.record(other, True)
    assert choose([grasp], lambda g: 3.6, past) == ()
    elsewhere = made(0, (1, 1, 0), 0.03)
    assert choose([elsewhere], lambda g: 3.6, past) == (elsewhere,)


def test_a_drawn_grasp_marks_the_place_where_the_tool_is():
    layout = standard_layout()
    scene = make_scene([box((0, 0, 0.04), (0.05, 0.08, 0.08))], layout.source)
    camera = layout.cameras[0]
    image = np.zeros((camera.height, camera.width, 3), np.uint8)
    for tool in Tool:
        grasp = next(g for g in propose(scene, DualTool(), {tool}))
        drawn = draw_grasp(image, camera, grasp, DualTool())
        assert not image.any() and drawn.shape == image.shape
        pixel, _ = camera.project(grasp.T_base_tool.position[None])
        rows, columns = np.nonzero(drawn.any(axis=2))
        assert 50 < len(rows) < 20000
        assert np.hypot(rows - pixel[0, 1], columns - pixel[0, 0]).min() < 25


def test_an_item_that_fell_elsewhere_is_known_by_its_colour():
    red, blue = np.array((200.0, 20.0, 20.0)), np.array((20.0, 20.0, 200.0))
    past = Attempts()
    fell = replace(made(0, (1, 1, 0), 0.0), appearance=red)
    past.record(fell, False, Failure.LOST)
    heavier = replace(made(3, (1, 1, 0), 0.15, extent=2.0), appearance=red + 5)
    assert trust(past, heavier) < 0.9
    assert trust(past, replace(heavier, appearance=blue)) == 1.0


def test_what_is_not_worth_its_time_is_left():
    assert choose([made(0, (0.01, 1.0, 0.0))], lambda g: 3.0, Attempts()) == ()


def test_grasps_know_of_pinches_of_their_item_that_were_lost_and_of_no_others():
    """Whatever was lost by a pinch says how likely leaves slipped, and a second loss builds on the first."""
    scene = make_scene([box((x, 0, 0.04), (0.08, 0.08, 0.08)) for x in (-0.15, 0.15)])  # one may not be the other
    offered = lambda past: propose(scene, DualTool(), frozenset(Tool), past=past)
    pinch, past = next(grasp for grasp in offered(None) if grasp.tool is Tool.PINCH), Attempts()
    past.record(pinch, False, Failure.LOST)
    again = offered(past)
    same = [grasp for grasp in again if grasp.item == pinch.item]
    assert past.failed[0].slip is not None and {grasp.slips for grasp in same} == {(past.failed[0].slip,)}
    assert {grasp.slips for grasp in again if grasp.item != pinch.item} == {()}
    past.record(next(grasp for grasp in same if grasp.tool is Tool.PINCH), False, Failure.LOST)
    past.record(next(grasp for grasp in same if grasp.tool is Tool.SUCTION), False, Failure.LOST)
    assert [attempt.slip is None for attempt in past.failed] == [False, False, True]
