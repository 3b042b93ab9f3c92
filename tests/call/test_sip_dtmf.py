"""Keys in INFO bodies, as telephones and gateways send them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xunhu.call.sip_dtmf import is_dtmf, key_of, relay_body

RELAY, PLAIN = "application/dtmf-relay", "application/dtmf"


@pytest.mark.parametrize(
    ("kind", "body", "key"),
    [
        (RELAY, b"Signal=5\r\nDuration=160\r\n", "5"),
        (RELAY, b"Signal= 5\r\nDuration= 160", "5"),
        (RELAY, b"Duration=250\nSignal = #\n", "#"),
        (RELAY, b"signal=*\r\n", "*"),
        (RELAY, b"Signal=11\r\nDuration=100\r\n", "#"),
        (RELAY, b"Signal=10", "*"),
        (RELAY, b"Signal=15", "D"),
        (RELAY, b"Signal=a", "A"),
        (RELAY, b"Signal=16", ""),
        (RELAY, b"Signal=\r\n", ""),
        (RELAY, b"", ""),
        ("Application/DTMF-Relay; charset=utf-8", b"Signal=1", "1"),
        (PLAIN, b"7", "7"),
        (PLAIN, b"7\r\n", "7"),
        (PLAIN, b"11", "#"),
        (PLAIN, b"seven", ""),
        ("application/sdp", b"5", ""),
        ("application/media_control+xml", b"<x/>", ""),
    ],
)
def test_bodies(kind: str, body: bytes, key: str) -> None:
    assert key_of(kind, body) == key


@given(st.sampled_from("0123456789*#ABCD"))
def test_what_we_send_we_understand(key: str) -> None:
    assert key_of(*relay_body(key)) == key
    assert is_dtmf(relay_body(key)[0])


@given(st.sampled_from([RELAY, PLAIN, "x/y", ""]), st.binary(max_size=700))
def test_anything_may_come(kind: str, body: bytes) -> None:
    assert key_of(kind, body) in ("", *"0123456789*#ABCD")
