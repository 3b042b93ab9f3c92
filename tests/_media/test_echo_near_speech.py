"""A near talker in the middle of the far one's speech: how much of what he says is cut by the non-linear processor.

Two real conversations are simulated by voices of espeak-ng over A-law lines, all eight of SOME_LINES at once. Counted are the 20 ms
frames of near speech within 15 dB of its loud ones in which less than half of it (6 dB) leaves, by projection on what was said, so
that echo or comfort noise in its place do not count as his voice.
"""

import numpy as np
import pytest
from dtmf_sounds import alaw
from g168_cancellers import SOME_LINES, Cancellers
from g168_sounds import Phase
from g168_speech import voice


@pytest.mark.parametrize(("near", "most"), [(-10, 0.005), (-18, 0.01), (-25, 0.03), (-32, 0.12)])
def test_a_near_talker_is_heard_through_far_speech(near: float, most: float) -> None:
    """The far end speaks at -15 dBm0, so its echo is at -21 or -25; after 3 s of it the near end speaks, too."""
    on = Cancellers(SOME_LINES, nlp=True, comfort_noise=True, law="A")
    far = voice("en-gb", 7000, -15)
    got = on.through([Phase(200), Phase(3000, far), Phase(4000, far[24_000:], voice("cmn", 4000, near))], alaw)
    part = got.part(2)
    left, said = (x[:, part].astype(float).reshape(len(SOME_LINES), -1, 160) for x in (got.sout, got.sgen))
    power = (said**2).mean(axis=2)
    loud = power > np.percentile(power, 97) / 10**1.5
    through = (left * said).sum(axis=2) / np.maximum((said**2).sum(axis=2), 1)
    assert np.mean(through[loud] < 0.5) <= most
