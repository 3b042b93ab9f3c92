"""`UdpPorts`: the UDP sockets of SIP: bound here, read by the receiver's thread, written in batches."""

from __future__ import annotations

import errno
import socket

from xunhu.net.settings import Bind, NetLimits
from xunhu.net.udp_receiver import UdpReceiver, send
from xunhu.sip.address import Address, Send

# <linux/in.h>, <linux/in6.h>, <asm-generic/socket.h>: not all of them are in Python's socket module
_IP_PKTINFO, _IP_RECVERR, _IPV6_RECVERR, _SO_RCVBUFFORCE, _SO_RXQ_OVFL = 8, 11, 25, 33, 40
_RECEIVE_BUFFER = 16 << 20


def _open(bind: Bind) -> socket.socket:
    """OSError: the address is taken, or not ours."""
    v6 = ":" in bind.host
    made = socket.socket(socket.AF_INET6 if v6 else socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK)
    try:
        try:
            made.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _RECEIVE_BUFFER)
        except PermissionError:  # as much as net.core.rmem_max allows
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _RECEIVE_BUFFER // 4)
        made.setsockopt(socket.SOL_SOCKET, _SO_RXQ_OVFL, 1)
        if v6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
            made.setsockopt(socket.IPPROTO_IPV6, _IPV6_RECVERR, 1)
        else:
            made.setsockopt(socket.IPPROTO_IP, _IP_PKTINFO, 1)
            made.setsockopt(socket.IPPROTO_IP, _IP_RECVERR, 1)
        made.bind((bind.host, bind.port))
    except OSError:
        made.close()
        raise
    return made


class UdpPorts:
    """binds: those of UDP. Nothing is bound before open()."""

    def __init__(self, binds: list[Bind], limits: NetLimits) -> None:
        self._binds = binds
        self._limits = limits
        self._sockets: list[socket.socket] = []
        self._wildcard: list[bool] = []
        self._v6: list[bool] = []
        self.places: list[Address] = []  # where we listen, by number of the socket
        self.receiver = UdpReceiver(
            octets=limits.octets,
            rate=limits.rate,
            burst=limits.burst,
            unknown_rate=limits.unknown_rate,
            unknown_burst=limits.unknown_burst,
        )
        self.send_errors = 0

    def open(self) -> None:
        """OSError: one cannot be bound; then none is."""
        try:
            for bind in self._binds:
                made = _open(bind)
                self._sockets.append(made)
                self._wildcard.append(bind.wildcard)
                self._v6.append(":" in bind.host)
                self.places.append(Address("udp", bind.host, made.getsockname()[1]))
                self.receiver.add(made.fileno())
        except OSError:
            self.close()
            raise
        self.receiver.start()

    def close(self) -> None:
        self.receiver.stop()
        for made in self._sockets:
            made.close()
        self._sockets.clear()
        self.places.clear()

    def place(self, number: int, host: str) -> Address:
        """Our end of a datagram: its socket, and the address that it was sent to."""
        place = self.places[number]
        return place if not self._wildcard[number] else Address("udp", host, place.port)

    def _socket_for(self, send_: Send) -> tuple[int, str] | None:
        """Number of the socket, and the source address where it must be named; None: no socket of this family."""
        v6 = ":" in send_.to.host
        local = send_.local
        found: int | None = None
        for number, place in enumerate(self.places):
            if self._v6[number] != v6:
                continue
            if local is not None and local.port == place.port:
                if place.host == local.host:
                    return number, ""
                if self._wildcard[number]:
                    return number, local.host
            if found is None:
                found = number
        return None if found is None else (found, "")

    def send(self, sends: list[Send]) -> list[Address]:
        """All of them at once. Addresses to which nothing can be sent: no such family here, no route, too long."""
        failed: list[Address] = []
        ready: list[tuple[int, bytes, str, int, str]] = []
        kept: list[Address] = []
        for row in sends:
            found = self._socket_for(row)
            if found is None:
                failed.append(row.to)
                continue
            ready.append((self._sockets[found[0]].fileno(), row.data, row.to.host, row.to.port, found[1]))
            kept.append(row.to)
        for index, error in send(ready):
            self.send_errors += 1
            # A full send buffer is a lost datagram like any other: the transaction repeats it.
            if error not in (errno.EAGAIN, errno.ENOBUFS):
                failed.append(kept[index])
        return failed
