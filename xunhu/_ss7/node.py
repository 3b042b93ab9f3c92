# cython: annotation_typing=False
"""A node of the signalling network: its links (Mtp2), its networks (Mtp3, one for each own point code) and its user parts (Isup, Tup),
and what is carried between them.

No machine calls another; the node takes what one has put out and gives it to the next until all are silent (`turn`). Only machines that
have been touched are looked at, so that a turn costs the same whatever the number of links, networks and circuits.

    units of the line  -> received   -> Mtp2 -> Mtp3 -> user part -> drain  -> owner
    owner's request    -> user(...)  -> touch -> turn ... -> signal_units   -> line

The owner calls the request methods of user parts and networks itself, then `touch_user` or `touch_network`, then `turn`. Time: `next_deadline`
and `handle_timeout(now)`, as every machine. Units for the line are pulled: `wanting` names the links that have something, `signal_units`
gives as much as the line has room for.
"""

from __future__ import annotations

from typing import Any

from xunhu._ss7.circuit_primitives import CircuitUserPart
from xunhu._ss7.mtp2 import Mtp2
from xunhu._ss7.mtp3 import Mtp3
from xunhu._ss7.mtp_primitives import (
    LinkIndication,
    LinkRequest,
    ManagementIndication,
    PauseIndication,
    ResumeIndication,
    StatusIndication,
    TransferIndication,
    TransferRequest,
)
from xunhu.protocol.errors import LocalError
from xunhu.protocol.timer_queue import TimerQueue

NEVER = 1 << 62
_NEVER = NEVER
_LINK, _NETWORK, _USER = 0, 1, 2
_SERVICES = 16
_OVERHEAD = 4  # octets of a unit on the line beside its own: flag, check bits, stuffing
MANAGEMENT = -1  # source of outputs of `drain` that are no user part's


class Place:
    """A machine of the node. number: the owner's, among those of its kind."""

    def __init__(self, kind: int, number: int, index: int) -> None:
        self.kind = kind
        self.number = number
        self.index = index  # among all machines: its number in the timer queue
        self.touched = False
        self.deadline = _NEVER
        self.mtp2: Mtp2 | None = None
        self.mtp3: Mtp3 | None = None
        self.part: Any = None
        self.network: Place | None = None  # of a link or a user part
        self.users: dict[int, Place] = {}  # of a network: (opc, service) -> user part
        self.any_user: dict[int, Place] = {}  # of a network: service -> user part for every other point code
        self.wanting = False  # of a link: it is in the list of those


class Node:
    """See the module's text. LocalError: a number that is in use, or is not there."""

    def __init__(self) -> None:
        self._links: dict[int, Place] = {}
        self._networks: dict[int, Place] = {}
        self._users: dict[int, Place] = {}
        self._by_index: dict[int, Place] = {}
        self._indexes = 0
        self._timers = TimerQueue()
        self._touched: list[Place] = []
        self._wanting: list[Place] = []
        self._out: list[tuple[int, Any]] = []

    # -- what the node is made of --------------------------------------------------------------------------------

    def _place(self, kind: int, number: int, there: dict[int, Place]) -> Place:
        if number in there:
            raise LocalError(f"number {number} is in use")
        self._indexes += 1
        place = Place(kind, number, self._indexes)
        there[number] = place
        self._by_index[place.index] = place
        return place

    def _forget(self, number: int, there: dict[int, Place]) -> None:
        place = there.pop(number, None)
        if place is None:
            raise LocalError(f"there is no number {number}")
        del self._by_index[place.index]
        self._timers.stop(place.index, 0)

    def add_network(self, number: int, mtp3: Mtp3) -> None:
        self._place(_NETWORK, number, self._networks).mtp3 = mtp3

    def add_link(self, number: int, mtp2: Mtp2, network: int) -> None:
        """The link's number is that by which its network knows it."""
        if network not in self._networks:
            raise LocalError(f"there is no network {network}")
        place = self._place(_LINK, number, self._links)
        place.mtp2 = mtp2
        place.network = self._networks[network]

    def remove_link(self, number: int) -> None:
        """The network must have let go of it before."""
        self._forget(number, self._links)

    def add_user(self, number: int, part: CircuitUserPart, network: int, service: int, points: list[int] | None) -> None:
        """A user part, for messages of these point codes; None: of all that no other one is for."""
        if network not in self._networks:
            raise LocalError(f"there is no network {network}")
        place = self._place(_USER, number, self._users)
        place.part = part
        below = self._networks[network]
        place.network = below
        if points is None:
            below.any_user[service] = place
        else:
            for point in points:
                below.users[point * _SERVICES + service] = place
        assert below.mtp3 is not None
        below.mtp3.attach_user(service)
        self._touch(below)

    def link(self, number: int) -> Mtp2:
        mtp2 = self._links[number].mtp2
        assert mtp2 is not None
        return mtp2

    def network(self, number: int) -> Mtp3:
        mtp3 = self._networks[number].mtp3
        assert mtp3 is not None
        return mtp3

    def network_of(self, link: int) -> int:
        network = self._links[link].network
        assert network is not None
        return network.number

    def links(self) -> list[int]:
        return sorted(self._links)

    # -- in ------------------------------------------------------------------------------------------------------

    def received(self, link: int, units: list[bytes], now: int) -> None:
        """Units of a line and its records of errored ones, as the framer has passed them up."""
        place = self._links.get(link)
        if place is None or place.mtp2 is None:
            return  # a link that has just been removed
        place.mtp2.receive_all(units, now)
        self._touch(place)

    def line(self, link: int, up: bool, now: int) -> None:
        """The line below a link has gone, or has come back."""
        place = self._links[link]
        assert place.mtp2 is not None
        place.mtp2.line(up, now)
        self._touch(place)

    def touch_link(self, number: int) -> None:
        self._touch(self._links[number])

    def touch_network(self, number: int) -> None:
        self._touch(self._networks[number])

    def touch_user(self, number: int) -> None:
        self._touch(self._users[number])

    def _touch(self, place: Place) -> None:
        if not place.touched:
            place.touched = True
            self._touched.append(place)

    # -- what is carried -----------------------------------------------------------------------------------------

    def turn(self, now: int) -> None:
        """Carry until all machines are silent."""
        while self._touched:
            touched, self._touched = self._touched, []
            for place in touched:
                place.touched = False
                if place.kind == _LINK:
                    self._from_link(place, now)
                elif place.kind == _NETWORK:
                    self._from_network(place, now)
                else:
                    self._from_user(place, now)
                if place.index in self._by_index:
                    self._arm(place)

    def _arm(self, place: Place) -> None:
        due: int | None
        if place.kind == _LINK:
            assert place.mtp2 is not None
            due = place.mtp2.next_deadline
        elif place.kind == _NETWORK:
            assert place.mtp3 is not None
            due = place.mtp3.next_deadline
        else:
            due = place.part.next_deadline
        at = _NEVER if due is None else due
        if at == place.deadline:
            return
        place.deadline = at
        if at == _NEVER:
            self._timers.stop(place.index, 0)
        else:
            self._timers.start(place.index, 0, at)

    def _from_link(self, place: Place, now: int) -> None:
        mtp2, network = place.mtp2, place.network
        assert mtp2 is not None
        assert network is not None
        mtp3 = network.mtp3
        assert mtp3 is not None
        for output in mtp2.drain():
            if type(output) is LinkIndication:
                indication = output
                mtp3.link_indication(place.number, indication.kind, indication.octets, indication.value, now)
                self._touch(network)
            else:
                self._out.append((MANAGEMENT, output))
        if not place.wanting and mtp2.wants_line:
            place.wanting = True
            self._wanting.append(place)

    def _from_network(self, place: Place, now: int) -> None:
        assert place.mtp3 is not None
        for output in place.mtp3.drain():
            kind = type(output)
            if kind is LinkRequest:
                request = output
                link = self._links.get(request.link)
                if link is not None:
                    mtp2 = link.mtp2
                    assert mtp2 is not None
                    mtp2.request(request.kind, request.octets, request.value, now)
                    self._touch(link)
            elif kind is TransferIndication:
                message = output
                user = place.users.get(message.opc * _SERVICES + message.service)
                if user is None:
                    user = place.any_user.get(message.service)
                if user is not None:
                    user.part.receive(output, now)
                    self._touch(user)
            elif kind is ManagementIndication:
                self._out.append((MANAGEMENT, output))
            else:
                self._tell_users(place, output, now)

    def _tell_users(self, place: Place, output: Any, now: int) -> None:
        """What all user parts of a network must hear; the owner hears of it too."""
        for user in self._users.values():
            if user.network is not place:
                continue
            if isinstance(output, PauseIndication):
                user.part.pause(output.dpc, now)
            elif isinstance(output, ResumeIndication):
                user.part.resume(output.dpc, now)
            elif isinstance(output, StatusIndication):
                user.part.status(output.dpc, output.cause, output.level, now)
            self._touch(user)
        self._out.append((MANAGEMENT - 1 - place.number, output))

    def _from_user(self, place: Place, now: int) -> None:
        network = place.network
        assert network is not None
        mtp3 = network.mtp3
        assert mtp3 is not None
        for output in place.part.drain():
            if type(output) is TransferRequest:
                message = output
                mtp3.transfer_request(
                    message.service, message.opc, message.dpc, message.sls, message.priority, message.octets, now
                )
                self._touch(network)
            else:
                self._out.append((place.number, output))

    # -- out -----------------------------------------------------------------------------------------------------

    def drain(self) -> list[tuple[int, Any]]:
        """(source, output): source is the number of a user part; MANAGEMENT for ManagementIndication; MANAGEMENT - 1 - n for
        PauseIndication, ResumeIndication and StatusIndication of network n."""
        out, self._out = self._out, []
        return out

    def wanting(self) -> list[int]:
        """Links that have units for their line."""
        return [place.number for place in self._wanting]

    def signal_units(self, link: int, room: int, now: int) -> list[bytes]:
        """Units for the line, until it has octets for `room` or there is nothing new."""
        place = self._links[link]
        mtp2 = place.mtp2
        assert mtp2 is not None
        units: list[bytes] = []
        while room > 0:
            unit = mtp2.next_signal_unit(now)
            if unit is None:
                break
            units.append(unit)
            room -= len(unit) + _OVERHEAD
        if place.wanting and not mtp2.wants_line:
            place.wanting = False
            self._wanting.remove(place)
        if units:
            self._touch(place)
            self.turn(now)
        return units

    # -- time ----------------------------------------------------------------------------------------------------

    @property
    def next_deadline(self) -> int | None:
        return self._timers.next_deadline

    def handle_timeout(self, now: int) -> None:
        """Every machine whose time has come; then a turn."""
        while True:
            found = self._timers.expired(now)
            if found is None:
                break
            place = self._by_index[found[0]]
            place.deadline = _NEVER
            if place.mtp2 is not None:
                place.mtp2.handle_timeout(now)
            elif place.mtp3 is not None:
                place.mtp3.handle_timeout(now)
            else:
                place.part.handle_timeout(now)
            self._touch(place)
        self.turn(now)
