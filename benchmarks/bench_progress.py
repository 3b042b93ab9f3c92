"""What the receiver of call progress tones and the answer classifier cost: ns a channel and 10 ms, beside libspandsp's super_tone_rx.

Receivers get a second of sound each, one after the other; CPU, median of the receivers. They are asked for while a call is set up, not
during the talk. libspandsp is given the same second in blocks of 10 ms.
"""

from __future__ import annotations

import time

import common
import numpy as np
from numpy.typing import NDArray

from xunhu._media.answer_class import AnswerClassifier
from xunhu._media.tone_tables import CHINA
from xunhu._media.tones import ProgressReceiver, ToneGenerator

BUDGET_NS = 1500.0


def sounds() -> dict[str, NDArray[np.int16]]:
    rng = np.random.default_rng(1)
    t = np.arange(8000) / 8000
    vowel = sum((3000 / k * np.sin(2 * np.pi * 140 * k * t) for k in range(1, 20)), np.zeros(8000))
    return {
        "silence": np.zeros(8000, np.int16),
        "busy": np.array(ToneGenerator(CHINA["busy"].steps).run(8000), np.int16),
        "vowel": vowel.astype(np.int16),
        "noise": rng.normal(0, 3000, 8000).astype(np.int16),
    }


def cost(receivers: list[ProgressReceiver] | list[AnswerClassifier], sound: NDArray[np.int16]) -> float:
    took = []
    for receiver in receivers:
        begin = time.thread_time_ns()
        receiver.hear(sound)
        took.append(time.thread_time_ns() - begin)
    return float(np.median(took)) / 100


def main() -> None:
    options = common.parser(__doc__).parse_args()
    channels = 20 if options.quick else 480
    program = common.peer_program("spandsp_super_tone", ["spandsp", "m"])
    report = common.Report("progress", f"Call progress receiver and answer classifier, {channels} channels", options.quick)
    for name, sound in sounds().items():
        ours, theirs, classifier = common.in_turns(
            1 if options.quick else 3,
            lambda sound=sound: cost([ProgressReceiver("china", repeat=True) for _ in range(channels)], sound),
            lambda sound=sound: common.peer_run(program, channels, stdin=sound.tobytes())["ns"],
            lambda sound=sound: cost([AnswerClassifier() for _ in range(channels)], sound),
        )
        report.add(f"call progress, {name}", ours, "ns/channel", budget=BUDGET_NS, peer="libspandsp", peer_value=theirs)
        report.rows[-1].headline = name in ("busy", "vowel")
        report.add(f"answer classifier, {name}", classifier, "ns/channel")
    report.add("memory, call progress", ProgressReceiver().size, "octets/channel")
    report.add("memory, answer classifier", AnswerClassifier().size, "octets/channel")
    report.print(options)


if __name__ == "__main__":
    main()
