"""Q.784: every case of tests/_ss7/conformance/q784.yaml by its number, through the public interface."""

from __future__ import annotations

from typing import Any

import pytest
from q784_tester import CATALOGUE, Exchange

CASES = [pytest.param(case, id=case["id"]) for case in CATALOGUE["cases"]]


@pytest.mark.parametrize("case", CASES)
def test_q784(case: dict[str, Any]) -> None:
    Exchange(case).run()


def test_the_catalogue() -> None:
    cases = CATALOGUE["cases"]
    assert len({case["id"] for case in cases}) == len(cases)
    assert {case["group"] for case in cases} == set(CATALOGUE["groups"])
    for case in cases:
        assert case["src"] in CATALOGUE["provenance"]
        assert case["steps"], case["id"]
        assert case["expect"], case["id"]
