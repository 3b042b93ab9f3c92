"""What a line's section asks for is done to the voice of its calls, and never to calls of 64 kbit/s unrestricted."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from test_sound import simulate
from world import World

from xunhu._isdn import primitives as q931
from xunhu._ss7 import circuit_primitives as isup
from xunhu.call.line_audio import LineAudio
from xunhu.call.pri_trunk import PriTrunk
from xunhu.call.ss7_trunk import Ss7Trunk


@pytest.mark.parametrize("clear", [False, True])
def test_only_voice_is_changed(clear: bool) -> None:
    async def main(w: World) -> None:
        w.media.line_audio = {0: LineAudio(conceal=True, echo_tail_ms=32), 1: LineAudio()}
        caller = w.carrier.offer("8001")
        caller.clear_channel = clear
        await w.sleep()
        callee = w.pbx.made[0]
        callee.far_answer()
        await w.sleep(0.2)
        assert w.media.engine is not None
        assert caller.port is not None
        assert callee.port is not None
        assert w.media.engine.concealed(caller.port) == (None if clear else (0, 0))
        assert (w.media.engine.echo_state(caller.port) is None) == clear
        assert w.media.engine.concealed(callee.port) is None
        caller.far_disconnect()
        await w.sleep(0.2)
        assert w.media.engine.concealed(caller.port) is None

    simulate(main)


class _Trunk(SimpleNamespace):
    """As much of a trunk as `_offered` needs."""


def _offered(trunk_class: Any, indication: Any) -> bool:
    trunk = _Trunk(_calls={}, _post=lambda _tell: None, name="Trunk0")
    trunk_class._offered(trunk, indication)
    (call,) = trunk._calls.values()
    return bool(call.clear_channel)


@pytest.mark.parametrize(("capability", "clear"), [(0, False), (8, True), (16, False)])
def test_a_pri_says_it_by_its_bearer(capability: int, clear: bool) -> None:
    asked = q931.SetupIndication(
        1, 1, 5, q931.Number("8001"), None, None, None, q931.Bearer(capability, layer1=None), True, "", ()
    )
    assert _offered(PriTrunk, asked) is clear


@pytest.mark.parametrize(("medium", "clear"), [(0, False), (2, True), (3, False)])
def test_number_seven_says_it_by_its_medium(medium: int, clear: bool) -> None:
    number = isup.Number("8001")
    asked = isup.SetupIndication(1, 5, number, None, None, None, None, 10, medium, True, False)
    assert _offered(Ss7Trunk, asked) is clear
