"""Goods of revolution and near it: poster tube, pen, bottle, can; and the hammer with its oval handle."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from sim.items import artwork
from sim.items.damage_classes import CAN, PLASTIC_BOTTLE, REBOUND, STURDY
from sim.items.meshes import lathe_mesh, turned
from sim.items.solids import around, cylinder_link, fixed, hull_link, item, tint
from sim.items.spec import ItemSpec, Surface


def poster_tube(rng: Generator) -> ItemSpec:
    """A cardboard tube with plastic end caps, lying along x."""
    radius, length = rng.uniform(0.022, 0.038), rng.uniform(0.30, 0.50)
    wall = rng.uniform(0.0015, 0.0025)
    mass = 2 * np.pi * radius * wall * length * 700 + rng.uniform(0.03, 0.16)
    surface = Surface(
        friction=around(rng, 0.55, 0.06, 0.4, 0.7),
        leak_conductance=rng.uniform(2e-10, 1.5e-9),
        gap_height=rng.uniform(3e-6, 9e-6),
    )
    brown = artwork.KRAFT if rng.random() < 0.6 else (238, 236, 230)
    side = artwork.fibres(rng, brown, 6.0, (128, 128))
    side[56:86, 20:60] = 246
    side[64:80:4, 24:50] = 60
    side[:7] = side[-7:] = artwork.vivid(rng)
    link = cylinder_link(
        "tube", radius, length, mass, surface, axis=0, texture=side, gloss=0.05, hollow=1 - 4 * wall / radius
    )
    return item("poster_tube", (link,), STURDY, radius=radius, wall=wall)


def pen(rng: Generator) -> ItemSpec:
    """A ballpoint or a marker with a clip, lying along x; 8 to 60 g."""
    radius, length = rng.uniform(0.0048, 0.0095), rng.uniform(0.130, 0.152)
    tip = rng.uniform(0.14, 0.2)
    profile = [(0, 0.22), (tip * 0.9, 0.85), (tip, 1.0), (0.98, 1.0), (1.0, 0.8)]
    vertices, triangles, uv = lathe_mesh([(z * length, r * radius) for z, r in profile], 16)
    on_clip = (vertices[:, 2] > 0.9 * length) & (vertices[:, 0] > 0.95 * radius)
    vertices[on_clip, 0] += 0.0025  # one edge of the cap stands out: the hull has a clip and does not roll far
    mass = np.pi * radius**2 * length * around(rng, 1050, 150, 750, 1500)
    body, cap = artwork.vivid(rng), artwork.vivid(rng, (0.1, 0.9))
    texture = artwork.blank(body, (96, 32))
    texture[:36], texture[-14:] = cap, (70, 70, 74)
    artwork.write(texture, rng, 0.5, 0.12, artwork.contrast(body), 5)
    surface = Surface(friction=around(rng, 0.42, 0.07, 0.26, 0.6), gap_height=rng.uniform(1e-6, 5e-6))
    link = hull_link(
        "pen", turned((vertices, triangles, uv), (2, 0, 1)), mass, surface, texture=texture, gloss=0.5, rolling=0.0003
    )
    return item("pen", (link,), STURDY, radius=radius)


def bottle(rng: Generator) -> ItemSpec:
    """A squeeze bottle as of ketchup: an oval waist, shoulders, and a conical cap."""
    half, height, oval = rng.uniform(0.028, 0.038), rng.uniform(0.115, 0.165), rng.uniform(0.60, 0.78)
    profile = [(0, 0.80), (0.03, 0.92), (0.10, 1.0), (0.55, 1.0), (0.74, 0.90), (0.88, 0.68), (0.97, 0.46), (1.0, 0.42)]
    mesh = lathe_mesh([(z * height, r * half) for z, r in profile], 24, oval, power=2.3)
    liquid = around(rng, 1060, 50, 900, 1150)
    mass = min(liquid * 0.93 * 2.9 * half**2 * oval * height * 0.92, 0.80)
    content, lid = artwork.vivid(rng, (0.45, 0.9)), artwork.vivid(rng, (0.3, 1.0))
    texture = artwork.blank(content, (128, 192))
    for left in (12, 108):  # a label on the front and one on the back
        part = artwork.label(rng, 0.9, (244, 240, 228))
        artwork.paste(texture, part, (48, 112), (left, left + 72))
    surface = Surface(
        friction=around(rng, 0.45, 0.07, 0.28, 0.62),
        gap_height=rng.uniform(0.5e-6, 3e-6),
        compliance=rng.uniform(2e-5, 2e-4),
        restitution=REBOUND,
    )
    gloss = rng.uniform(0.4, 0.85)
    body = hull_link("bottle", mesh, mass, surface, texture=texture, gloss=gloss, rolling=0.0008)
    top = float(body.visual.vertices[:, 2].max())
    neck, cap_height = 0.44 * half, rng.uniform(0.020, 0.034)
    cap_mesh = lathe_mesh([(0, neck), (0.7 * cap_height, 0.85 * neck), (cap_height, 0.5 * neck)], 16)
    cap = hull_link(
        "cap", cap_mesh, 0.010, surface, color=tint(lid), gloss=0.4, joint=fixed(0, (0, 0, top)), rolling=0.0008
    )
    return item("bottle", (body, cap), PLASTIC_BOTTLE, oval=oval, half_width=half)


def can(rng: Generator) -> ItemSpec:
    """A food can, standing along z."""
    radius, height = rng.uniform(0.030, 0.039), rng.uniform(0.070, 0.118)
    mass = np.pi * radius**2 * height * around(rng, 1060, 60, 900, 1200)
    texture = artwork.blank(artwork.vivid(rng), (128, 192))
    for left in (0, 96):
        panel = artwork.label(rng, 0.9, artwork.vivid(rng))
        artwork.paste(texture, panel, (10, 118), (left, left + 96))
    texture[:10] = texture[-10:] = (188, 190, 194)
    texture[3:5] = texture[-5:-3] = (120, 122, 126)
    surface = Surface(friction=around(rng, 0.42, 0.06, 0.28, 0.58), gap_height=rng.uniform(1e-6, 4e-6))
    link = cylinder_link("can", radius, height, min(mass, 0.7), surface, texture=texture, gloss=0.6)
    return item("can", (link,), CAN, radius=radius)


def hammer(rng: Generator) -> ItemSpec:
    """A steel head on an oval wooden handle, lying along x; 0.3 to 0.6 kg."""
    length, head_length, head = rng.uniform(0.25, 0.32), rng.uniform(0.085, 0.115), rng.uniform(0.010, 0.014)
    steel = Surface(friction=around(rng, 0.38, 0.05, 0.26, 0.5), gap_height=rng.uniform(2e-6, 10e-6))
    profile = [(0, 0.85), (0.18, 1.0), (0.24, 0.9), (0.62, 0.9), (0.80, 0.62), (1.0, 0.25)]
    head_mesh = lathe_mesh([((z - 0.5) * head_length, r * 1.25 * head) for z, r in profile], 16, power=4.0)
    head_link = hull_link(
        "head",
        turned(head_mesh, (1, 2, 0)),
        7800 * 2.9 * head**2 * head_length,
        steel,
        color=(0.36, 0.37, 0.40),
        gloss=0.7,
    )
    wood = Surface(friction=around(rng, 0.55, 0.06, 0.4, 0.7), gap_height=rng.uniform(4e-6, 12e-6))
    grip = rng.uniform(0.013, 0.016)
    profile = [(0, 0.8 * grip), (0.01, grip), (0.6 * length, grip), (length, 0.75 * grip)]
    handle_mesh = turned(lathe_mesh(profile, 16, oval=0.75), (2, 0, 1))
    texture = artwork.fibres(rng, (203, 158, 96), 9.0, (96, 48))
    handle = hull_link(
        "handle", handle_mesh, 0.12, wood, texture=texture, gloss=0.15, joint=fixed(0, (0.2 * head, 0, 0))
    )
    return item("hammer", (head_link, handle), STURDY, head_length=head_length)
