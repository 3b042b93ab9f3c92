"""RTP: packets, receiver with jitter buffer, sender, keys (include/xunhu/rtp*.h, docs/rtp-kernels.md). Thin wrappers: one stream an object.

Samples are 16 bit at 8 kHz, arrays of int16 in one dimension. Times are ns of any clock that does not jump.
"""

from array import array
from collections.abc import Sequence
from typing import Any

from typing_extensions import Buffer

KEPT: int
LATE: int
DUPLICATE: int
UNKNOWN_TYPE: int
UNPLAYABLE: int
AUDIO: int
NOISE: int
KEY: int
NO_TYPE: int
RECEIVER_SIZE: int  # octets of a receiver's state
SENDER_SIZE: int

def parse(packet: bytes) -> dict[str, Any]:
    """ValueError: no RTP packet."""

def build(payload_type: int, marker: bool, sequence: int, timestamp: int, ssrc: int, payload: bytes = b"") -> bytes: ...
def is_rtcp(packet: bytes) -> bool:
    """RFC 5761 §4."""

def codecs() -> list[tuple[str, int, int, int, int, float, float]]:
    """(name, static payload type or 255, clock in Hz, samples of a frame, usual ms of a packet, Ie, Bpl)."""

class Source:
    """RFC 3550 A.1, A.3, A.8 of one source."""

    def __init__(self, ssrc: int, sequence: int) -> None: ...
    def update(self, sequence: int) -> str:
        """valid, probation, restarted or wild."""

    def arrived(self, timestamp: int, arrival_ns: int, clock_hz: int = 8000) -> None: ...
    def fraction(self) -> int: ...
    @property
    def highest(self) -> int: ...
    @property
    def lost(self) -> int: ...
    @property
    def received(self) -> int: ...
    @property
    def jitter(self) -> float:
        """Clock ticks of the timestamp."""

class Coder:
    """One codec, one direction. ValueError: there is no such codec; OSError: it cannot be opened."""

    def __init__(
        self,
        name: str,
        *,
        clock_hz: int = 0,
        encoder: bool = False,
        bits_per_second: int = 0,
        silence: bool = False,
        mode: int = 0,
    ) -> None: ...
    @property
    def frame(self) -> int: ...
    def encode(self, samples: Buffer) -> bytes: ...
    def decode(self, payload: bytes) -> array[int]: ...

class Receiver:
    """Jitter buffer: fixed_ms where adaptive is False; else min_ms to max_ms over the least transit, start_ms at the start, late_cost_ms
    of delay for one per cent of late packets."""

    def __init__(
        self,
        *,
        adaptive: bool = True,
        fixed_ms: int = 60,
        min_ms: int = 0,
        max_ms: int = 200,
        start_ms: int = 40,
        late_cost_ms: int = 150,
        seed: int = 1,
    ) -> None: ...
    def buffer(
        self,
        *,
        adaptive: bool = True,
        fixed_ms: int = 60,
        min_ms: int = 0,
        max_ms: int = 200,
        start_ms: int = 40,
        late_cost_ms: int = 150,
    ) -> None: ...
    def accept(self, payload_type: int, codec: str | Coder = "", *, clock_hz: int = 0, kind: int = -1) -> None:
        """kind: AUDIO (the default, with a codec), NOISE or KEY."""

    def reset(self) -> None: ...
    def packet(self, packet: bytes, arrival_ns: int) -> int:
        """KEPT, LATE, ... or a negative errno."""

    def read(self, out: Buffer) -> bool:
        """1 to 160 samples; False: nothing is being received."""

    def keys(self) -> list[tuple[str, bool, int, int, int]]:
        """(digit or "", it has ended, samples, event, -dBm0), each once at its begin and once at its end."""

    @property
    def now(self) -> int: ...
    @property
    def delay(self) -> int: ...
    @property
    def state(self) -> bytes: ...
    def stats(self) -> dict[str, Any]:
        """struct xh_rtp_receiver_stats."""

    def run(
        self,
        packets: bytes,
        offsets: Buffer,
        arrivals_ns: Buffer,
        ticks: int,
        block: int = 80,
        delays: Buffer | None = None,
    ) -> array[int]:
        """A whole trace: offsets uint32, one more than packets; arrivals int64, rising; delays int32, one a tick."""

class Sender:
    """payload_type -1: the codec's static one."""

    def __init__(
        self,
        codec: str | Coder = "PCMA",
        payload_type: int = -1,
        *,
        ptime_ms: int = 0,
        key_type: int = 255,
        noise_type: int = 255,
        dtx: bool = False,
        key_clock_hz: int = 0,
        seed: int = 1,
    ) -> None: ...
    def set(
        self,
        codec: str | Coder = "PCMA",
        payload_type: int = -1,
        *,
        ptime_ms: int = 0,
        key_type: int = 255,
        noise_type: int = 255,
        dtx: bool = False,
        key_clock_hz: int = 0,
    ) -> None: ...
    @property
    def ssrc(self) -> int: ...
    @property
    def packets(self) -> int: ...
    @property
    def octets(self) -> int: ...
    @property
    def timestamp(self) -> int: ...
    @property
    def dialing(self) -> bool: ...
    def write(self, samples: Buffer, voice: bool = True) -> list[bytes]:
        """Packets that are to be sent now."""

    def idle(self, samples: int = 80) -> list[bytes]:
        """As write, of time in which no sound is sent."""

    def digits(self, digits: str, on_ms: int = 100, off_ms: int = 50) -> None: ...
    def digits_stop(self) -> None: ...

class Keys:
    """Telephone events of one source: payloads in, (digit, it has ended, samples) out."""

    def payload(
        self, timestamp: int, payload: bytes, now: int, clock_hz: int = 8000
    ) -> list[tuple[str, bool, int]]: ...
    def tick(self, now: int) -> list[tuple[str, bool, int]]: ...
    def take(self) -> list[tuple[str, bool, int]]: ...

RTCP_SIZE: int

def rtcp_valid(packet: bytes, *, reduced: bool = False) -> bool: ...
def rtcp_parse(packet: bytes, *, reduced: bool = False) -> list[dict[str, Any]]:
    """What it says, one thing a dict, "kind": SR, report, SDES, BYE, reference, dlrr, voip. ValueError: it is not valid."""

def rtcp_report(
    ssrc: int,
    sender: tuple[int, int, int, int] | None = None,
    reports: Sequence[tuple[int, int, int, int, int, int, int]] = (),
) -> bytes: ...
def rtcp_cname(ssrc: int, cname: bytes) -> bytes: ...
def rtcp_bye(ssrc: int, reason: bytes = b"") -> bytes: ...
def rtcp_reference_time(ssrc: int, ntp: int) -> bytes: ...
def rtcp_dlrr(ssrc: int, of: int, lrr: int, dlrr: int) -> bytes: ...
def rtcp_voip(by: int, fields: dict[str, int]) -> bytes: ...

class Rtcp:
    """A session's RTCP beside its receiver and sender; times in ns, ntp the NTP timestamp of the same moment."""

    def __init__(
        self,
        receiver: Receiver,
        sender: Sender,
        cname: bytes = b"",
        *,
        interval_ms: int = 0,
        xr: bool = True,
        reduced: bool = False,
        seed: int = 1,
        now: int = 0,
    ) -> None: ...
    @property
    def due(self) -> int: ...
    def receive(self, packet: bytes, now: int, ntp: int) -> None:
        """ValueError: it is not valid."""

    def send(self, now: int, ntp: int) -> bytes: ...
    def bye(self, now: int, ntp: int, reason: bytes = b"") -> bytes: ...
    @property
    def ended(self) -> bool: ...
    @property
    def invalid(self) -> int: ...
    @property
    def round_trip_ms(self) -> float: ...
    @property
    def report(self) -> dict[str, int] | None: ...
    @property
    def voip(self) -> dict[str, int] | None: ...
    def quality(self, ptime_ms: float = 20.0) -> dict[str, float]: ...

def e_model(
    *,
    ie: float = 0.0,
    bpl: float = 25.1,
    loss: float = 0.0,
    burst_ratio: float = 1.0,
    delay_ms: float = 0.0,
    telr_db: float = 0.0,
    advantage: float = 0.0,
) -> tuple[float, float, float]:
    """(R, Id, Ie,eff), see e_model.h."""

def mos(r: float) -> float: ...

class Streams:
    """Many receivers and senders in one go, for measuring: arrays have a row a stream."""

    def __init__(self, receivers: Sequence[Receiver], senders: Sequence[Sender]) -> None: ...
    def send(self, samples: Buffer, packets: Buffer, octets: Buffer) -> None:
        """A tick of all senders: packets uint8 (streams, room), octets int32 (streams,)."""

    def receive(self, packets: Buffer, octets: Buffer, arrival_ns: int) -> None: ...
    def read(self, out: Buffer) -> None:
        """A tick of all receivers: int16 (streams, 1 to 160)."""
