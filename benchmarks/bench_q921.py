"""Cost of LAPD: one I frame from DL-DATA request to DL-DATA indication and its acknowledgement, both ends in memory.

"""

import time

import common

from xunhu._isdn import q921


def link_pair() -> tuple[q921.DataLink, q921.DataLink]:
    a, b = q921.DataLink(True), q921.DataLink(False)
    a.dl_establish_request(0)
    exchange(a, b, 0)
    return a, b


def exchange(a: q921.DataLink, b: q921.DataLink, now: int) -> int:
    """Carry frames both ways until none is left; how many there were."""
    n = 0
    while True:
        moved = 0
        for sender, receiver in ((a, b), (b, a)):
            for out in sender.drain():
                if isinstance(out, q921.Frame):
                    receiver.receive(out.octets, now)
                    moved += 1
        if not moved:
            return n
        n += moved


def main() -> None:
    options = common.parser(__doc__).parse_args()
    a, b = link_pair()
    payload = bytes(40)
    best = 1e9
    for _ in range(1 if options.quick else 60):
        frames, start = 0, time.process_time()
        for i in range(300):
            a.dl_data_request(payload, i)
            b.dl_data_request(payload, i)
            frames += exchange(a, b, i)
        best = min(best, (time.process_time() - start) / frames * 1e6)
    report = common.Report("q921", "LAPD, both ends in memory", options.quick)
    report.add("a frame: sending, carrying, receiving; best round", best, "us", budget=3.0)
    report.note("compiled" if q921.__file__.endswith(".so") else "NOT COMPILED")
    report.print(options)


if __name__ == "__main__":
    main()
