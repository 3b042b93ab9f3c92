"""system.conf for dahdi_cfg (DAHDI tools 3.1) from the trunks of the configuration.

A span line sets timing, framing and coding of an E1; channel lines say what each timeslot is to the driver. DAHDI counts
channels through all spans, 31 a span of E1.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

CHANNELS = 31
CAS_IDLE = "1101"  # ABCD sent until we say otherwise: blocked (ITU-T Q.421), so that nobody calls before we are ready
LAWS = {"A": "alaw", "U": "mulaw"}
SIGNALLING = ("PRI", "SS7", "R2", "NONE")
LINE = {"CCS": "ccs", "CAS": "cas"}
CODING = {"HDB3": "hdb3", "AMI": "ami"}


@dataclass(frozen=True, slots=True)
class DahdiTrunk:
    """A trunk whose line is a DAHDI span.

    span: number in /proc/dahdi, from 1. framing: words joined by commas (CCS or CAS, HDB3 or AMI, CRC4). sync: 0 = we give
    the clock, 1 = first source of timing, 2 = second, ... skip: timeslots that carry signalling and no voice.
    links: of SS7, the timeslots that are links of 64 kbit/s, may be none; None: all of skip. bundle: of SS7, the timeslots of
    a link of 2 Mbit/s, which only as one channel stay in step. first_channel: of timeslot 1, where spans before this
    one are not E1s; else None.
    """

    number: int
    span: int
    framing: str = "CCS,HDB3,CRC4"
    sync: int = 0
    signalling: str = "PRI"
    skip: Sequence[int] = (16,)
    law: str = "A"
    first_channel: int | None = None
    links: Sequence[int] | None = None
    bundle: Sequence[int] = ()

    @property
    def signals(self) -> tuple[int, ...]:
        """Timeslots of 64 kbit/s links."""
        if self.links is not None:
            return tuple(sorted(self.links))
        return () if self.bundle else tuple(sorted(self.skip))

    @property
    def base(self) -> int:
        """Add it to a timeslot to get the channel."""
        first = (self.span - 1) * CHANNELS + 1 if self.first_channel is None else self.first_channel
        return first - 1


def system_conf(trunks: Iterable[DahdiTrunk]) -> str:
    """The whole file, ending in a newline. ValueError names the trunk and what is wrong with it."""
    rows = sorted(trunks, key=lambda t: t.span)
    for trunk in rows:
        _check(trunk)
    for before, after in pairwise(rows):
        if before.span == after.span:
            raise ValueError(f"Trunk{before.number} and Trunk{after.number} both have span {after.span}")
        if before.base + CHANNELS > after.base:
            raise ValueError(f"the channels of Trunk{before.number} and Trunk{after.number} overlap")
    lines = ["# /etc/dahdi/system.conf, made by `xunhu dahdi-conf`; then run dahdi_cfg -vv", ""]
    for trunk in rows:
        lines += [f"# Trunk{trunk.number}: {trunk.signalling}", *_span(trunk), *_channels(trunk), ""]
    lines += ["loadzone=cn", "defaultzone=cn"]
    return "\n".join(lines) + "\n"


def _check(trunk: DahdiTrunk) -> None:
    words = _words(trunk)
    wrong = ""
    if trunk.span < 1:
        wrong = f"span is 1 or more, not {trunk.span}"
    elif trunk.base < 0:
        wrong = f"first channel is 1 or more, not {trunk.first_channel}"
    elif trunk.sync < 0:
        wrong = f"sync is 0 or more, not {trunk.sync}"
    elif trunk.law not in LAWS:
        wrong = f"law is A or U, not {trunk.law}"
    elif trunk.signalling not in SIGNALLING:
        wrong = f"signalling is one of {', '.join(SIGNALLING)}, not {trunk.signalling}"
    elif any(not 1 <= t <= CHANNELS for t in (*trunk.skip, *trunk.signals, *trunk.bundle)):
        wrong = f"timeslots are 1..31, not {', '.join(map(str, (*trunk.skip, *trunk.signals, *trunk.bundle)))}"
    elif trunk.signalling != "SS7" and (trunk.links or trunk.bundle):
        wrong = f"links are of SS7, not of {trunk.signalling}"
    elif set(trunk.signals) & set(trunk.bundle):
        wrong = "a timeslot is a link of 64 kbit/s and part of one of 2 Mbit/s"
    elif unknown := [w for w in words if w not in LINE and w not in CODING and w != "CRC4"]:
        wrong = f"framing has CCS or CAS, HDB3 or AMI, CRC4; {', '.join(unknown)} is none of them"
    elif sum(w in LINE for w in words) > 1 or sum(w in CODING for w in words) > 1:
        wrong = f"framing names two of a kind: {trunk.framing}"
    elif trunk.signalling == "R2" and "CCS" in words:
        wrong = "R2 has its line signals in timeslot 16: framing CAS"
    elif trunk.signalling in ("PRI", "SS7") and "CAS" in words:
        wrong = f"{trunk.signalling} has no CAS: framing CCS"
    elif not trunk.skip and (trunk.signalling == "PRI" or (trunk.signalling == "SS7" and trunk.links is None and not trunk.bundle)):
        wrong = f"{trunk.signalling} needs a timeslot for signalling in SkipTS"
    if wrong:
        raise ValueError(f"Trunk{trunk.number}: {wrong}")


def _words(trunk: DahdiTrunk) -> list[str]:
    return [w.strip().upper() for w in trunk.framing.split(",") if w.strip()]


def _span(trunk: DahdiTrunk) -> list[str]:
    words = _words(trunk)
    line = next((LINE[w] for w in words if w in LINE), "cas" if trunk.signalling == "R2" else "ccs")
    coding = next((CODING[w] for w in words if w in CODING), "hdb3")
    crc4 = ",crc4" if "CRC4" in words else ""
    # span number, timing, line build-out (0: short line), framing, coding
    return [f"span={trunk.span},{trunk.sync},0,{line},{coding}{crc4}"]


def _channels(trunk: DahdiTrunk) -> list[str]:
    voice = [t for t in range(1, CHANNELS + 1) if t not in trunk.skip]
    everything = list(range(1, CHANNELS + 1))
    if trunk.signalling == "PRI":
        d_channel = 16 if 16 in trunk.skip else trunk.skip[0]
        rows = [("bchan", voice, ""), ("dchan", [d_channel], "")]
    elif trunk.signalling == "SS7":
        links = [("mtp2", [t], "") for t in trunk.signals]  # a line each: on one line dahdi_cfg may bundle them
        clear = [t for t in everything if t not in trunk.signals and t not in trunk.bundle]
        rows = [("bchan", clear, ""), *links, ("clear", sorted(trunk.bundle), "")]
    elif trunk.signalling == "R2":  # timeslot 16 is the framer's, it carries the ABCD bits
        rows = [("cas", [t for t in voice if t != 16], f":{CAS_IDLE}")]
    else:
        rows = [("bchan", everything, "")]
    used = sorted(t for _, slots, _ in rows for t in slots)
    rows.append((LAWS[trunk.law], used, ""))
    return [f"{key}={_ranges(slots, trunk.base)}{more}" for key, slots, more in rows if slots]


def _ranges(timeslots: Sequence[int], base: int) -> str:
    """1, 2, 3, 5 -> "1-3,5", as channels."""
    parts: list[list[int]] = []
    for channel in (t + base for t in timeslots):
        if parts and parts[-1][1] + 1 == channel:
            parts[-1][1] = channel
        else:
            parts.append([channel, channel])
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in parts)
