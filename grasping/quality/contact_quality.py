"""Odds of candidates, from contact mechanics under uncertainty."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from grasping.beliefs.kinds import toylike
from grasping.beliefs.load import DensityPrior
from grasping.beliefs.ramps import smooth
from grasping.candidates.table import Candidates
from grasping.contact.shared_load import shares
from grasping.contact.wrench_limits import lip_leak, pinch_asked, seal_vacuum, suction_asked
from grasping.quality import rates
from grasping.quality.bowing import on_edge, pinch_friction, with_bowing
from grasping.quality.skill_odds import either, opened_lost, probed, swung_closed
from grasping.tools import DualTool, Tool, decoded
from perception.pose import Array
from perception.scene import Scene

SIDE_ERROR = 2.5e-3  # standard deviation of where a side of an item is, seen from a finger, metres
HIDDEN_SIDE_ERROR = 6.0e-3  # of one that no camera saw, as `benchmarks.shapes` prints it (hidden)


# Burden from which on an item is held down, and by how much more that grows by a factor of e.
HELD_DOWN = {Tool.SUCTION: (0.04, 0.12), Tool.PINCH: (0.18, 0.10)}


SQUEEZE_LIMIT = 150e3  # Pa, median pad pressure that dents goods


BOARD = 0.67  # of what dents other goods dents board: 100 kPa


BOOK_WIDTH = (0.085, 0.100)  # metres: what is flat and narrower is a bar or a carton, what is wider may be a book


UNSEEN = 0.8  # by how much pads press harder on rounded sides that no camera saw than their completion says


LIMP_LEVER = 0.8  # share by which a limp bag's lever is less than a board's: it hangs on the lip as on a point


SUDDEN = 2.0  # times its weight that an item lifted off at once hangs on a bellows, a spring that hardly damps


class Quality(Protocol):
    """Turns described candidates into odds. A learned policy takes `ContactQuality`'s place behind this."""

    def __call__(self, scene: Scene, candidates: Candidates) -> Array:
        """Probabilities to acquire, hold, damage and return, shape (C, 4), as in `grasping.grasp.Odds`."""
        ...


class ContactQuality:
    """Robust quality: how often a contact holds when pose, friction, mass and centre of mass are drawn anew.

    The draws are fixed (common random numbers), so equal candidates get equal odds and odds vary smoothly.

    Args:
        tool: sizes and believed strengths of the tools.
        position_error: standard deviation of a contact's place, metres (cameras, arm).
        bend_error: standard deviation of a surface's perceived bending around the lip, metres, of rounded goods and of
            all else. Of bottles and cans that cups were tried on, 4 in 20 did not seal where 0.6 to 1.0 mm were
            perceived, 9 in 27 up to 1.4 mm, and half beyond: cups are put where noise shows least of it.
        friction_spread: relative standard deviation of friction.
        acceleration: that a cup's hold must survive, m/s^2; motion is faster where the limits allow, slower else.
        brisk: the greatest that a pinch's hold, whose force is free to choose, may have to survive.
        least_vacuum: pascals that count as a seal.
        squeeze_limit, squeeze_spread: median pad pressure in pascals that dents, standard deviation of its logarithm.
    """

    def __init__(
        self,
        tool: DualTool | None = None,
        prior: DensityPrior | None = None,
        position_error: float = 1.5e-3,
        friction_spread: float = 0.2,
        bend_error: tuple[float, float] = (1.0e-3, 0.5e-3),
        acceleration: float = 2.0,
        brisk: float = 6.0,
        least_vacuum: float = 15e3,
        squeeze_limit: float = SQUEEZE_LIMIT,
        squeeze_spread: float = 0.4,
        draws: int = 40,
    ) -> None:
        self.tool = tool or DualTool()
        self.prior = prior or DensityPrior()
        self.position_error = position_error
        self.acceleration = acceleration
        self._brisk = np.linspace(acceleration, brisk, draws, dtype=np.float64)
        self.least_vacuum = least_vacuum
        self.squeeze_limit, self.squeeze_spread = squeeze_limit, squeeze_spread
        rng = np.random.default_rng(20240229)
        self._mass = rng.standard_normal(draws)
        self._friction = np.clip(1 + friction_spread * rng.standard_normal(draws), 0.4, 1.6)
        self._ball = rng.standard_normal((draws, 3)) * rng.uniform(0, 1, (draws, 1)) ** (1 / 3)
        self._ball /= np.maximum(np.linalg.norm(self._ball, axis=1, keepdims=True), 1.0)
        self.bend_error = bend_error
        self._bend = rng.standard_normal(draws)
        # Walls of boxes and vessels leak little (print) or some (corrugated board), m^3/(s Pa); what is soft may be
        # film, cloth, or fur, on which no cup seals.
        self._leak = rng.choice([0.0, 2e-9, 3e-8], size=draws, p=[0.75, 0.20, 0.05])
        self._soft_leak = rng.choice([0.0, 3e-8, 5e-7], size=draws, p=[0.60, 0.15, 0.25])
        self._furry = rng.permutation((np.arange(draws) + 0.5) / draws)
        self._firm = (np.arange(draws) + 0.5) / draws

    def __call__(self, scene: Scene, candidates: Candidates) -> Array:
        return with_bowing(self.odds(candidates), candidates.tool, candidates.features)

    def odds(self, candidates: Candidates) -> Array:
        """The same of stiff items: what learned odds start from. Features tell all that is looked at."""
        f = candidates.features
        if candidates.tool is Tool.SUCTION:
            acquire, hold = self.suction(f)
            acquire = acquire * (1 - (1 - rates.EDGE_SEALS) * on_edge(f))
            opens = f["bookish"] * smooth(f["across_covers"], 0.6, 0.9) * rates.COVER_OPENS * (1 - swung_closed(f))
            creased = f["bookish"] * (f["spine_at"] != 0) * rates.SWUNG_HARMED
            contact_damage, lost = either(opens * rates.OPENED_HARMED, creased), opens * opened_lost(f)
            acquire_seen = _visible(f)
        else:
            acquire, hold = self.pinch(f)
            off = SIDE_ERROR + (HIDDEN_SIDE_ERROR - SIDE_ERROR) * (1 - f["seen"])
            acquire = acquire * ndtr((candidates.opening - f["width"]) / 2 / off) ** 2
            contact_damage = (1 - on_edge(f)) * self.squeeze_damage(f)
            lost, opens = rates.DAMAGED_LOST * contact_damage, np.zeros(len(f))
            acquire_seen = rates.PADS_BLIND + (1 - rates.PADS_BLIND) * _visible(f)
        access = self.access(f)
        free = drawn_out(f["burden"], candidates.tool)
        stays, probe = (1 - rates.WEDGED_LOST * f["wedged"] ** 2) * free, f["probe"] > 0
        held, returned = hold * stays * (1 - lost), np.zeros(len(f))
        if probe.any():
            found = probed(self.lifted(f), hold, stays, opens, opened_lost(f))
            held, contact_damage, returned = np.where(probe, found, (held, contact_damage, returned))
        drawn = np.where(probe, rates.DRAWN_SLOWLY, rates.DRAWN) * (1 - free) * (1 - soft(f))
        damage = either(either(contact_damage, self.struck(f)), drawn)
        return np.stack([acquire * acquire_seen * access, held, damage, returned], axis=1).clip(0.0, 1.0)

    def suction(self, f: NDArray[np.void]) -> tuple[Array, Array]:
        """Probability of a seal, and of its holding the load once there, each (C,)."""
        cup, f, vacuum = self.tool.cup, shortened(f), self._vacuum(f)
        on_patch = ndtr(f["ring_margin"] / self.position_error)
        needed = self._asked(f, self._loads(f), self.acceleration)
        swung, sudden = f["spine_at"] != 0, (f["spine_at"] == 0) & (f["probe"] == 0)
        lifted = self._asked(f[sudden], self._loads(f[sudden], weights=SUDDEN), 0.0)
        needed[sudden] = np.maximum(needed[sudden], lifted)
        hanging = f[swung].copy()
        hanging["down_x"], hanging["down_y"], hanging["down_z"] = -np.sign(hanging["spine_at"]), 0.0, 0.0
        upright = self._asked(hanging, self._loads(hanging), self.acceleration)
        needed[swung] = np.maximum(needed[swung], upright)
        sealed = self._sealed(vacuum)
        return on_patch * sealed.mean(axis=1), _share(_holds(vacuum * cup.area, needed), sealed)

    def lifted(self, f: NDArray[np.void]) -> Array:
        """Probability that a seal, once there, bears the load at rest, as a slow lift asks of it, (C,)."""
        cup, vacuum = self.tool.cup, self._vacuum(f)
        needed = self._asked(f, self._loads(shortened(f)), 0.0)
        return _share(_holds(vacuum * cup.area, needed), self._sealed(vacuum))

    def _asked(self, f: NDArray[np.void], loads: tuple[Array, Array, Array], acceleration: float) -> Array:
        """Newtons of vacuum force that loads ask of each cup that is opened, (C, draws)."""
        cup, asked = self.tool.cup, np.zeros(loads[0].shape)
        for code in np.unique(f["cups"]):
            same = f["cups"] == code
            mass, centre, down = (load[same] for load in loads)
            held, friction = shares(cup, decoded(code)), cup.friction * self._friction
            asked[same] = suction_asked(mass, centre, down, acceleration, friction, cup.radius, held)
        return asked

    def _vacuum(self, f: NDArray[np.void]) -> Array:
        """Pascals below atmosphere that a cup may reach, (C, draws)."""
        cup, (rounded, other) = self.tool.cup, self.bend_error
        error = other + (rounded - other) * (1 - f["boxlike"] - soft(f))
        bend = np.maximum(f["bend"][:, None] + error[:, None] * self._bend, 0.0)
        leak = np.where(1 - soft(f)[:, None] > self._firm, self._leak, self._soft_leak)
        leak = np.where(rates.FUR * toy(f)[:, None] > self._furry, 5e-7, leak)
        cups = np.array([len(decoded(code)) for code in f["cups"]])[:, None]
        vacuum = seal_vacuum(lip_leak(f["gap"][:, None], bend, cup), leak, cup, cups=cups)
        return np.minimum(vacuum, f["vacuum"][:, None])

    def _sealed(self, vacuum: Array) -> Array:
        """Share of it that counts as a seal, 0..1."""
        return np.asarray(smooth(vacuum, 0.7 * self.least_vacuum, 1.3 * self.least_vacuum))

    def pinch(self, f: NDArray[np.void]) -> tuple[Array, Array]:
        """Probability that the pads close squarely on the item, and that they hold the load, each (C,)."""
        gripper = self.tool.gripper
        friction = gripper.friction * self._friction
        inside = np.arctan(friction) - f["pad_angle"][:, None]
        square = ndtr(inside / np.deg2rad(6)).mean(axis=1)
        grip = pinch_friction(f[:, None], friction)
        under = ndtr((f["patch_radius"] - 0.0008) / (0.5 * self.position_error))
        contact = np.stack([f["patch_x"], np.zeros(len(f)), f["patch_z"]], axis=1)
        width, patch_radius = f["width"][:, None], f["patch_radius"][:, None]
        needed = pinch_asked(*self._loads(f, contact), self._brisk, grip, width, patch_radius)
        limp = rates.LIMP * soft(f) + (rates.LIMP_TOY - rates.LIMP) * toy(f)
        return square * under, _holds(f["force"][:, None], needed).mean(axis=1) * (1 - limp)

    def _loads(
        self, f: NDArray[np.void], contact: Array | float = 0.0, weights: float = 1.0
    ) -> tuple[Array, Array, Array]:
        """What `contact` (C, 3) of the tool's frame must carry, `weights` times the item: masses (C, draws), their
        centres (C, draws, 3) from there, and down (C, 1, 3).
        """
        centre = np.stack([f["centre_x"], f["centre_y"], f["centre_z"]], axis=1) - contact
        centre = centre[:, None] + self._ball * f["centre_radius"][:, None, None]
        mass = f["mass"][:, None] * np.exp(f["mass_spread"][:, None] * self._mass)
        mass = weights * np.minimum(mass, self.prior.heaviest)
        down = np.stack([f["down_x"], f["down_y"], f["down_z"]], axis=1)[:, None]
        return mass, centre, down

    def squeeze_damage(self, f: NDArray[np.void]) -> Array:
        """Probability that the pads' pressure dents the item, (C,)."""
        slim = 1 - smooth(f["girth"], 0.018, 0.035)  # and solid
        thick, narrow = smooth(f["flatness"], 0.25, 0.45), 1 - smooth(f["girth"], *BOOK_WIDTH)
        board = f["boxlike"] * np.maximum(thick, narrow) * (1 - slim)
        limit = self.squeeze_limit * BOARD**board * (1 + 3 * slim + 3 * soft(f))
        pressure = f["pressure"] * (1 + UNSEEN * (1 - f["seen"]) * (1 - f["boxlike"]))
        return np.asarray(ndtr(np.log(np.maximum(pressure, 1.0) / limit) / self.squeeze_spread))

    @staticmethod
    def access(f: NDArray[np.void]) -> Array:
        """Probability that the tool gets there: what it may meet in unseen space, on neighbours, on the floor."""
        unseen = np.exp(-f["unseen_volume"] / 60e-6)
        neighbours = np.exp(-f["hit_volume"] / 12e-6)
        floor = 1 - rates.FLOOR_JAMS + rates.FLOOR_JAMS * smooth(f["floor_gap"], 0.0, 0.004)
        return np.asarray(unseen * neighbours * floor)

    @staticmethod
    def struck(f: NDArray[np.void]) -> Array:
        """Probability of harm to what the tool meets on its way in, (C,): a fingertip marks a book at a few newtons."""
        return np.asarray(rates.STRUCK_HARD * (1 - np.exp(-f["hit_volume"] / 2e-6 - f["unseen_volume"] / 200e-6)))


def soft(f: NDArray[np.void]) -> Array:
    """Belief in a bag, cloth or a toy, (C,): wide, with no flat faces."""
    return np.asarray((1 - f["boxlike"]) * smooth(f["girth"], 0.085, 0.100))


def toy(f: NDArray[np.void]) -> Array:
    """Belief in a soft toy, (C,): as thick as it is wide, and with limbs, as in `grasping.beliefs.kinds.toylike`."""
    return np.asarray(soft(f) * toylike(f["flatness"], f["fill"]))


def shortened(f: NDArray[np.void]) -> NDArray[np.void]:
    """Features of what hangs from a cup: a limp bag's lever is shorter."""
    shorter = f.copy()
    for name in ("centre_x", "centre_y", "centre_z", "centre_radius"):
        shorter[name] *= 1 - LIMP_LEVER * (soft(f) - toy(f))
    return shorter


def _share(holds: Array, sealed: Array) -> Array:
    """Probability (C,) to hold given a seal, from draws of both (C, draws)."""
    return np.asarray((sealed * holds).mean(axis=1) / np.maximum(sealed.mean(axis=1), 1e-9))


def _visible(f: NDArray[np.void]) -> Array:
    found = rates.CUP_BLIND + (1 - rates.CUP_BLIND) * f["seen"]
    return np.asarray(found * (1 - rates.UNSURE_MISSED + rates.UNSURE_MISSED * f["confidence"]))


def drawn_out(burden: Array, tool: Tool) -> Array:
    """Probability that an item comes out from under a burden: fingers pull harder than a cup, which soon lets go."""
    least, scale = HELD_DOWN[tool]
    return np.asarray(np.exp(-np.maximum(burden - least, 0) / scale))


def _holds(strength: Array, needed: Array) -> Array:
    """Probability that a strength suffices, softened by 8% for what the model leaves out."""
    return np.asarray(ndtr((1 - needed / np.maximum(strength, 1e-6)) / 0.08))
