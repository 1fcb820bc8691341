"""The second engine against closed forms, and without it."""

import sys

import numpy as np
import pytest

from benchmarks import engines
from benchmarks.support.bench import box_spec
from benchmarks.support.engine.drops import drop
from benchmarks.support.engine.material import damping_ratio, rebound
from benchmarks.support.engine.rig import MujocoRig
from benchmarks.support.engine.rows import Found, Row, summary
from benchmarks.support.engine.shaken import Held, setting, taken
from benchmarks.support.engine.world import MujocoWorld
from grasping.tools import Tool
from sim.world import GRAVITY, World

DOWN = np.diag([1.0, -1, -1])


def test_what_to_install_is_said_in_one_line(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "mujoco", None)
    assert engines.main([]) == 2
    assert capsys.readouterr().err == (
        "benchmarks: expected MuJoCo, the second engine; install it: pip install 'handpick[engine]'\n"
    )


def test_the_second_engine_s_world_has_all_that_tools_ask_of_the_first_one_s():
    """Its own are built whole: nothing is spawned, fixed or taken away later."""
    asked = {name for name in vars(World) if not name.startswith("_")}
    assert asked - set(dir(MujocoWorld)) == {"T_base_com", "adopt", "drop", "fixed", "spawn", "take_away"}


def test_a_damped_spring_that_never_pulls_gives_back_what_is_asked_of_it():
    for share in (0.1, 0.3, 0.6):
        ratio = damping_ratio(share)
        place, speed, dt = 0.0, 1.0, 1e-5  # of unit frequency, going in
        while (force := place + 2 * ratio * speed) >= 0:
            speed -= force * dt
            place += speed * dt
        assert -speed == pytest.approx(share, rel=0.01)
    assert rebound(1.0) == pytest.approx(rebound(1.001), rel=0.01)


def test_rows_tell_an_outcome_from_a_figure():
    near, far = Found(1.0, "peels"), Found(1.2, "peels")
    alike, apart = Row("a", "s", near, far, 0.25), Row("b", "s", near, Found(None, "stays"), 0.25)
    assert alike.equal and alike.within and not Row("c", "s", near, far, 0.05).within
    assert not apart.equal and not apart.within
    assert summary([alike, apart]) == "outcomes equal: 1 of 2 (50%)\nout of tolerance: 1 of 2: b"


def test_a_carton_lands_with_the_speed_of_its_fall():
    pytest.importorskip("mujoco")
    spec = box_spec((0.16, 0.11, 0.06), 0.5, restitution=0.3)
    found = drop(spec, (0.0, 0.0), 0.30, MujocoRig)
    assert found.figure == pytest.approx(np.sqrt(2 * GRAVITY * 0.30), rel=0.05)


def test_a_carton_peels_where_its_moment_opens_the_ring():
    pytest.importorskip("mujoco")
    mass, size = 0.5, (0.12, 0.10, 0.06)
    held = Held("carton", box_spec(size, mass), Tool.SUCTION, DOWN)
    rig = MujocoRig(setting(held))
    assert taken(rig, held)
    cup = rig.suction.cups[0]
    reached = [0.0]

    def bear(t):
        reached[0] = 8.0 * t
        rig.shake(np.array((0.0, reached[0], 0.0)))

    normal = cup.vacuum * np.pi * cup.radius**2 - mass * GRAVITY
    assert rig.step(5.0, bear, lambda: not rig.suction.holding) is not None
    lever = size[2] / 2  # from the lip down to its middle
    assert reached[0] == pytest.approx(normal * cup.radius / 2 / (mass * lever), rel=0.05)
