"""RFC 3398: the values of its tables, and what the Reason header (RFC 3326) changes of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xunhu.call import causes, sip_causes

# RFC 3398 §7.2.4.1: response received -> cause in the REL
RESPONSES = {
    400: 41, 401: 21, 402: 21, 403: 21, 404: 1, 405: 63, 406: 79, 407: 21, 408: 102, 410: 22, 413: 127, 414: 127, 415: 79, 416: 127,
    420: 127, 421: 127, 423: 127, 480: 18, 481: 41, 482: 25, 483: 25, 484: 28, 485: 1, 486: 17, 500: 41, 501: 79, 502: 38, 503: 41, 504: 102,
    505: 127, 513: 127, 600: 17, 603: 21, 604: 1,
}  # fmt: skip
# §8.2.6.1: cause in the REL -> response sent
CAUSES = {
    1: 404, 2: 404, 3: 404, 17: 486, 18: 408, 19: 480, 20: 480, 21: 403, 22: 410, 23: 410, 26: 404, 27: 502, 28: 484, 29: 501, 31: 480,
    34: 503, 38: 503, 41: 503, 42: 503, 47: 503, 55: 403, 57: 403, 58: 503, 65: 488, 70: 488, 79: 501, 87: 403, 88: 503, 102: 504, 111: 500,
    127: 500,
}  # fmt: skip


def test_the_tables_of_the_rfc() -> None:
    assert {status: sip_causes.to_cause(status) for status in RESPONSES} == RESPONSES
    assert {cause: sip_causes.to_status(cause) for cause in CAUSES} == CAUSES
    assert sip_causes.to_status(21, user=True) == 603, "a user who rejects declines"


@given(st.integers(300, 699))
def test_every_final_response_has_a_cause(status: int) -> None:
    assert 1 <= sip_causes.to_cause(status) <= 127


@given(st.integers(-5, 300))
def test_every_cause_has_a_final_response_that_refuses(cause: int) -> None:
    assert 400 <= sip_causes.to_status(cause) < 700


@given(st.integers(1, 127), st.integers(400, 699))
def test_a_reason_carries_the_cause_through_whatever_the_status(cause: int, status: int) -> None:
    assert sip_causes.cause_of([sip_causes.reason(cause)], status) == cause


@pytest.mark.parametrize(
    ("values", "status", "cause"),
    [
        ([], 0, 16),
        ([], 486, 17),
        (['Q.850;cause=34;text="no circuit, at all"'], 503, 34),
        (["Q.850 ; text=x ; cause=1"], 503, 1),
        (['SIP;cause=200;text="Call completed elsewhere"'], 0, 16),
        (["SIP;cause=486, Q.850;cause=19"], 0, 19),
        (["SIP;cause=486"], 0, 17),
        (["q.850;Cause=21"], 0, 21),
        (["Q.850;cause=0"], 480, 18),
        (["Q.850;cause=999"], 480, 18),
        (["Q.850"], 0, 16),
        (['Q.850;text="\\"cause=3\\""'], 0, 16),
        ([",,;;="], 404, 1),
    ],
)
def test_reasons_as_they_come(values: list[str], status: int, cause: int) -> None:
    assert sip_causes.cause_of(values, status) == cause


def test_answered_elsewhere() -> None:
    assert sip_causes.answered_elsewhere(['SIP;cause=200;text="Call completed elsewhere"'])
    assert not sip_causes.answered_elsewhere(["SIP;cause=487"])


@given(st.lists(st.text(max_size=80), max_size=4), st.sampled_from([0, 404, 503]))
def test_anything_may_stand_in_a_reason(values: list[str], status: int) -> None:
    assert 1 <= sip_causes.cause_of(values, status) <= 127


def test_texts_are_those_of_call_control() -> None:
    assert sip_causes.reason(17) == f'Q.850;cause=17;text="{causes.TEXTS[17]}"'
