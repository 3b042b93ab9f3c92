"""A whole xunhu with two E1s of No.7 to one exchange, a signalling link on each, for a far end of libss7.

    with Ss7Switch(tmp_path, flows=(FLOW,)) as switch, Exchange(**switch.far("carrier")) as exchange: ...

Calls of the exchange go to the flow `main` (4006000998), or to an extension 8???, which is behind the same exchange: a call that comes in and one
that goes out.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from switch_process import SwitchProcess

OWN, ADJACENT = 1, 2  # the far end controls the even circuits

_INI = """\
[System]
Law = A
TickMs = 10
[SS7]
Point0 = {own}, national, 14
{timers}
[LinkSet0]
Own = Point0
Adjacent = {adjacent}
Link0 = Trunk0/16
Link1 = Trunk1/16
[Circuits0]
Own = Point0
Trunk = Trunk0
Destination = {adjacent}
FirstCIC = 1
Variant = ISUP-ITU
[Circuits1]
Own = Point0
Trunk = Trunk1
Destination = {adjacent}
FirstCIC = 33
Variant = ISUP-ITU
[Trunk0]
Driver = ces
Local = {0}
Remote = {1}
JitterMs = 60
Signalling = SS7
[Trunk1]
Driver = ces
Local = {2}
Remote = {3}
JitterMs = 60
Signalling = SS7
"""
_YAML = """\
trunk_groups:
  carrier: {trunks: [Trunk0, Trunk1]}
extensions:
  "8???": {trunk_group: carrier, lines: 60}
calls: {ring_seconds: 5}
recording: {calls: none}
routes:
"""


class Ss7Switch(SwitchProcess):
    """timers: lines of the section [SS7], such as "ISUP.T1 = 4"."""

    groups: ClassVar[tuple[str, ...]] = ("carrier", "carrier")
    protocol: ClassVar[str] = "mtp2"

    def __init__(self, folder: Path, *, flows: tuple[str, ...], routes: tuple[str, ...] = (), timers: str = "") -> None:
        self.timers = timers
        super().__init__(folder, side="user", flows=flows, routes=routes)

    def lines(self) -> str:
        return _INI.format(*self.addresses, own=OWN, adjacent=ADJACENT, timers=self.timers)

    def site(self, routes: tuple[str, ...]) -> str:
        rules = (*routes, '{called: "4006000998", flow: main}', '{called: "8???", extension: "{called}"}')
        return _YAML + "".join(f"  - {rule}\n" for rule in rules)

    def far(self, group: str) -> dict[str, Any]:
        """The first arguments of the Exchange at the other end."""
        a, b, c, d = self.addresses
        return {"local": f"{b},{d}", "remote": f"{a},{c}", "own": ADJACENT, "adjacent": OWN}

    def links(self) -> list[str]:
        """States of the links."""
        return [row["state"] for row in self.ask("ss7-links")]
