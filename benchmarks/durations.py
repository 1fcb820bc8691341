"""How long carrying takes, against other ways to time the same path, and by tool, mass and cup.

    python -m benchmarks.durations [--bins 3] [--seed 0]

Carries are planned in random bins. Each one's path is timed again at the same safety of the grasp:

  joint limits alone   time-optimal under the limits of joints and torques, then slowed as a whole until the grasp holds
  trapezoid            one speed and one acceleration along the path, the greatest that keep every limit and the grasp

The table gives seconds of a whole pick (approach, carry, retreat; no thinking, no grip) of a carton in the middle of
the source tote, by mass and tool.
"""

from __future__ import annotations

import argparse
from dataclasses import replace

import numpy as np
from scipy.interpolate import CubicSpline

from benchmarks.planning import attempt, best_grasps, bin_scene, standard_planner
from benchmarks.support.scenes import box, make_scene
from grasping.contact.wrench_limits import MOTION_SAFETY, pinch_limits, seal_vacuum, suction_limits
from grasping.grasp import Grasp
from grasping.tools import DualTool, SuctionCup, Tool
from handpick.layout import standard_layout
from motion.robot.arm import Arm
from motion.timing.grasp_load import Hold, believed_load, hold_of
from motion.timing.time_optimal import Pace, Path, retime
from motion.trajectory import Trajectory
from perception.pose import Array, Pose

MASSES = 0.1, 0.5, 0.9  # kilograms
RADII = 0.010, 0.015, 0.020  # of the cup, metres
ROW = 0.05  # joint radians between two rows of a path that is timed again


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bins", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    compare([arguments.seed + number for number in range(arguments.bins)])
    print()
    by_mass()


def compare(seeds: list[int]) -> None:
    """Ours against the two other ways of timing, on the carries of random bins."""
    layout, planner = standard_layout(), standard_planner()
    arm = planner.arm
    ours, limits_alone, trapezoid = [], [], []
    for seed in seeds:
        scene = bin_scene(layout, seed)
        for grasp in best_grasps(scene, arm, seed):
            plan, _ = attempt(planner, grasp, scene, planner.rest)
            if plan is None:
                continue
            loaded, hold = in_hand(arm, grasp, plan.gripping)
            path = Path(rows(plan.carry.motion), *unbounded(plan.carry.motion))
            ours.append(retime(loaded, path, hold).duration)
            limits_alone.append(slowed(loaded, retime(loaded, path), hold))
            trapezoid.append(trapezoidal(loaded, path, hold))
    reference = np.array(ours)
    print(f"{len(reference)} carries, seconds along the same paths at the same safety of the grasp")
    print(f"{'':22} median    p95   ours / this, median")
    for name, seconds in (("ours", ours), ("joint limits alone", limits_alone), ("trapezoid", trapezoid)):
        middle, high = np.percentile(seconds, (50, 95))
        print(f"{name:22} {middle:6.2f} {high:6.2f} {np.median(reference / seconds):12.2f}")


def in_hand(arm: Arm, grasp: Grasp, positions: Array) -> tuple[Arm, Hold]:
    """The arm with the grasp's load, and the hold; positions: joints (J,) at the grasp."""
    T_last_grasp = Pose(arm.links(positions)[-1]).inverse() @ grasp.T_base_tool
    load = believed_load(grasp)
    return arm.carrying(load, T_last_grasp), hold_of(arm, load, grasp.limits, T_last_grasp)


def rows(motion: Trajectory) -> Array:
    """The motion's path as rows (N, J), ROW of joint space apart."""
    steps = np.linalg.norm(np.diff(motion.positions, axis=0), axis=1)
    way = np.concatenate([[0.0], np.cumsum(steps + 1e-9)])
    count = int(np.ceil(way[-1] / ROW)) + 1
    return np.asarray(CubicSpline(way, motion.positions)(np.linspace(0, way[-1], count)))


def unbounded(motion: Trajectory) -> tuple[Array, Array]:
    """No limit of the tool's speed anywhere."""
    count = len(rows(motion))
    return np.full(count, np.inf), np.ones(count)


def slowed(arm: Arm, motion: Trajectory, hold: Hold) -> float:
    """Seconds of a motion slowed as a whole until the grasp holds: at k times the pace, w' = k^2 w + (1 - k^2) w0."""
    q, zero = motion.positions, np.zeros_like(motion.positions)
    scale = hold.limits.rows.T / hold.bounds
    moving = hold.wrenches(q, motion.velocities, motion.accelerations) @ scale
    still = hold.wrenches(q, zero, zero) @ scale
    gained = moving - still
    room = np.where(gained > 1e-9, (Pace().hold - still) / np.maximum(gained, 1e-9), np.inf)
    return motion.duration / float(np.sqrt(np.clip(room.min(), 1e-4, 1.0)))


def trapezoidal(arm: Arm, path: Path, hold: Hold) -> float:
    """Seconds of the fastest trapezoid s(t) that keeps all limits: the best of many speeds, each as steep as it may."""
    best = np.inf
    for speed in np.geomspace(0.3, 6.0, 14):
        low, high = 0.0, 200.0
        for _ in range(12):
            middle = (low + high) / 2
            fits = within(arm, trapezoid_motion(path, speed, middle), hold)
            low, high = (middle, high) if fits else (low, middle)
        if low > 0:
            best = min(best, float(trapezoid_seconds(path.grid[-1], speed, low)))
    return best


def trapezoid_seconds(way: float, speed: float, steep: float) -> float:
    """Seconds from rest to rest over `way` at most at `speed`, speeding up and slowing down at `steep`."""
    return way / speed + speed / steep if way > speed**2 / steep else 2 * np.sqrt(way / steep)


def trapezoid_motion(path: Path, speed: float, steep: float) -> tuple[Array, Array, Array]:
    """Positions, velocities and accelerations (N, J) of such a motion, at 200 Hz."""
    way = path.grid[-1]
    total, top = trapezoid_seconds(way, speed, steep), min(speed, np.sqrt(way * steep))
    t = np.linspace(0, total, max(int(200 * total), 20))
    up = top / steep
    s = np.where(t < up, steep * t**2 / 2, top * (t - up / 2))
    s = np.where(t > total - up, way - steep * (total - t) ** 2 / 2, s)
    rate = np.where(t < up, steep * t, np.where(t > total - up, steep * (total - t), top))
    change = np.where(t < up, steep, np.where(t > total - up, -steep, 0.0))
    spline = path.spline
    q1, q2 = spline(s, 1), spline(s, 2)
    return spline(s), q1 * rate[:, None], q1 * change[:, None] + q2 * rate[:, None] ** 2


def within(arm: Arm, motion: tuple[Array, Array, Array], hold: Hold) -> bool:
    """Whether a motion keeps the same shares of the limits as ours."""
    (q, v, a), pace, limits = motion, Pace(), arm.limits
    return bool(
        (np.abs(v) <= pace.velocity * limits.velocity).all()
        and (np.abs(a) <= pace.acceleration * limits.acceleration).all()
        and (np.abs(arm.torques(q, v, a)) <= pace.torque * limits.torque).all()
        and (hold.shares(q, v, a) <= pace.hold).all()
    )


def by_mass() -> None:
    """Seconds of a pick by tool and mass, the mass being known."""
    columns = [f"cup {1e3 * radius:.0f} mm" for radius in RADII] + ["pinch 40 N"]
    print(f"{'seconds a pick':16}" + "".join(f"{name:>12}" for name in columns))
    for mass in MASSES:
        cells = [pick(mass, Tool.SUCTION, radius) for radius in RADII] + [pick(mass, Tool.PINCH, None)]
        print(f"{mass:5.1f} kg        " + "".join(f"{cell:>12}" for cell in cells))


def pick(mass: float, tool: Tool, radius: float | None) -> str:
    """Seconds of motion for a carton of `mass`, or why there is none."""
    planner = standard_planner(None if radius is None else DualTool(cup=SuctionCup(radius=radius)))
    layout, arm = standard_layout(), planner.arm
    carton = make_scene([box((0, 0, 0.0405), (0.10, 0.07, 0.08))], tote=layout.source)
    scene = replace(carton, destination=bin_scene(layout, 0).destination)
    grasps = [grasp for grasp in best_grasps(scene, arm, 0) if grasp.tool is tool]
    for grasp in grasps:
        plan, cause = attempt(planner, weighing(grasp, mass, arm.tool), scene, planner.rest)
        if plan is not None:
            parts = plan.approach.motion, plan.carry.motion, plan.retreat.approach.motion
            return f"{sum(part.duration for part in parts):.2f}"
        return cause
    return "no grasp"


def weighing(grasp: Grasp, mass: float, tool: DualTool) -> Grasp:
    """The grasp with a known mass, and for a pinch with 40 N."""
    load = replace(grasp.load, mass=mass, mass_range=(mass, mass), inertia=grasp.load.inertia * mass / grasp.load.mass)
    if grasp.tool is Tool.SUCTION:
        pull = float(seal_vacuum(np.float64(0), np.float64(0), tool.cup)) * tool.cup.area
        limits = suction_limits(pull / MOTION_SAFETY, tool.cup.friction, tool.cup.radius)
        return replace(grasp, load=load, limits=limits)
    limits = pinch_limits(40.0 / MOTION_SAFETY, tool.gripper.friction, grasp.width, 0.010)
    return replace(grasp, load=load, force=40.0, limits=limits)


if __name__ == "__main__":
    main()
