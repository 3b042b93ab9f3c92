"""Every case of tests/_ss7/conformance/q782.yaml (ITU-T Q.782), by its number, with point codes of 14 and of 24 bits.

What a case does is in q782_cases_*.py. Where the data differs from Q.704, the case's docstring and the data's note say how.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import q782_cases_inhibit
import q782_cases_links
import q782_cases_routes
import yaml
from q782_tester import Tester

from xunhu._ss7.mtp3_tables import MACHINES

DATA = yaml.safe_load((Path(__file__).parent / "conformance" / "q782.yaml").read_text())
TITLES = {entry["id"]: entry["title"] for entry in DATA["cases"]}
CASES = q782_cases_links.CASES
assert q782_cases_inhibit.case is q782_cases_routes.case is q782_cases_links.case
ENDS = {(machine.key, row.state, row.event): row.ends_in for machine in MACHINES for row in machine.rows}


def test_every_case_is_there() -> None:
    assert set(CASES) == set(TITLES)
    assert len(TITLES) == len(DATA["cases"])


@pytest.mark.parametrize("bits", [14, 24])
@pytest.mark.parametrize("number", list(TITLES))
def test_case(number: str, bits: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """And every change of state that it sees is one of the table."""
    rows: list[tuple[str, str, int, int, int]] = []
    collect = Tester._trace

    def trace(self: Tester, *args: object) -> None:
        collect(self, *args)  # type: ignore[arg-type]
        rows.append(self.rows[-1])

    monkeypatch.setattr(Tester, "_trace", trace)
    CASES[number](bits)
    assert rows, TITLES[number]
    for key, subject, state, event, after in rows:
        assert after in ENDS[key, state, event], (key, subject, state, event, after)
