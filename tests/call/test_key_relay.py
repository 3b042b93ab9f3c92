"""Keys that come beside the voice reach the other party of a talk, and nobody else."""

from world import World, simulate, talk

from xunhu._media import engine as en


def tones(w: World) -> list[int]:
    return [port for port in w.engine.ports() if w.engine.port(port).kind == en.PORT_TONE]


def test_a_key_is_sounded_to_a_line_that_knows_no_other_form() -> None:
    async def main(w: World) -> None:
        caller, callee = await talk(w)
        w.leg("1")._digit("5", 0)
        assert not tones(w), "it is in the voice already"
        caller.keys_aside = True
        w.leg("1")._digit("5", 0)
        await w.sleep(0.02)
        assert len(tones(w)) == 1
        assert tones(w)[0] in w.leg("2").sources
        assert tones(w)[0] not in w.leg("1").sources
        await w.sleep(0.3)
        assert not tones(w)
        await w.sleep()
        callee.far_disconnect()

    simulate(main)


def test_a_key_goes_as_a_key_where_there_is_a_way() -> None:
    async def main(w: World) -> None:
        caller, callee = await talk(w)
        caller.keys_aside = callee.takes_keys = True
        w.leg("1")._digit("#", 0)
        await w.sleep()
        assert callee.did[-1] == "key #"
        assert not tones(w)
        callee.far_disconnect()

    simulate(main)


def test_nobody_who_is_on_hold_gets_keys() -> None:
    async def main(w: World) -> None:
        caller, callee = await talk(w)
        caller.keys_aside = callee.takes_keys = True
        w.control.hold(w.leg("2"))
        w.leg("1")._digit("1", 0)
        await w.sleep()
        assert "key 1" not in callee.did
        callee.far_disconnect()

    simulate(main)
