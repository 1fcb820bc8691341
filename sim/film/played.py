"""Films looks as they were planned: what was perceived, moved by the arm along its plan. Nothing is simulated."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np

from grasping.grasp import in_grasp
from grasping.tool_solids import tool_offsets
from grasping.tools import Tool
from handpick.cell import CellLayout
from handpick.viewer.shown import Shown
from handpick.viewer.solids import Solid, tool_figure
from handpick.viewer.timeline import Timeline
from motion.robot.arm import Arm
from perception.errors import HandpickError
from perception.pose import Array, Pose
from perception.scene import ItemShape
from sim.film.captions import Captions
from sim.film.filmed_cell import Picture
from sim.film.movie import Rgb, checked, write_movie
from sim.film.shoot import AT_REST, RATE, SIZE
from sim.film.studio import before_the_totes
from sim.render.renderer import make_renderer
from sim.render.scene import SCENERY, VisualScene
from sim.render.visual import VisualMesh
from sim.robot.visual import arm_visuals
from sim.scenery import show_scenery


class NoMotion(HandpickError):
    """Looks of which none has a motion that could be filmed."""


class Stage:
    """A look's items and arm as meshes, at any time of its plan."""

    def __init__(self, shown: Shown, arm: Arm, timeline: Timeline) -> None:
        self.arm, self.timeline = arm, timeline
        self.scene = VisualScene()
        source, destination = shown.scene.source, shown.scene.destination.tote
        show_scenery(self.scene, CellLayout(source, destination, (shown.frames[0].camera,), shown.boxes))
        grasp = timeline.grasp
        for item in shown.scene.items:
            if item.id != grasp.item:
                self.scene.add(SCENERY, None, _mesh(item))
        self.held = self.scene.add(SCENERY, None, _mesh(in_grasp(shown.scene, grasp)))
        links = arm_visuals(arm.description, arm.tool)
        self.links = [
            [self.scene.add(SCENERY, None, mesh) for mesh in links.get(link.name, ())] for link in arm.description.links
        ]
        self.tool = {part: [self._add(solid) for solid in solids] for part, solids in tool_figure(arm.tool).items()}
        self.T_last_flange = arm.T_last_tool(Tool.PINCH) @ arm.tool.T_flange_tip.inverse()

    def at(self, time: float) -> VisualScene:
        """The scene as it is planned to be at a time, seconds."""
        posture = self.timeline.at(time)
        poses = self.arm.links(posture.positions)
        for handles, T_base_link in zip(self.links, poses):
            self._put(handles, T_base_link)
        T_base_flange = poses[-1] @ self.T_last_flange.matrix
        for part, offset in tool_offsets(self.arm.tool, posture.opening, posture.cup_travel).items():
            self._put(self.tool[part], T_base_flange @ Pose.from_rotation(offset, np.eye(3)).matrix)
        self._put([self.held], self.timeline.carried(self.arm, time).matrix)
        return self.scene

    def _add(self, solid: Solid) -> int:
        color = (np.array(solid.color) / 255).astype(np.float32)
        return self.scene.add(SCENERY, None, VisualMesh(solid.vertices, solid.triangles, color))

    def _put(self, handles: Iterable[int], T_base_link: Array) -> None:
        for handle in handles:
            self.scene.put(handle, T_base_link)


def play(
    looks: Iterable[Shown],
    path: Path,
    size: tuple[int, int] = SIZE,
    show: Callable[[str], None] = lambda line: None,
) -> Path:
    """Write a film of the plans of looks, one after the other.

    Raises:
        FilmError: the path names no film, or cannot be written. NoMotion: no look has a plan.
    """
    checked(path)
    renderer = make_renderer()
    pictures: list[Rgb] = []
    try:
        for i, shown in enumerate(looks):
            pictures += played(shown, before_the_totes(renderer, size).picture)
            show(f"filmed look {i + 1}")
    finally:
        renderer.close()
    if not pictures:
        raise NoMotion("expected a look with a planned motion, got none; recordings of other programs have grasps only")
    return write_movie(path, pictures + pictures[-1:] * round(AT_REST * RATE), RATE)


def played(shown: Shown, shoot: Callable[[VisualScene], Rgb]) -> Iterator[Rgb]:
    """Pictures of a look's plan; none where it has no plan."""
    if shown.plan is None or shown.arm is None or shown.chosen is None or not shown.frames:
        return
    grasp = shown.offers[shown.chosen].grasp
    timeline = Timeline(shown.plan, grasp, shown.tool)
    stage, captions = Stage(shown, shown.arm, timeline), Captions("as planned, real time", shown.tool, counts=False)
    captions.seen(shown.scene, shown.frames, len(shown.offers), grasp)
    for time in np.arange(0.0, timeline.duration, 1 / RATE).tolist():
        yield captions.on(Picture(shown.scene.stamp + time, shoot(stage.at(time))))


def _mesh(item: ItemShape) -> VisualMesh:
    """An item in its own mean colour."""
    color = (item.colors.mean(axis=0) / 255).astype(np.float32)
    return VisualMesh(item.vertices.astype(np.float32), item.triangles, color)
