"""RTP lines for call control: part of `MediaPlane` (media.py).

A line is opened before anything else is known, for its address stands in the first session description; what is agreed is given to it later, as
often as it changes. Whoever makes a leg of it calls `open_timeslot` with its port as for any line: that hooks digits and detectors up, and `close_timeslot`
unhooks them; the line itself ends by `RtpLine.close`. It lives in the engine, and goes on when control dies (`rtp_adopt`).
"""

from __future__ import annotations

import base64
import errno
import socket
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from xunhu._media import engine as en
from xunhu.call.media_level import Levels
from xunhu.call.media_ports import MediaFullError

if TYPE_CHECKING:
    from xunhu.call.media import Command, Refused
    from xunhu.call.media_ports import Job

Direction = Literal["sendrecv", "sendonly", "recvonly", "inactive"]
#: names as in xunhu.yaml: encoding names of the engine's codecs
CODECS = {"alaw": "PCMA", "ulaw": "PCMU"}
_TRIES = 64  # numbers whose UDP ports somebody else has, before rtp_open gives up
EVENTS = frozenset((en.EV_RTP_SILENT, en.EV_RTP_LEARNT, en.EV_RTP_CHANGED, en.EV_RTP_EVENT, en.EV_RTP_BYE, en.EV_RTP_DIALED, en.EV_RTP_SECURE))


@dataclass(frozen=True, slots=True)
class RtpPlace:
    """Where RTP lines are. address4, address6: local addresses; first_port: UDP port of the first line, even, two a line; silence_s: `on_silent`
    after so long without a packet, 0 never; tos: DS field (184: expedited forwarding); cname: of RTCP; probe: look whether a UDP port is free before it is told."""

    address4: str = "0.0.0.0"
    address6: str = "::"
    first_port: int = 16_384
    silence_s: float = 0.0
    tos: int = 184
    cname: str = "xunhu"
    xr: bool = True
    probe: bool = True


class RtpLine:
    """An RTP line, open until `close`. address, udp_port: local, for the session description (address "0.0.0.0": that of the way to the other
    side). on_silent(seconds): nothing has come for that long; on_refused(errno): the engine would not have it, it is closed."""

    def __init__(self, plane: RtpLines, port: int, address: str, udp_port: int) -> None:
        self._plane = plane
        self.port = port
        self.address = address
        self.udp_port = udp_port
        self.tag = 0
        self.is_open = True
        self.on_silent: Callable[[float], None] | None = None
        self.on_refused: Callable[[int], None] | None = None
        self.on_event: Callable[[en.Event], None] | None = None  # all of media_rtp.EVENTS
        self._inband = False
        self._dtls: tuple[str, str] | None = None

    @property
    def inband_dtmf(self) -> bool:
        """Keys may come in the voice: whoever wants keys of this port gets the detector's too. False at the start."""
        return self._inband

    @inband_dtmf.setter
    def inband_dtmf(self, on: bool) -> None:
        if on != self._inband:
            self._inband = on
            self._plane.detect_again(self.port)

    @property
    def dtls_fingerprint(self) -> str:
        """Of our certificate, as in a=fingerprint; "": there is none yet."""
        return self._plane.dtls_fingerprint() or ""

    def set_remote(
        self,
        host: str,
        port: int,
        *,
        codec: str,
        payload_type: int,
        receive: Mapping[int, str],
        dtmf_pt: int | None = None,
        cn_pt: int | None = None,
        ptime_ms: int = 0,
        rtcp_mux: bool = False,
        srtp: tuple[str, str | bytes, str | bytes] | None = None,
        dtls: tuple[str, str] | None = None,
        nat: bool = False,
        rtcp_port: int = 0,
        dtmf_receive_pt: int | None = None,
        bits_per_second: int = 0,
        mode: int = 0,
        dtx: bool = False,
        jitter: en.RtpJitter | None = None,
    ) -> None:
        """What has been agreed, now or anew. host: an IP address; codec: a name of xunhu.yaml ("alaw") or of SDP ("PCMA"), receive: all that may
        come, by payload type; dtmf_pt, cn_pt: RFC 4733 and RFC 3389 (dtmf_receive_pt where they send it under another number); srtp: suite,
        our key, theirs, as octets or in base64; dtls: our role (a=setup) and their fingerprint, where keys come by DTLS. nat: its packets may come from any address, else from any port of host. Refusals come to `on_refused`."""
        if dtls is not None and dtls != self._dtls:
            role, fingerprint = self._dtls = dtls
            self._plane.rtp_set(
                self,
                lambda engine: engine.rtp_dtls(self.port, client=role == "active", fingerprint=fingerprint),
            )
        self._plane.rtp_set(
            self,
            lambda engine: engine.rtp_receive(
                self.port,
                [en.RtpType(number, _codec(name), 0, bits_per_second, mode) for number, name in receive.items()],
                key_types=() if dtmf_pt is None else (dtmf_pt if dtmf_receive_pt is None else dtmf_receive_pt,),
                noise_types=() if cn_pt is None else (cn_pt,),
                jitter=jitter,
                srtp=None if srtp is None else (srtp[0], _key(srtp[2])),
            ),
        )
        self._plane.rtp_set(
            self,
            lambda engine: engine.rtp_send(
                self.port,
                host,
                port,
                codec=_codec(codec),
                payload_type=payload_type,
                key_type=dtmf_pt,
                noise_type=cn_pt,
                ptime_ms=ptime_ms,
                dtx=dtx,
                source="any" if nat else "host",
                rtcp=(host, rtcp_port) if rtcp_port else None,
                mux=rtcp_mux,
                bits_per_second=bits_per_second,
                mode=mode,
                srtp=None if srtp is None else (srtp[0], _key(srtp[1])),
            ),
        )

    def hold(self, direction: Direction) -> None:
        """As we have it: "sendonly": we send, and hear nothing."""
        sends, hears = direction in ("sendrecv", "sendonly"), direction in ("sendrecv", "recvonly")
        self._plane.rtp_set(self, lambda engine: engine.rtp_direction(self.port, sends=sends, hears=hears))

    def key(self, digit: str) -> None:
        """A key that came by other ways (SIP INFO) is as one heard at the port: players and recorders that it stops stop."""
        self._plane.rtp_set(self, lambda engine: engine.key(self.port, digit))

    def send_digits(self, digits: str, *, on_ms: int = 100, off_ms: int = 60) -> None:
        """By RFC 4733; where that was not agreed, as tones in the voice."""

        def refused(error: int) -> None:
            if error == errno.EOPNOTSUPP and self.is_open:
                self._plane.dtmf(digits, on_ms=on_ms, off_ms=off_ms).feed(self.port)

        if self.is_open:
            self._plane.command(
                lambda engine: engine.rtp_digits(self.port, digits, on_ms=on_ms, off_ms=off_ms), refused=refused
            )

    def stats(self) -> en.RtpRow | None:
        """As it was half a second ago at most; None: not open in the engine."""
        return self._plane.rtp_row(self.port) if self.is_open else None

    def close(self) -> None:
        """Harmless at any time and as often as one likes."""
        if self.is_open:
            self.is_open = False
            self._plane.rtp_close(self)


def _codec(name: str) -> str:
    return CODECS.get(name, name)


def _key(key: str | bytes) -> bytes:
    return key if isinstance(key, bytes) else base64.b64decode(key)


class RtpLines(Levels):
    """Mixed into `MediaPlane`."""

    if TYPE_CHECKING:

        def dtmf(self, digits: str, *, on_ms: int = 100, off_ms: int = 100) -> Job: ...
        def command(
            self, command: Command, sent: Callable[[int], None] | None = None, refused: Refused | None = None
        ) -> None: ...

    def __init__(self) -> None:
        self.rtp_place = RtpPlace()
        self._rtp: dict[int, RtpLine] = {}
        self._rtp_free: deque[int] = deque()
        self._rtp_foreign: set[int] = set()  # open when the engine was attached, and nobody's yet

    # -- lines ---------------------------------------------------------------------------------------------------

    def rtp_open(
        self,
        family: int = 4,
        *,
        on_silent: Callable[[float], None] | None = None,
        on_refused: Callable[[int], None] | None = None,
        mux: bool = False,
        group: str | None = None,
    ) -> RtpLine:
        """A line at the local address of this family (4 or 6). group: a multicast address that is heard. MediaFullError: all lines, or their
        UDP ports, are in use."""
        place = self.rtp_place
        address = place.address6 if family == 6 else place.address4
        line = RtpLine(self, *self._rtp_number(address, place))
        line.on_silent, line.on_refused = on_silent, on_refused
        self._rtp[line.port] = line

        def sent(tag: int) -> None:
            line.tag = tag

        def refused(error: int) -> None:
            self._rtp_gone(line)
            if line.on_refused is not None:
                line.on_refused(error)

        self.command(
            lambda engine: engine.rtp_open(
                line.port,
                address,
                line.udp_port,
                group=group,
                mux=mux,
                xr=place.xr,
                silent_s=place.silence_s,
                tos=place.tos,
                cname=place.cname,
            ),
            sent,
            refused,
        )
        return line

    def _rtp_number(self, address: str, place: RtpPlace) -> tuple[int, str, int]:
        for _ in range(min(_TRIES, len(self._rtp_free))):
            port = self._rtp_free.popleft()
            udp_port = place.first_port + 2 * (port - en.TS_PORTS)
            if udp_port < 65_535 and (not place.probe or _is_free(address, udp_port)):
                return port, address, udp_port
            self._rtp_free.append(port)
        raise MediaFullError("all RTP lines are in use, or their UDP ports are")

    def rtp_adopt(self, port: int) -> RtpLine | None:
        """After a restart of control: a line that is open in the engine; None: it is not."""
        row = self.rtp_row(port) if en.TS_PORTS <= port < en.LINE_PORTS else None
        if row is None or row.local is None or port in self._rtp or self.engine is None:
            return None
        self._rtp_foreign.discard(port)
        line = self._rtp[port] = RtpLine(self, port, *row.local)
        line.tag = self.engine.port(port).tag
        return line

    def rtp_row(self, port: int) -> en.RtpRow | None:
        return None if self.engine is None else self.engine.rtp_row(port)

    def dtls_fingerprint(self) -> str | None:
        """Of our certificate, for session descriptions; None: no engine, or it has just begun."""
        return None if self.engine is None else self.engine.dtls_fingerprint()

    def rtp_lines_open(self) -> int:
        return len(self._rtp)

    # -- for the lines ---------------------------------------------------------------------------------------------

    def rtp_set(self, line: RtpLine, command: Command) -> None:
        """A command of an open line; what is refused is told to whoever has the line."""

        def refused(error: int) -> None:
            if line.is_open and error not in (errno.ENOENT, errno.ENODEV):
                self._trouble(f"RTP line {line.port}: {errno.errorcode.get(error, str(error))}")
                if line.on_refused is not None:
                    line.on_refused(error)

        if line.is_open:
            self.command(command, refused=refused)

    def rtp_close(self, line: RtpLine) -> None:
        """The number is free when the engine has said that it is closed."""
        self.command(lambda engine: engine.close(line.port))

    def detect_again(self, port: int) -> None:
        slot = self._slots.get(port)
        if slot is not None:
            self.detect(port, slot.dtmf)

    # -- for the plane -----------------------------------------------------------------------------------------------

    def _rtp_attach(self, used: set[int]) -> None:
        """These ports are open in the engine."""
        lines = range(en.TS_PORTS, en.LINE_PORTS)
        self._rtp_foreign = {port for port in used if port in lines}
        self._rtp_free = deque(port for port in lines if port not in used)

    def _rtp_detach(self, error: int) -> None:
        """The engine is gone, or left to another control (0: nobody hears of an end)."""
        lines, self._rtp = list(self._rtp.values()), {}
        self._rtp_free.clear()
        for line in lines:
            line.is_open = False
            if error and line.on_refused is not None:
                line.on_refused(error)

    def _rtp_gone(self, line: RtpLine) -> None:
        line.is_open = False
        if self._rtp.get(line.port) is line:
            del self._rtp[line.port]
            self._rtp_free.append(line.port)

    def _rtp_closed(self, port: int) -> None:
        """The engine says so."""
        line = self._rtp.get(port)
        if line is not None:
            self._rtp_gone(line)
        elif port in self._rtp_foreign:
            self._rtp_foreign.discard(port)
            self._rtp_free.append(port)

    def _rtp_event(self, event: en.Event) -> None:
        line = self._rtp.get(event.port)
        if line is None or not line.is_open or line.tag != event.tag:
            return
        if event.type == en.EV_RTP_SILENT and event.a0 and line.on_silent is not None:
            line.on_silent(event.a1 / 1000)
        if line.on_event is not None:
            line.on_event(event)

    def _rtp_wants_detector(self, port: int) -> bool:
        """Whether keys are to be looked for in what a port brings: not where they come by other ways."""
        line = self._rtp.get(port)
        return line is None or line.inband_dtmf


def _is_free(address: str, udp_port: int) -> bool:
    """Nobody else of this machine has the two ports of a line; without that the session description would tell of what cannot be had."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    for number in (udp_port, udp_port + 1):
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            if family == socket.AF_INET6:
                probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            try:
                probe.bind((address, number))
            except OSError:
                return False
    return True
