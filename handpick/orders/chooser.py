"""The chooser of a cell that serves orders by name: an item that is wanted, else what lies on one or may hide it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor

from grasping.choose import choose
from grasping.grasp import Grasp
from grasping.quality.worth import Stakes, blocked
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
from perception.scene import ItemShape, Scene

LEAST_SURE = 0.1  # probability from which on an item is gone for: in hand it will be seen better
MOVE_PLANS = 2  # of a look for each kind of what may be moved
MOST_HIDING = 4  # items of a look that are thought of to be moved for what is not seen

Aims = Mapping[int, Aim]  # what items are moved for, by their ids


class ByOrder:
    """Serves the orders of a book, any of them first. It decides by what cameras and catalogue tell, and never asks
    what is true.
    """

    def __init__(self, book: Book, naming: Naming, arm: Arm, thinker: Executor) -> None:
        self.book, self.naming, self.arm, self.thinker = book, naming, arm, thinker
        self.named: Named | None = None  # of the last look
        self.aim: Aim | None = None  # of the last pick

    def choose(self, planning: Planning, options: Sequence[Grasp]) -> Choice:
        """What delivers most for its time; where nothing that is wanted is worth lifting, what frees some of it; at
        last what may do more harm than good.
        """
        scene, calm = planning.scene, planning.view.left is None
        carried = self.aim.order if self.aim and planning.view.placed is not None else None
        orders = self.book.waiting(carried)
        if not orders:
            return Choice(None, Cause.NOT_FOUND)
        named = self.named = self.naming.names(planning.view.frames, scene, self.book.gone(carried))
        aims = self.aims(named, orders)
        own = [grasp for grasp in options if grasp.item in aims]
        if found := self.lifted(planning, own, aims, planning.stack.stakes, FIRST):
            return Choice(found, aim=aims[found[0].item])
        cause = why_not(scene, own, planning.refused, planning.past, planning.stack.stakes)
        if calm and cause is not Cause.NO_PLACE:
            for ways in in_the_way(scene, aims, orders[0]):
                if found := planning.first(_moves(planning, options, ways, aims), MOVE_PLANS):
                    aim = ways[found[0].item]
                    return Choice(found, aim=Aim(aim.order, aim.wanted, named.best(found[0].item), 0.0))
            daring = blocked(len(scene.items), planning.stack.stakes)
            if found := self.lifted(planning, own, aims, daring, planning.left):
                return Choice(found, aim=aims[found[0].item])
        return Choice(None, cause if aims else Cause.NOT_FOUND)

    def inspection(self, cell: Cell, aim: Aim | None, grasp: Grasp, scene: Scene) -> Inspection:
        self.aim = aim
        if aim is None or self.named is None or self.named.scene is not scene:
            return PASSED
        return InHand(cell, self.arm, self.thinker, self.naming, self.named, aim, grasp)

    def aims(self, named: Named, orders: Sequence[Order]) -> dict[int, Aim]:
        """Items that may be what is ordered, each for the order that it is likeliest for; not for one that it was in
        hand for before.
        """
        likeliest = ((item.id, self._likeliest(named, item, orders)) for item in named.scene.items)
        return {item: aim for item, aim in likeliest if aim and aim.sure >= LEAST_SURE}

    def _likeliest(self, named: Named, item: ItemShape, orders: Sequence[Order]) -> Aim | None:
        new = [order for order in orders if not self.naming.refused(item, order.number)]
        best = named.best(item.id)
        aims = [Aim(order.number, order.item, best, named.chance(item.id, order.item)) for order in new]
        return max(aims, key=lambda aim: aim.sure, default=None)

    def lifted(
        self, planning: Planning, options: Sequence[Grasp], aims: Aims, stakes: Stakes, most: int
    ) -> tuple[Grasp, Plan] | None:
        """A plan that may deliver an item, of `most` at the most: what is wanted to one half takes twice as long, on
        average.
        """
        seconds = lambda grasp: planning.stack.planner.time(grasp) / aims[grasp.item].sure
        return planning.first(choose(options, seconds, planning.past, stakes), most)


def in_the_way(scene: Scene, aims: Aims, first: Order) -> Iterator[dict[int, Aim]]:
    """Items to move, and what for: what lies on wanted ones, under the fewest first; what stands close beside one; at
    last these themselves, to where there may be more room. Where none is seen, what hides most, for the first order.
    """
    if not aims:
        yield dict.fromkeys(hiding(scene)[:MOST_HIDING], Aim(first.number, first.item, "", 0.0))
    covers = {item: on_top(scene, item) for item in aims}
    for count in sorted({len(own) for own in covers.values()} - {0}):
        yield {other: aims[item] for item, own in covers.items() if len(own) == count for other in own}
    yield {other: aims[item] for item in aims for other in beside(scene, item)}
    yield dict(aims)


def _moves(planning: Planning, options: Sequence[Grasp], ways: Aims, wanted: Aims) -> Iterator[Grasp]:
    """Ways to move what is in the way, set aside before it is dragged; what was moved often enough is left."""
    stack, past = planning.stack, planning.past
    own = [grasp for grasp in options if grasp.item in ways]
    lifts = choose(asides(own, tuple(wanted)), stack.planner.time, past, stack.stakes)
    held = [grasp for grasp in own if not past.unheld(grasp)]
    return (move for move in (*lifts, *drags(planning.scene, held)) if past.drags(move) < MOST_ASIDE)
