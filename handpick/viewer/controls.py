"""The panel beside the scene: what is shown, and what is told of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from handpick.viewer.drawing import picture
from handpick.viewer.layers import AT_FIRST, Layer
from handpick.viewer.panel import listed, name_of, notes, ranked, told
from handpick.viewer.shown import Shown
from handpick.viewer.surfaces import Paint

if TYPE_CHECKING:
    import viser

BESIDE = 480  # pixels across a camera's picture in the panel


@dataclass(frozen=True)
class Actions:
    """What the page does when its controls are used. Numbers count from 0."""

    look: Callable[[int], None]
    select: Callable[[int], None]
    seek: Callable[[float], None]
    play: Callable[[], None]
    layers: Callable[[], None]
    paint: Callable[[], None]


class Controls:
    """The controls of a page; they hold their own values."""

    def __init__(self, gui: viser.GuiApi, actions: Actions, follow: bool) -> None:
        self.gui, self.actions = gui, actions
        self.title = gui.add_markdown("")
        self.index = gui.add_slider("look", 1, 2, 1, 1, disabled=True)
        self.follow = gui.add_checkbox("follow the newest", follow, visible=follow)
        with gui.add_folder("Motion") as self.motion:
            self.time = gui.add_slider("seconds", 0.0, 1.0, 0.01, 0.0)
            self.play = gui.add_button("Play", icon=None)
        tabs = gui.add_tab_group()
        with tabs.add_tab("Grasps"):
            self.choice = gui.add_dropdown("grasp", ("none",))
            self.told, self.ranked, self.notes = gui.add_html(""), gui.add_html(""), gui.add_html("")
        with tabs.add_tab("Layers"):
            self.paints = gui.add_dropdown("colours tell", tuple(paint.value for paint in Paint))
            self.boxes = {layer: gui.add_checkbox(layer.value, layer in AT_FIRST) for layer in Layer}
        with tabs.add_tab("Cameras"):
            self.pictures = gui.add_folder("As they see it")
        self._wire()

    def _wire(self) -> None:
        actions = self.actions
        self.index.on_update(lambda _: actions.look(int(self.index.value) - 1))
        self.time.on_update(lambda _: actions.seek(float(self.time.value)))
        self.play.on_click(lambda _: actions.play())
        self.choice.on_update(lambda _: self._chosen())
        self.paints.on_update(lambda _: actions.paint())
        for box in self.boxes.values():
            box.on_update(lambda _: actions.layers())

    def _chosen(self) -> None:
        names = list(self.choice.options)
        if self.choice.value in names and self.choice.value != "none":
            self.actions.select(names.index(self.choice.value))

    @property
    def visible(self) -> frozenset[Layer]:
        """The layers that are to be shown."""
        return frozenset(layer for layer, box in self.boxes.items() if box.value)

    @property
    def paint(self) -> Paint:
        return Paint(self.paints.value)

    def count(self, looks: int) -> None:
        """Tell how many looks there are."""
        self.index.max = max(looks, 2)
        self.index.disabled = looks < 2

    def look(self, index: int, shown: Shown, duration: float) -> None:
        """Tell of another look, the motion of which takes `duration` seconds."""
        self.title.content = f"### Look {index + 1}: {shown.title}\n" + listed(shown)
        if self.index.value != index + 1:
            _put(self.index, index + 1)
        self.motion.visible = duration > 0
        self.time.max = max(duration, 0.01)
        _put(self.time, 0.0)
        self.choice.options = tuple(name_of(offer, i) for i, offer in enumerate(shown.offers)) or ("none",)
        self.tell(shown)
        for old in tuple(self.pictures._children.values()):
            old.remove()
        with self.pictures:
            for frame in shown.frames:
                self.gui.add_image(picture(frame.color, BESIDE), label=frame.camera.name, format="jpeg")

    def tell(self, shown: Shown) -> None:
        """Tell the notes on the look."""
        self.notes.content = notes(shown.notes)

    def grasp(self, shown: Shown, number: int | None) -> None:
        """Tell of the grasp that is selected."""
        offer = None if number is None else shown.offers[number]
        self.told.content, self.ranked.content = told(offer), ranked(shown, number)
        if offer is not None and number is not None and self.choice.value != name_of(offer, number):
            _put(self.choice, name_of(offer, number))

    def moment(self, seconds: float, phase: str, playing: bool) -> None:
        """Tell where the motion is."""
        if abs(self.time.value - seconds) > 1e-6:
            _put(self.time, seconds)
        self.play.label = f"{'Pause' if playing else 'Play'} ({phase})"


def _put(handle: Any, value: float | str) -> None:
    """Set a control's value; to mypy it is read-only."""
    handle.value = value
