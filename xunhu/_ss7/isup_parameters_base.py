"""What the parameters of bits have in common: a class whose fields say where they lie.

    @dataclass(frozen=True, slots=True)
    class EchoControl(Indicators):
        OCTETS: ClassVar[int] = 1
        outgoing: int = bits(0, 0, 2, "", "not there", "there")

`bits(octet, shift, width, *meanings)`: octet from 0, shift of the lowest bit, from 0; meanings by value, "" for those that need not be
told. A field of width 1 is a bool. Bits that belong to no field are spare: sent as 0, not read (Q.763 §1.9).
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, NamedTuple, Self

from xunhu.protocol.errors import LocalError, RemoteError

INVALID = 100  # Q.850: invalid contents


class Bits(NamedTuple):
    name: str
    octet: int
    shift: int
    width: int
    meanings: tuple[str, ...]


def bits(octet: int, shift: int, width: int, *meanings: str, default: int | None = None) -> Any:
    """A field of a class of indicators; 0 or False where nothing is said."""
    start = default if default is not None else (False if width == 1 else 0)
    return field(default=start, metadata={"bits": (octet, shift, width, meanings)})


_LAYOUTS: dict[type[Any], tuple[Bits, ...]] = {}  # one entry a class


def layout_of(cls: type[Any]) -> tuple[Bits, ...]:
    """The fields of a class of indicators."""
    layout = _LAYOUTS.get(cls)
    if layout is None:
        layout = tuple(Bits(f.name, *f.metadata["bits"]) for f in fields(cls) if "bits" in f.metadata)
        _LAYOUTS[cls] = layout
    return layout


@dataclass(frozen=True, slots=True)
class Indicators:
    """OCTETS: of the content. EXTENDED: bit 8 of the last octet is an extension bit and sent as 1; octets that follow are not read.
    Content longer than OCTETS is from a later edition and read as far as it is known (Q.763 §1.9)."""

    OCTETS: ClassVar[int] = 1
    EXTENDED: ClassVar[bool] = False

    @classmethod
    def decode(cls, content: bytes) -> Self:
        if len(content) < cls.OCTETS:
            raise RemoteError(f"{cls.__name__} of {len(content)} octets", INVALID)
        values: dict[str, Any] = {}
        for name, octet, shift, width, _ in layout_of(cls):
            value = content[octet] >> shift & ((1 << width) - 1)
            values[name] = value != 0 if width == 1 else value
        return cls(**values)

    def encode(self) -> bytes:
        out = bytearray(self.OCTETS)
        for name, octet, shift, width, _ in layout_of(type(self)):
            value = int(getattr(self, name))
            if not 0 <= value < 1 << width:
                raise LocalError(f"{type(self).__name__}.{name} = {value}, not in {width} bits")
            out[octet] |= value << shift
        if self.EXTENDED:
            out[-1] |= 0x80
        return bytes(out)

    def describe(self) -> str:
        said = []
        for name, _, _, width, meanings in layout_of(type(self)):
            value = int(getattr(self, name))
            if value < len(meanings):
                if meanings[value]:
                    said.append(meanings[value])
            elif value:
                plain = name.replace("_", " ")
                said.append(plain if width == 1 else f"{plain} {value}")
        return ", ".join(said) or "nothing set"


def at_least(content: bytes, octets: int, name: str) -> None:
    """RemoteError where there are fewer octets."""
    if len(content) < octets:
        raise RemoteError(f"{name} of {len(content)} octets", INVALID)


def one_octet(value: int, maximum: int, name: str) -> bytes:
    """LocalError where the value is out of range."""
    if not 0 <= value <= maximum:
        raise LocalError(f"{name} {value} is not in 0..{maximum}")
    return bytes((value,))


def little_endian(value: int, octets: int, name: str) -> bytes:
    """A point code: the low octet first, 14 bits in two octets or 24 in three."""
    if not 0 <= value < 1 << (14 if octets == 2 else 24):
        raise LocalError(f"{name} {value} does not go into {octets} octets")
    return value.to_bytes(octets, "little")


def point_code(content: bytes) -> int:
    """The inverse: two octets have 14 bits."""
    value = int.from_bytes(content, "little")
    return value & 0x3FFF if len(content) == 2 else value
