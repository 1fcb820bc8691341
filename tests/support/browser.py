"""A headless Chromium that is steered over its remote debugging port, and shows WebGL without a graphics card."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.request import urlopen

import cv2
import numpy as np
from numpy.typing import NDArray

SWITCHES = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--no-first-run",
    "--remote-debugging-port=0",
    "--remote-allow-origins=*",
)


def chromium() -> str | None:
    """The path of an installed Chromium."""
    return next(
        (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
    )


class Tab:
    """The browser's one tab."""

    def __init__(self, address: str) -> None:
        from websockets.sync.client import connect

        self._socket = connect(address, max_size=None)
        self._last = 0

    def __enter__(self) -> Tab:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._socket.close()

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """A command of the DevTools protocol, and its result."""
        self._last += 1
        self._socket.send(json.dumps({"id": self._last, "method": method, "params": parameters}))
        while True:
            answer = json.loads(self._socket.recv(timeout=60))
            if answer.get("id") == self._last:
                assert "error" not in answer, answer
                return dict(answer["result"])

    def text(self) -> str:
        """All text of the page."""
        found = self.call("Runtime.evaluate", expression="document.body ? document.body.innerText : ''")
        return str(found["result"].get("value", ""))

    def click(self, label: str) -> None:
        """Click with the mouse on the innermost element that says `label`."""
        script = (
            f"(() => {{ const found = [...document.querySelectorAll('*')].filter(e => e.innerText?.trim() === "
            f"{json.dumps(label)}); const box = found.at(-1).getBoundingClientRect(); "
            "return [box.x + box.width / 2, box.y + box.height / 2] })()"
        )
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True)
        assert "exceptionDetails" not in answer, f"no {label!r} in {self.text()!r}"
        x, y = answer["result"]["value"]
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def picture(self) -> NDArray[np.uint8]:
        """What the tab shows, RGB, shape (height, width, 3)."""
        data = base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"])
        bgr = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
        return np.ascontiguousarray(bgr[..., ::-1])


@contextmanager
def browser(url: str, width: int = 1280, height: int = 800) -> Iterator[Tab]:
    """A tab with a page open in it."""
    path = chromium()
    assert path is not None
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        command = [path, *SWITCHES, f"--user-data-dir={folder}", f"--window-size={width},{height}", "about:blank"]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            port = _port(Path(folder) / "DevToolsActivePort")
            with urlopen(f"http://127.0.0.1:{port}/json/list", timeout=10) as answer:
                page = next(tab for tab in json.load(answer) if tab["type"] == "page")
            with Tab(page["webSocketDebuggerUrl"]) as tab:
                tab.call("Page.enable")
                tab.call("Page.navigate", url=url)
                yield tab
        finally:
            process.terminate()
            process.wait(10)


def _port(file: Path, patience: float = 30.0) -> int:
    end = time.monotonic() + patience
    while time.monotonic() < end:
        if file.exists() and (lines := file.read_text().splitlines()):
            return int(lines[0])
        time.sleep(0.1)
    raise AssertionError(f"Chromium opened no debugging port within {patience} s")
