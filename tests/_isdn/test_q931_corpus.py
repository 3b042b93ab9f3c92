"""The kept corpus of Q.931 messages (tests/fuzz/corpus/q931; those named rx came from libpri), whole and damaged in a thousand
ways, given to machines of both sides in every stage of a call: nothing is raised, and every call comes to its end."""

import random
from pathlib import Path

import pytest

from xunhu._isdn import primitives as p
from xunhu._isdn.q931 import Q931
from xunhu._isdn.q931_codec import decode, encode
from xunhu.protocol.errors import RemoteError

CORPUS = sorted((Path(__file__).parents[1] / "fuzz" / "corpus" / "q931").glob("*.bin"))
NS = 1_000_000_000


def damaged(octets: bytes, dice: random.Random) -> bytes:
    """Cut, lengthened, bits turned, octets doubled or mixed up."""
    out = bytearray(octets)
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(len(out)) if out else 0
        match dice.randrange(5):
            case 0:
                del out[at:]
            case 1 if out:
                out[at] ^= 1 << dice.randrange(8)
            case 2:
                out[at:at] = dice.randbytes(dice.randint(1, 6))
            case 3 if out:
                del out[at : at + dice.randint(1, 3)]
            case _:
                out += out[at : at + 8]
    return bytes(out[:260])


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_decode_gives_a_message_or_a_remote_error(path: Path) -> None:
    octets = path.read_bytes()
    dice = random.Random(path.name)
    decoded = 0
    for n in range(1000):
        refused = None
        try:
            message = decode(octets if n == 0 else damaged(octets, dice))
        except RemoteError as why:
            refused = why.cause
        if refused is not None:
            assert 1 <= refused <= 127
            continue
        assert decode(encode(message)).elements == message.elements
        decoded += 1
    assert decoded > 0 or "reference" in path.name or "bad" in path.name


@pytest.mark.parametrize("side", ["user", "network"])
@pytest.mark.parametrize("seed", range(6))
def test_machines_survive_and_end(side: str, seed: int) -> None:
    dice = random.Random(f"{side}{seed}")
    machine = Q931(side)
    now = NS
    machine.data_link_established(now)
    ended = begun = 0
    for n in range(1500):
        now += dice.choice((NS // 100, NS, 40 * NS))
        octets = dice.choice(CORPUS).read_bytes()
        machine.receive(octets if dice.random() < 0.4 else damaged(octets, dice), now)
        if n % 40 == 0 and "idle" in machine.channel_states().values():
            machine.setup_request(p.SetupRequest(called=p.Number("8001")), now)
            begun += 1
        if machine.next_deadline is not None and machine.next_deadline <= now:
            machine.handle_timeout(now)
        for output in machine.drain():
            begun += isinstance(output, p.SetupIndication)
            ended += isinstance(output, p.ReleaseIndication)
    for info in machine.calls():
        machine.release_request(info.call, p.Cause(16), now)
    ended += sum(isinstance(output, p.ReleaseIndication) for output in machine.drain())
    while machine.calls():
        assert machine.next_deadline is not None
        now = max(now, machine.next_deadline)
        machine.handle_timeout(now)
        ended += sum(isinstance(output, p.ReleaseIndication) for output in machine.drain())
    assert (ended, machine.running_timers()) == (begun, [])
