"""The layers of a look: each is drawn once it is asked for, and hidden otherwise."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import TYPE_CHECKING

from grasping.grasp import Grasp, in_grasp
from handpick.viewer import drawing
from handpick.viewer.candidates import draw_candidates, draw_grasp
from handpick.viewer.shown import Shown
from handpick.viewer.surfaces import Paint
from perception.pose import Pose

if TYPE_CHECKING:
    import viser

ROOT = "/look"


class Layer(str, Enum):
    """What can be shown or hidden."""

    ITEMS = "items with full shapes"
    POINTS = "fused points"
    RAW = "raw points of the cameras"
    UNSEEN = "unseen space"
    SURROUNDINGS = "totes and surroundings"
    CANDIDATES = "all grasps on offer"
    GRASP = "the selected grasp"
    CAMERAS = "cameras"
    ARM = "arm"


AT_FIRST = frozenset(Layer) - {Layer.POINTS, Layer.RAW, Layer.UNSEEN}


class Layers:
    """The layers of one look on a viser scene, in place of those of the look before.

    Args:
        visible: layers that are shown. clicked: is told the number of a grasp that is clicked.
    """

    def __init__(
        self,
        scene: viser.SceneApi,
        shown: Shown,
        visible: frozenset[Layer],
        paint: Paint,
        held: Grasp | None,
        clicked: Callable[[int], None],
    ) -> None:
        self.scene, self.shown, self.visible, self.paint, self.held = scene, shown, visible, paint, held
        self.clicked = clicked
        self.items: dict[int, viser.SceneNodeHandle] = {}
        self.nodes: dict[Layer, viser.SceneNodeHandle] = {}
        self.grasp: Grasp | None = None
        drawing.node(scene, ROOT).remove()
        drawing.node(scene, ROOT)
        for layer in visible:
            self._draw(layer)

    def show(self, visible: frozenset[Layer]) -> None:
        """Show these layers and hide all others."""
        self.visible = visible
        for layer in Layer:
            if layer in self.nodes:
                self.nodes[layer].visible = layer in visible
            elif layer in visible:
                self._draw(layer)

    def repaint(self, paint: Paint) -> None:
        """Let the colours of the items tell something else."""
        self.paint = paint
        for layer in (Layer.ITEMS, Layer.POINTS):
            if layer in self.nodes:
                self.nodes.pop(layer).remove()
        self.show(self.visible)

    def select(self, grasp: Grasp | None) -> None:
        """Show the whole tool at a grasp."""
        self.grasp = grasp
        if Layer.GRASP in self.nodes:
            self.nodes.pop(Layer.GRASP).remove()
        self.show(self.visible)

    def carry(self, item: int, T_moved: Pose) -> None:
        """Show an item moved from where it lay."""
        if item in self.items:
            drawing.move(self.items[item], T_moved)

    def _draw(self, layer: Layer) -> None:
        if layer is Layer.ARM:
            return
        name = f"{ROOT}/{layer.name.lower()}"
        self.nodes[layer] = drawing.node(self.scene, name)
        scene, shown = self.scene, self.shown
        if layer is Layer.ITEMS:
            self._draw_items(name)
        elif layer is Layer.CANDIDATES:
            draw_candidates(scene, name, shown, self.clicked)
        elif layer is Layer.GRASP:
            if self.grasp is not None:
                draw_grasp(scene, f"{name}/tool", self.grasp, shown.tool)
        elif layer is Layer.POINTS:
            drawing.draw_points(scene, f"{name}/cloud", shown, self.paint)
        else:
            DRAWN[layer](scene, f"{name}/all", shown)

    def _draw_items(self, name: str) -> None:
        held = self.held
        at_grip = in_grasp(self.shown.scene, held) if held else None
        for item in self.shown.scene.items:
            shape = at_grip if at_grip is not None and at_grip.id == item.id else item
            self.items[item.id] = drawing.draw_item(self.scene, f"{name}/{item.id}", shape, self.paint)


DRAWN: dict[Layer, Callable[[viser.SceneApi, str, Shown], object]] = {
    Layer.RAW: drawing.draw_raw,
    Layer.UNSEEN: drawing.draw_unseen,
    Layer.SURROUNDINGS: drawing.draw_surroundings,
    Layer.CAMERAS: drawing.draw_cameras,
}
