"""The signalling links of a configuration as channels of a tracer."""

from __future__ import annotations

from xunhu._ss7.trace import link_channel
from xunhu.config.lines import Lines
from xunhu.config.ss7 import SignallingLinkLine, Ss7Lines
from xunhu.protocol.trace import Channel, Source


def channel(lines: Ss7Lines, link: SignallingLinkLine) -> Channel:
    """Read with the point codes of its network and the variants of its circuits."""
    linkset = next(linkset for linkset in lines.linksets if linkset.number == link.linkset)
    own = next(point for point in lines.points if point.number == linkset.own)
    used = [circuits.variant for circuits in lines.circuits if circuits.own == own.number]
    isup = next((name for name in used if name.startswith("ISUP")), "")
    tup = next((name for name in used if name.startswith("TUP")), "")
    return link_channel(link.name, own.bits, isup, tup, number=link.number, extended=link.rate == "2M")


def link_channels(lines: Lines) -> dict[Source, Channel]:
    """By the name of the link; a frame of link n is traced as of `lines.ss7.links[n].name`."""
    return {} if lines.ss7 is None else {link.name: channel(lines.ss7, link) for link in lines.ss7.links}
