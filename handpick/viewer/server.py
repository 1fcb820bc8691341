"""The server behind the page, on this machine alone unless told otherwise."""

from __future__ import annotations

from contextlib import redirect_stdout
from io import StringIO
from typing import TYPE_CHECKING

from perception.errors import HandpickError

if TYPE_CHECKING:
    import viser

LOOPBACK, PORT = "127.0.0.1", 8080


class ViserMissing(HandpickError):
    """The package that draws the page is not installed."""


class PortTaken(HandpickError):
    """Nothing can be served at the address that was asked for."""


def serve(host: str = LOOPBACK, port: int = PORT) -> viser.ViserServer:
    """A server that shows nothing yet. Where the port is taken, it takes the next free one: `get_port` tells.

    Raises:
        ViserMissing: viser is not installed. PortTaken: the address cannot be listened at.
    """
    try:
        import viser
    except ImportError as error:
        raise ViserMissing(
            "expected viser, which draws the page, got none; run: pip install 'handpick[view]'"
        ) from error
    try:
        with redirect_stdout(StringIO()):  # a banner; whoever serves says where
            server = viser.ViserServer(host, port, label="Handpick", verbose=False)
    except OSError as error:
        raise PortTaken(
            f"expected to listen at {host}:{port}, got: {error.strerror or error}; name another with --host and --port"
        ) from error
    server.gui.configure_theme(dark_mode=True, show_logo=False, show_share_button=False, control_width="large")
    server.scene.configure_environment_map("studio", environment_intensity=0.35)
    return server
