"""HDLC over the octets of a timeslot (C below: include/xunhu/hdlc.h; ITU-T Q.921 §2, X.25 §2.2.7)."""

FRAME_MAX: int
FRAME_MIN: int

def fcs(data: bytes | bytearray | memoryview) -> int:
    """FCS-16 of the data as it is sent, low octet first."""

class Receiver:
    def receive(self, octets: bytes | bytearray | memoryview) -> list[bytes]:
        """The frames, without FCS, that end in these octets of the line; any split of the line gives the same."""
    def counters(self) -> dict[str, int]:
        """frames, fcs_errors, aborts, too_long, too_short, not_octets."""

class Transmitter:
    def send(self, frame: bytes | bytearray | memoryview) -> bool:
        """False: no room now. ValueError: shorter than FRAME_MIN or longer than FRAME_MAX."""
    def octets(self, n: int) -> bytes:
        """The next n octets of the line; flags where no frame waits."""
    @property
    def ready(self) -> bool:
        """There is room for a frame of any length."""
    @property
    def idle(self) -> bool:
        """No frame waits or is under way."""
    @property
    def frames(self) -> int:
        """Frames sent whole."""
