"""Which circuit of a trunk group takes the next call.

linear      the first idle circuit, in the order of the trunks and of their circuits
circular    the first idle one behind the one used last
least-used  the one that has carried the fewest calls since start, the first of them
odd, even   timeslots of that kind first, in order; the others when none is idle: two ends that hunt odd and even meet late
"""

from __future__ import annotations

from collections.abc import Iterable

from xunhu.call import causes
from xunhu.call.settings import TrunkGroup
from xunhu.call.trunk import CallRequest, NoCircuitError, Trunk, TrunkCall


class Hunter:
    """The circuits of one group. `used` has to be told of every call, incoming ones too, for least-used to be true."""

    def __init__(self, group: TrunkGroup, trunks: Iterable[Trunk]) -> None:
        self.group = group
        self._trunks = list(trunks)
        self._last = -1
        self._uses: dict[int, int] = {}

    def used(self, port: int) -> None:
        """A call is on the circuit of this port."""
        self._uses[port] = self._uses.get(port, 0) + 1

    def order(self) -> list[tuple[Trunk, int]]:
        """Idle circuits, best first. NoCircuitError: 34 none is idle, 38 no trunk of the group is up."""
        up = [trunk for trunk in self._trunks if trunk.up]
        if not up:
            raise NoCircuitError(causes.NETWORK_OUT_OF_ORDER, f"no trunk of group {self.group.name} is up")
        idle = [(trunk, port) for trunk in up for port in trunk.idle()]
        if not idle:
            raise NoCircuitError(causes.NO_CIRCUIT, f"no circuit of group {self.group.name} is idle")
        hunting = self.group.hunting
        if hunting == "circular":
            split = next((i for i, (_, port) in enumerate(idle) if port > self._last), 0)
            return idle[split:] + idle[:split]
        if hunting == "least-used":
            return sorted(idle, key=lambda row: self._uses.get(row[1], 0))
        if hunting in ("odd", "even"):
            wanted = 1 if hunting == "odd" else 0
            return sorted(idle, key=lambda row: row[1] % 2 != wanted)
        return idle

    def setup(self, request: CallRequest) -> TrunkCall:
        """Make the call on the best circuit; on the next ones when it is taken meanwhile. NoCircuitError."""
        failed: NoCircuitError | None = None
        for trunk, port in self.order()[:3]:
            try:
                call = trunk.setup(request, port)
            except NoCircuitError as error:
                failed = error
                continue
            self._last = port
            self.used(port)
            return call
        assert failed is not None
        raise failed
