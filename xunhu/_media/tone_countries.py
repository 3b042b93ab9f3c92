"""Call progress tones of countries: frequencies, cadences, and where they are written. Data alone.

One table for both directions: `tone_tables` makes steps for the generator of it, tools/make-tone-tables what the receiver compares
with (xunhu/_media/progress_tables.c; run it after a change here).

Sources: `GB` GB/T 3380-1982, `E180` ITU-T E.180/Q.35 (03/98), `S2` ITU-T E.180 Supplement 2 (the list of the tones of national networks,
as tone zone files of exchanges hand it on), `SIN350` BT's Suppliers' Information Note 350, `E300` ITU-T E.300 Supplement 3 (precise
tone plan of North America). Where a network has changed its tones since, add a row: the receiver takes any number of the same name.
"""

from types import MappingProxyType
from typing import NamedTuple

GB, E180, S2, SIN350, E300 = "GB/T 3380", "ITU-T E.180", "ITU-T E.180 Suppl. 2", "BT SIN 350", "ITU-T E.300 Suppl. 3"


class Row(NamedTuple):
    """A tone. name: as in `tones.TONE_NAMES`; hz: 1 to 4 frequencies sounding together; on_off_ms: tone, pause, tone, pause ..., () for
    ever; am_hz: the (first) frequency is modulated with this; band_hz: what the receiver takes for the frequency where that is not
    +-2 % and 2 Hz; cadence_tolerance: part by which times may differ; send: the generator sends this row (of several of one name
    the first)."""

    name: str
    hz: tuple[float, ...]
    on_off_ms: tuple[int, ...]
    source: str
    am_hz: float = 0.0
    band_hz: tuple[float, float] | None = None
    cadence_tolerance: float = 0.25
    in_turn: bool = False  # the frequencies one after the other, as long as on_off_ms says


_SIT = Row("sit", (950, 1400, 1800), (330, 0, 330, 0, 330, 1000), E180, cadence_tolerance=0.35, in_turn=True)
_WIDE = (400.0, 475.0)  # 450 +-25 Hz (GB/T 3380) and 425 +-25 Hz (E.180: 400 to 450)

CHINA = (
    Row("dial", (450,), (), GB, band_hz=_WIDE),
    Row("special-dial", (450,), (400, 40), GB, band_hz=_WIDE),
    Row("ringback", (450,), (1000, 4000), GB, band_hz=_WIDE, cadence_tolerance=0.4),
    Row("busy", (450,), (350, 350), GB, band_hz=_WIDE),
    Row("busy", (425,), (500, 500), E180, band_hz=_WIDE),
    Row("congestion", (450,), (700, 700), GB, band_hz=_WIDE),
    Row("congestion", (425,), (250, 250), E180, band_hz=_WIDE),
    Row("unobtainable", (450,), (100, 100, 100, 100, 100, 100, 400, 400), GB, band_hz=_WIDE, cadence_tolerance=0.3),
    Row("trunk-offering", (450,), (200, 200, 200, 600), GB, band_hz=_WIDE),
    Row("call-waiting", (450,), (400, 4000), GB, band_hz=_WIDE),
    Row("third-party", (1400,), (400, 10000), GB),
    Row("howler", (950,), (), GB, band_hz=(900.0, 1000.0)),
    _SIT,
)
ITU = (
    Row("dial", (425,), (), E180, band_hz=_WIDE),
    Row("special-dial", (425,), (400, 40), E180, band_hz=_WIDE),
    Row("ringback", (425,), (1000, 4000), E180, band_hz=_WIDE, cadence_tolerance=0.4),
    Row("busy", (425,), (500, 500), E180, band_hz=_WIDE),
    Row("congestion", (425,), (250, 250), E180, band_hz=_WIDE),
    Row("trunk-offering", (425,), (200, 200, 200, 600), E180, band_hz=_WIDE),
    Row("call-waiting", (425,), (200, 600, 200, 9000), E180, band_hz=_WIDE),
    Row("third-party", (1400,), (400, 10000), E180),
    Row("howler", (950,), (), GB, band_hz=(900.0, 1000.0)),
    _SIT,
)
USA = (
    Row("dial", (350, 440), (), E300),
    Row("special-dial", (350, 440), (100, 100), E300),
    Row("ringback", (440, 480), (2000, 4000), E300),
    Row("busy", (480, 620), (500, 500), E300),
    Row("congestion", (480, 620), (250, 250), E300),
    Row("call-waiting", (440,), (300, 10000), E300),
    Row("howler", (1400, 2060, 2450, 2600), (100, 100), E300),
    Row("sit", (950, 1400, 1800), (330, 0, 330, 0, 330, 1000), E300, cadence_tolerance=0.35, in_turn=True),
)
UK = (
    Row("dial", (350, 440), (), SIN350),
    Row("special-dial", (350, 440), (750, 750), S2),
    Row("ringback", (400, 450), (400, 200, 400, 2000), SIN350),
    Row("busy", (400,), (375, 375), SIN350),
    Row("congestion", (400,), (400, 350, 225, 525), SIN350),
    Row("unobtainable", (400,), (), SIN350),
    Row("call-waiting", (400,), (100, 4000), S2),
    _SIT,
)
GERMANY = (
    Row("dial", (425,), (), S2),
    Row("special-dial", (400, 425), (), S2),
    Row("ringback", (425,), (1000, 4000), S2, cadence_tolerance=0.3),
    Row("busy", (425,), (480, 480), S2),
    Row("congestion", (425,), (240, 240), S2),
    Row("call-waiting", (425,), (200, 200, 200, 5000), S2),
    _SIT,
)
FRANCE = (
    Row("dial", (440,), (), S2),
    Row("special-dial", (330, 440), (), S2),
    Row("ringback", (440,), (1500, 3500), S2),
    Row("busy", (440,), (500, 500), S2),
    Row("congestion", (440,), (250, 250), S2),
    Row("call-waiting", (440,), (300, 10000), S2),
    _SIT,
)
JAPAN = (
    Row("dial", (400,), (), S2),
    Row("special-dial", (400,), (250, 250), S2),
    Row("ringback", (400,), (1000, 2000), S2, am_hz=16),
    Row("busy", (400,), (500, 500), S2),
    _SIT,
)
AUSTRALIA = (
    Row("dial", (425,), (), S2, am_hz=25),
    Row("ringback", (400,), (400, 200, 400, 2000), S2, am_hz=17),
    Row("ringback", (413, 438), (400, 200, 400, 2000), S2),
    Row("busy", (425,), (375, 375), S2),
    Row("unobtainable", (425,), (2500, 500), S2),
    Row("call-waiting", (425,), (200, 200, 200, 4400), S2),
    _SIT,
)
INDIA = (
    Row("dial", (400,), (), S2, am_hz=25),
    Row("ringback", (400,), (400, 200, 400, 2000), S2, am_hz=25),
    Row("busy", (400,), (750, 750), S2),
    Row("congestion", (400,), (250, 250), S2),
    Row("unobtainable", (400,), (2800, 200), S2),
    Row("call-waiting", (400,), (200, 100, 200, 7500), S2),
    _SIT,
)
BRAZIL = (
    Row("dial", (425,), (), S2),
    Row("ringback", (425,), (1000, 4000), S2, cadence_tolerance=0.3),
    Row("busy", (425,), (250, 250), S2),
    Row("unobtainable", (425,), (250, 250, 750, 250), S2),
    _SIT,
)
RUSSIA = (
    Row("dial", (425,), (), S2),
    Row("ringback", (425,), (800, 3200), S2, cadence_tolerance=0.35),
    Row("busy", (425,), (350, 350), S2),
    Row("congestion", (425,), (175, 175), S2),
    Row("call-waiting", (425,), (200, 5000), S2),
    _SIT,
)
SINGAPORE = (
    Row("dial", (425,), (), S2),
    Row("ringback", (425,), (400, 200, 400, 2000), S2, am_hz=24),
    Row("busy", (425,), (750, 750), S2),
    Row("congestion", (425,), (250, 250), S2),
    Row("unobtainable", (425,), (2500, 500), S2),
    Row("call-waiting", (425,), (300, 200, 300, 3200), S2),
    _SIT,
)
HONG_KONG = (
    Row("dial", (350, 440), (), S2),
    Row("ringback", (440, 480), (400, 200, 400, 3000), S2),
    Row("busy", (480, 620), (500, 500), S2),
    Row("congestion", (480, 620), (250, 250), S2),
    Row("unobtainable", (480, 620), (), S2),
    Row("call-waiting", (440,), (300, 10000), S2),
    _SIT,
)

#: by name; the place in it is the number that the engine knows (XH_COUNTRY_*, generated), so new ones go to the end
COUNTRIES = MappingProxyType(
    {
        **{"china": CHINA, "itu": ITU, "usa": USA, "uk": UK, "germany": GERMANY, "france": FRANCE, "japan": JAPAN},
        **{"australia": AUSTRALIA, "india": INDIA, "brazil": BRAZIL, "russia": RUSSIA, "singapore": SINGAPORE},
        "hong-kong": HONG_KONG,
    }
)
