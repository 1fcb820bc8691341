"""Whether an item can be: closed surfaces, mass and inertia of a solid, and a pose in which it comes to rest."""

from __future__ import annotations

from collections import Counter

import numpy as np

from grasping.tools import DualTool
from sim.items.meshes import mass_properties
from sim.items.shapes import HULL_MARGIN
from sim.items.spec import MASS_LIMIT, ItemSpec
from sim.render.visual import VisualMesh
from sim.rest import rests
from sim.suites import LONGEST_EDGE

THIN = 3 * HULL_MARGIN  # metres, of a hull: Bullet's margin leaves nothing of a thinner one
DENSEST = 8000.0  # kg/m^3: steel
GRID = 1e-6  # metres within which vertices are the same


def problems(spec: ItemSpec) -> list[str]:
    """Why an item cannot be; empty where it can."""
    found = [f"{link.name} is not closed" for link in spec.links if not is_closed(link.visual)]
    volume = sum(mass_properties(link.visual.vertices, link.visual.triangles)[0] for link in spec.links)
    if volume <= 0:
        return [*found, f"its volume is {volume:.2g} m^3"]
    if not 0 < spec.mass <= MASS_LIMIT:
        found.append(f"it weighs {spec.mass:.2f} kg, of {MASS_LIMIT} that the cell lifts")
    if spec.mass / volume > DENSEST:
        found.append(f"it is denser than steel, {spec.mass / volume:.0f} kg/m^3")
    for link in spec.links:
        a, b, c = np.sort(link.inertia)
        if not (a > 0 and a + b >= c * (1 - 1e-9)):
            found.append(f"{link.name} has moments that no solid has")
        if link.collision.kind == "hull" and link.collision.size.min() < THIN:
            found.append(f"{link.name} is {1e3 * link.collision.size.min():.1f} mm thin and no box")
    if spec.size.max() > LONGEST_EDGE:
        found.append(f"its longest edge, {spec.size.max():.2f} m, does not go into the tote")
    return found or ([] if rests(spec) else ["it does not come to rest on a floor"])


def notes(spec: ItemSpec, tool: DualTool | None = None) -> list[str]:
    """What a tool cannot do with an item, which makes it no less possible."""
    tool = tool or DualTool()
    told = []
    if spec.size.min() > tool.gripper.opening[1]:
        told.append(f"wider everywhere than the fingers open, {1e3 * tool.gripper.opening[1]:.0f} mm")
    if np.sort(spec.size)[1] < 2 * tool.cup.radius:
        told.append(f"narrower than the cup, {2e3 * tool.cup.radius:.0f} mm")
    return told


def is_closed(mesh: VisualMesh) -> bool:
    """Whether each edge belongs to two triangles that run along it in opposite directions."""
    grid = np.round(mesh.vertices.astype(np.float64) / GRID).astype(np.int64)
    _, same = np.unique(grid, axis=0, return_inverse=True)
    corners = same.reshape(-1)[mesh.triangles]
    edges = Counter((int(t[k]), int(t[(k + 1) % 3])) for t in corners for k in range(3))
    return all(count == edges.get((b, a), 0) for (a, b), count in edges.items() if a != b)
