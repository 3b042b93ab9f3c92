"""A machine that stops for longer than a jitter buffer is deep loses packets, and libpri and libss7 lose calls with them: such a run says
nothing of the switch. It is told apart by what the switch, or the node of the test, has seen itself, and repeated."""

from collections.abc import Generator
from typing import Any

import pytest
from our_node import OurNode
from switch_process import SwitchProcess


class DisturbedError(Exception):
    """The machine stood still during the test: a line was lost, or the engine overloaded, and nobody had asked for it."""


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    SwitchProcess.made.clear()
    OurNode.made.clear()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    try:
        return (yield)
    except (AssertionError, TimeoutError) as error:
        seen = [text for switch in SwitchProcess.made for text in switch.disturbances()]
        seen += [text for node in OurNode.made for text in node.stalls]
        if seen:
            raise DisturbedError(f"{seen}: {error}") from error
        raise


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.name.startswith(("test_calls_libpri", "test_calls_libss7", "test_conference_libpri", "test_ss7_")):
            item.add_marker(pytest.mark.flaky(reruns=3, only_rerun=["DisturbedError"]))
