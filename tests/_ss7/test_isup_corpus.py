"""The kept corpus of ISUP messages (tests/fuzz/corpus/isup), whole and damaged in a thousand ways, given to the codec of every variant:
a message or RemoteError, and nothing of a message is lost."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from xunhu._ss7.isup_codec import decode, encode
from xunhu._ss7.isup_describe import describe
from xunhu._ss7.isup_parameters import VIEWS
from xunhu._ss7.isup_variants import VARIANTS
from xunhu.protocol.errors import LocalError, RemoteError

CORPUS = sorted((Path(__file__).parents[1] / "fuzz" / "corpus" / "isup").glob("*.bin"))
ROUNDS = 300


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
    return bytes(out[:268])


def test_there_is_a_corpus() -> None:
    assert len(CORPUS) > 60


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_decode_gives_a_message_or_a_remote_error(path: Path) -> None:
    octets = path.read_bytes()
    dice = random.Random(path.name)
    decoded = 0
    for n in range(ROUNDS):
        given = octets if n == 0 else damaged(octets, dice)
        variant = VARIANTS[dice.choice(sorted(VARIANTS))]
        assert describe(given, variant)
        try:
            message = decode(given, variant)
        except RemoteError:
            continue
        decoded += 1
        assert message.octets == given
        parameters = message.items()
        for code, content in parameters:
            assert message.get(code) is not None
            refused = None
            if code in VIEWS:
                try:
                    VIEWS[code].describe(VIEWS[code].decode(content))
                except RemoteError as why:
                    refused = why.cause
            assert refused in {None, 28, 100}
        if not message.known:
            continue
        try:
            again = decode(encode(message.cic, message.type, parameters, variant), variant)
        except LocalError:
            continue  # the parts were so far apart that no pointer reaches them in a row
        assert again.items() == parameters
    assert decoded > ROUNDS // 20
