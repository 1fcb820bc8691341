"""What an item truly is, as data: shape, mass, surfaces, joints and what would damage it.

An item is one or more rigid bodies; a body is a tree of links; a link is one convex collision shape and one mesh.
Only `sim` knows these: nothing of it crosses into perception, grasping or motion.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from perception.arrays import readonly
from perception.errors import GeometryError
from perception.pose import Array
from sim.grid import array_on_grid, on_grid
from sim.items.limits import NONE, Limit
from sim.items.sheet import Sheet
from sim.render.visual import VisualMesh

LENGTH_DECIMALS = 9  # of metres, as what is drawn is kept
INERTIA_DECIMALS = 13  # of kg m^2
MASS_LIMIT = 0.9  # kg, the heaviest item of the cell's work


@dataclass(frozen=True)
class Surface:
    """What a cup's lip or a finger pad meets.

    Attributes:
        friction: Coulomb coefficient against a rubber surface of coefficient 1; Bullet multiplies the two.
        leak_conductance: air drawn through the wall under a cup of 15 mm radius, m^3/(s Pa).
        gap_height: mean height of the gap under the lip that roughness or corrugation leaves, metres.
        compliance: how far the surface yields to a local push, m/N.
        restitution: speed of rebound from something hard, over the speed of the blow.
    """

    friction: float
    leak_conductance: float = 0.0
    gap_height: float = 2e-6
    compliance: float = 0.0
    restitution: float = 0.0

    def gap_area(self, cup_radius: float = 0.015) -> float:
        """Area of the gap around the lip of a cup, m^2: A_gap of the vacuum equation."""
        return 2 * np.pi * cup_radius * self.gap_height


@dataclass(frozen=True)
class Fragility:
    """What damages an item; no limit where nothing of the sort does. Sources ride on the limits.

    Attributes:
        kind: class of damage rules: boxed, electronics, bottle, book, card, film, soft or sturdy.
        pulse: duration of an impact's half-sine pulse, seconds; G = pi / 2 * dv / (pulse * 9.81).
        dv: change of velocity in an impact until it rebounds, m/s.
        corner: the same, of a blow on a corner or an edge.
        shock: G.
        pressure: squeeze pressure under a pad, pascals.
        edge_pressure: squeeze pressure on an edge, pascals.
        edgewise: in place of `pressure` where sheets are pressed along their own plane, as a book's boards, pascals.
        bow: force along leaves, as multiples of that at which they bow.
        touch: angle between a book's covers when it touches where it is put, radians.
        fold: the same, when what it is put on bears half of its weight or more.
        hang: angle to which a book hangs open in the air, radians.
        crease: bending of a cover's card, as multiples of the angle at which it yields.
        risk: angle to which a book opens that does no harm by itself, but is told, radians.
        bend: how far a card or a sleeve may be bent, radians.
        film_thickness: of the bag's film, metres, 0 where there is none.
        film_stress: membrane stress in the film, pascals.
        topples: must stand when put down.
    """

    kind: str
    pulse: float = 5e-3
    dv: Limit = NONE
    corner: Limit = NONE
    shock: Limit = NONE
    pressure: Limit = NONE
    edge_pressure: Limit = NONE
    edgewise: Limit = NONE
    bow: Limit = NONE
    touch: Limit = NONE
    fold: Limit = NONE
    hang: Limit = NONE
    crease: Limit = NONE
    risk: float = np.inf
    bend: Limit = NONE
    film_thickness: float = 0.0
    film_stress: Limit = NONE
    topples: bool = False


@dataclass(frozen=True, eq=False)
class Collision:
    """One convex collision shape, centred at `center` in its link's frame, axes parallel to the link's.

    Attributes:
        kind: box, cylinder (about z), sphere, or hull (convex hull of `points`).
        size: extents along the link's axes, shape (3,), metres.
        points: hull vertices relative to `center`, shape (P, 3); None for the other kinds.
    """

    kind: Literal["box", "cylinder", "sphere", "hull"]
    size: Array
    points: Array | None = None
    center: Array = field(default_factory=lambda: np.zeros(3))

    def __post_init__(self) -> None:
        for name, shape in (("size", (3,)), ("center", (3,)), ("points", (None, 3))):
            if getattr(self, name) is not None:
                values = array_on_grid(getattr(self, name), LENGTH_DECIMALS)
                object.__setattr__(self, name, readonly(values, np.float64, shape, f"collision {name}"))
        if not (self.size > 0).all() or (self.kind == "hull") != (self.points is not None):
            raise GeometryError(f"collision: expected positive extents, and points for hulls only, got {self}")


@dataclass(frozen=True, eq=False)
class Joint:
    """How a link hangs on its parent. At zero angle its frame is parallel to the parent's.

    Attributes:
        parent: index of the parent link in its body.
        origin: the link frame's origin in the parent's frame, shape (3,), metres.
        axis: that it turns about, shape (3,), or None for a fixed joint.
        limits: least and greatest angle, radians.
        friction: constant torque against motion, N m; damping: N m s/rad.
    """

    parent: int
    origin: Array
    axis: Array | None = None
    limits: tuple[float, float] = (0.0, 0.0)
    friction: float = 0.0
    damping: float = 0.0

    def __post_init__(self) -> None:
        origin = array_on_grid(self.origin, LENGTH_DECIMALS)
        object.__setattr__(self, "origin", readonly(origin, np.float64, (3,), "joint origin"))
        if self.axis is not None:
            object.__setattr__(self, "axis", readonly(self.axis, np.float64, (3,), "joint axis"))


@dataclass(frozen=True, eq=False)
class LinkSpec:
    """One rigid link.

    Attributes:
        com: centre of mass in the link's frame, shape (3,); zero for the first link of a body.
        inertia: principal moments about the centre of mass, along the link's axes, shape (3,), kg m^2.
        joint: None for the first link of a body.
        stiffness, damping: of a soft contact, N/m and N s/m per contact point; None: hard.
        rolling: rolling friction, metres.
        sheet: the thin card that the link stands for, where a cup on it bends it away from its hinge.
    """

    name: str
    mass: float
    inertia: Array
    collision: Collision
    visual: VisualMesh
    surface: Surface
    com: Array = field(default_factory=lambda: np.zeros(3))
    joint: Joint | None = None
    stiffness: float | None = None
    damping: float | None = None
    rolling: float = 0.0
    sheet: Sheet | None = None

    def __post_init__(self) -> None:
        inertia, com = array_on_grid(self.inertia, INERTIA_DECIMALS), array_on_grid(self.com, LENGTH_DECIMALS)
        object.__setattr__(self, "mass", on_grid([self.mass])[0])
        object.__setattr__(self, "inertia", readonly(inertia, np.float64, (3,), f"{self.name}: inertia"))
        object.__setattr__(self, "com", readonly(com, np.float64, (3,), f"{self.name}: centre of mass"))
        a, b, c = np.sort(self.inertia)
        if not (self.mass > 0 and a > 0 and a + b >= c * (1 - 1e-9)):
            raise GeometryError(f"{self.name}: no solid has mass {self.mass} and principal moments {self.inertia}")


@dataclass(frozen=True, eq=False)
class BodySpec:
    """A tree of links in depth-first order.

    Attributes:
        origin: the first link's place in the item's frame, shape (3,), metres.
        pressing: pairs of links that press on each other, as the two halves of a book; all others pass through.
    """

    links: tuple[LinkSpec, ...]
    origin: Array = field(default_factory=lambda: np.zeros(3))
    pressing: tuple[tuple[int, int], ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "origin", readonly(self.origin, np.float64, (3,), "body origin"))
        base, *others = self.links
        branch = [0]  # from the first link to the last one seen
        for index, link in enumerate(others, start=1):
            if link.joint is None or link.joint.parent not in branch:
                raise GeometryError(
                    f"body: expected links in depth-first order (as Bullet numbers them), got {link.name}"
                )
            branch = [*branch[: branch.index(link.joint.parent) + 1], index]
        if base.joint is not None or base.com.any():
            raise GeometryError(f"body: expected a first link about its centre of mass and no joint, got {base.name}")


@dataclass(frozen=True, eq=False)
class Skin:
    """A film over several links that moves with them (linear blend skinning), drawn instead of their meshes.

    Links are counted over all bodies of the item, in order.

    Attributes:
        mesh: at rest, in the item's frame.
        links: the links that carry each vertex, shape (V, K); weights: shape (V, K), rows sum to 1.
        offsets: each vertex in the frames of its links, shape (V, K, 3), metres.
    """

    mesh: VisualMesh
    links: NDArray[np.int32]
    weights: Array
    offsets: Array

    def __post_init__(self) -> None:
        n = len(self.mesh.vertices)
        object.__setattr__(self, "links", readonly(self.links, np.int32, (n, None), "skin links"))
        object.__setattr__(self, "weights", readonly(self.weights, np.float64, self.links.shape, "skin weights"))
        object.__setattr__(self, "offsets", readonly(self.offsets, np.float64, (*self.links.shape, 3), "skin offsets"))

    def vertices(self, T_base_links: Array) -> Array:
        """The film in the base frame, shape (V, 3), from the links' poses, shape (L, 4, 4)."""
        T = T_base_links[self.links]
        moved = np.einsum("vkij,vkj->vki", T[..., :3, :3], self.offsets) + T[..., :3, 3]
        return np.asarray(np.einsum("vk,vki->vi", self.weights, moved))


@dataclass(frozen=True, eq=False)
class ItemSpec:
    """One item. Its frame lies at its middle, axes along its edges or its axis of revolution.

    Attributes:
        size: extents along the item's axes at rest, shape (3,), metres.
        volume: cubic metres.
        bows_at: newtons along its first and its second axis at which its leaves bow; infinite for anything else.
        parameters: names and values of the numbers drawn for it, for reports.
        name: in a catalogue; empty where it is in none.
        upright: may be put into a tote standing (books, cartons).
        spread: joints that open like a book's covers, as (body, link) pairs; empty for anything else.
    """

    family: str
    bodies: tuple[BodySpec, ...]
    size: Array
    volume: float
    fragility: Fragility
    skin: Skin | None = None
    upright: bool = False
    spread: tuple[tuple[int, int], ...] = ()
    bows_at: tuple[float, float] = (np.inf, np.inf)
    parameters: tuple[tuple[str, float], ...] = ()
    name: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "size", readonly(self.size, np.float64, (3,), f"{self.family}: size"))
        if not 0 < self.mass <= MASS_LIMIT:
            raise GeometryError(f"{self.family}: expected a mass up to {MASS_LIMIT} kg, got {self.mass:.3f}")

    @property
    def links(self) -> tuple[LinkSpec, ...]:
        """All links of all bodies, in order."""
        return tuple(link for body in self.bodies for link in body.links)

    @property
    def mass(self) -> float:
        """Kilograms."""
        return float(sum(link.mass for link in self.links))

    @property
    def restitution(self) -> float:
        """The mass-weighted mean over its links."""
        return float(sum(link.mass * link.surface.restitution for link in self.links) / self.mass)

    @property
    def friction(self) -> float:
        """The mass-weighted mean over its links."""
        return float(sum(link.mass * link.surface.friction for link in self.links) / self.mass)
