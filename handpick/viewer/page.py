"""The page: looks to step through, the layers of each, its grasps, and the motion that was planned."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from handpick.viewer.controls import Actions, Controls
from handpick.viewer.layers import Layer, Layers
from handpick.viewer.player import Player
from handpick.viewer.robot import Robot
from handpick.viewer.shown import Shown
from handpick.viewer.solids import Solid
from handpick.viewer.timeline import Timeline

if TYPE_CHECKING:
    import viser

FIELD_OF_VIEW = np.deg2rad(45.0)


class Page:
    """Shows looks in every browser that opens the server's address.

    Args:
        meshes: how the arm looks, by link, each in its link's frame; its capsules if None.
        follow: whether more looks come while the page is open; the newest is then shown, unless a viewer says no.
    """

    def __init__(
        self, server: viser.ViserServer, meshes: Mapping[str, Sequence[Solid]] | None = None, follow: bool = False
    ) -> None:
        self.server, self.meshes = server, meshes
        self.looks: list[Shown] = []
        self.index: int | None = None
        self.layers: Layers | None = None
        self.timeline: Timeline | None = None
        self.robot: Robot | None = None
        self.lock = threading.RLock()  # viser calls back on threads of its own
        self.player = Player(self.seek)
        actions = Actions(self.show, self.select, self.seek, self.play, self.relayer, self.repaint)
        self.controls = Controls(server.gui, actions, follow)

    @property
    def address(self) -> str:
        return f"http://{self.server.get_host()}:{self.server.get_port()}"

    def add(self, shown: Shown) -> None:
        """Add a look behind the others, and show it if it is the first or the newest is followed."""
        with self.lock:
            self.looks.append(shown)
            self.controls.count(len(self.looks))
            if self.index is None:
                self._face(shown)
            if self.index is None or self.controls.follow.value:
                self.show(len(self.looks) - 1)

    def tell(self, index: int, note: str) -> None:
        """Add a note to a look, by its number from 0."""
        with self.lock:
            look = self.looks[index]
            self.looks[index] = look = replace(look, notes=(*look.notes, note))
            if index == self.index:
                self.controls.tell(look)

    def show(self, index: int) -> None:
        """Show a look by its number from 0."""
        with self.lock:
            if index == self.index or index >= len(self.looks):
                return
            self.index, shown = index, self.looks[index]
            with self.server.atomic():
                self._draw(shown)
                self.controls.look(index, shown, self.player.duration)
                self.select(shown.chosen)
                self.seek(0.0)

    def select(self, number: int | None) -> None:
        """Show one of the grasps with the whole tool, by its number in the list from 0; None: none."""
        with self.lock:
            if self.index is None or self.layers is None:
                return
            shown = self.looks[self.index]
            self.layers.select(None if number is None else shown.offers[number].grasp)
            self.controls.grasp(shown, number)

    def seek(self, seconds: float) -> None:
        """Show the motion at a time."""
        with self.lock:
            if self.timeline is None or self.robot is None or self.layers is None:
                return
            if not self.player.playing:
                self.player.time = seconds
            posture = self.timeline.at(seconds)
            self.robot.pose(posture)
            self.layers.carry(self.timeline.grasp.item, self.timeline.carried(self.robot.arm, seconds))
            self.controls.moment(seconds, posture.phase.value, self.player.playing)

    def play(self) -> None:
        """Play the motion, or stop it where it is."""
        with self.lock:
            self.player.toggle()
            self.seek(float(self.controls.time.value))

    def relayer(self) -> None:
        """Show and hide layers as the controls say."""
        with self.lock:
            visible = self.controls.visible
            if self.layers is not None:
                self.layers.show(visible)
            if self.robot is not None:
                self.robot.root.visible = Layer.ARM in visible

    def repaint(self) -> None:
        """Colour items as the controls say."""
        with self.lock:
            if self.layers is not None:
                self.layers.repaint(self.controls.paint)
                self.seek(float(self.controls.time.value))

    def _draw(self, shown: Shown) -> None:
        chosen = None if shown.chosen is None else shown.offers[shown.chosen].grasp
        moves = shown.plan is not None and chosen is not None and shown.arm is not None
        self.timeline = Timeline(shown.plan, chosen, shown.tool) if moves else None  # type: ignore[arg-type]
        self.player.load(self.timeline.duration if self.timeline else 0.0)
        held = chosen if moves else None
        visible, paint = self.controls.visible, self.controls.paint
        self.layers = Layers(self.server.scene, shown, visible, paint, held, self.select)
        if shown.arm is not None and (self.robot is None or self.robot.arm is not shown.arm):
            self.robot = Robot(self.server.scene, "/robot", shown.arm, self.meshes)
            self.robot.root.visible = Layer.ARM in visible

    def _face(self, shown: Shown) -> None:
        """Look at the totes from where the arm faces, else at the source from where its picture's lower edge is."""
        middle = shown.scene.source.T_base_tote.position
        if shown.arm is not None or not shown.frames:
            other = shown.scene.destination.tote.T_base_tote.position
            target = middle + 0.5 * (other - middle) + (0, 0, 0.22)
            eye = target + np.array((1.2, -0.6, 0.75))
        else:
            pose = shown.frames[0].camera.T_base_camera
            target, away = middle, float(np.linalg.norm(pose.position - middle))
            below = pose.rotation[:, 1] * (1, 1, 0)
            eye = target + away * (below / max(float(np.linalg.norm(below)), 1e-6) + np.array((0, 0, 0.8)))
        camera = self.server.initial_camera
        camera.position, camera.look_at, camera.up = eye, target, np.array((0.0, 0.0, 1.0))
        camera.fov = float(FIELD_OF_VIEW)
