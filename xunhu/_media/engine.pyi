"""The media engine as Python sees it (C below: include/xunhu/engine.h).

Two classes, one face. `Engine` owns an engine in this process: ticked by hand (`tick`, virtual clock,
bit for bit repeatable) or by its own real-time thread (`start`). `EngineClient` attaches to the engine
of the process `xunhu-media` over its socket; commands, events and link frames go through shared memory.
All methods of `EngineControl` may be called from one thread only.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

from xunhu._media.tone_rows import CompiledRow

TS_PORTS: int  # 0 to this less one: timeslots, span * 32 + timeslot
RTP_PORTS: int
LINE_PORTS: int  # TS_PORTS to this less one: RTP lines; from here on the pool
MAX_PORTS: int
MAX_SPANS: int
MAX_LINKS: int
LINK_HDLC: int
LINK_MTP2: int
LINK_MTP2_HIGH_SPEED: int
FRAME_MAX: int  # octets of a link frame
LIST_MAX: int  # octets of all file names of one play(), each with one more

class Event(NamedTuple):
    type: int  # EV_*
    port: int
    tag: int
    sample: int
    a0: int
    a1: int
    a2: int
    a3: int
    samples: int

EV_REFUSED: int
EV_CLOSED: int
EV_PLAYED: int
EV_RECORDED: int
EV_TONE_DONE: int
EV_DIGIT: int
EV_DIGIT_END: int
EV_PROGRESS: int
EV_FLOOR: int
EV_TALK: int
EV_CONTINUITY: int
EV_TONE: int
EV_REPEAT: int
EV_RTP_SILENT: int  # a0 1 nothing has come for silent_s, 0 it comes again; a1 ms without
EV_RTP_LEARNT: int  # the source is known: `rtp_row(port).remote`
EV_RTP_CHANGED: int  # a0 payload type heard now, a1 codec's row, a2 SSRC, a3 1: another one
EV_RTP_EVENT: int  # RFC 4733 event that is no key: a0 event, a1 1 it has begun, a2 ms, a3 level dBm0*10
EV_RTP_BYE: int
EV_RTP_SECURE: int  # a0 1 DTLS has agreed on keys, 0 it has failed
EV_RTP_DIALED: int  # all digits of rtp_digits have been sent
EV_R2: int
EV_FAX: int
EV_CALLER_ID: int
EV_ANSWER: int
EV_VOICE: int
EV_ALARM: int
EV_CAS: int
EV_LINK: int
EV_OVERLOAD: int
EV_LATE: int
EV_LOST_EVENTS: int
END_DONE: int
END_STOPPED: int
END_KEY: int
END_LONGEST: int
END_SILENCE: int
END_ERROR: int
PLAY_LOOP: int
PLAY_KEEP: int
REC_ALAW: int
REC_ULAW: int
REC_PCM16: int
DETECT_DTMF: int
EV_FILES: int  # a0 file threads that wait for a file, a1 before
REC_GO_ON: int
REC_LEAVE_OUT: int
REC_SILENCE: int
SPEED_MIN: int
SPEED_MAX: int
DETECT_PROGRESS: int
DETECT_TONE: int
DETECT_R2F: int
DETECT_R2B: int
DETECT_FAX: int
DETECT_FSK: int
DETECT_MACHINE: int
DETECT_VOICE: int
DETECT_REPEAT: int
DETECT_METER: int
DETECT_CONTINUITY: int
PORT_FREE: int
PORT_TIMESLOT: int
PORT_PLAYER: int
PORT_RECORDER: int
PORT_TONE: int
PORT_CONFERENCE: int
PORT_RTP: int
RTP_STATE_OPEN: int  # bits of RtpRow.state
RTP_STATE_SENDS: int  # direction
RTP_STATE_HEARS: int
RTP_STATE_HEARD: int  # a source is believed
RTP_STATE_LOCKED: int  # its address too
RTP_STATE_SECURE: int  # SRTP both ways
RTP_STATE_SILENT: int  # for silent_s
RTP_STATE_BYE: int  # RTCP has said so
RTP_STATE_NOISE: int  # comfort noise is heard
RTP_STATE_SENDING: int  # rtp_send has been said
RTP_STATE_MUX: int
TONE_DIAL: int  # a0 of EV_PROGRESS; 0 = gone
TONE_RINGBACK: int
TONE_BUSY: int
TONE_CONGESTION: int
TONE_SPECIAL_DIAL: int
TONE_CALL_WAITING: int
TONE_HOWLER: int
TONE_SIT: int
ALARM_LOS: int
ALARM_LOF: int
ALARM_AIS: int
ALARM_RAI: int
ALARM_MISSING: int

class MediaRow(NamedTuple):
    file: int  # place in the list
    position_ms: int  # in that file
    length_ms: int | None  # of it, None: not known
    speed: int  # percent

class PortRow(NamedTuple):
    kind: int
    detect: int
    tag: int
    opened: int
    samples: int
    rms_in_dbm0: float | None
    peak_in_dbm0: float | None
    rms_out_dbm0: float | None
    peak_out_dbm0: float | None
    sources: tuple[int, ...]  # ports heard by this port, the first four
    cas_rx: int  # ABCD, -1 unknown

class EchoRow(NamedTuple):
    """A timeslot's echo canceller, as it was at most 160 ms ago (include/xunhu/echo.h)."""

    erl_db: float  # echo return loss of the path learned; 99: no path known
    erle_db: float  # how much of the echo the filter takes away
    delay_ms: int  # from sending to the echo's coming back, this server's own part in it included
    residual_dbm0: float  # what the filter leaves while we send
    noise_dbm0: float  # background of the line
    converged: bool
    double_talk: bool
    disabled: bool  # by a modem's tone
    narrow_band: bool  # tones are sent: nothing is learned from them
    suppressing: bool  # the non-linear processor is closed

class LevelSide(NamedTuple):
    """Of one direction of a timeslot."""

    mode: Literal["off", "fixed", "agc"]
    gain_db: float  # without the limiter
    limiter_db: float  # what it takes off: 0 or less
    voice_dbm0: float  # of the voice, as the automatic gain knows it; -100: nobody has spoken

class LevelRow(NamedTuple):
    """Levels of a timeslot, as they were at most 160 ms ago (include/xunhu/level.h, vad.h)."""

    rx: LevelSide
    tx: LevelSide
    voice: bool | None  # somebody speaks; None: no voice detector works (DETECT_VOICE, or rx is agc), or it has not heard 10 ms
    speech_dbm0: float  # of the voice over about 100 ms, as it comes in; -100 while there is none
    noise_dbm0: float  # of the noise on the line

class ConcealRow(NamedTuple):
    """What has been made up in the place of what a timeslot's line lost, since `EngineControl.conceal`."""

    holes: int
    samples: int  # of 125 us; the silence after the first 60 ms of a hole left out

class RtpCodec(NamedTuple):
    """A codec of RTP lines; sound is linear, 8 kHz, on our side."""

    name: str
    payload_type: int | None  # static one (RFC 3551)
    clock_hz: int  # of RTP timestamps
    frame_ms: float
    ptime_ms: int  # usual packet
    available: bool  # what it needs is on this machine

def rtp_codecs() -> list[RtpCodec]:
    """All that the engine has rows for."""

class RtpType(NamedTuple):
    """A payload type of sound that may come. bits_per_second, mode: of the codec, 0 its default."""

    payload_type: int
    codec: str
    clock_hz: int = 0
    bits_per_second: int = 0
    mode: int = 0

class RtpJitter(NamedTuple):
    """A jitter buffer (include/xunhu/jitter_buffer.h); delays over the least transit. fixed_ms: where it is not adaptive."""

    adaptive: bool = True
    fixed_ms: int = 60
    min_ms: int = 0
    max_ms: int = 200
    start_ms: int = 40
    late_cost_ms: int = 150

SRTP_SUITES: dict[str, tuple[int, int]]
"""Names as in a=crypto (RFC 4568, 6188, 7714): number, octets of master key and salt together."""

class RtpRow(NamedTuple):
    """An RTP line, as it was at most half a second ago. Counters since it was opened; levels of quality by the E-model (G.107), 0 not known."""

    state: int  # RTP_STATE_*
    local: tuple[str, int] | None
    remote: tuple[str, int] | None  # where we send: the learnt source when there is one
    ssrc: int
    remote_ssrc: int
    codec: str | None  # sent
    payload_type: int | None
    remote_codec: str | None  # heard last
    remote_type: int | None
    ptime_ms: int  # sent
    packets: int  # sent
    octets: int
    send_failed: int
    remote_packets: int  # valid ones that came
    remote_octets: int
    late: int
    early: int  # pushed out of a full buffer
    duplicates: int
    reordered: int
    invalid: int
    strange: int  # from where the source is not, thrown away
    unauthentic: int  # SRTP
    concealed_ms: float
    lost: int  # RFC 3550: of what we hear
    remote_lost: int  # of what they hear
    jitter_ms: float
    remote_jitter_ms: float
    delay_ms: int  # of our jitter buffer
    wanted_ms: int
    round_trip_ms: int  # 0 not known
    loss: float  # share of what we hear that was not played
    skew_ppm: int  # their clock against ours
    mos_in: float
    mos_out: float
    r_in: float
    r_out: float

class EngineControl:
    """Commands return the tag (> 0) under which events of the port come back. A full command ring raises
    BlockingIOError; a bad argument ValueError; what the engine cannot do comes back as EV_REFUSED with that tag.

    When `event_fd` becomes readable call `events()` first (it makes the descriptor unreadable again), then
    `link_receive` for the links of `links_ready()`: so no wake-up is lost."""

    event_fd: int  # readable when events or link frames wait; -1 for a hand-ticked engine
    def ts_open(self, port: int) -> int: ...
    def close(self, port: int) -> int: ...
    def play(
        self,
        port: int,
        files: Sequence[str],
        *,
        gain_db: float = 0.0,
        loop: bool = False,
        loops: int = 0,
        keep: bool = False,
        key_port: int | None = None,
        keys: str = "",
    ) -> int:
        """Play files without a gap: paths of anything media_file.h reads, or URLs (http, https). A digit of `keys` heard at `key_port`
        (its DTMF detector must be on) stops it (END_KEY). No files: allowed with keep. More than LIST_MAX octets of names: ValueError. A
        file that cannot be read ends the list (END_ERROR, a1 its index, a2 errno) and closes the port, with keep too; so does one
        that gives nothing for five seconds (ETIMEDOUT)."""
    def play_more(self, port: int, files: Sequence[str]) -> int: ...
    def pause(self, port: int, on: bool) -> int: ...
    def play_seek(self, port: int, ms: int, *, relative: bool = False) -> int:
        """To a place in the file that is heard; before its beginning: the beginning, beyond its end: the next file."""
    def play_skip(self, port: int, n: int) -> int:
        """n files on: 1 the next, -1 the previous, 0 this one again."""
    def play_speed(self, port: int, percent: int) -> int:
        """SPEED_MIN to SPEED_MAX, at the same pitch."""
    def play_gain(self, port: int, gain_db: float) -> int: ...
    def record(
        self,
        port: int,
        path: str | None,
        *,
        tracks: int = 1,
        fmt: int = ...,
        longest_s: float = 0.0,
        silence_s: float = 0.0,
        lead_s: float = 0.0,
        append: bool = False,
        cut_silence: bool = False,
        preroll_s: float = 0.0,
        sync_s: int = 0,
        key_port: int | None = None,
        keys: str = "",
    ) -> int:
        """Everything the port hears into a file; tracks=2: by the track of its crosspoints. fmt: a number of media_file.FORMATS. END_SILENCE
        when all that came was below -42 dBm0 for silence_s, or for lead_s when there has been no sound at all; the silence is in the
        file but for cut_silence. append: behind what is there, of the same format. path None: armed, the last preroll_s are kept
        until `record_start`. sync_s: on the disk for sure so often. After close() the port stays taken until the file is whole, at most five
        seconds (then END_ERROR, ETIMEDOUT): EV_RECORDED, EV_CLOSED."""
    def record_start(self, port: int, path: str) -> int:
        """An armed recorder: from now on into this file, which begins with what was kept."""
    def record_pause(self, port: int, how: int) -> int:
        """REC_LEAVE_OUT: what comes is left out; REC_SILENCE: silence in its place; REC_GO_ON."""
    def tone(self, port: int, steps: Sequence[tuple[float, float, float, float, int]], *, repeats: int = 0) -> int:
        """steps: (f1_hz, f2_hz, level1_dbm0, level2_dbm0, ms)."""
    def dtmf(
        self,
        port: int,
        digits: str,
        *,
        on_ms: int = 100,
        off_ms: int = 100,
        level_dbm0: float = -9.0,
        twist_db: float = 0.0,
    ) -> int: ...
    def fax_tone(self, port: int, tone: int, *, level_dbm0: float = -13.0, ms: int = 0) -> int:
        """Sound a tone of fax_tones.py (all but V21_PREAMBLE); ms 0: until closed. CNG and CALLING: made up to whole periods."""
    def caller_id(
        self,
        port: int,
        message: bytes,
        *,
        modem: int = 0,
        level_dbm0: float = -13.5,
        seizure_bits: int = 300,
        mark_bits: int = 180,
    ) -> int:
        """Sound a caller id message (type, length, contents; xunhu.protocol.caller_id) once. modem: fsk.V23 or fsk.BELL202. In a call (EN 300
        659-2): seizure_bits 0, mark_bits 80."""
    def connect(self, source: int, destination: int, *, gain_db: float = 0.0, track: int = 0) -> int: ...
    def disconnect(self, source: int, destination: int) -> int: ...
    def conference(
        self,
        port: int,
        *,
        loudest: int = 0,
        floor: bool = False,
        talkers: bool = False,
        every_ms: int = 0,
        hold_keys: bool = False,
    ) -> int:
        """Open a conference at a port of the pool: connect(member, port) lets him talk, connect(port, member) lets him hear all but himself.
        loudest: so many voices are heard, 0 all; players and tones are always heard. floor: EV_FLOOR says who has the floor (a0 his port
        + 1, 0 nobody; a1 how many speak), at most once in every_ms (0: 200). talkers: EV_TALK says who begins and ceases to
        speak (a0 his port, a1 1 or 0). hold_keys: a member whose DTMF detector is on is not heard from 15 ms of a key tone on to its end,
        nor taken to speak."""
    def conference_set(
        self,
        port: int,
        *,
        loudest: int = 0,
        floor: bool = False,
        talkers: bool = False,
        every_ms: int = 0,
        hold_keys: bool = False,
    ) -> int:
        """The same again, of a conference that is open."""
    def detect(self, port: int, mask: int) -> int:
        """mask: DETECT_*, those on from now on. What a detector heard before is forgotten when it was off."""
    def detect_with(self, port: int, *, country: str = "china", r2_four: bool = False) -> int:
        """What the detectors of this port are to know, until it is closed. country: whose tones DETECT_PROGRESS knows, a name of
        tone_countries.COUNTRIES. r2_four: DETECT_R2B knows the four backward frequencies of China No.1 alone."""
    def answer(self, port: int, **given: float) -> int:
        """The call is answered now: DETECT_MACHINE is put on and begins anew. Parameters as of answer_class.AnswerClassifier."""
    def tone_row(self, place: int, row: CompiledRow | None) -> int:
        """A tone of one's own (`tone_rows.custom_row`) for DETECT_TONE, at place 0 to 31 of the table all ports share; None: none."""
    def echo(
        self, port: int, tail_ms: int, *, nlp: bool = True, comfort_noise: bool = True, tone_disabler: bool = True
    ) -> int:
        """Cancel the echo of what is sent to a timeslot in what comes from it: all who hear the port, its detectors and recorders
        get the rest. tail_ms: 8 to 128, how long after sending an echo may end; 0: off. Each call begins anew."""
    def conceal(self, port: int, on: bool) -> int:
        """Make up what the line of a timeslot loses (include/xunhu/plc.h); for voice alone. All who hear the port get that. Its counters begin
        anew. Lines that lose nothing, and blocks in which nothing was lost, pass as they are."""
    def concealed(self, port: int) -> ConcealRow | None:
        """None: nothing is concealed."""
    def echo_state(self, port: int) -> EchoRow | None:
        """None: no canceller is on."""
    def level(
        self,
        port: int,
        direction: Literal["rx", "tx"],
        mode: Literal["off", "fixed", "agc"],
        *,
        gain_db: float = 0.0,
        target_dbm0: float = -18.0,
        most_db: float = 18.0,
        least_db: float = 12.0,
        rise_db: float = 6.0,
        fall_db: float = 20.0,
        ceiling_dbm0: float = 2.0,
    ) -> int:
        """Gain and limiter of what comes in from a timeslot (rx: all who hear the port, its detectors and recorders get it so) or goes
        out to it (tx). fixed: gain_db, -30 to 30. agc: the voice to target_dbm0 (-40 to -3), by at most most_db up and least_db down
        (0.1 to 30), rise_db (0.1 to 60) up and fall_db (0.1 to 120) down a second; noise and tones move nothing. ceiling_dbm0: no sample
        is above the peak of a sine of this level (-20 to 3). Holds until the port is closed."""
    def level_state(self, port: int) -> LevelRow: ...
    def rtp_open(
        self,
        port: int,
        local: str,
        udp_port: int = 0,
        *,
        group: str | None = None,
        mux: bool = False,
        rtcp: bool = True,
        xr: bool = False,
        silent_s: float = 0.0,
        tos: int = 0,
        ttl: int = 1,
        cname: str = "",
        seed: int | None = None,
    ) -> int:
        """Open the RTP line `port` (TS_PORTS to LINE_PORTS - 1) at the IP address `local` and udp_port (0: any), RTCP at the port above (mux: at
        the same). It has levels, echo canceller, detectors, crosspoints as a timeslot has. group: a multicast address to be heard
        instead. silent_s: EV_RTP_SILENT when nothing has come for so long, 0 never. tos: DS field; ttl: of multicast. seed: of SSRC, first sequence
        number and timestamp, None: random. A port that is taken comes back as EV_REFUSED with EADDRINUSE."""

    def rtp_send(
        self,
        port: int,
        host: str | None,
        udp_port: int = 0,
        *,
        codec: str = "PCMA",
        clock_hz: int = 0,
        payload_type: int = 8,
        key_type: int | None = None,
        noise_type: int | None = None,
        ptime_ms: int = 0,
        dtx: bool = False,
        source: Literal["exact", "host", "any"] = "exact",
        rtcp: tuple[str, int] | None = None,
        mux: bool = False,
        xr: bool = False,
        key_clock_hz: int = 0,
        bits_per_second: int = 0,
        mode: int = 0,
        srtp: tuple[str, bytes] | None = None,
    ) -> int:
        """What signalling says of the far end: its address (None: nothing is sent), the codec, payload types for keys (RFC 4733) and comfort
        noise (RFC 3389), packets of ptime_ms (0: the codec's usual). source: whence packets are believed until one source is known: "exact" from
        that address and port, "host" from any port of it, "any" from anywhere (a far end behind NAT). Where a source has been
        learnt, that is where we send to, until another address is said, or one again after silence. rtcp: where its RTCP is.
        srtp: suite and master key with salt, of what we send. Said again it takes effect from the next packet on."""

    def rtp_receive(
        self,
        port: int,
        types: Sequence[RtpType | tuple[int, str]],
        *,
        key_types: Sequence[int | tuple[int, int]] = (),
        noise_types: Sequence[int | tuple[int, int]] = (),
        jitter: RtpJitter | None = None,
        srtp: tuple[str, bytes] | None = None,
    ) -> int:
        """What may come: payload types of sound, of keys and of comfort noise (each with its clock where that is not 8000 Hz), ten in all."""

    def rtp_dtls(self, port: int, *, client: bool, fingerprint: str, suites: Sequence[str] = ()) -> int:
        """Its keys are agreed by DTLS in the media path (RFC 5763, 5764), now or anew; until then no sound goes out or is taken. client: we begin (our
        a=setup is active); fingerprint: of the far end's certificate, "sha-256 AB:CD:..."; suites: of SRTP_SUITES, none: all that
        DTLS has. -> EV_RTP_SECURE."""

    def dtls_fingerprint(self) -> str | None:
        """The fingerprint of our certificate as in a=fingerprint ("sha-256 AB:CD:..."); None: not made yet (some milliseconds after the engine's start)."""

    def rtp_digits(self, port: int, digits: str, *, on_ms: int = 100, off_ms: int = 60) -> int:
        """Send keys (0-9*#A-D, ! flash, comma: pause of 500 ms) by RFC 4733 behind those that wait; "": those that wait go. rtp_send must have
        said a key_type. -> EV_RTP_DIALED."""

    def key(self, port: int, digit: str, *, ms: int = 100) -> int:
        """A key that came by other ways (SIP INFO) is to be as one heard at the line `port`: EV_DIGIT, EV_DIGIT_END, and what it stops stops."""

    def rtp_direction(self, port: int, *, sends: bool, hears: bool) -> int:
        """Hold: without `sends` no sound goes out (time and RTCP go on), without `hears` what comes is thrown away. Both when it is opened."""

    def rtp_row(self, port: int) -> RtpRow | None:
        """None: the line is not open."""

    def link_open(
        self, link: int, span: int, timeslot: int, kind: int = ..., timeslots: int = 0, extended: bool | None = None
    ) -> int:
        """kind: LINK_HDLC frames without FCS over the timeslot; LINK_MTP2 signal units over it (Q.703); LINK_MTP2_HIGH_SPEED signal units over
        several timeslots, the octets of one E1 frame in their order. timeslots: of the latter, bit t a timeslot, 0 = all from 1 to
        31; `timeslot` names the link and is among them. extended: 12-bit sequence numbers, header of 6 octets (Q.703 Annex A); not
        said: with LINK_MTP2_HIGH_SPEED.

        An MTP2 link gives and takes signal units without flags and check bits. The engine repeats the last FISU or LSSU, or
        the FISU of the last MSU, for ever; a FISU or LSSU equal to the unit before is given twice and no more. A unit of 2 octets is an
        errored one (`link_monitor`)."""
    def link_monitor(self, link: int, on: bool) -> int:
        """MTP2: errored units are given as 2 octets, the number (big-endian, at most 65535) of good units since the last; octet
        counting gives one for each 16 octets. Either way the FISU or LSSU that comes now is given anew, if it is repeated."""
    def link_waiting(self, link: int) -> int:
        """Octets that were given to `link_send` and have not left, with 2 a frame while they are in the queue."""
    def link_close(self, link: int) -> int: ...
    def cas(self, port: int, abcd: int) -> int: ...
    def rai(self, span: int, on: bool) -> int: ...
    def link_send(self, link: int, frame: bytes) -> bool:
        """False: the link's transmit queue is full."""
    def link_receive(self, link: int) -> list[bytes]:
        """All that came, in order. An MTP2 link whose queue is not looked at for 400 ms while something waits sends SIPO in the place of a
        FISU until it is (Q.703 §8)."""
    def links_ready(self) -> list[int]:
        """Links on which frames came since the last call."""
    def events(self) -> list[Event]: ...
    def port(self, port: int) -> PortRow: ...
    def media(self, port: int) -> MediaRow:
        """Where a player is."""
    def ports(self) -> list[int]:
        """Numbers of all ports that are open."""
    def span_status(self, span: int) -> dict[str, int]:
        """alarms, running, frames_rx, ... as in struct xh_span_status."""
    def span_drivers(self) -> dict[int, str]:
        """The configured spans, each with its driver."""
    def link_status(self, link: int) -> dict[str, int]:
        """open, span, timeslot; frames: rx, tx, rx_lost (queue full), tx_lost, bad (FCS, aborted ...)."""
    def links(self) -> list[tuple[int, int, int]]:
        """(link, span, timeslot) of the open links."""
    @property
    def sample(self) -> int: ...
    @property
    def tick_samples(self) -> int: ...
    @property
    def law(self) -> str: ...
    def stats(self) -> dict[str, int]:
        """ticks, late_ticks, load_permille, max_tick_us, ports_open, overload, events_lost, ..."""

class Engine(EngineControl):
    def __init__(
        self,
        spans: Sequence[dict[str, Any]],
        *,
        tick_ms: int = 10,
        law: str = "A",
        threads: int = 1,
        shared: bool = False,
        http: Mapping[str, Any] | None = None,
    ) -> None:
        """spans, one a row: {"number": 0, "driver": "loop", "peer": 1} |
        {"number": 1, "driver": "ces", "local": "127.0.0.1:40000", "remote": ..., "frames": 40, "jitter_ms": 20,
        "rtp": False} | {"number": 2, "driver": "dahdi", "span": 1, "hdlc": [16], "cas": []}.
        A line that cannot be opened does not stop the engine: its status shows MISSING and errno; it is tried again
        each second. The peer of a loop needs no row of its own. Any row may have "law" of its own.
        threads: how many share a tick's work, 1 to 16.
        http: limits of prompts from HTTP servers: hosts (names, *.x, *; None: every host), connect_ms, first_ms, low_octets and low_ms, fresh_ms,
        file_octets, all_octets, transfers (include/xunhu/fetch.h).
        shared: the region is a memfd which a client can map (service.py)."""
    def tick(self, n: int = 1) -> None:
        """n ticks now, with file input and output done in between in this thread (virtual clock)."""
    def start(self, *, lock: bool = False) -> None:
        """Run the tick in an own real-time thread (SCHED_FIFO where allowed: stats()["realtime"]), files in another.
        lock: keep the whole process in memory (mlockall), for a process that does nothing else."""
    def stop(self) -> None: ...
    def shut(self) -> None:
        """Stop for good: recordings are finished, spans closed; every other call raises RuntimeError afterwards."""
    def share(self) -> tuple[int, int]:
        """(memfd, eventfd) for a new client; events and frames that the last one has left unread are discarded."""
    def control_gone(self) -> None:
        """A client has gone (service.py): links of MTP2 send SIPO in the place of a FISU, until the next one sends a unit."""
    def pretend_load(self, permille: int | None = None, *, late: bool = False) -> None:
        """Virtual clock, where load is not measured: from now on each tick counts as if it took `permille` of its
        period (and began late). None: no load again."""
    def pretend_stall(self, root: str | None = None, *, network: bool = True) -> None:
        """Files below root never answer, as those of a dead file server; network: as if it were a mount of its own. None: all answer."""
    def put_raw(self, record: bytes) -> None:
        """512 octets as they are into the command ring: what a broken control might do."""
    def loop_cut(self, span: int, on: bool) -> None:
        """Cut (or mend) the line of a loop span: LOS at both ends. ValueError: no loop."""
    def loop_alarm(self, span: int, alarms: int) -> None:
        """This end of a loop reports these ALARM_* besides its own."""

class EngineBusyError(ConnectionError):
    """Another control is attached."""

class EngineClient(EngineControl):
    def __init__(self, socket_path: str) -> None:
        """Attach. ConnectionError: no engine there; EngineBusyError: another control is attached. Ports, links and
        alarms are found as they are; events and frames the last control has not read are gone."""
    alive_fd: int  # becomes readable (end of file) when the media process dies
    pid: int
    def detach(self) -> None: ...
