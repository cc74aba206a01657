"""The socket that the service listens on. ``python -m api.listen PORT`` only tells whether it is free."""

from __future__ import annotations

import os
import socket
import sys

from recommender.errors import BadConfig


def listen(host: str, port: int) -> socket.socket:
    """A socket bound to an address, not yet accepting anybody.

    Raises
    ------
    BadConfig
        When the port is taken, or the address cannot be listened on.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, port), family=family)
    except OSError as error:
        why = os.strerror(error.errno).lower() if error.errno and error.errno > 0 else str(error)
        raise BadConfig(
            f"cannot listen on port {port} of {host}: {why}. Stop what uses it, or choose another one: "
            f"PORT={port + 1} with make, --port {port + 1} with python -m api serve"
        ) from None
    # Connections take this over. Without it a body waits up to 40 ms for the caller's machine to confirm the headers: the
    # event loop sets it only on sockets that name their protocol, and this one does not.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def main(given: str) -> None:
    """Say in one sentence why a port of this machine cannot be used, with exit code 1; nothing when it can."""
    try:
        if not given.isdecimal() or not 0 < int(given) < 65536:
            raise BadConfig(f"PORT: {given!r} is not a number from 1 to 65535")
        listen("127.0.0.1", int(given)).close()
    except BadConfig as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main(sys.argv[1])
