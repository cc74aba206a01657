"""Wrong keys at the door: a few slips are forgiven, a machine that tries is made to wait."""

from __future__ import annotations

import ipaddress
from collections import OrderedDict

MOST = 10
SECONDS = 300.0
MOST_KEPT = 10_000


class Tries:
    """Counts wrong keys per caller over the last minutes, in the memory of one worker.

    A key is 256 random bits, so nobody guesses one; this keeps a machine that tries from costing anything.
    """

    def __init__(self) -> None:
        self._wrong: OrderedDict[str, list[float]] = OrderedDict()

    def wait(self, caller: str, now: float) -> int:
        """Seconds until this caller may try again; 0 when that is now.

        Parameters
        ----------
        caller : str
            Network address.
        now : float
            Seconds of a clock that does not go back.
        """
        recent = [at for at in self._wrong.get(_network(caller), ()) if now - at < SECONDS]
        return int(recent[-MOST] + SECONDS - now) + 1 if len(recent) >= MOST else 0

    def wrong(self, caller: str, now: float) -> None:
        """Count a wrong key."""
        name = _network(caller)
        self._wrong[name] = [*self._wrong.pop(name, ())[-MOST:], now]
        while len(self._wrong) > MOST_KEPT:
            self._wrong.popitem(last=False)

    def right(self, caller: str) -> None:
        """Forget the slips of somebody who has the right key after all."""
        self._wrong.pop(_network(caller), None)


def _network(caller: str) -> str:
    """An address, of IPv6 the network that one household or office has to itself."""
    try:
        address = ipaddress.ip_address(caller)
    except ValueError:
        return caller
    return caller if address.version == 4 else str(ipaddress.ip_network((address, 64), strict=False))
