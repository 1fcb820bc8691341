"""The chooser of a cell that serves orders by name: the item that is wanted, else what lies on it or may hide it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor
from itertools import chain

from grasping.choose import choose
from grasping.grasp import Grasp
from grasping.quality.worth import blocked
from grasping.skills.aside import asides
from grasping.skills.drag import drags
from handpick.cell import Cell
from handpick.orders.book import Book, Order
from handpick.orders.covers import beside, hiding, on_top
from handpick.orders.in_hand import InHand
from handpick.orders.naming import Named, Naming
from handpick.outcome import Aim, Cause
from handpick.picking.chooser import FIRST, MOST_ASIDE, Choice, why_not
from handpick.picking.inspection import PASSED, Inspection
from handpick.picking.planning import Planning
from motion.plan import Plan
from motion.robot.arm import Arm
from perception.scene import Scene

LEAST_SURE = 0.1  # probability from which on an item is gone for: in hand it will be seen better
MOST_MOVED = 4  # items of a look that are thought of to be moved, and plans for each
MOVE_PLANS = 2
OTHERS = 3  # orders that may go before the first one


class ByOrder:
    """Serves the orders of a book. It decides by what cameras and catalogue tell, and never asks what is true."""

    def __init__(self, book: Book, naming: Naming, arm: Arm, thinker: Executor) -> None:
        self.book, self.naming, self.arm, self.thinker = book, naming, arm, thinker
        self.named: Named | None = None  # of the last look
        self.aim: Aim | None = None  # of the last pick

    def choose(self, planning: Planning, options: Sequence[Grasp]) -> Choice:
        """What the first order asks for, or, before anything is moved for that, what another one does."""
        scene, calm = planning.scene, planning.view.left is None
        carried = self.aim.order if self.aim and planning.view.placed is not None else None
        orders = self.book.waiting(carried)
        if not orders:
            return Choice(None, Cause.NOT_FOUND)
        named = self.named = self.naming.names(planning.view.frames, scene, self.book.gone(carried))
        for number, each in enumerate(orders[: 1 + OTHERS]):
            most = FIRST if number == 0 else min(MOVE_PLANS, planning.left - MOVE_PLANS)  # those are for making room
            if most > 0 and (choice := self.delivered(planning, options, named, each, most, calm and number == 0)):
                return choice
        order, candidates = orders[0], self.candidates(named, orders[0])
        own = [grasp for grasp in options if grasp.item in candidates]
        cause = why_not(scene, own, planning.refused, planning.past, planning.stack.stakes)
        if calm and cause is not Cause.NO_PLACE and (found := self.moved(planning, options, candidates)):
            return Choice(found, aim=Aim(order.number, order.item, named.best(found[0].item), 0.0))
        return Choice(None, cause if candidates else Cause.NOT_FOUND)

    def delivered(
        self, planning: Planning, options: Sequence[Grasp], named: Named, order: Order, most: int, bold: bool
    ) -> Choice | None:
        """The likeliest item that is the one of an order and can be lifted, by `most` plans for each; None if none is.

        bold: be it worth less than it may cost.
        """
        for item in self.candidates(named, order):
            if found := self.lifted(planning, [grasp for grasp in options if grasp.item == item], most, bold):
                sure = named.chance(item, order.item)
                return Choice(found, aim=Aim(order.number, order.item, named.best(item), sure))
        return None

    def inspection(self, cell: Cell, aim: Aim | None, grasp: Grasp, scene: Scene) -> Inspection:
        self.aim = aim
        if aim is None or self.named is None or self.named.scene is not scene:
            return PASSED
        return InHand(cell, self.arm, self.thinker, self.naming, self.named, aim, grasp)

    def candidates(self, named: Named, order: Order) -> list[int]:
        """Items that may be the one that is ordered, the likeliest first; none that was in hand for it before."""
        chance = {item.id: named.chance(item.id, order.item) for item in named.scene.items}
        may_be = (item for item in named.scene.items if chance[item.id] >= LEAST_SURE)
        new = [item.id for item in may_be if not self.naming.refused(item, order.number)]
        return sorted(new, key=lambda item: -chance[item])

    def lifted(self, planning: Planning, options: Sequence[Grasp], most: int, bold: bool) -> tuple[Grasp, Plan] | None:
        """A plan that delivers the one item that all options are of. most, bold: as of `delivered`."""
        stack, past = planning.stack, planning.past
        found = planning.first(choose(options, stack.planner.time, past, stack.stakes), most)
        if found is None and bold:
            daring = blocked(len(planning.scene.items), stack.stakes)
            found = planning.first(choose(options, stack.planner.time, past, daring), MOVE_PLANS)
        return found

    def moved(self, planning: Planning, options: Sequence[Grasp], wanted: Sequence[int]) -> tuple[Grasp, Plan] | None:
        """A plan that takes away what lies on the likeliest item or close beside it, or, where none is seen, what hides
        most. At last the item itself is dragged to where there may be more room.
        """
        scene = planning.scene
        near = (chain(on_top(scene, item), beside(scene, item), [item]) for item in wanted)
        in_the_way = chain.from_iterable(near) if wanted else hiding(scene)
        for item in _first(in_the_way, MOST_MOVED):
            own = [grasp for grasp in options if grasp.item == item]
            if found := planning.first(self._moves(planning, own, wanted), MOVE_PLANS):
                return found
        return None

    def _moves(self, planning: Planning, options: Sequence[Grasp], wanted: Sequence[int]) -> Iterator[Grasp]:
        """Ways to move an item, set aside before it is dragged; what was moved often enough is left."""
        stack, past = planning.stack, planning.past
        lifts = choose(asides(options, wanted), stack.planner.time, past, stack.stakes)
        held = [grasp for grasp in options if not past.unheld(grasp)]
        return (move for move in (*lifts, *drags(planning.scene, held)) if past.drags(move) < MOST_ASIDE)


def _first(items: Iterable[int], count: int) -> list[int]:
    """The first of some items, each once."""
    return list(dict.fromkeys(items))[:count]
