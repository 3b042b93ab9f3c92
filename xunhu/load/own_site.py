"""A site of the load tool's own: a switch with spans of circuit emulation, a flow whose prompts are steady signals, extensions behind a PBX.

Two spans a pair: the first of each leads to the carrier (PRI, or No.7 with ISUP), the second to the PBX with the extensions 8??? (PRI). The number
4006000998 is the load flow: a menu, and for each key a prompt of its own, so that what a key was taken for is heard in the very
signal that comes (KEY_SIGNALS). The flow and its prompts may be copied into any other site (docs/load.md).
"""

from __future__ import annotations

import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from xunhu._media.files import ALAW, write_wav
from xunhu._media.r2mf import BACKWARD, r2_step
from xunhu._media.tones import ToneGenerator
from xunhu.load.party import KEY_SIGNALS, MENU_SIGNAL

HOTLINE = "4006000998"
EXTENSIONS = "8???"
RELEASE_NUMBER, RELEASE_KEY = "4006000997", "5"  # a flow that releases on this key
SIP_PEER, TALK_NUMBER = "7???", "7000"  # numbers that lead to the SIP trunk
FLOW_FILE, RELEASE_FILE = "load.xml", "load-release.xml"
_PROMPT_S = 30
_RELEASE = f"""\
<flow name="load-release" title="load test: a key releases" language="en">
  <node code="menu" type="play" files="load-{MENU_SIGNAL}" digits="1" valid="{RELEASE_KEY}" repeat="20" timeout="{_PROMPT_S}">
    <node code="bye" type="hangup" key="{RELEASE_KEY}"/>
  </node>
</flow>
"""
_INI = """\
; A site for load tests, made by xunhu load.
[System]
Law = A
TickMs = 10
"""
_TRUNK = """\
[Trunk{n}]
Driver = ces
Local = {host}:{local}
Remote = {host}:{remote}
JitterMs = {jitter}
Signalling = {signalling}
"""
_SS7 = """\
[SS7]
Point0 = 1, national, 14
[LinkSet0]
Adjacent = 2
{links}"""
_CIRCUITS = """\
[Circuits{k}]
Trunk = Trunk{n}
Destination = 2
FirstCIC = {cic}
Variant = ISUP-ITU
"""
_YAML = """\
data: data
flows: flows
voices: voice
trunk_groups:
  carrier: {{trunks: [{carrier}], hunting: circular}}
  pbx: {{trunks: [{pbx}], hunting: circular}}
{groups}extensions:
  "{extensions}": {{trunk_group: pbx, lines: 1000}}
{phones}routes:
  - {{called: "{hotline}", flow: load}}
  - {{called: "{release}", flow: load-release}}
  - {{called: "{extensions}", extension: "{{called}}"}}
{routes}recording: {{calls: {recording}}}
calls: {{ring_seconds: 20}}
{sip}"""
_SIP_GROUP = "  sipp: {trunks: [sipp]}\n"
_SIP_ROUTE = '  - {{called: "{peer}", extension: "{{called}}"}}\n'
_SIP = """\
sip:
  listen: ["udp:127.0.0.1:{port}", "tcp:127.0.0.1:{port}"]
  rtp: {{ports: {rtp}}}
  codecs: [alaw]
  trunks:
    sipp: {{host: 127.0.0.1, port: {peer_port}, calls: 1000, options: 0}}
"""


@dataclass(frozen=True, slots=True)
class OwnSip:
    """port: where the site listens; peer_port: where the other end of its SIP trunk is; phones: how many extensions from 9000 on may register."""

    port: int
    peer_port: int
    rtp: int = 40_000
    phones: int = 0

    def users(self) -> list[tuple[str, str]]:
        return [(str(9000 + n), f"load-secret-{9000 + n}") for n in range(self.phones)]


def free_ports(count: int, host: str = "127.0.0.1") -> list[int]:
    """UDP ports that nobody uses now."""
    sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(count)]
    try:
        for one in sockets:
            one.bind((host, 0))
        return [int(one.getsockname()[1]) for one in sockets]
    finally:
        for one in sockets:
            one.close()


def flow_xml() -> str:
    """The load flow: any key brings its prompt, any key after that the menu again."""
    nodes = []
    for key, signal in KEY_SIGNALS.items():
        name = f"key-{signal}"
        nodes.append(
            f'    <node code="{name}" type="play" key="{key}" files="load-{signal}" digits="1" timeout="{_PROMPT_S}">\n'
            f'      <node code="{name}-back" type="jump" goto="menu"/>\n    </node>\n'
        )
    return (
        '<flow name="load" title="load test" language="en">\n'
        f'  <node code="menu" type="play" files="load-{MENU_SIGNAL}" digits="1" valid="{"".join(KEY_SIGNALS)}" '
        f'repeat="20" timeout="{_PROMPT_S}">\n{"".join(nodes)}  </node>\n</flow>\n'
    )


def write_flow(flows: Path, voices: Path) -> None:
    """The flow and its prompts, into a site's folders."""
    flows.mkdir(parents=True, exist_ok=True)
    folders = [voices / language for language in ("en", "zh")]
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
    (flows / FLOW_FILE).write_text(flow_xml())
    (flows / RELEASE_FILE).write_text(_RELEASE)
    for signal in (MENU_SIGNAL, *KEY_SIGNALS.values()):
        steps = [r2_step(BACKWARD, signal, level_dbm0=-14.0, ms=_PROMPT_S * 1000)]
        samples = ToneGenerator(steps, repeats=1).run(_PROMPT_S * 8000)
        for folder in folders:
            write_wav(folder / f"load-{signal}.wav", samples, fmt=ALAW)


def _sip_parts(sip: OwnSip | None) -> dict[str, str]:
    """What xunhu.yaml has more for SIP."""
    if sip is None:
        return {"groups": "", "phones": "", "sip": "", "routes": ""}
    rows = [f'  "{SIP_PEER}": {{trunk_group: sipp, lines: 1000}}\n']
    rows += [f'  "{user}": {{secret: "{secret}"}}\n' for user, secret in sip.users()]
    return {
        "groups": _SIP_GROUP,
        "phones": "".join(rows),
        "routes": _SIP_ROUTE.format(peer=SIP_PEER),
        "sip": _SIP.format(port=sip.port, peer_port=sip.peer_port, rtp=sip.rtp),
    }


def write_site(
    folder: Path, carriers: Sequence[str], *, jitter_ms: int = 20, recording: str = "none", sip: OwnSip | None = None
) -> None:
    """Tce1-32.ini, xunhu.yaml, flow and prompts. carriers: signalling of each carrier span, "PRI" or "SS7"; each has a PBX span beside it. jitter_ms:
    of the lines' jitter buffers. recording: "none" or "all". sip: calls come and go over SIP too."""
    folder.mkdir(parents=True, exist_ok=True)
    count = 2 * len(carriers)
    ports = free_ports(2 * count)
    trunks: list[str] = []
    links: list[str] = []
    circuits: list[str] = []
    for n in range(count):
        carrier = n % 2 == 0
        signalling = carriers[n // 2] if carrier else "PRI"
        text = _TRUNK.format(
            n=n, host="127.0.0.1", local=ports[2 * n], remote=ports[2 * n + 1], jitter=jitter_ms, signalling=signalling
        )
        if signalling == "PRI":
            text += f"Side = {'user' if carrier else 'network'}\n"
        else:
            links.append(f"Link{len(links)} = Trunk{n}/16\n")
            circuits.append(_CIRCUITS.format(k=len(circuits), n=n, cic=32 * len(circuits) + 1))
        trunks.append(text)
    ss7 = _SS7.format(links="".join(links)) + "".join(circuits) if links else ""
    (folder / "Tce1-32.ini").write_text(_INI + "".join(trunks) + ss7)
    names = [f"Trunk{n}" for n in range(count)]
    parts = {"carrier": ", ".join(names[::2]), "pbx": ", ".join(names[1::2])}
    more = _sip_parts(sip)
    text = _YAML.format(**parts, **more, extensions=EXTENSIONS, hotline=HOTLINE, release=RELEASE_NUMBER, recording=recording)
    (folder / "xunhu.yaml").write_text(text)
    write_flow(folder / "flows", folder / "voice")
