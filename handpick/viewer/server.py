"""The server behind the page, on this machine alone unless told otherwise."""

from __future__ import annotations

import socket
from contextlib import redirect_stdout
from io import StringIO
from typing import TYPE_CHECKING

from perception.errors import HandpickError

if TYPE_CHECKING:
    import viser

LOOPBACK, PORT = "127.0.0.1", 8080


class ViserMissing(HandpickError):
    """The package that draws the page is not installed."""


class AddressRefused(HandpickError):
    """The address that was asked for is none of this machine's, or cannot be served at."""


def serve(host: str = LOOPBACK, port: int = PORT) -> viser.ViserServer:
    """A server that shows nothing yet. Where the port is taken, it takes the next free one: `get_port` tells.

    Raises:
        ViserMissing: viser is not installed. AddressRefused: the address cannot be listened at.
    """
    try:
        import viser
    except ImportError as error:
        raise ViserMissing(
            "expected viser, which draws the page, got none; run: pip install 'handpick[view]'"
        ) from error
    _check(host, port)
    with redirect_stdout(StringIO()):  # a banner; whoever serves says where
        server = viser.ViserServer(host, port, label="Handpick", verbose=False)
    server.gui.configure_theme(dark_mode=True, show_logo=False, show_share_button=False, control_width="large")
    server.scene.configure_environment_map("studio", environment_intensity=0.35)
    return server


def _check(host: str, port: int) -> None:
    """Refuse what viser would try again and again. Raises AddressRefused."""
    if not 0 < port < 65536:
        raise AddressRefused(f"expected a port of 1 to 65535, got {port}; name another with --port")
    try:
        socket.create_server((host, 0)).close()
    except OSError as error:
        raise AddressRefused(
            f"expected an address of this machine to serve at, got {host!r}: {error.strerror or error}; name another "
            "with --host, or none for this machine alone"
        ) from error
