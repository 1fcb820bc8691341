"""Books: two stacks of pages and two covers, that turn about the spine."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike

from sim.items import artwork
from sim.items.damage_classes import BOOK
from sim.items.leaves import bowing_loads
from sim.items.sheet import Sheet
from sim.items.solids import around, box_link
from sim.items.spec import BodySpec, Collision, ItemSpec, Joint, LinkSpec, Surface

OPEN_LIMIT = 3.0  # rad, of each joint
COVER_PROUD = 0.0002  # m: what of a cover's thickness stands out over the pages' collision shape
COVER_BACKING = 0.9  # of its pages' thickness: how much thicker than itself a cover's collision shape is, inward
PRESSED_LIMIT = -0.003  # rad: the halves rest on each other and not on the joint's limit, which would chatter
PLATE = 0.001  # m: the plate that stands for a paperback's cover, as thin as contacts bear
CARD = 0.28e-3  # m: paperback covers are 10 to 12 point stock, 0.25 to 0.30 mm
HEAVIEST = 0.88  # kg: a large book is made thinner rather than heavier


@dataclass(frozen=True)
class Binding:
    """What was drawn for a book. Metres, kg/m^3, N m; width from the spine, height along it."""

    width: float
    height: float
    thickness: float
    board: float  # thickness of a cover
    overhang: float  # how far covers stand out over the pages
    density: float
    cover_joint: float
    page_joint: float
    gloss: float
    card: float = 0.0  # thickness of the card of a cover that bends; 0: it does not


def hardcover(rng: Generator) -> ItemSpec:
    """Boards that stand out over the pages; 0.25 to 0.9 kg."""
    width = around(rng, 0.152, 0.018, 0.115, 0.195)
    height, density = width * rng.uniform(1.32, 1.52), around(rng, 720, 60, 580, 880)
    binding = Binding(
        width=width,
        height=height,
        thickness=min(around(rng, 0.026, 0.006, 0.014, 0.042), HEAVIEST / (width * height * density)),
        board=rng.uniform(0.0022, 0.0030),
        overhang=0.003,
        density=density,
        cover_joint=rng.uniform(0.035, 0.05),  # bears the cover: a limit under load chatters
        page_joint=rng.uniform(0.02, 0.05),
        gloss=rng.uniform(0.05, 0.5),
    )
    return _book("hardcover", binding, rng)


def paperback(rng: Generator) -> ItemSpec:
    """Thin covers flush with the pages; 0.1 to 0.6 kg."""
    width = around(rng, 0.125, 0.014, 0.100, 0.155)
    height, thickness = width * rng.uniform(1.45, 1.62), around(rng, 0.021, 0.006, 0.009, 0.038)
    density = around(rng, 740, 60, 600, 880)
    binding = Binding(
        width=width,
        height=height,
        thickness=min(thickness, HEAVIEST / (width * height * density)),
        board=PLATE,
        overhang=0.0,
        density=density,
        cover_joint=rng.uniform(0.012, 0.03),
        page_joint=rng.uniform(0.02, 0.05),
        gloss=rng.uniform(0.2, 0.6),
        card=CARD,
    )
    return _book("paperback", binding, rng)


def _book(family: str, b: Binding, rng: Generator) -> ItemSpec:
    """Links pagesA (first), front, pagesB, back. The spine runs along y at -x; front is +z."""
    mass = b.width * b.height * b.thickness * b.density
    covers, block = 2 * b.board, b.thickness - 2 * b.board
    cover_mass = mass * b.board / (covers + block)
    page_mass = mass / 2 - cover_mass
    base = artwork.vivid(rng, (0.2, 0.95))
    pages = np.array([b.width - b.overhang, b.height - 2 * b.overhang, block / 2])
    board = np.array([b.width, b.height, b.board])
    paper = Surface(friction=around(rng, 0.55, 0.06, 0.4, 0.7), leak_conductance=1e-8, gap_height=15e-6)
    cloth = Surface(
        friction=around(rng, 0.52, 0.08, 0.35, 0.72),
        leak_conductance=rng.uniform(0, 1e-10),
        gap_height=rng.uniform(1e-6, 5e-6),
    )
    half, spine_x = block / 4, -pages[0] / 2  # half a stack's half thickness, and where the joints are
    front_art, back_art = _cover_art(rng, b, base)
    upper_art, lower_art = _block_art(rng, b, base)

    def turning(parent: int, x: float, z: float, axis_y: float, friction: float, least: float = 0.0) -> Joint:
        return Joint(parent, np.array([x, 0, z]), np.array([0, axis_y, 0]), (least, OPEN_LIMIT), friction, 0.002)

    def cover(name: str, joint: Joint, sign: float, art: artwork.Image) -> LinkSpec:
        com = (b.width / 2, 0, sign * b.board / 2)
        link = box_link(name, board, cover_mass, cloth, texture=art, gloss=b.gloss, com=com, joint=joint)
        # Bullet pushes out of a thin plate the short way, be it the wrong way: its own pages' space backs the plate.
        back = np.array([0, 0, COVER_BACKING * pages[2]])
        shape = Collision("box", board + back, center=np.asarray(com) - sign * back / 2)
        return replace(link, collision=shape, sheet=Sheet(b.height, b.card) if b.card else None)

    def stack(name: str, joint: Joint | None, com: ArrayLike, art: artwork.Image) -> LinkSpec:
        link = box_link(name, pages, page_mass, paper, texture=art, gloss=0.0, com=com, joint=joint)
        # Reaches into its cover: a weight on the book bears on the pages. Bullet's iterations cannot pass it on through
        # a cover of a twentieth of the weight, which would sink in.
        bearing = b.board - COVER_PROUD
        outward = 1 if joint is None else -1
        up = np.array([0, 0, bearing])
        shape = Collision("box", pages + up, center=np.asarray(com) + outward * up / 2)
        return replace(link, collision=shape)

    links = (
        stack("pagesA", None, (0, 0, 0), upper_art),
        cover("front", turning(0, spine_x, half, -1, b.cover_joint), 1, front_art),
        stack(
            "pagesB", turning(0, spine_x, -half, 1, b.page_joint, PRESSED_LIMIT), (pages[0] / 2, 0, -half), lower_art
        ),
        cover("back", turning(2, 0, -2 * half, 1, b.cover_joint), -1, back_art),
    )
    middle = np.array([b.overhang / 2, 0, -half])
    return ItemSpec(
        family,
        (BodySpec(links, -middle, pressing=((0, 2),)),),
        np.array([b.width, b.height, b.thickness]),
        b.width * b.height * b.thickness,
        BOOK,
        upright=True,
        spread=((0, 1), (0, 2), (0, 3)),
        bows_at=bowing_loads(b.width, b.height, block, b.card) if b.card else (np.inf, np.inf),
        parameters=tuple((name, float(getattr(b, name))) for name in Binding.__dataclass_fields__),
    )


def _block_art(rng: Generator, b: Binding, base: artwork.RGB) -> tuple[artwork.Image, artwork.Image]:
    """Upper and lower stack: half of the spine each, stripes on three sides, print inside."""
    back = artwork.spine(rng, b.height / b.thickness, base)
    middle = len(back) // 2
    edges = artwork.page_edges(rng)
    inside = artwork.page(rng, b.width / b.height)
    return (
        artwork.atlas([edges, back[:middle], edges, edges, inside, inside]),
        artwork.atlas([edges, back[middle:], edges, edges, inside, inside]),
    )


def _cover_art(rng: Generator, b: Binding, base: artwork.RGB) -> tuple[artwork.Image, artwork.Image]:
    """Front and back, printed outside, paper inside."""
    rim, inside = artwork.blank(base), artwork.blank(artwork.PAPER)
    front = artwork.cover(rng, b.width / b.height, base)
    back = artwork.blurb(rng, b.width / b.height, base)
    return (
        artwork.atlas([rim, rim, rim, rim, front, inside]),
        artwork.atlas([rim, rim, rim, rim, inside, back]),
    )
