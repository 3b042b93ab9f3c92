"""Tones that callers hear from us, by the country that the site has chosen: steps for `EngineControl.tone`.

The frequencies and cadences are those of xunhu/_media/tone_countries.py, one table for what we send, for what we listen for and for
`xunhu media tone`; here stands only by what names call control asks for them."""

from __future__ import annotations

from xunhu._media import tone_tables
from xunhu._media.tones import Step

#: names of a configuration: those of the tables, and short ones
COUNTRIES: dict[str, str] = {
    **{name: name for name in tone_tables.SETS},
    **{"cn": "china", "us": "usa", "de": "germany", "fr": "france", "jp": "japan", "au": "australia", "in": "india"},
    **{"br": "brazil", "ru": "russia", "sg": "singapore", "hk": "hong-kong"},
}
#: before a voice message
BEEP: tuple[Step, ...] = tone_tables.cadence(1000.0, 300)
#: to those who wait for a conference to begin, where there is no music
WAITING: tuple[Step, ...] = ((450.0, 0.0, -24.0, 0.0, 200), (0.0, 0.0, 0.0, 0.0, 5000))
#: somebody has come into a conference, has left it
JOINED: tuple[Step, ...] = ((600.0, 0.0, -20.0, 0.0, 120), (900.0, 0.0, -20.0, 0.0, 120))
LEFT: tuple[Step, ...] = ((900.0, 0.0, -20.0, 0.0, 120), (600.0, 0.0, -20.0, 0.0, 120))
# where a network has no tone of its own for it
_INSTEAD = {"congestion": "busy"}


def steps(country: str, name: str) -> tuple[Step, ...]:
    """The steps of a tone; KeyError names what there is none of."""
    tones = tone_tables.SETS[COUNTRIES[country]]
    return tones[name if name in tones else _INSTEAD.get(name, name)].steps
