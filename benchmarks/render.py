"""Milliseconds a view of both renderers and of the noise, on a filled cell with its arm. CPU time, all threads."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from functools import partial

import numpy as np

from grasping.tools import DualTool
from handpick.layout import standard_layout
from perception.pose import Pose
from sim.cameras.noise import DepthNoise, noisy_color, noisy_depth
from sim.cameras.rig import CameraRig
from sim.items.catalog import FAMILIES, make_item
from sim.render.base import RenderError
from sim.render.renderer import make_renderer
from sim.render.scene import VisualScene
from sim.robot.arm import ArmBody
from sim.scenery import show_item, show_scenery
from sim.world import World


def build(world: World, rng: np.random.Generator) -> VisualScene:
    """One item of each family spread over the source, the arm, and the scenery."""
    scene = VisualScene()
    show_scenery(scene, world.layout)
    for family in FAMILIES:
        place = Pose.from_euler(rng.uniform((-0.2, -0.12, 0.02), (0.2, 0.12, 0.14)), rng.uniform(-3, 3, 3))
        show_item(scene, world.spawn(make_item(family, rng), world.layout.source.T_base_tote @ place))
    arm = ArmBody(world.client, DualTool(), world.dt)
    arm.show(scene)
    scene.follow(world.client)
    return scene


def measure(action: Callable[[], object], repeats: int) -> float:
    """Median CPU milliseconds of a call, after one to warm up."""
    action()
    times = []
    for _ in range(repeats):
        start = time.process_time()
        action()
        times.append(time.process_time() - start)
    return 1e3 * float(np.median(times))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=10)
    repeats = parser.parse_args().repeats
    rng = np.random.default_rng(0)
    layout = standard_layout()
    world = World(layout)
    scene = build(world, rng)
    triangles = sum(len(one.mesh.triangles) for one in scene.shown.values())
    print(f"{len(scene.shown)} meshes, {triangles} triangles, 640 x 480")
    print(f"{'poses of all links':32} {measure(lambda: scene.follow(world.client), repeats):8.2f} ms a capture")
    for kind in ("egl", "tiny"):
        try:
            renderer = make_renderer(kind)
        except RenderError as error:
            print(f"{kind:32} {error}")
            continue
        print(renderer.name)
        for camera in layout.cameras:
            view = partial(renderer.render, camera, camera.T_base_camera, scene)
            print(f"  {'view ' + camera.name:30} {measure(view, repeats if kind == 'egl' else 2):8.2f} ms")
        if kind == "egl":
            rig = CameraRig(layout.cameras, renderer, scene, rng)
            image, noise = view(), DepthNoise()
            steps = {
                "depth noise": partial(noisy_depth, image, camera, noise, rng),
                "colour noise": partial(noisy_color, image, noise, rng),
                "capture of all cameras": partial(rig.capture, 0.0),
            }
            for name, step in steps.items():
                print(f"  {name:30} {measure(step, repeats):8.2f} ms")
        renderer.close()
    world.close()


if __name__ == "__main__":
    main()
