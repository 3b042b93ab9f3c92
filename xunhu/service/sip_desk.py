"""`SipDesk`: what people ask of SIP while it runs (sip_requests.SipRows)."""

from __future__ import annotations

from typing import Any

from xunhu.call.sip_call import SipCall
from xunhu.call.sip_peer import PeerTrunk
from xunhu.service.sip import SipService

Row = dict[str, Any]


class SipDesk:
    """See the module's text."""

    def __init__(self, service: SipService) -> None:
        self._service = service

    def listening(self) -> list[str]:
        return [f"{place.transport}:{place.hostport}" for place in self._service.net.places]

    def trunks(self) -> list[Row]:
        return [self._trunk(trunk) for trunk in self._service.trunks if isinstance(trunk, PeerTrunk)]

    @staticmethod
    def _trunk(trunk: PeerTrunk) -> Row:
        return {
            "name": trunk.name,
            "host": trunk.line.host,
            "transport": trunk.line.transport,
            "up": trunk.up,
            "registration": trunk.registration if trunk.line.register else "",
            "calls": len(trunk.calls),
            "circuits": trunk.line.calls,
            "status": trunk.last_status,
            "addresses": [place.hostport for place in trunk.places],
        }

    def phones(self) -> list[Row]:
        site = self._service.site
        return [
            {"extension": number, "display": phone.display, "contacts": self._contacts(number)}
            for number, phone in site.phones.items()
        ]

    def _contacts(self, number: str) -> list[Row]:
        now = self._service.clock.now_ns()
        return [
            {
                "uri": str(binding.contact),
                "source": f"{binding.place.transport} {binding.place.hostport}",
                "agent": binding.agent,
                "expires_s": binding.seconds(now),
            }
            for binding in self._service.desk.contacts(number)
        ]

    def calls(self) -> list[Row]:
        return [self._call(call) for trunk in self._service.trunks for call in trunk.calls.values()]

    def _call(self, call: SipCall) -> Row:
        leg = self._service.control.leg_of(call)
        agreed, row = call.voice.agreed, call.voice.line.stats()
        heard = row is not None and row.remote_packets > 0
        return {
            "call": leg.call.id if leg is not None else "",
            "leg": leg.name if leg is not None else "",
            "circuit": call.circuit,
            "peer": leg.party if leg is not None else call.user,
            "state": call.state.value,
            "codec": agreed.codec if agreed is not None else "",
            "remote": "{}:{}".format(*row.remote) if row is not None and row.remote is not None else "",
            "lost_percent": round(100 * row.loss, 2) if row is not None and heard else None,
            "jitter_ms": round(row.jitter_ms, 1) if row is not None and heard else None,
            "delay_ms": float(row.delay_ms) if row is not None and heard else None,
            "mos": round(row.mos_in, 2) if row is not None and row.mos_in else None,
        }

    def bans(self) -> list[Row]:
        return [
            {"address": row.host, "failures": row.failures, "seconds": row.seconds, "why": row.why}
            for row in self._service.desk.ban_rows()
        ]

    def unban(self, address: str) -> bool:
        return self._service.desk.unban(address)
