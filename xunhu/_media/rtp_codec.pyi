"""Codecs of RTP: the table of include/xunhu/rtp_codec.h, and coders of them. Samples are int16 of 8 kHz whatever the codec's own rate is."""

from typing_extensions import Buffer

AMR_OCTET_ALIGNED: int  # mode of AMR
SAMPLES_MAX: int  # of a packet: 60 ms

class RtpCodec:
    @property
    def name(self) -> str:
        """Encoding name of a=rtpmap."""
    @property
    def payload_type(self) -> int | None:
        """Of RFC 3551; None: dynamic."""
    @property
    def frame(self) -> int:
        """Samples of its smallest frame."""
    @property
    def ptime_ms(self) -> int: ...
    @property
    def clock_hz(self) -> int:
        """Of RTP timestamps."""
    @property
    def ie(self) -> float:
        """Equipment impairment, G.113 Appendix I."""
    @property
    def bpl(self) -> float:
        """Robustness against loss, G.113; 0: not known."""
    @property
    def available(self) -> bool:
        """False: a plug-in that is not installed."""
    def samples(self, payload: Buffer) -> int | None:
        """What decode would make of it; None: it is no payload of this codec."""
    def encoder(self, *, bits_per_second: int = 0, silence: bool = False, mode: int = 0) -> Encoder:
        """bits_per_second 0: the codec's default; silence: its own DTX. OSError: not available, MemoryError."""
    def decoder(self, *, mode: int = 0) -> Decoder: ...

def codecs() -> list[RtpCodec]: ...
def named(name: str, clock_hz: int = 0) -> RtpCodec | None:
    """Case does not matter; clock_hz 0: any."""

def by_payload_type(payload_type: int) -> RtpCodec | None:
    """Static ones of RFC 3551."""

class Encoder:
    codec: RtpCodec
    def encode(self, samples: Buffer) -> bytes:
        """int16, a multiple of frame, at most SAMPLES_MAX. Empty: nothing is to be sent. ValueError."""
    def obey(self, asked: int) -> None:
        """What Decoder.asked says; other values change nothing."""

class Decoder:
    codec: RtpCodec
    def decode(self, payload: Buffer) -> bytes:
        """int16 samples. ValueError: no payload of this codec."""
    def conceal(self, samples: int) -> bytes | None:
        """Samples, a multiple of frame, in the place of what is lost; None: the codec has no concealment of its own."""
    @property
    def asked(self) -> int | None:
        """Mode which the far end asks our encoder for (AMR: 0 to 7)."""
