"""Piles at rest sleep, wake before anything reaches them, and are then as if they had never slept."""

import numpy as np
import pytest

from benchmarks.support.bench import box_spec
from handpick.layout import standard_layout
from perception.pose import Pose
from sim.bullet import pb
from sim.sleepers import NEAR, Sleepers
from sim.world import World

LAYOUT = standard_layout()
FLOOR = LAYOUT.source.T_base_tote
SIZE = (0.10, 0.08, 0.04)


class Tote:
    """Boxes in the source tote; `sleeps`: they may."""

    def __init__(self, places, sleeps=True):
        self.world = World(LAYOUT)
        self.items = [self.put(place) for place in places]
        self.sleepers = Sleepers(self.world)
        self.sleeps = sleeps

    def put(self, place):
        return self.world.spawn(box_spec(SIZE, 0.3), FLOOR @ Pose.from_rotation(place, np.eye(3)))

    def run(self, seconds, until=lambda: None):
        for _ in range(round(seconds / self.world.dt)):
            self.world.step()
            if self.sleeps:
                self.sleepers.observe(self.world.contacts())
            if until():
                break

    def places(self):
        return np.array([item.corners() for item in self.items])

    def pushed(self):
        """The greatest force on any item now, newtons."""
        return float(self.world.contacts().force.max(initial=0.0))

    def close(self):
        self.world.close()


@pytest.fixture
def tote():
    made = []

    def make(*places, **options):
        made.append(Tote(places, **options))
        return made[-1]

    yield make
    for one in made:
        one.close()


STACK = (0, 0, 0.0205), (0, 0, 0.061), (0.12, 0, 0.0205)


def test_a_pile_at_rest_sleeps_where_it_lies(tote):
    pile = tote(*STACK)
    pile.run(1.0)
    assert set(pile.sleepers.asleep) == set(pile.items)
    before, weight = pile.places(), pile.world.contacts().force.sum()
    pile.run(2.0)
    assert (pile.places() == before).all()
    assert pile.world.contacts().force.sum() == weight  # whoever reads contacts still sees who rests on whom
    pile.sleepers.wake()
    assert pile.sleepers.asleep == ()
    pile.sleeps = False
    pile.run(1.0)
    assert np.abs(pile.places() - before).max() < 2e-4


def test_what_falls_finds_the_pile_awake_and_hits_it_as_hard(tote):
    peaks = []
    for sleeps in (True, False):
        pile = tote(*STACK, sleeps=sleeps)
        pile.run(1.0)
        assert bool(pile.sleepers.asleep) is sleeps
        falling = pile.put((0.01, 0, 0.45))
        top = pile.places()[..., 2].max()
        pile.run(1.0, until=lambda p=pile, f=falling, z=top: f.corners()[..., 2].min() < z + 0.5 * NEAR)
        assert pile.sleepers.asleep == ()
        pushes = []
        pile.run(0.15, until=lambda p=pile, all=pushes: all.append(p.pushed()))
        peaks.append(max(pushes))
    assert peaks[0] == pytest.approx(peaks[1], rel=0.02)


def test_a_pile_does_not_sleep_while_something_moves_or_is_near(tote):
    pile = tote(*STACK)
    stranger = pile.put((0, 0, 0.3))  # hangs over the tote, over the pile's middle, as a tool would
    hang = pb.createConstraint(
        stranger.bodies[0], -1, -1, -1, pb.JOINT_FIXED, (0, 0, 0), (0, 0, 0), stranger.pose().position.tolist(),
        physicsClientId=pile.world.client,
    )  # fmt: skip
    pile.run(1.0)
    assert len(pile.sleepers.asleep) == 3
    close = FLOOR.apply((0, 0, 0.081 + SIZE[2] / 2 + 0.5 * NEAR)).tolist()
    pb.changeConstraint(hang, close, physicsClientId=pile.world.client)
    pile.run(0.5)
    assert pile.sleepers.asleep == ()


@pytest.mark.parametrize("what", ["item", "tote"])
def test_what_is_moved_by_hand_wakes_its_pile(tote, what):
    pile = tote(*STACK)
    pile.run(1.0)
    if what == "item":
        (body,), place = pile.items[0].bodies, FLOOR.apply((-0.12, 0, 0.0205))  # pulled out from beneath
    else:
        body, place = pile.world.scenery["source"][0], FLOOR.position - (0, 0, 0.2)  # the floor falls
    pb.resetBasePositionAndOrientation(body, place.tolist(), (0, 0, 0, 1), physicsClientId=pile.world.client)
    before = pile.items[1].pose().position[2]
    pile.run(0.5)
    fallen = before - pile.items[1].pose().position[2]
    assert fallen == pytest.approx(0.04, abs=1e-3) if what == "item" else fallen > 0.005  # onto the table
