"""Goods that are one box: cartons, chocolate bars, gift cards, rulers, and a light bulb in its sleeve."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.random import Generator

from sim.items import artwork
from sim.items.artwork import Image
from sim.items.damage_classes import BAR, BOXED, CARD, ELECTRONICS, REBOUND, STURDY
from sim.items.meshes import lathe_mesh, turned
from sim.items.solids import around, box_link, fixed, hull_link, item
from sim.items.spec import ItemSpec, Surface


def carton(rng: Generator) -> ItemSpec:
    """A folding carton with retail print, or a plain corrugated box with a label."""
    longest = around(rng, 0.155, 0.035, 0.09, 0.24)
    size = np.array([longest, longest * rng.uniform(0.5, 0.85), longest * rng.uniform(0.22, 0.55)])
    mass = float(np.clip(size.prod() * around(rng, 330, 110, 130, 650), 0.04, 0.85))
    corrugated = rng.random() < 0.35
    surface = Surface(
        friction=around(rng, 0.6, 0.07, 0.42, 0.78) if corrugated else around(rng, 0.5, 0.07, 0.34, 0.68),
        leak_conductance=rng.uniform(1e-9, 4e-9) if corrugated else rng.uniform(0, 2e-10),
        gap_height=rng.uniform(3e-6, 12e-6) if corrugated else rng.uniform(1e-6, 4e-6),
        restitution=REBOUND,
    )
    texture = artwork.atlas(_corrugated_faces(rng) if corrugated else _retail_faces(rng, size))
    gloss = 0.0 if corrugated else rng.uniform(0.1, 0.5)
    link = box_link("carton", size, mass, surface, texture=texture, gloss=gloss)
    return item("carton", (link,), BOXED, upright=True, corrugated=corrugated, density=mass / size.prod())


def chocolate_bar(rng: Generator) -> ItemSpec:
    """A flat bar in a printed wrapper, 45 to 210 g."""
    length = around(rng, 0.155, 0.015, 0.11, 0.19)
    size = np.array([length, length * rng.uniform(0.42, 0.52), around(rng, 0.0095, 0.0015, 0.006, 0.014)])
    mass = size.prod() * rng.uniform(850, 1150)
    surface = Surface(
        friction=around(rng, 0.45, 0.06, 0.3, 0.6),
        leak_conductance=rng.uniform(0, 1e-9),
        gap_height=rng.uniform(2e-6, 8e-6),
    )
    base = artwork.vivid(rng, (0.25, 0.8))
    front = _rotated_label(rng, size[1] / size[0], base)
    back = np.rot90(artwork.blurb(rng, size[1] / size[0], base))
    side = artwork.blank(base)
    texture = artwork.atlas([side, side, side, side, front, back])
    link = box_link("bar", size, mass, surface, texture=texture, gloss=rng.uniform(0.3, 0.8))
    return item("chocolate_bar", (link,), BAR, density=mass / size.prod())


def gift_card(rng: Generator) -> ItemSpec:
    """A plastic card, alone or on its paper carrier; 0.8 to 1.8 mm thick."""
    on_carrier = rng.random() < 0.4
    size = np.array([0.128, 0.088, 0.0016] if on_carrier else [0.0856, 0.0540, rng.uniform(0.00076, 0.0012)])
    mass = size.prod() * (800 if on_carrier else 1380)
    surface = Surface(friction=around(rng, 0.42, 0.06, 0.28, 0.6), gap_height=rng.uniform(0.5e-6, 2e-6))
    base = artwork.vivid(rng)
    front = artwork.canvas(size[0] / size[1], base)
    artwork.picture(front, rng, 0.05, 0.6, 6)
    artwork.write(front, rng, 0.68, 0.2, artwork.contrast(base), 8)
    back = artwork.blurb(rng, size[0] / size[1], (240, 240, 240))
    rim = artwork.blank((235, 235, 235))
    texture = artwork.atlas([rim, rim, rim, rim, front, back])
    link = box_link("card", size, mass, surface, texture=texture, gloss=rng.uniform(0.3, 0.7))
    return item("gift_card", (link,), CARD, on_carrier=on_carrier)


def ruler(rng: Generator) -> ItemSpec:
    """15, 20 or 30 cm of wood, plastic or aluminium."""
    length = float(rng.choice([0.16, 0.21, 0.312]))
    density, base, gloss, friction = (
        (650.0, (206, 170, 116), 0.1, 0.55),
        (1190.0, artwork.vivid(rng), 0.5, 0.42),
        (2700.0, (190, 193, 198), 0.8, 0.36),
    )[int(rng.integers(3))]
    size = np.array([length, rng.uniform(0.025, 0.038), rng.uniform(0.0018, 0.0035)])
    surface = Surface(friction=around(rng, friction, 0.05, 0.26, 0.7), gap_height=rng.uniform(1e-6, 6e-6))
    face = artwork.scale_marks(rng, size[0] / size[1], base, length * 1e3)
    rim = artwork.blank(base)
    texture = artwork.atlas([rim, rim, rim, rim, face, artwork.fibres(rng, base, 4.0)])
    link = box_link("ruler", size, size.prod() * density, surface, texture=texture, gloss=gloss)
    return item("ruler", (link,), STURDY, density=density)


def light_bulb(rng: Generator) -> ItemSpec:
    """A bulb in a card sleeve that is open at both ends; its screw base stands out of one."""
    width = around(rng, 0.062, 0.004, 0.052, 0.074)
    size = np.array([width * rng.uniform(1.45, 1.7), width, width])
    bulb_mass = around(rng, 0.055, 0.015, 0.028, 0.10)
    surface = Surface(
        friction=around(rng, 0.5, 0.06, 0.34, 0.66), leak_conductance=rng.uniform(1e-9, 6e-9),
        gap_height=rng.uniform(2e-6, 6e-6), compliance=rng.uniform(2e-5, 1e-4),
    )  # fmt: skip
    base = artwork.vivid(rng, (0.6, 1.0))
    side = artwork.label(rng, size[0] / width, base)
    texture = artwork.atlas(
        [_open_end(rng, base), _open_end(rng, base), side, side, side, artwork.blurb(rng, size[0] / width, base)]
    )
    sleeve = box_link("sleeve", size, bulb_mass, surface, texture=texture, gloss=rng.uniform(0.1, 0.4))
    profile = [(0, 0.0135), (0.004, 0.0133), (0.012, 0.0133), (0.015, 0.009), (0.017, 0.005)]
    screw = hull_link(
        "screw", turned(lathe_mesh(profile, 16), (2, 0, 1)), 0.012, Surface(0.3), texture=_threads(), gloss=0.8,
        joint=fixed(0, (size[0] / 2, 0, 0)),
    )  # fmt: skip
    return item("light_bulb", (sleeve, screw), ELECTRONICS, width=width)


def _retail_faces(rng: Generator, size: np.ndarray) -> list[Image]:
    base = artwork.vivid(rng, (0.45, 1.0))
    front = artwork.label(rng, size[0] / size[1], base)
    side = artwork.canvas(size[0] / size[2], base)
    artwork.write(side, rng, 0.25, 0.5, artwork.contrast(base), 7)
    end = artwork.blurb(rng, size[1] / size[2], base)
    return [end, artwork.blank(base), side, side, front, artwork.blurb(rng, size[0] / size[1], base)]


def _corrugated_faces(rng: Generator) -> list[Image]:
    faces = [artwork.fibres(rng, artwork.KRAFT) for _ in range(6)]
    top = faces[4]
    top[44:52] = (203, 178, 139)  # packing tape along the flaps
    top[56:92, 50:92] = 246
    sticker = np.ascontiguousarray(top[56:92, 50:92])
    artwork.paragraphs(sticker, rng, 0.1, 0.5, (40, 40, 40), 5)
    artwork.barcode(sticker, rng, 0.05, 0.55, 0.9, 0.4)
    top[56:92, 50:92] = sticker
    return faces


def _rotated_label(rng: Generator, aspect: float, base: artwork.RGB) -> Image:
    return np.ascontiguousarray(np.rot90(artwork.label(rng, aspect, base)))


def _open_end(rng: Generator, base: artwork.RGB) -> Image:
    """Looking into the sleeve: its rim, shadow, and the bulb's white glass."""

    end = artwork.blank(base)
    end[5:-5, 5:-5] = (38, 34, 30)
    centre, radius = (artwork.TILE // 2, artwork.TILE // 2), int(0.40 * artwork.TILE)
    cv2.circle(end, centre, radius, (236, 233, 224), -1, cv2.LINE_AA)
    cv2.circle(end, (centre[0] - 8, centre[1] - 8), radius // 3, (252, 251, 247), -1, cv2.LINE_AA)
    return end


def _threads() -> Image:
    metal = artwork.blank((176, 172, 160), (48, 16))
    metal[::6] = metal[1::6] = 96
    return metal
