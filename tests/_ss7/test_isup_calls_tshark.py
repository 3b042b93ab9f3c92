"""Judged from outside: what two ISDN user parts say to each other in the cases of Q.784 and in chance's is whole for tshark."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from isup_pair import Pair
from q784_tester import CATALOGUE, STRANGE, Exchange
from test_isup_random import act
from test_isup_tshark import tshark

from xunhu._ss7.isup_names import MessageType as M
from xunhu._ss7.mtp_primitives import TransferRequest

pytestmark = pytest.mark.interop


class Listener(Exchange):
    """Keeps what the IUT has sent."""

    def __init__(self, case: dict[str, Any]) -> None:
        self.heard_all: list[bytes] = []
        super().__init__(case)

    def collect(self) -> None:
        known = {id(output) for output in self.pending}
        super().collect()
        self.heard_all += [o.octets for o in self.pending if isinstance(o, TransferRequest) and id(o) not in known]


def test_messages_of_q784(tmp_path: Path) -> None:
    said: set[bytes] = set()
    for case in CATALOGUE["cases"]:
        exchange = Listener(case)
        exchange.run()
        said.update(exchange.heard_all)
    mine = sorted(octets for octets in said if octets[2] != STRANGE and b"\xee" not in octets[3:])  # not what was passed on
    assert {M(octets[2]).name for octets in mine} >= {
        *("IAM", "SAM", "SGM", "COT", "ACM", "CON", "CPG", "ANM", "SUS", "RES", "REL", "RLC", "CCR", "RSC", "BLO", "UBL", "BLA"),
        *("UBA", "GRS", "GRA", "CGB", "CGBA", "CGU", "CGUA", "CQM", "INR", "CFN", "UPT", "UPA", "FOT"),
    }
    tshark(tmp_path, mine)


@pytest.mark.parametrize("china", [False, True])
def test_messages_of_chance(tmp_path: Path, china: bool) -> None:
    said: set[bytes] = set()
    for seed in range(30):
        pair = Pair(6, seed, variant="ISUP-CHINA" if china else "ISUP-ITU")
        dice = random.Random(seed)
        for _ in range(60):
            act(pair, dice, 6)
            pair.turn()
            pair.respond()
            pair.wait(1)
        for part in pair.sides:
            part.query_request(range(1, 7), pair.now)
        pair.turn()
        said.update(octets for _, octets in pair.sent)
    assert {octets[2] for octets in said} >= {M.IAM, M.ACM, M.ANM, M.REL, M.RLC, M.CGB, M.GRS, M.CQR, M.COT}
    tshark(tmp_path, sorted(said), china)
