"""What receivers of single tones and FSK cost: ns a sample, 1,920 channels, blocks of 10 ms, beside libspandsp's on the same sound.

Fax and modem tones (libspandsp needs a receiver a tone: CNG, CED with V.21, ANSam, calling tone, Bell), MFC/R2, caller id, and, of which it
has none that is comparable, the tone disabler and the continuity check tone. CPU; median of the blocks. Caller id has a receiver a channel,
called from Python for each block: that is in its figure. The last two get their sound in one piece.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import common
import numpy as np
from numpy.typing import NDArray

from xunhu._media import fax_tones, fsk, r2mf
from xunhu._media.continuity import ContinuityReceiver
from xunhu._media.fax_tones import AnswerToneGenerator, FaxBank
from xunhu._media.fsk import CallerIdReceiver, caller_id_samples
from xunhu._media.r2mf import R2Bank
from xunhu._media.tone_disabler import ToneDisabler
from xunhu._media.tone_tables import CONTINUITY
from xunhu._media.tones import ToneGenerator
from xunhu.protocol.caller_id import CallSetup

Sound = NDArray[np.int16]
FAX_PEERS = ("cng", "ced", "ansam", "calling", "bell")
BUDGET_NS = {"fax tones": 1.0, "MFC/R2": 2.0}  # a sample, on speech and silence


def common_sounds(samples: int) -> dict[str, Sound]:
    rng = np.random.default_rng(1)
    t = np.arange(samples) / 8000
    vowel = sum((3000 / k * np.sin(2 * np.pi * 140 * k * t) for k in range(1, 20)), np.zeros(samples))
    return {
        "silence": np.zeros(samples, np.int16),
        "vowel": vowel.astype(np.int16),
        "noise": rng.normal(0, 3000, samples).astype(np.int16),
    }


def padded(samples: object, n: int) -> Sound:
    out = np.zeros(n, np.int16)
    got = np.array(samples, np.int16)[:n]
    out[: len(got)] = got
    return out


def blocks_of(sound: Sound, channels: int) -> list[Sound]:
    return [np.ascontiguousarray(np.tile(sound[at : at + 80], (channels, 1))) for at in range(0, len(sound), 80)]


def bank_cost(make: Callable[[], FaxBank | R2Bank], parts: list[Sound]) -> float:
    bank, took = make(), []
    for part in parts:
        begin = time.thread_time_ns()
        bank.run(part)
        took.append(time.thread_time_ns() - begin)
    return float(np.median(took)) / parts[0].size


def caller_id_cost(sound: Sound, channels: int) -> float:
    receivers, took = [CallerIdReceiver() for _ in range(channels)], []
    for at in range(0, len(sound), 80):
        part = sound[at : at + 80]
        begin = time.thread_time_ns()
        for receiver in receivers:
            receiver.run(part)
        took.append(time.thread_time_ns() - begin)
    return float(np.median(took)) / channels / 80


def one_by_one(make: Callable[[], ToneDisabler | ContinuityReceiver], sound: Sound, channels: int) -> float:
    """The engine has no Python between blocks, so what calls cost is to be small."""
    took = []
    for _ in range(channels):
        receiver = make()
        begin = time.thread_time_ns()
        receiver.run(sound)
        took.append(time.thread_time_ns() - begin)
    return float(np.median(took)) / len(sound)


def main() -> None:
    options = common.parser(__doc__).parse_args()
    channels, length, rounds = (32, 1600, 1) if options.quick else (1920, 4800, 3)
    program = common.peer_program("spandsp_tones", ["spandsp", "m"])
    report = common.Report("tones", f"Receivers of fax tones, MFC/R2, caller id, {channels} channels", options.quick)

    def theirs(parts: list[Sound], *kinds: str) -> float:
        stream = b"".join(part.tobytes() for part in parts)
        return common.peer_run(program, channels, len(parts), *kinds, stdin=stream)["ns"] / 80

    usual = common_sounds(length)
    ansam = padded(AnswerToneGenerator(fax_tones.ANSAM_PR).run(length), length)
    r2_on = padded(ToneGenerator([r2mf.r2_step(r2mf.FORWARD, 7, ms=70), (0.0, 0.0, 0.0, 0.0, 70)]).run(length), length)
    message = padded(caller_id_samples(fsk.V23, CallSetup(number="13800138000").encode(), seizure_bits=100), length)
    preamble = padded(fsk.fsk_samples(fsk.V21_CHANNEL2, bytes((0, 1, 1, 1, 1, 1, 1, 0)) * (length // 200)), length)
    banks: tuple[tuple[str, Callable[[bool], FaxBank | R2Bank], dict[str, Sound], tuple[str, ...]], ...] = (
        (
            "fax tones",
            lambda plain: FaxBank(channels, plain=plain),
            {**usual, "ANSam on all channels": ansam, "V.21 on all channels": preamble},
            FAX_PEERS,
        ),
        ("MFC/R2", lambda plain: R2Bank(channels, r2mf.FORWARD, plain=plain), {**usual, "signals on all channels": r2_on}, ("r2",)),
    )
    for what, make, sounds, peers in banks:
        for name, sound in sounds.items():
            parts = blocks_of(sound, channels)
            ours, plain, peer = common.in_turns(
                rounds,
                lambda parts=parts, make=make: bank_cost(lambda: make(False), parts),
                lambda parts=parts, make=make: bank_cost(lambda: make(True), parts),
                lambda parts=parts, peers=peers: theirs(parts, *peers),
            )
            budget = BUDGET_NS[what] if name in usual else None
            report.add(f"{what}, {name}", ours, "ns/sample", budget=budget, peer="libspandsp", peer_value=peer)
            report.rows[-1].headline = name != "silence"
            report.add(f"{what}, {name}, in plain C", plain, "ns/sample")
        report.add(f"memory, {what}", make(False).size / channels, "octets/channel")
    for name, sound in {**usual, "messages on all channels": message}.items():
        parts = blocks_of(sound, channels)
        ours, peer = common.in_turns(
            rounds,
            lambda sound=sound: caller_id_cost(sound, channels),
            lambda parts=parts: theirs(parts, "caller-id"),
        )
        report.add(f"caller id, {name}", ours, "ns/sample", peer="libspandsp", peer_value=peer)
        report.rows[-1].headline = name != "silence"
    check = padded(ToneGenerator([CONTINUITY]).run(length), length)
    for what, receiver, tone in (("tone disabler", ToneDisabler, ansam), ("2000 Hz", ContinuityReceiver, check)):
        for name, sound in {**usual, "its tone": tone}.items():
            report.add(f"{what}, {name}", one_by_one(receiver, sound, min(channels, 200)), "ns/sample")
    report.note("libspandsp has a receiver for each fax tone: five beside each other")
    report.print(options)


if __name__ == "__main__":
    main()
