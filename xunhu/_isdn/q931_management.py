"""Q.931 §5.5 RESTART, §5.11.2 (Annex H) segments, SERVICE of TR 41459: what concerns channels and octets, not one call.

One RESTART of ours is under way at a time (T316); others wait. A RESTART of the peer is done at once: the calls on its channels
end and it is acknowledged in the same turn, so T317 has nothing to wait for.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any

from xunhu._isdn.primitives import ChannelIndication, DataRequest, RestartIndication
from xunhu._isdn.q931_base import NEVER, Call, Int
from xunhu._isdn.q931_codec import (
    MAINTENANCE,
    RESTART,
    RESTART_ACKNOWLEDGE,
    SERVICE,
    SERVICE_ACKNOWLEDGE,
    STATUS,
    Message,
    encode_parts,
)
from xunhu._isdn.q931_establish import Establishment
from xunhu._isdn.q931_ie import (
    CHANNEL_IDENTIFICATION,
    RESTART_INDICATOR,
    CallState,
    ChangeStatus,
    ChannelIdentification,
    Element,
    RestartIndicator,
    SegmentedMessage,
)
from xunhu._isdn.q931_tables import Event
from xunhu.protocol.errors import LocalError

_RESTARTS = 2  # §5.5.1: sent twice before the channels are given up
_SERVICE_STATES = ("in-service", "maintenance", "out-of-service")
_REASSEMBLIES = 4
_RESTARTED = int(Event.RESTARTED)
_SEGMENTS = 8


class _Reassembly:
    __slots__ = ("deadline", "message_type", "octets", "remaining")

    def __init__(self, message_type: int, remaining: int, octets: bytes, deadline: int) -> None:
        self.message_type = message_type
        self.remaining = remaining
        self.octets = octets
        self.deadline = deadline


class Management(Establishment):
    """Interface-wide procedures; the state they need is made by `_init_management`."""

    def _init_management(self) -> None:
        self._restarting: tuple[int, ...] = ()  # of the RESTART under way
        self._restart_waiting: deque[tuple[int, ...]] = deque()  # at most one entry a channel
        self._restart_sent = 0
        self._t316 = NEVER
        self._segments: dict[int, _Reassembly] = {}

    def _dispatch(self, call: Call, event: Int, arg: Any, now: Int) -> None:
        raise AssertionError("defined by Q931")

    def _earliest_other(self) -> int:
        return min(self._t316, min([r.deadline for r in self._segments.values()], default=NEVER))

    # -- RESTART, our own --------------------------------------------------------------------------------------

    def restart_request(self, channels: Sequence[int] | None, now: int) -> None:
        """Put channels back to idle at both ends; None: all. Calls on them end with cause 41 at once;
        `RestartIndication` says when the peer has acknowledged. LocalError for a channel that is not ours."""
        numbers = [ch.number for ch in self._channels] if channels is None else list(dict.fromkeys(channels))
        if self._channels.known(numbers) != numbers:
            raise LocalError(f"no such channel among {numbers}")
        under_way = set(self._restarting).union(*self._restart_waiting)
        self._clear_channels(numbers, False, now)
        if channels is None:
            self._restart_waiting.clear()
            self._restart_waiting.append(tuple(numbers))
        else:
            self._restart_waiting.extend((n,) for n in numbers if n not in under_way)
        for number in numbers:
            channel = self._channels.get(number)
            if channel is not None:
                channel.restarting = True
        self._next_restart(now)

    def _clear_channels(self, numbers: Sequence[int], by_peer: bool, now: int) -> None:
        for number in numbers:
            channel = self._channels.get(number)
            call = None if channel is None else self._calls.get(channel.call)
            if call is not None:
                self._dispatch(call, _RESTARTED, by_peer, now)

    def _next_restart(self, now: int) -> None:
        if self._link_up and not self._restarting and self._restart_waiting:
            self._restarting = self._restart_waiting.popleft()
            self._restart_sent = 0
            self._send_restart(now)

    def _send_restart(self, now: int) -> None:
        self._restart_sent += 1
        self._t316 = now + self._ns["T316"]
        self._deadline_stale = True
        elements: tuple[Element, ...] = (RestartIndicator(self.variant.restart_all),)
        if len(self._restarting) != len(self._channels):
            elements = (ChannelIdentification(self._restarting), RestartIndicator(0))
        octets = self.variant.reference_octets
        self._out.append(
            DataRequest(encode_parts(RESTART, 0, False, elements, reference_octets=octets))
        )

    def _receive_restart_acknowledge(self, message: Message, now: int) -> None:
        """§5.5.1: only channels that are acknowledged are idle again."""
        if not self._restarting:
            self._count("ignored")
            return
        said = message.find(ChannelIdentification)
        done = self._restarting
        if said is not None and said.channels:
            done = tuple(n for n in self._restarting if n in said.channels) or self._restarting
        left = [n for n in self._restarting if n not in done]
        self._end_restart()
        self._put_back(done)
        for number in left:
            self._give_up(number, "not acknowledged by RESTART ACKNOWLEDGE")
        self._out.append(RestartIndication(done, False))
        self._next_restart(now)

    def _end_restart(self) -> None:
        self._restarting = ()
        self._t316 = NEVER
        self._deadline_stale = True

    def _put_back(self, numbers: Sequence[int]) -> None:
        for number in numbers:
            channel = self._channels.get(number)
            if channel is not None:
                channel.restarting = False
                if channel.suspect:
                    self._set_service(number, "in-service", "restarted")

    def _give_up(self, number: int, why: str) -> None:
        channel = self._channels.get(number)
        if channel is not None:
            channel.restarting = False
            self._set_service(number, "maintenance", why, suspect=True)

    def _t316_expired(self, now: int) -> None:
        if self._restart_sent < _RESTARTS:
            if self._link_up:
                self._send_restart(now)
            else:
                self._t316 = now + self._ns["T316"]
                self._deadline_stale = True
            return
        self._tell("error", f"T316: RESTART of channels {list(self._restarting)} is not acknowledged")
        numbers = self._restarting
        self._end_restart()
        for number in numbers:
            self._give_up(number, "T316: RESTART is not acknowledged")
        self._next_restart(now)

    def _restart_after_link(self, now: int) -> None:
        """The link is up: say again what was not acknowledged, and restart channels left in doubt (§5.5, T308)."""
        if self._restarting:
            self._restart_sent = 0
            self._send_restart(now)
        doubtful = [ch.number for ch in self._channels if ch.suspect and not ch.call]
        if doubtful:
            self.restart_request(doubtful, now)
        else:
            self._next_restart(now)

    # -- RESTART of the peer -----------------------------------------------------------------------------------

    def _receive_restart(self, message: Message, now: int) -> None:
        """§5.5.2."""
        indicator = message.find(RestartIndicator)
        said = message.find(ChannelIdentification)
        if indicator is None or (indicator.restart_class == 0 and said is None):
            code = RESTART_INDICATOR if indicator is None else CHANNEL_IDENTIFICATION
            faulty = any(f.code == code for f in message.faults)
            self._send_global_status(message, 100 if faulty else 96, bytes((code,)))
            return
        numbers = [ch.number for ch in self._channels]
        if indicator.restart_class == 0 and said is not None:
            numbers = self._channels.known(said.channels)
            if not numbers:
                self._send_global_status(message, 82, b"")
                return
        self._clear_channels(numbers, True, now)
        for number in numbers:
            channel = self._channels.get(number)
            if channel is not None and channel.suspect:
                self._set_service(number, "in-service", "restarted by the peer")
        elements: tuple[Element, ...] = (indicator,)
        if indicator.restart_class == 0 and said is not None:
            elements = (
                ChannelIdentification(
                    tuple(sorted(numbers)) if said.slot_map else tuple(numbers), True, 1, said.slot_map
                ),
                indicator,
            )
        self._send_to(message, RESTART_ACKNOWLEDGE, elements)
        self._out.append(RestartIndication(tuple(numbers), True))

    def _send_global_status(self, message: Message, value: int, diagnostics: bytes) -> None:
        """Call state of the global call reference: 0 null, 61 RESTART of ours not yet acknowledged (§4.5.7)."""
        state = 61 if self._restarting else 0
        self._send_to(message, STATUS, (self._cause(value, diagnostics), CallState(state)))

    def _receive_global(self, message: Message, now: int) -> None:
        """§5.8.3.2 f: RESTART, its acknowledgement and STATUS, nothing else."""
        if message.type == RESTART and not message.flag:
            self._receive_restart(message, now)
        elif message.type == RESTART_ACKNOWLEDGE and message.flag:
            self._receive_restart_acknowledge(message, now)
        elif message.type == STATUS:
            self._count("status of the global call reference")
            self._tell("info", "STATUS with the global call reference")
        elif message.type in (RESTART, RESTART_ACKNOWLEDGE):
            self._count("ignored")
        else:
            self._count("unexpected messages")
            self._send_global_status(message, 81, b"")

    # -- service of channels -----------------------------------------------------------------------------------

    def block_channel(self, channel: int, now: int) -> None:
        """Take a channel out of service: no new calls; one that is on it goes on. The peer is told where the variant
        has SERVICE. LocalError: no such channel."""
        self._block(channel, True)

    def unblock_channel(self, channel: int, now: int) -> None:
        """Back into service as far as we are concerned. LocalError: no such channel."""
        self._block(channel, False)

    def _block(self, number: int, blocked: bool) -> None:
        channel = self._channels.get(number)
        if channel is None:
            raise LocalError(f"no channel {number}")
        if channel.blocked == blocked:
            return
        channel.blocked = blocked
        state = "out-of-service" if blocked else channel.service
        self._out.append(ChannelIndication(number, state, "blocked" if blocked else "unblocked"))
        self._send_service(number, 2 if blocked else 0)

    def _send_service(self, number: int, status: int) -> None:
        if self.variant.service and self._link_up:
            elements = (ChangeStatus(status), ChannelIdentification((number,)))
            self._out.append(
                DataRequest(encode_parts(SERVICE, 0, False, elements, discriminator=MAINTENANCE))
            )

    def _service_after_link(self) -> None:
        for channel in self._channels:
            if channel.blocked:
                self._send_service(channel.number, 2)

    def _receive_service(self, message: Message, now: int) -> None:
        if not self.variant.service or message.type not in (SERVICE, SERVICE_ACKNOWLEDGE):
            self._count("unknown messages")
            return
        status = message.find(ChangeStatus)
        said = message.find(ChannelIdentification)
        if message.type == SERVICE_ACKNOWLEDGE:
            return
        if status is None or said is None or status.status >= len(_SERVICE_STATES):
            self._count("faulty messages")
            return
        for number in self._channels.known(said.channels):
            self._set_service(number, _SERVICE_STATES[status.status], "SERVICE of the peer")
        self._out.append(
            DataRequest(
                encode_parts(
                    SERVICE_ACKNOWLEDGE,
                    message.reference,
                    not message.flag,
                    (status, said),
                    reference_octets=message.reference_octets,
                    discriminator=MAINTENANCE,
                )
            )
        )

    # -- segments ----------------------------------------------------------------------------------------------

    def _receive_segment(self, message: Message, octets: bytes, now: int) -> bytes | None:
        """The whole message when its last segment has come. A segment out of turn ends the whole (Annex H)."""
        key = message.reference << 1 | (not message.flag)
        head = message.find(SegmentedMessage)
        begin = 3 + message.reference_octets
        self._deadline_stale = True
        so_far = self._segments.pop(key, None)
        if head is None or message.elements[0] is not head or head.remaining >= _SEGMENTS:
            self._count("faulty segments")
            return None
        rest = octets[begin + 4 :]
        if head.first:
            so_far = _Reassembly(head.type, head.remaining, rest, 0)
        elif so_far is None or so_far.message_type != head.type or so_far.remaining != head.remaining + 1:
            self._count("faulty segments")
            return None
        else:
            so_far.remaining = head.remaining
            so_far.octets += rest
        if head.remaining == 0:
            return octets[: begin - 1] + bytes((head.type,)) + so_far.octets
        if len(self._segments) >= _REASSEMBLIES:
            self._count("faulty segments")
            return None
        so_far.deadline = now + self._ns["T314"]
        self._segments[key] = so_far
        return None

    def _other_timers(self, now: int) -> None:
        if self._t316 <= now:
            self._t316_expired(now)
        for key in [k for k, r in self._segments.items() if r.deadline <= now]:
            del self._segments[key]
            self._deadline_stale = True
            self._count("T314: segments missing")
