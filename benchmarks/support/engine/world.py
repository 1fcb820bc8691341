"""One MuJoCo world, with what cup, fingers and judge ask of `sim.world.World`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from benchmarks.support.engine.item import MujocoItem, name
from benchmarks.support.engine.model import ROBOT, STEP, build
from benchmarks.support.engine.need import mujoco
from grasping.tools import DualTool
from handpick.cell import CellLayout
from motion.robot.description import ArmDescription
from perception.pose import Array, Pose
from sim.items.body import ItemBody, LinkRef
from sim.items.spec import ItemSpec
from sim.world import Contacts

Hook = Callable[[], None]


class MujocoWorld:
    """Items, scenery and robot. A step is one of the cell's, made of several of the physics.

    Args:
        dt: the cell's step, seconds.

    Attributes:
        before, after: called around each step of the physics.
    """

    def __init__(
        self,
        layout: CellLayout,
        tool: DualTool,
        arm: ArmDescription,
        items: Sequence[tuple[ItemSpec, Pose]],
        dt: float = 1 / 240,
    ) -> None:
        self.layout, self.dt, self.time = layout, dt, 0.0
        self.model, solids = build(layout, tool, arm, items)
        self.data = mujoco().MjData(self.model)
        self.items: list[ItemBody] = []
        number = 0
        for spec, _ in items:
            bodies = tuple(range(number, number + len(spec.bodies)))
            self.items.append(MujocoItem(spec, -1, bodies, self.model, self.data))
            number += len(bodies)
        self._owner = {body: item for item in self.items for body in item.bodies}
        self._table = self._numbers(solids)
        self._pairs = np.column_stack([self.model.pair_geom1, self.model.pair_geom2])
        self.before: list[Hook] = []
        self.after: list[Hook] = []
        self.substeps = round(dt / STEP)
        self._pushed = np.zeros((self.model.nbody, 6))
        self._touched: list[Contacts] = []
        self._steps = 0
        self.settle()

    @property
    def scenery(self) -> range:
        """Numbers of the boxes that stand around: source, destination, obstacles, in the layout's order."""
        first = len(self._owner)
        return range(first, first + sum(name.startswith("s") for name in self._geoms()))

    def settle(self) -> None:
        """Take in what was set by hand: frames and forces follow positions."""
        mujoco().mj_forward(self.model, self.data)

    def solve(self, thoroughly: bool) -> None:
        """Nothing to do: MuJoCo's solver goes on until it has converged, whatever presses on what."""

    def step(self) -> None:
        """Advance by dt. Forces that were pushed with act all the while, and end."""
        self._touched = []
        for _ in range(self.substeps):
            self.data.xfrc_applied[:] = self._pushed
            for hook in self.before:
                hook()
            mujoco().mj_step(self.model, self.data)
            self._touched.append(self._touching())
            for hook in self.after:
                hook()
        mujoco().mj_kinematics(self.model, self.data)
        self._pushed[:] = 0
        self._steps += 1
        self.time = self._steps * self.dt

    def contacts(self) -> Contacts:
        """What touched during the last step; forces are the mean over it."""
        found = self._touched
        joined = lambda field: np.concatenate([getattr(part, field) for part in found])
        force = joined("force") / max(1, len(found))
        return Contacts(joined("bodies"), joined("links"), force, joined("positions"), joined("normals"))

    def item_of(self, body: int) -> ItemBody | None:
        """The item that a body belongs to, None for arm and scenery."""
        return self._owner.get(body)

    def T_base_link(self, body: int, link: int) -> Pose:
        """Frame of an item's link now."""
        at = self.data.body(name(LinkRef(body, link)))
        return Pose.from_rotation(at.xpos, at.xmat.reshape(3, 3))

    def id_of(self, body: int, link: int) -> int:
        """MuJoCo's number of an item's link; 0, the world, for what stands still."""
        return int(self.model.body(name(LinkRef(body, link))).id) if body in self._owner else 0

    def body_of(self, geom: int) -> int:
        """The number of the body that a geom belongs to."""
        return int(self._table[geom, 0])

    def push(self, number: int, force: Array, at: Array) -> None:
        """A force (3,) at a point (3,) on one of MuJoCo's bodies, during the next step."""
        lever = np.asarray(at) - self.data.xipos[number]
        self._pushed[number] += np.concatenate([force, np.cross(lever, force)])

    def touch(self, link: str, parts: Sequence[tuple[int, int]], enable: bool) -> None:
        """Whether a link of the robot and items' links, bodies and numbers, feel each other. A pair that does not is
        made one of the two totes' floors, which never meet."""
        model, floors = self.model, (0, len(self.layout.source.boxes()))
        aside = [model.geom(f"s{self.scenery[floor]}").id for floor in floors]
        for pair, geoms in enumerate(self._pairs):
            names = [model.geom(int(geom)).name for geom in geoms]
            owners = [(int(self._table[geom, 0]), int(self._table[geom, 1])) for geom in geoms]
            if any(n.startswith(link) for n in names) and any(owner in parts for owner in owners):
                model.pair_geom1[pair], model.pair_geom2[pair] = geoms if enable else aside

    def root_wrench(self, equality: int, body: int) -> Array:
        """What a joint by number exerts on an item's body: force and moment about its first link's origin, (6,)."""
        data = self.data
        own = (data.efc_type == mujoco().mjtConstraint.mjCNSTR_EQUALITY) & (data.efc_id == equality)
        force = np.zeros(self.model.nv)
        mujoco().mj_mulJacTVec(self.model, data, force, np.where(own, data.efc_force, 0.0))
        at = int(self.model.joint(f"b{body}").dofadr[0])
        R = data.body(f"b{body}_0").xmat.reshape(3, 3)
        return np.concatenate([force[at : at + 3], R @ force[at + 3 : at + 6]])

    def close(self) -> None:
        """Nothing is held that would have to be given back."""

    def _touching(self) -> Contacts:
        found = self.data.contact
        real = np.flatnonzero(found.efc_address >= 0)
        both = self._table[found.geom[real]]
        force = self.data.efc_force[found.efc_address[real]]
        return Contacts(both[:, :, 0], both[:, :, 1], force, found.pos[real].copy(), -found.frame[real, :3])

    def _geoms(self) -> list[str]:
        return [self.model.geom(i).name for i in range(self.model.ngeom)]

    def _numbers(self, solids: Sequence[Any]) -> Array:
        """Body and link by geom, shape (geoms, 2)."""
        table = np.full((self.model.ngeom, 2), -2)
        for solid in solids:
            link = self._robot_link(solid.name) if solid.body == ROBOT else solid.link
            table[self.model.geom(solid.name).id] = solid.body, link
        return table

    def _robot_link(self, geom: str) -> int:
        return int(self.model.geom_bodyid[self.model.geom(geom).id])
