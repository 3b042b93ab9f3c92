"""Q.783: every case of tests/_ss7/conformance/q783.yaml by its number, both variants, through the public interface."""

import pytest
from q783_tester import CATALOGUE, Exchange

VARIANTS = ("TUP-ITU", "TUP-CHINA")
RUNS = [
    pytest.param(case, variant, id=f"{case['id']}-{variant}")
    for case in CATALOGUE["cases"]
    for variant in VARIANTS
    if case.get("only", variant) == variant and "skip" not in case
]


@pytest.mark.parametrize(("case", "variant"), RUNS)
def test_q783(case: dict[str, object], variant: str) -> None:
    Exchange(case, variant).run()


def test_the_catalogue() -> None:
    cases = CATALOGUE["cases"]
    assert len({case["id"] for case in cases}) == len(cases)
    for case in cases:
        assert case["group"] in CATALOGUE["groups"]
        assert case["src"] in CATALOGUE["provenance"]
        assert case["steps"] or len(case["skip"]) > 40, case["id"]
    assert {case["group"] for case in cases} == set(CATALOGUE["groups"])
