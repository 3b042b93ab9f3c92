"""ITU-T Q.781: every case of conformance/q781.yaml by its number, with sequence numbers of 7 bits and of 12 bits (Annex A)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from q781_bits import BitTester
from q781_tester import PeerTester

DATA: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "conformance" / "q781.yaml").read_text(encoding="utf-8"))
CASES: list[dict[str, Any]] = DATA["cases"]
# Cases that are about the SUERM, which a link of Annex A does not have: it has the EIM (test_mtp2_errors.py)
SUERM_ONLY = {"6.1": "Annex A: one error in 256 units is one in each interval of the EIM", "6.3": "Annex A: no SUERM"}


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_q781(case: dict[str, Any]) -> None:
    PeerTester(case, DATA["configuration"], "64k").run()


OF_ANNEX_A = [case for case in CASES if case["id"] not in SUERM_ONLY]


@pytest.mark.parametrize("case", OF_ANNEX_A, ids=[case["id"] + "x" for case in OF_ANNEX_A])
def test_q781_annex_a(case: dict[str, Any]) -> None:
    PeerTester(case, DATA["configuration"], "2M").run()


# Through real bits and our framer: what is about the line. 6.1 needs two million units, for which a text of bits is too slow.
OF_BITS = [case for case in CASES if case["id"].partition(".")[0] in ("3", "5", "6", "7") and case["id"] != "6.1"]


BY_BITS = [(case, rate) for rate in ("64k", "2M") for case in OF_BITS if rate == "64k" or case["id"] not in SUERM_ONLY]


@pytest.mark.parametrize(("case", "rate"), BY_BITS, ids=[f"{case['id']}-{rate}" for case, rate in BY_BITS])
def test_q781_by_bits(case: dict[str, Any], rate: str) -> None:
    tester = BitTester(case, DATA["configuration"], rate)
    tester.run()
    assert tester.framer.counters()["units"] > 0


def test_every_group_has_cases() -> None:
    assert {case["group"] for case in CASES} == set(DATA["groups"])
    assert len({case["id"] for case in CASES}) == len(CASES) == 96
