import numpy as np
import pytest

from grasping.contact.pad import pressed
from grasping.tools import Gripper

GRIPPER = Gripper()
WHOLE = GRIPPER.pad_width * GRIPPER.pad_length
STIFFNESS = GRIPPER.pad_stiffness


def touched(force, area=WHOLE, curve_x=0.0, curve_z=0.0, slope=0.0):
    """Area and radius under one pad."""
    columns = (np.array([value]) for value in (force, area, curve_x, curve_z, np.arctan(slope)))
    area, radius = pressed(*columns, GRIPPER)
    return float(area[0]), float(radius[0])


def test_a_pad_touches_a_cylinder_and_a_wedge_as_winklers_foundation_says():
    force, radius, slope = 20.0, 0.03, 0.05
    half = (3 * force * radius / (2 * STIFFNESS * GRIPPER.pad_width)) ** (1 / 3)
    assert touched(force, curve_z=1 / radius)[0] == pytest.approx(2 * half * GRIPPER.pad_width, rel=5e-3)
    assert touched(force)[0] == pytest.approx(WHOLE)
    wedge = np.sqrt(2 * force / (STIFFNESS * GRIPPER.pad_width * slope)) * GRIPPER.pad_width
    assert touched(force, slope=slope)[0] == pytest.approx(wedge, rel=5e-3)


def test_on_a_ball_the_patch_is_a_disc_and_not_the_square_around_it():
    force, curve = 12.0, 1 / 0.02
    depth = np.sqrt(force * curve / (np.pi * STIFFNESS))
    radius = np.sqrt(2 * depth / curve)
    area, twist = touched(force, curve_x=curve, curve_z=curve)
    assert area == pytest.approx(np.pi * radius**2, rel=0.02)
    assert twist == pytest.approx(0.8 * radius, rel=0.03)  # the mean distance under a parabolic pressure is 8 R / 15


def test_a_long_patch_resists_twist_better_than_a_disc_of_its_area():
    area, twist = touched(15.0, curve_z=60.0)
    assert twist > 1.1 * np.sqrt(area / np.pi)


def test_a_pad_touches_no_more_than_there_is_and_more_of_it_the_harder_it_is_pressed():
    rng = np.random.default_rng(0)
    area, curve_x, curve_z = rng.uniform(40e-6, WHOLE, 50), rng.uniform(-20, 60, 50), rng.uniform(-20, 200, 50)
    angle = rng.uniform(0, 0.3, 50)
    patches = [pressed(np.full(50, force), area, curve_x, curve_z, angle, GRIPPER)[0] for force in (10.0, 30.0, 90.0)]
    assert (np.diff(patches, axis=0) >= 0).all() and (patches[-1] <= area * (1 + 1e-9)).all()
    assert (patches[0] > 0).all()
