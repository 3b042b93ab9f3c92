"""Unsuccessful backward messages of the telephone user part and causes of Q.850, both ways (after ITU-T Q.699 §A.2, Q.722 §3.4).

A cause that has no row is sent as call failure. What a message means does not depend on the variant; which message says a cause does.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from xunhu._ss7.tup_tables import (
    ACB,
    ADI,
    CFL,
    CGC,
    DPN,
    EUM,
    LOS,
    MPR,
    NNC,
    SEC,
    SLB,
    SSB,
    SST,
    STB,
    UNN,
    VARIANTS,
    Variant,
)

CAUSE_OF: Mapping[int, int] = MappingProxyType(
    {
        SEC: 42,
        CGC: 34,
        NNC: 34,
        ADI: 28,
        CFL: 31,
        SSB: 17,
        UNN: 1,
        LOS: 27,
        SST: 4,
        ACB: 21,
        DPN: 58,
        MPR: 5,
        EUM: 31,  # indicator 1 is subscriber busy: `extended_cause`
        SLB: 17,
        STB: 17,
    }
)

_EXTENDED: Mapping[int, int] = MappingProxyType({1: 17})  # Q.723 §3.7.3

_MESSAGE_OF: Mapping[int, int] = MappingProxyType(
    {
        1: UNN,
        2: SST,
        3: UNN,
        4: SST,
        5: MPR,
        20: LOS,
        21: ACB,
        22: UNN,
        27: LOS,
        28: ADI,
        29: ACB,
        34: CGC,
        38: NNC,
        42: SEC,
        44: CGC,
        47: SEC,
        50: ACB,
        53: ACB,
        55: ACB,
        57: ACB,
        58: DPN,
        63: DPN,
        65: DPN,
        87: ACB,
        88: DPN,
    }
)


def extended_cause(indicator: int) -> int:
    """Of the indicator of EUM."""
    return _EXTENDED.get(indicator, CAUSE_OF[EUM])


def messages_of(variant: Variant) -> Mapping[int, int]:
    """Cause -> heading code of the message that says so. Where the variant has no such message: UNN for a wrong prefix, call failure else."""
    out = {}
    for cause, heading in {**_MESSAGE_OF, 17: variant.busy}.items():
        out[cause] = heading if heading in variant.rows else UNN
    return MappingProxyType(out)


MESSAGE_OF: Mapping[str, Mapping[int, int]] = MappingProxyType({name: messages_of(v) for name, v in VARIANTS.items()})
