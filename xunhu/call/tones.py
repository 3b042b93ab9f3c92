"""Tones that callers hear from us: steps for `EngineControl.tone`, (f1 Hz, f2 Hz, level1 dBm0, level2 dBm0, ms).

"cn": GB/T 3380, 450 Hz. "itu": ITU-T E.180, 425 Hz, cadences within its recommended ranges."""

from __future__ import annotations

Step = tuple[float, float, float, float, int]
LEVEL_DBM0 = -10.0


def _on(hz: float, ms: int) -> Step:
    return (hz, 0.0, LEVEL_DBM0, 0.0, ms)


def _off(ms: int) -> Step:
    return (0.0, 0.0, 0.0, 0.0, ms)


SETS: dict[str, dict[str, tuple[Step, ...]]] = {
    "cn": {
        "dial": (_on(450.0, 0),),
        "ringback": (_on(450.0, 1000), _off(4000)),
        "busy": (_on(450.0, 350), _off(350)),
        "congestion": (_on(450.0, 700), _off(700)),
    },
    "itu": {
        "dial": (_on(425.0, 0),),
        "ringback": (_on(425.0, 1000), _off(4000)),
        "busy": (_on(425.0, 500), _off(500)),
        "congestion": (_on(425.0, 250), _off(250)),
    },
}
#: before a voice message
BEEP: tuple[Step, ...] = (_on(1000.0, 300),)


def steps(tone_set: str, name: str) -> tuple[Step, ...]:
    """The steps of a tone; KeyError names what there is none of."""
    return SETS[tone_set][name]
#: somebody has come into a conference, has left it
JOINED: tuple[Step, ...] = ((600.0, 0.0, -20.0, 0.0, 120), (900.0, 0.0, -20.0, 0.0, 120))
LEFT: tuple[Step, ...] = ((900.0, 0.0, -20.0, 0.0, 120), (600.0, 0.0, -20.0, 0.0, 120))
