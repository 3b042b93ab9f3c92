"""What the command line may ask about SIP (xunhu/cli/sip.py asks; xunhu/api/local.py carries it).

    sip-status   where we listen, trunks, numbers of telephones, calls and bans
    sip-trunks   trunks of `sip:`, each with its state
    sip-phones   extensions with a secret, and where they have registered
    sip-calls    dialogs that are up, with what their RTP lines say
    sip-bans     source addresses that are answered nothing
    sip-unban    address: it is answered again
"""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address
from typing import Any, Protocol

from xunhu.api.local import Handler, RequestError
from xunhu.text import tr

Row = dict[str, Any]


class SipRows(Protocol):
    """What a running switch has to say (xunhu/service/sip_desk.py)."""

    def listening(self) -> list[str]:
        """ "udp:0.0.0.0:5060"."""

    def trunks(self) -> list[Row]:
        """name, host, transport, up, registration ("" none), calls, circuits, status (of the last OPTIONS), addresses."""

    def phones(self) -> list[Row]:
        """extension, display, contacts: list of uri, source, agent, expires_s."""

    def calls(self) -> list[Row]:
        """call, leg, circuit, peer, state, codec, remote, and from the RTP line lost_percent, jitter_ms, delay_ms, mos (None: not known)."""

    def bans(self) -> list[Row]:
        """address, failures, seconds (left), why."""

    def unban(self, address: str) -> bool:
        """False: it was not banned."""


def handlers(desk: Callable[[], SipRows | None]) -> dict[str, Handler]:
    """By the name of the request. desk: None where the configuration has no `sip:`."""
    requests = _Requests(desk)
    return {
        "sip-status": requests.status,
        "sip-trunks": requests.trunks,
        "sip-phones": requests.phones,
        "sip-calls": requests.calls,
        "sip-bans": requests.bans,
        "sip-unban": requests.unban,
    }


class _Requests:
    def __init__(self, desk: Callable[[], SipRows | None]) -> None:
        self._get = desk

    @property
    def _desk(self) -> SipRows:
        found = self._get()
        if found is None:
            raise RequestError("no-sip", tr("xunhu.yaml has no section sip", "xunhu.yaml 中没有 sip 小节"))
        return found

    async def status(self, _request: Row) -> Row:
        desk = self._desk
        phones = desk.phones()
        return {
            "listening": desk.listening(),
            "trunks": desk.trunks(),
            "phones": len(phones),
            "registered": sum(1 for phone in phones if phone["contacts"]),
            "calls": len(desk.calls()),
            "bans": len(desk.bans()),
        }

    async def trunks(self, _request: Row) -> list[Row]:
        return self._desk.trunks()

    async def phones(self, _request: Row) -> list[Row]:
        return self._desk.phones()

    async def calls(self, _request: Row) -> list[Row]:
        return self._desk.calls()

    async def bans(self, _request: Row) -> list[Row]:
        return self._desk.bans()

    async def unban(self, request: Row) -> Row:
        text = str(request.get("address", ""))
        try:
            address = str(ip_address(text.strip("[]")))
        except ValueError:
            raise RequestError(
                "bad-request", tr(f"'{text}' is no address; write 192.0.2.1", f"'{text}' 不是地址；请写 192.0.2.1")
            ) from None
        if not self._desk.unban(address):
            raise RequestError("not-banned", tr(f"{address} is not banned", f"{address} 未被封禁"))
        return {"address": address}
