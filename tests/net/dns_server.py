"""A DNS server for tests, over UDP on loopback: rows of one zone, written as in a zone file; it counts what it is asked."""

from __future__ import annotations

import asyncio

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.zone


class DnsServer(asyncio.DatagramProtocol):
    """zone: text, of example.com. `failing`: SERVFAIL to all."""

    def __init__(self, zone: str) -> None:
        self.zone = dns.zone.from_text(
            f"$TTL 300\n@ IN SOA ns root 1 3600 600 86400 30\n@ IN NS ns\nns IN A 127.0.0.1\n{zone}", origin="example.com", relativize=False
        )
        self.asked: list[tuple[str, str]] = []
        self.failing = False
        self.silent = False
        self.port = 0
        self._transport: asyncio.DatagramTransport | None = None

    async def __aenter__(self) -> DnsServer:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, ("127.0.0.1", 0))
        self.port = self._transport.get_extra_info("sockname")[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._transport is not None
        self._transport.close()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        question = dns.message.from_wire(data)
        row = question.question[0]
        self.asked.append((row.name.to_text(omit_final_dot=True), dns.rdatatype.to_text(row.rdtype)))
        if self.silent:
            return
        answer = dns.message.make_response(question)
        answer.flags |= dns.flags.AA
        node = self.zone.get_node(row.name)
        if self.failing:
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif node is None:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        else:
            found = self.zone.get_rrset(row.name, row.rdtype) or self.zone.get_rrset(row.name, dns.rdatatype.CNAME)
            if found is not None:
                answer.answer.append(found)
                if found.rdtype == dns.rdatatype.CNAME != row.rdtype:
                    target = self.zone.get_rrset(found[0].target, row.rdtype)
                    if target is not None:
                        answer.answer.append(target)
        if not answer.answer:
            soa = self.zone.get_rrset(self.zone.origin, dns.rdatatype.SOA)
            answer.authority.append(soa)
        assert self._transport is not None
        self._transport.sendto(answer.to_wire(), addr)
