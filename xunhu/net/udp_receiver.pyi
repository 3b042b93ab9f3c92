"""The receiver thread of SIP over UDP (C below: include/xunhu/udp_receiver.h, udp_filter.h) and batched sending.

A thread without the GIL reads the sockets, sheds what no process should see, and gives the rest through a bounded ring; `fd` is an eventfd
that becomes readable when there is something. Hosts are literal addresses; times are nanoseconds of CLOCK_MONOTONIC. One thread at a time.
"""

from collections.abc import Iterable

VERDICTS: tuple[str, ...]  # names of what may become of a datagram
WORDS_MAX: int
NETWORKS_MAX: int
SOCKETS_MAX: int
WOULD_BLOCK: int  # errno: the kernel's send buffer is full

class UdpReceiver:
    """octets: longest message; rate, burst: datagrams a second, and at once, of one source that is not trusted; unknown_rate,
    unknown_burst: of all such sources together; ring: octets, a power of 2, at least 1 MiB; seed: of the hashes (random).
    ValueError: out of range."""

    fd: int
    def __init__(
        self,
        *,
        octets: int = 65535,
        rate: int = 50,
        burst: int = 200,
        unknown_rate: int = 2000,
        unknown_burst: int = 4000,
        ring: int = 8388608,
        seed: int | None = None,
    ) -> None: ...
    def add(self, fd: int) -> int:
        """A bound socket, which must stay open until stop(); its number. Before start()."""

    def start(self) -> None: ...
    def stop(self) -> None:
        """Ends the thread; what is in the ring can still be received."""

    def receive(self, most: int = 256) -> list[tuple[int, bytes, str, int, str, int, int, bool]]:
        """(error, octets, host, port, local, socket, at_ns, trusted): a datagram from host:port to our address `local`; or, with an errno, that
        what was sent to host:port did not get there."""

    def wait(self) -> bool:
        """Before waiting for `fd`. False: there is something already."""

    def limit(
        self, *, octets: int = 65535, rate: int = 50, burst: int = 200, unknown_rate: int = 2000, unknown_burst: int = 4000
    ) -> None:
        """Other limits from now on. ValueError."""

    def words(self, words: Iterable[str]) -> None:
        """What must not stand in User-Agent or From of an unknown source, without regard to case. ValueError."""

    def trust(self, host: str) -> bool:
        """Once more; False: the table is full and the host is not trusted."""

    def distrust(self, host: str) -> None:
        """Once less. KeyError: was not trusted."""

    def networks(self, networks: Iterable[tuple[str, int]]) -> None:
        """(host, bits of the prefix): trusted in the place of those before. ValueError."""

    def trusts(self, host: str) -> bool: ...
    def ban(self, host: str, until: int, now: int) -> None:
        """Nothing of this IPv4 address, or IPv6 network of 64 bits, until then, unless it is trusted."""

    def unban(self, host: str) -> None: ...
    def banned(self, host: str, now: int) -> int:
        """When its ban ends; 0: it has none."""

    def counts(self) -> dict[str, int]:
        """Datagrams by VERDICTS; received; kernel_dropped (no room in the kernel's buffer); errors (ICMP) and error_full; cpu_ns of the thread."""

    def suspects(self, most: int = 20) -> list[tuple[str, int, int, int, int]]:
        """(host, as a scanner, over its rate, while banned, last_ns): datagrams refused, of those most was refused of. At most 100."""

def send(datagrams: list[tuple[int, bytes, str, int, str]]) -> list[tuple[int, int]]:
    """(fd, octets, host, port, local or ""): sent at once from our address `local`. (index, errno) of those that were not. ValueError: a
    host that is no literal address."""
