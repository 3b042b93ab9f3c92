"""SIPp against a switch of the tool's own: every scenario; calls from PRI and No.7 through the switch to SIP and back, their voices proved."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from xunhu.load.called import CalledSipp
from xunhu.load.e1 import E1Run
from xunhu.load.lines import mirror
from xunhu.load.own_site import HOTLINE, RELEASE_NUMBER, SIP_PEER, TALK_NUMBER, OwnSip, free_ports
from xunhu.load.own_switch import OwnSwitch
from xunhu.load.plan import CallKind, Limits, Plan
from xunhu.load.progress import Progress
from xunhu.load.sip import SipRun
from xunhu.load.sipp import SipPlan

pytestmark = [pytest.mark.interop, pytest.mark.slow]

CALLED = {"menu": RELEASE_NUMBER, "info": RELEASE_NUMBER, "transfer": TALK_NUMBER}
MEASURED = {
    "answer": ("setup_ms", "bye_ms"),
    "rtp": ("setup_ms", "bye_ms"),
    "menu": ("setup_ms", "key_ms"),
    "info": ("setup_ms", "key_ms"),
    "hold": ("setup_ms", "hold_ms", "retrieve_ms", "bye_ms"),
    "transfer": ("setup_ms", "transfer_ms"),
    "register": ("register_ms",),
}


def test_every_scenario_against_a_switch() -> None:
    calls = 10

    async def one(scenario: str, plan: SipPlan, switch: OwnSwitch) -> dict[str, Any]:
        # no telephone registers from the address of the trunk
        local = "127.0.0.2" if scenario == "register" else plan.local
        plan = replace(plan, scenario=scenario, called=CALLED.get(scenario, HOTLINE), local=local)
        assert switch.config.site.sip is not None
        with CalledSipp(plan, switch.config.site.sip.trunks[0].port, free_ports(1)[0]), Progress(quiet=True) as progress:
            return await SipRun(plan, switch.config.socket, Limits(0.0), progress, seconds=1).run()

    async def body() -> None:
        port, peer = free_ports(2)
        own = OwnSip(port, peer, phones=5)
        async with OwnSwitch(["PRI"], sip=own) as switch:
            plan = SipPlan("answer", f"127.0.0.1:{port}", target="7001", rate=10, calls=calls, hold_s=0.5, users=tuple(own.users()))
            for scenario, names in MEASURED.items():
                report = await one(scenario, plan, switch)
                figures = report["figures"]
                assert report["good"], (scenario, figures, report["notes"])
                assert (figures["attempts"], figures["finished"], figures["failed"]) == (calls, calls, 0), scenario
                assert {name: figures[name]["count"] for name in names} == dict.fromkeys(names, calls), scenario
                assert report["switch"]["figures"]["media_rss_mib"]["most"] > 0

    asyncio.run(body())


def test_from_e1_to_sip_and_back() -> None:
    """Who is called over SIP sends back what it hears: each caller hears its own code, through RTP twice, and nobody else's."""

    async def body() -> None:
        port, peer = free_ports(2)
        async with OwnSwitch(["PRI", "SS7"], jitter_ms=100, sip=OwnSip(port, peer)) as switch:
            seen = mirror(switch.config)
            with CalledSipp(SipPlan("answer", ""), peer, free_ports(1)[0]), Progress(quiet=True) as progress:
                plan = Plan(kinds=(CallKind("echo", SIP_PEER, hold_s=2.5),), rate=6, calls=24, limits=Limits(0.0))
                report = await E1Run(switch.config, seen, plan, progress).run()
        assert report["good"], (report["beyond"], report["figures"])
        assert report["figures"]["talk_paths"] == {"right": 24}
        assert set(seen.calling) == {"Trunk0", "Trunk2"}

    asyncio.run(body())
