# cython: annotation_typing=False
"""Destinations: ITU-T Q.764 (12/99) §2.10 (signalling congestion), §2.11 (automatic congestion control), §2.13 (MTP-PAUSE, MTP-RESUME,
user part availability).

While a destination cannot be reached no call is made to it; calls that are being set up are released, answered ones stay. What has to be
repeated is repeated by its timer, so that nothing is needed when the destination is back. Congestion holds back a share of new calls, in
steps: one more for each indication after T29, one less for each T30. A REL with automatic congestion level holds back a fixed share for as
long as T30. Calls of priority subscribers and test calls are not held back.
"""

from __future__ import annotations

from typing import Any

from xunhu._ss7.isup_base import CIC_BITS, SERVICE, Int
from xunhu._ss7.isup_call_tables import CallEvent
from xunhu._ss7.isup_circuit import Circuit, Destination
from xunhu._ss7.isup_circuit_tables import CongestionEvent, CongestionState, DestinationEvent, DestinationState
from xunhu._ss7.isup_codec import Message, encode
from xunhu._ss7.isup_names import MessageType
from xunhu._ss7.isup_outgoing import PRIORITY_CALL, TEST_CALL
from xunhu._ss7.isup_query import Query
from xunhu._ss7.mtp_primitives import StatusCause, TransferRequest
from xunhu.protocol.errors import LocalError

_UPT, _UPA = MessageType.UPT, MessageType.UPA

TRAFFIC_STEPS = 8  # of new calls; at most seven of eight are held back
_LEVEL_STEPS = (0, 4, 7)  # by automatic congestion level


class Congestion(Query):
    """PAUSE, RESUME, STATUS, UPT, UPA, ACL."""

    # -- the network below ---------------------------------------------------------------------------------------

    def pause(self, dpc: int, now: int) -> None:
        """MTP-PAUSE."""
        self._paused.add(dpc)
        self._of_destination(dpc, DestinationEvent.PAUSE, now)

    def resume(self, dpc: int, now: int) -> None:
        """MTP-RESUME."""
        self._paused.discard(dpc)
        self._of_destination(dpc, DestinationEvent.RESUME, now)

    def status(self, dpc: int, cause: StatusCause, level: int, now: int) -> None:
        """MTP-STATUS."""
        destination = self._destinations.get(dpc)
        if destination is None:
            return
        if cause == StatusCause.CONGESTED:
            self._congestion_event(destination, CongestionEvent.CONGESTED, now)
        elif cause == StatusCause.USER_UNEQUIPPED:
            self._destination_event(destination, DestinationEvent.USER_UNEQUIPPED, now)
        else:
            self._destination_event(destination, DestinationEvent.USER_INACCESSIBLE, now)

    def congestion_request(self, level: int) -> None:
        """We are congested ourselves: 0 not, 1 or 2 as of Q.764 §2.11. RELs say so; at level 1 every other new call is refused, at level
        2 every one, calls of priority subscribers excepted."""
        if level not in (0, 1, 2):
            raise LocalError(f"congestion level {level} is none of 0, 1, 2")
        self._level = level

    def accessible(self, dpc: int) -> bool:
        """May calls be made to this destination, as far as the network and its user part go?"""
        destination = self._destinations.get(dpc)
        return destination is not None and destination.state == DestinationState.AVAILABLE

    # -- availability --------------------------------------------------------------------------------------------

    def _of_destination(self, dpc: Int, event: Int, now: Int) -> None:
        destination = self._destinations.get(dpc)
        if destination is not None:
            self._destination_event(destination, event, now)

    def _destination_event(self, destination: Destination, event: Int, now: Int) -> None:
        before = destination.state
        _destination_cells[before * _DESTINATION_EVENTS + event](self, destination, None, now)
        if self.trace is not None:
            self.trace("destination", destination.dpc, before, event, destination.state, now)

    def _place(self, destination: Destination) -> str:
        return f"{self.name} destination {destination.dpc}" if self.name else f"destination {destination.dpc}"

    def _lose_destination(self, destination: Destination, arg: Any, now: int) -> None:
        self._timers.stop(destination.index, 4)
        destination.state = DestinationState.PAUSED
        for circuit in destination.members:
            self._call_event(circuit, CallEvent.PAUSE, None, now)

    def _find_destination(self, destination: Destination, arg: Any, now: int) -> None:
        destination.state = DestinationState.AVAILABLE

    def _user_unequipped(self, destination: Destination, arg: Any, now: int) -> None:
        self._timers.stop(destination.index, 4)
        destination.state = DestinationState.UNEQUIPPED
        self._note("error", "user part unequipped", self._place(destination), "there is no ISDN user part")

    def _test_user(self, destination: Destination, arg: Any, now: int) -> None:
        if destination.state != DestinationState.INACCESSIBLE:
            self._note("error", "user part unavailable", self._place(destination), "the ISDN user part is not there")
        destination.state = DestinationState.INACCESSIBLE
        self._say(destination.members[0], _UPT)
        self._timers.start(destination.index, 4, now + self._ns[4])

    def _test_user_again(self, destination: Destination, arg: Any, now: int) -> None:
        self._test_user(destination, arg, now)

    def _user_available(self, destination: Destination, arg: Any, now: int) -> None:
        self._timers.stop(destination.index, 4)
        destination.state = DestinationState.AVAILABLE
        self._note("info", "user part available", self._place(destination), "the ISDN user part is there again")

    def _receive_upt(self, opc: Int, message: Message) -> None:
        """§2.13.4; the circuit that it names does not matter."""
        octets = encode(message.cic, _UPA, (), self.variant)
        self.sent += 1
        self._out.append(TransferRequest(SERVICE, self.own, opc, message.cic & 15, 0, octets))

    # -- congestion ----------------------------------------------------------------------------------------------

    def _congestion_event(self, destination: Destination, event: Int, now: Int) -> None:
        before = destination.congestion
        _congestion_cells[before * _CONGESTION_EVENTS + event](self, destination, None, now)
        if self.trace is not None:
            self.trace("congestion", destination.dpc, before, event, destination.congestion, now)

    def _less_traffic(self, destination: Destination, arg: Any, now: int) -> None:
        destination.steps = min(destination.steps + 1, TRAFFIC_STEPS - 1)
        destination.congestion = CongestionState.FIRST
        self._count("congestion indications")
        self._timers.start(destination.index, 29, now + self._ns[29])
        self._timers.start(destination.index, 30, now + self._ns[30])

    def _heed_again(self, destination: Destination, arg: Any, now: int) -> None:
        destination.congestion = CongestionState.LATER

    def _more_traffic(self, destination: Destination, arg: Any, now: int) -> None:
        destination.steps -= 1
        if destination.steps:
            self._timers.start(destination.index, 30, now + self._ns[30])
            destination.congestion = CongestionState.LATER
        else:
            destination.congestion = CongestionState.NONE
        self._timers.stop(destination.index, 29)

    def _heed_level(self, circuit: Circuit, level: Int, now: Int) -> None:
        """§2.11, §2.10: REL with automatic congestion level."""
        if level in (1, 2):
            destination = circuit.destination
            destination.limited = _LEVEL_STEPS[level]
            destination.limited_until = now + self._ns[30]
            self._count("automatic congestion levels")

    def _admit(self, circuit: Circuit, category: Int, now: Int) -> None:
        """LocalError: this call is one of the share that is held back."""
        destination = circuit.destination
        if destination.limited and now >= destination.limited_until:
            destination.limited = 0
        held = max(destination.steps, destination.limited)
        if held == 0 or category in (PRIORITY_CALL, TEST_CALL):
            return
        destination.share += held
        if destination.share >= TRAFFIC_STEPS:
            destination.share -= TRAFFIC_STEPS
            self._count("calls held back")
            raise LocalError(f"destination {destination.dpc} is congested")

    # -- circuits that are not there -----------------------------------------------------------------------------

    def _receive_elsewhere(self, opc: Int, message: Message, now: Int) -> None:
        """A message of a circuit that is not ours. §2.12: discarded; UCIC where that is wanted."""
        if message.type == _UPT and message.known:
            self._receive_upt(opc, message)
            return
        destination = self._destinations.get(opc)
        if destination is not None and destination.state:
            self._destination_event(destination, DestinationEvent.HEARD, now)
        if message.type == _UPA and destination is not None:
            return
        self._count("messages for unequipped circuits")
        key = opc << CIC_BITS | message.cic
        if key not in self._unequipped and len(self._unequipped) < _REMEMBERED:
            self._unequipped.add(key)
            self._note("warning", "unequipped circuit", f"circuit {opc}/{message.cic}", "a message for a circuit that is not ours")
        if self._ucic and self.variant.ucic and destination is not None and message.type not in _NO_UCIC:
            octets = encode(message.cic, MessageType.UCIC, (), self.variant)
            self.sent += 1
            self._out.append(TransferRequest(SERVICE, self.own, opc, message.cic & 15, 0, octets))

    def _init_congestion(self, ucic: bool) -> None:
        self._ucic = ucic
        self._unequipped: set[int] = set()  # circuits that have been reported


_REMEMBERED = 256
_NO_UCIC = (MessageType.UCIC, MessageType.CFN, MessageType.RLC, MessageType.UPA)
_DESTINATION_EVENTS = len(DestinationEvent)
_CONGESTION_EVENTS = len(CongestionEvent)

# The tables' cells as functions, filled by isup.py when the class is whole.
_destination_cells: list[Any] = []
_congestion_cells: list[Any] = []
