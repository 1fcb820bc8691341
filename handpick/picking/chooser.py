"""Choosers: which of a scene's options is taken next. Any item that is worth most, unless something more is wanted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Protocol

from grasping.attempts import Attempts
from grasping.choose import choose
from grasping.grasp import Grasp
from grasping.quality.worth import LEAST, Stakes, blocked
from grasping.skills.table import ASIDE
from handpick.cell import Cell
from handpick.outcome import Aim, Cause
from handpick.picking.inspection import Inspection
from handpick.picking.planning import Planning, Refused
from motion.plan import Plan
from perception.scene import Scene

FIRST = 5  # plans of a look for what is worth lifting; the rest is left for what stands in the way
MOST_ASIDE, ASIDE_PLANS = 3, 2  # times that one item is moved aside, and plans of a look for that
MADE_ROOM = 1  # moves aside of which it is asked if they make the room that a grasp needs: that takes as long as a plan


@dataclass(frozen=True, eq=False)
class Choice:
    """A grasp and its plan, or the cause why there is none; and what the pick is for, if that is any more than to empty
    the tote.
    """

    found: tuple[Grasp, Plan] | None
    cause: Cause | None = None
    aim: Aim | None = None


class Chooser(Protocol):
    """Says which option is taken, and whether what was lifted is what was meant."""

    def choose(self, planning: Planning, options: Sequence[Grasp]) -> Choice:
        """The option of a look that is to be executed. Its plan is made by `planning`."""
        ...

    def inspection(self, cell: Cell, aim: Aim | None, grasp: Grasp, scene: Scene) -> Inspection:
        """What an item that is gone for by a grasp is looked at for once it is in hand."""
        ...


class Anything:
    """Whatever is worth most. Where nothing is worth lifting by itself, what stands in the others' way is lifted, else
    what may cover others is moved aside: the bin would be lost otherwise.
    """

    def choose(self, planning: Planning, options: Sequence[Grasp]) -> Choice:
        stack, scene, view, past = planning.stack, planning.scene, planning.view, planning.past
        found = planning.first(choose(options, stack.planner.time, past, stack.stakes), FIRST)
        if found is None and view.left is None:
            bold = choose(options, stack.planner.time, past, blocked(len(scene.items), stack.stakes))
            found = planning.first(bold, planning.left - ASIDE_PLANS)
        cause = None if found else why_not(scene, options, planning.refused, past, stack.stakes)
        if found is None and view.left is None and cause is not Cause.NO_PLACE:
            found = planning.first(aside(planning, options), ASIDE_PLANS)
        return Choice(found, None if found else cause)

    def inspection(self, cell: Cell, aim: Aim | None, grasp: Grasp, scene: Scene) -> Inspection:
        return Inspection()


def aside(planning: Planning, options: Sequence[Grasp]) -> Iterator[Grasp]:
    """Moves aside worth a plan: to where an item has the room that its grasp needs, else what uncovers most.

    What was moved often enough is left.
    """
    past, planner, stakes = planning.past, planning.stack.planner, planning.stack.stakes
    held = [grasp for grasp in options if not past.unheld(grasp)]
    moves = [move for offer in ASIDE for move in offer(planning.scene, held) if past.drags(move) < MOST_ASIDE]
    cramped = {grasp.item: grasp for grasp in sorted(options, key=stakes.gain) if grasp.skill.needs_room}
    beside = [move for move in moves if move.item in cramped][:MADE_ROOM]
    room = lambda move: planner.possible(cramped[move.item], move.skill.way, planning.scene, planning.view.positions)
    return chain(filter(room, beside), moves)


def why_not(
    scene: Scene, options: Sequence[Grasp], refused: Sequence[Refused], past: Attempts, stakes: Stakes
) -> Cause:
    """Why a look leads to no plan: what became of its best option."""
    if not scene.items:
        return Cause.NOTHING_SEEN
    if not options:
        return Cause.NO_GRASP
    worth = [grasp for grasp in options if stakes.gain(grasp) > LEAST]
    full = any(refusal.cause is Cause.NO_PLACE for refusal in refused)
    if full or any(past.unplanned(grasp) == Cause.NO_PLACE.value for grasp in worth):  # that can be helped
        return Cause.NO_PLACE
    if refused:
        return refused[0].cause
    if not worth:
        return Cause.NOT_WORTH_IT
    note = past.unplanned(max(worth, key=stakes.gain))
    return Cause(note) if note else Cause.GIVEN_UP
