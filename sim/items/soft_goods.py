"""Soft goods: a bag of granules, a T-shirt in a film bag, a plush toy."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.random import Generator

from perception.pose import Array
from sim.items import artwork
from sim.items.artwork import RGB, Image
from sim.items.damage_classes import SOFT, film
from sim.items.mat import Bend, mat, pillow
from sim.items.meshes import ellipsoid_mesh
from sim.items.solids import around, box_link, fixed, hull_link, item, tint
from sim.items.spec import ItemSpec, Joint, LinkSpec, Surface
from sim.render.visual import VisualMesh

FILLING = 0.72  # share of its bounding box that a bag fills


def granule_bag(rng: Generator) -> ItemSpec:
    """A film bag of granules, 0.1 to 0.7 kg: a mat of 3 x 3 heavy lumps under one film."""
    pitch, thickness = rng.uniform(0.032, 0.042), rng.uniform(0.030, 0.044)
    size = np.array([4 * pitch, 3 * pitch, thickness])
    density = around(rng, 650, 120, 400, 900)  # bulk: cereal to rice
    mass = FILLING * size.prod() * density
    film_thickness = rng.uniform(40e-6, 90e-6)
    surface = Surface(
        friction=around(rng, 0.42, 0.06, 0.28, 0.58), leak_conductance=rng.uniform(0, 3e-10),
        gap_height=rng.uniform(8e-6, 30e-6), compliance=rng.uniform(2e-4, 8e-4),
    )  # fmt: skip
    base = artwork.vivid(rng)
    spacing = size[:2] / 3
    extent = np.array([*1.12 * spacing, thickness])

    def lump(com: Array, joint: Joint | None) -> LinkSpec:
        vertices, triangles, uv = ellipsoid_mesh(extent, 6, 12, power=3.0)
        mesh = (vertices + com, triangles, uv)
        return hull_link("lump", mesh, mass / 9, surface, color=tint(base), gloss=0.5, joint=joint, rolling=0.002)

    body, centres = mat(3, spacing, lump, Bend(0.5, rng.uniform(0.02, 0.05)))
    look = _look(_printed_bag(rng, base, size), rng.uniform(0.4, 0.8), rng.uniform(0.0, 0.35))
    skin = pillow(centres, body, size[:2], np.array([*spacing / 2, thickness / 2]), look)
    return ItemSpec(
        "granule_bag", (body,), size, float(FILLING * size.prod()), film(film_thickness), skin=skin,
        parameters=(("density", density), ("film_thickness", film_thickness)),
    )  # fmt: skip


def shirt(rng: Generator) -> ItemSpec:
    """A folded T-shirt in a clear film bag, 0.12 to 0.28 kg: nine panels that bend against each other."""
    size = np.array([rng.uniform(0.23, 0.29), rng.uniform(0.17, 0.22), rng.uniform(0.014, 0.026)])
    mass = float(np.clip(size.prod() * around(rng, 190, 25, 130, 260), 0.10, 0.30))
    thickness = rng.uniform(25e-6, 50e-6)
    surface = Surface(
        friction=around(rng, 0.40, 0.06, 0.26, 0.55), leak_conductance=rng.uniform(0, 1e-9),
        gap_height=rng.uniform(10e-6, 45e-6), compliance=rng.uniform(5e-4, 2e-3),
    )  # fmt: skip
    cloth = artwork.vivid(rng, (0.15, 0.95)) if rng.random() < 0.7 else (236, 236, 238)
    panel = size / (3, 3, 1)

    def fold(com: Array, joint: Joint | None) -> LinkSpec:
        return box_link("panel", panel, mass / 9, surface, color=tint(cloth), com=com, joint=joint)

    body, centres = mat(3, panel[:2], fold, Bend(0.5, rng.uniform(0.015, 0.04)))
    look = _look(_folded_shirt(rng, cloth), rng.uniform(0.5, 0.9), rng.uniform(0.1, 0.4))
    skin = pillow(centres, body, size[:2], np.array([size[0] / 6, size[1] / 6, size[2] / 2]), look)
    return ItemSpec(
        "shirt", (body,), size, float(size.prod()), film(thickness), skin=skin,
        parameters=(("film_thickness", thickness),),
    )  # fmt: skip


def plush(rng: Generator) -> ItemSpec:
    """A toy animal, 0.06 to 0.3 kg: body, head, four paws, all of them soft and of rough, leaky fur."""
    length = rng.uniform(0.10, 0.15)
    torso = np.array([length, length * rng.uniform(0.72, 0.85), length * rng.uniform(0.62, 0.75)])
    head = torso[1] * np.array([0.80, 0.92, 0.84])
    paw = torso[1] * np.array([0.48, 0.34, 0.34])
    fur = Surface(
        friction=around(rng, 0.62, 0.07, 0.45, 0.8), leak_conductance=rng.uniform(3e-8, 1e-7),
        gap_height=rng.uniform(80e-6, 300e-6), compliance=rng.uniform(5e-4, 2e-3),
    )  # fmt: skip
    base = artwork.vivid(rng, (0.4, 0.9)) if rng.random() < 0.5 else (150, 104, 66)
    density = around(rng, 130, 25, 80, 200)
    coat = artwork.fibres(rng, base, 10.0)
    texture_head = _face(rng, coat, base)
    stiffness = rng.uniform(600, 3000)

    def lump(name: str, size: Array, at: Array | None, texture: Image) -> LinkSpec:
        mass = density * np.pi / 6 * size.prod()
        joint = None if at is None else fixed(0, at)
        # One contact point may carry the whole toy: damping near sqrt(k m) / 2 keeps it from ringing.
        link = hull_link(name, ellipsoid_mesh(size), mass, fur, texture=texture, gloss=0.0, joint=joint)
        return replace(link, stiffness=stiffness, damping=0.5 * np.sqrt(stiffness * 0.15), rolling=0.008)

    half = torso / 2
    limbs = [(sx * 0.62 * half[0], sy * 0.78 * half[1], -0.55 * half[2]) for sx in (-1, 1) for sy in (-1, 1)]
    links = (
        lump("torso", torso, None, coat),
        lump("head", head, np.array([half[0] + 0.20 * head[0], 0, 0.35 * half[2]]), texture_head),
        *(lump("paw", paw, np.array(at), coat) for at in limbs),
    )
    return item("plush", links, SOFT, stiffness=stiffness, density=density)


def _look(texture: Image, gloss: float, transparency: float) -> VisualMesh:
    """A carrier of texture, gloss and transparency for `pillow`, which makes the surface."""
    point, triangle, white = np.zeros((3, 3), np.float32), np.array([[0, 1, 2]], np.int32), np.ones(3, np.float32)
    return VisualMesh(point, triangle, white, texture=texture, gloss=gloss, transparency=transparency)


def _printed_bag(rng: Generator, base: RGB, size: Array) -> Image:
    front = artwork.label(rng, size[0] / size[1], base)
    front[:5] = front[-5:] = (205, 205, 210)  # the seams
    return front


def _folded_shirt(rng: Generator, cloth: RGB) -> Image:
    """The front of a folded shirt: weave, collar, a print, and a sticker with a barcode."""
    image = artwork.fibres(rng, cloth, 5.0, (128, 160))
    ink = artwork.contrast(cloth)
    image[8:40, 66:94] = (np.array(cloth) * 0.7).astype(np.uint8)
    image[40:44, 62:98] = (np.array(cloth) * 0.55).astype(np.uint8)
    part = np.ascontiguousarray(image[58:104, 44:116])
    artwork.write(part, rng, 0.15, 0.45, ink, 5)
    image[58:104, 44:116] = part
    sticker = artwork.blank((248, 248, 248), (26, 36))
    artwork.barcode(sticker, rng, 0.05, 0.1, 0.9, 0.8)
    image[96:122, 118:154] = sticker
    return image


def _face(rng: Generator, coat: Image, base: RGB) -> Image:
    """Eyes, muzzle and nose where u runs once around the head from +x and v down from its top."""
    face = coat.copy()
    h, w = face.shape[:2]
    muzzle = (min(base[0] + 70, 250), min(base[1] + 70, 250), min(base[2] + 70, 250))
    for column in (0, w):  # +x is where the texture's left and right edges meet
        artwork.disc(face, (column, int(0.60 * h)), (int(0.09 * w), int(0.13 * h)), muzzle)
        artwork.disc(face, (column, int(0.55 * h)), (int(0.035 * w), int(0.045 * h)), (30, 24, 22))
        for side in (-1, 1):
            artwork.disc(
                face, (column + side * int(0.08 * w), int(0.40 * h)), (int(0.028 * w), int(0.045 * h)), (18, 16, 16)
            )
    return face
