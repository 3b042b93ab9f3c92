"""A site under test with SIP: `xunhu run` as a process with E1 lines as switch_site.py has them, a SIP trunk and telephones, all on loopback.

    with SipSite(tmp_path) as site:         its own address 127.0.0.1:site.sip
        await site.start()
        site.sipp("uac", number="4006000998", calls=10)

The trunk `sipp` is 127.0.0.2, the telephones register from 127.0.0.1.
"""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "service"))

from switch_site import Site, free_ports

SCENARIOS = Path(__file__).resolve().parent / "sip_trunk"
TRUNK = "127.0.0.2"
SECRETS = {"7001": "xZ3kq0Tt1v", "7002": "p4ssW0rd-xy", "7003": "qW8eRt55zz"}

YAML = """\
trunk_groups:
  carrier: {{trunks: [{carrier}]}}
  pbx: {{trunks: [{pbx}]}}
  ip: {{trunks: [sipp]}}
extensions:
  "8???": {{trunk_group: pbx, lines: 30}}
  "9???": {{trunk_group: ip, lines: 30}}
{phones}
routes:
  - {{called: "4006000998", flow: main}}
  - {{called: "8???", extension: "{{called}}"}}
  - {{called: "9???", extension: "{{called}}"}}
  - {{called: "7???", extension: "{{called}}"}}
  - {{called: "5550", refuse: 21}}
recording: {{calls: all}}
calls: {{ring_seconds: 20}}
sip:
  listen: [{listen}]
  rtp: {{address: 127.0.0.1, ports: {rtp}}}
{certificate}
  trunks:
    sipp: {{host: {trunk}, port: {peer}, options: 0, calls: 200{options}}}
"""


def free_port(host: str, kind: int = socket.SOCK_DGRAM) -> int:
    with socket.socket(socket.AF_INET, kind) as one:
        one.bind((host, 0))
        return int(one.getsockname()[1])


class SipSite(Site):
    """options: more of the trunk, as YAML; transports: of udp, tcp, tls."""

    def __init__(
        self, folder: Path, *, options: str = "", transports: Sequence[str] = ("udp", "tcp"), rtp: int = 21_000, certificate: str = "", **more: Any
    ) -> None:
        super().__init__(folder, **more)
        self.sip = free_ports(1)[0]
        self.sips = free_port("127.0.0.1", socket.SOCK_STREAM)
        self.peer = free_port(TRUNK)
        listen = ", ".join(f'"{name}:127.0.0.1:{self.sips if name == "tls" else self.sip}"' for name in transports)
        names = {
            name: ", ".join(f"Trunk{n}" for n in trunks) for name, trunks in (("carrier", self.carrier), ("pbx", self.pbx))
        }
        phones = "\n".join(f'  "{number}": {{secret: "{secret}", lines: 3}}' for number, secret in SECRETS.items())
        self.yaml.write_text(
            YAML.format(
                **names,
                phones=phones,
                listen=listen,
                rtp=rtp,
                trunk=TRUNK,
                peer=self.peer,
                options=options,
                certificate=certificate,
            )
        )

    def sipp(self, scenario: str, *arguments: str, number: str = "", calls: int = 1, rate: int = 10, seconds: float = 40.0) -> subprocess.Popen[bytes]:
        """Start SIPp as the trunk's far end. scenario: a name of sip_trunk/, or one that is built in."""
        mine = SCENARIOS / f"{scenario}.xml"
        which = ["-sf", str(mine)] if mine.exists() else ["-sn", scenario]
        errors = self.conf / f"sipp-{scenario}.err"
        command = [
            "sipp", f"127.0.0.1:{self.sip}", *which, "-i", TRUNK, "-p", str(self.peer), "-mi", TRUNK, "-s", number or "x",
            "-m", str(calls), "-r", str(rate), "-nostdin", "-trace_err", "-error_file", str(errors), "-timeout", str(int(seconds)), "-timeout_error", *arguments,
        ]  # fmt: skip
        with open(self.conf / f"sipp-{scenario}.log", "wb") as log:
            return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.conf)

    def sipp_said(self, scenario: str) -> str:
        """What it complained of, and the end of its screen."""
        errors = self.conf / f"sipp-{scenario}.err"
        screen = (self.conf / f"sipp-{scenario}.log").read_text(errors="replace")
        return (errors.read_text(errors="replace") if errors.exists() else "") + screen[-3000:]
