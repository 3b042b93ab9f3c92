"""Variants of Q.931 as tables: each is Q.931 with the rows that differ.

NET5      ETS 300 102-1 (EuroISDN, primary rate): the base; call references of two octets, overlap both ways.
TR41459   AT&T custom (4ESS, 5ESS): en-bloc only, no SETUP ACKNOWLEDGE, INFORMATION or sending complete, no suspend and
          resume; u-law; channels are put in and out of service by SERVICE messages of protocol discriminator 3; RESTART
          of all channels names the interface.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from xunhu._isdn import q931_codec as c


@dataclass(frozen=True, slots=True)
class Variant:
    name: str
    messages: Mapping[int, c.MessageRow]
    reference_octets: int = 2  # §4.3; calls of the peer are answered in the length they came in
    overlap: bool = True  # SETUP ACKNOWLEDGE, INFORMATION
    sending_complete: bool = True  # the element is sent and looked for
    layer1: int = 3  # what a Bearer of layer 1 protocol A-law (3) becomes on the line
    service: bool = False  # SERVICE messages
    restart_all: int = 7  # restart indicator for all channels
    report_unknown_elements: bool = True  # §5.8.7.1: STATUS with cause 99
    status_enquiries: int = 3  # §5.8.10: how often STATUS ENQUIRY is sent before the call is cleared


def _without(*types: int) -> Mapping[int, c.MessageRow]:
    return MappingProxyType({t: row for t, row in c.MESSAGES.items() if t not in types})


NET5 = Variant(name="NET5", messages=c.MESSAGES)

TR41459 = replace(
    NET5,
    name="TR41459",
    messages=_without(
        c.SETUP_ACKNOWLEDGE,
        c.INFORMATION,
        c.SUSPEND,
        c.SUSPEND_ACKNOWLEDGE,
        c.SUSPEND_REJECT,
        c.RESUME,
        c.RESUME_ACKNOWLEDGE,
        c.RESUME_REJECT,
        c.CONGESTION_CONTROL,
        c.SEGMENT,
    ),
    overlap=False,
    sending_complete=False,
    layer1=2,
    service=True,
    restart_all=6,
)

VARIANTS: Mapping[str, Variant] = MappingProxyType({v.name: v for v in (NET5, TR41459)})
