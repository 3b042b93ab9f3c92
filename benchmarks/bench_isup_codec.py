"""ISUP codec: us of CPU for each message of a basic call, written from values and read into values."""

from __future__ import annotations

from collections.abc import Callable

import common

import xunhu._ss7.isup_codec as codec
import xunhu._ss7.isup_parameters as ip
from xunhu._ss7.circuit_primitives import Cause, Number
from xunhu._ss7.isup_names import MessageType as M
from xunhu._ss7.isup_names import ParameterCode as P
from xunhu._ss7.isup_variants import ISUP_ITU

CALLED, CALLING = Number("4006000998"), Number("13800138000")
FORWARD = ip.ForwardCallIndicators(preference=1, isdn_access=True)
BACKWARD = ip.BackwardCallIndicators(charge=2, status=1, category=1, isdn_access=True)
NATURE, NORMAL = ip.NatureOfConnection(), Cause(16)


def write_iam() -> bytes:
    parameters = [
        (P.NATURE_OF_CONNECTION_INDICATORS, ip.encode_nature_of_connection_indicators(NATURE)),
        (P.FORWARD_CALL_INDICATORS, ip.encode_forward_call_indicators(FORWARD)),
        (P.CALLING_PARTYS_CATEGORY, b"\x0a"),
        (P.TRANSMISSION_MEDIUM_REQUIREMENT, b"\x00"),
        (P.CALLED_PARTY_NUMBER, ip.encode_called_party_number(CALLED, True)),
        (P.CALLING_PARTY_NUMBER, ip.encode_calling_party_number(CALLING)),
    ]
    return codec.encode(1, M.IAM, parameters, ISUP_ITU)


def read_iam(octets: bytes) -> object:
    message = codec.decode(octets, ISUP_ITU)
    return (
        ip.decode_nature_of_connection_indicators(message.get(P.NATURE_OF_CONNECTION_INDICATORS)),
        ip.decode_forward_call_indicators(message.get(P.FORWARD_CALL_INDICATORS)),
        message.get(P.CALLING_PARTYS_CATEGORY)[0],
        message.get(P.TRANSMISSION_MEDIUM_REQUIREMENT)[0],
        ip.decode_called_party_number(message.get(P.CALLED_PARTY_NUMBER)),
        ip.decode_calling_party_number(message.get(P.CALLING_PARTY_NUMBER)),
        message.get(P.REDIRECTING_NUMBER),
        message.get(P.ORIGINAL_CALLED_NUMBER),
    )


def write_acm() -> bytes:
    return codec.encode(1, M.ACM, [(P.BACKWARD_CALL_INDICATORS, ip.encode_backward_call_indicators(BACKWARD))], ISUP_ITU)


def read_acm(octets: bytes) -> object:
    message = codec.decode(octets, ISUP_ITU)
    optional = message.get(P.OPTIONAL_BACKWARD_CALL_INDICATORS)
    return ip.decode_backward_call_indicators(message.get(P.BACKWARD_CALL_INDICATORS)), optional


def write_rel() -> bytes:
    return codec.encode(1, M.REL, [(P.CAUSE_INDICATORS, ip.encode_cause_indicators(NORMAL))], ISUP_ITU)


def read_rel(octets: bytes) -> object:
    return ip.decode_cause_indicators(codec.decode(octets, ISUP_ITU).get(P.CAUSE_INDICATORS))


def write_anm() -> bytes:
    return codec.encode(1, M.ANM, (), ISUP_ITU)


def read_anm(octets: bytes) -> object:
    return codec.decode(octets, ISUP_ITU).get(P.CONNECTED_NUMBER)


def write_rlc() -> bytes:
    return codec.encode(1, M.RLC, (), ISUP_ITU)


def read_rlc(octets: bytes) -> object:
    return codec.decode(octets, ISUP_ITU)


MESSAGES: dict[str, tuple[Callable[[], bytes], Callable[[bytes], object]]] = {
    "IAM": (write_iam, read_iam),
    "ACM": (write_acm, read_acm),
    "ANM": (write_anm, read_anm),
    "REL": (write_rel, read_rel),
    "RLC": (write_rlc, read_rlc),
}


def main() -> None:
    options = common.parser(__doc__).parse_args()
    times = 100 if options.quick else 20_000
    report = common.Report("isup_codec", "ISUP codec", options.quick)
    total = 0.0
    for name, (write, read) in MESSAGES.items():
        octets = write()

        def writes(write: Callable[[], bytes] = write) -> float:
            return common.cpu_us(lambda: [write() for _ in range(times)], times)

        def reads(read: Callable[[bytes], object] = read, octets: bytes = octets) -> float:
            return common.cpu_us(lambda: [read(octets) for _ in range(times)], times)

        written, taken = common.in_turns(1 if options.quick else 7, writes, reads)
        report.add(f"{name} written, with its parameters", written, "us")
        report.add(f"{name} read, with its parameters", taken, "us")
        total += written + taken
    report.add("the five messages of a call, both ends", total, "us", budget=8.0)
    report.note("compiled" if codec.__file__.endswith(".so") else "NOT COMPILED")
    report.print(options)


if __name__ == "__main__":
    main()
