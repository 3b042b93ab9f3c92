# cython: boundscheck=True
"""Classes of characters of RFC 3261 §25.1, and the few scans that all of its headers share. Each looks at a character once."""

from __future__ import annotations

from typing import TypeAlias

import cython

from xunhu.sip.errors import SipParseError

# Names for types in signatures that the .pxd declares: C types there.
Int: TypeAlias = int
Flag: TypeAlias = bool

TOKEN = 1  # token
HOST = 2  # hostname, IPv4address; and "_", which names in the field have
LOWER = 4  # token without capitals
URI = 8  # what may stand in a URI: reserved, unreserved, "%", "[" and "]"
USER = 16  # user: unreserved, user-unreserved
PARAM = 32  # value of a header's parameter that is not quoted: token, host, and what implementations put there
HEX = 64
OTHER = 128  # not ASCII

_ALNUM = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_MARK = b"-_.!~*'()"


def _table() -> bytes:
    sets = {
        TOKEN: _ALNUM + b"-.!%*_+`'~",
        HOST: _ALNUM + b"-._",
        LOWER: bytes(c for c in _ALNUM if not 0x41 <= c <= 0x5A) + b"-.!%*_+`'~",
        URI: _ALNUM + _MARK + b";/?:@&=+$,%[]#",
        USER: _ALNUM + _MARK + b"&=+$,;?/",
        PARAM: bytes(range(0x21, 0x7F)).translate(None, b'";,<>'),
        HEX: b"0123456789ABCDEFabcdef",
    }
    return bytes(sum(mask for mask, chars in sets.items() if c in chars) if c < 128 else OTHER for c in range(256))


_TABLE: bytes = _table()


def only(text: str, start: Int, end: Int, mask: Int) -> Flag:
    """Whether each character of text[start:end] is of one of the classes."""
    table: cython.p_uchar = _TABLE
    c: cython.int
    i: cython.Py_ssize_t
    for i in range(start, end):
        c = ord(text[i])
        if not table[c if c < 128 else 128] & mask:
            return False
    return True


def after(text: str, start: Int, mask: Int) -> Int:
    """The place behind the characters at start that are of one of the classes."""
    table: cython.p_uchar = _TABLE
    n: cython.Py_ssize_t = len(text)
    c: cython.int
    i = start
    while i < n:
        c = ord(text[i])
        if not table[c if c < 128 else 128] & mask:
            break
        i += 1
    return i


def after_blanks(text: str, start: Int) -> Int:
    """The place behind the blanks and tabs at start."""
    n: cython.Py_ssize_t = len(text)
    i = start
    while i < n and (text[i] == " " or text[i] == "\t"):
        i += 1
    return i


def stripped(text: str, start: Int, end: Int) -> str:
    """text[start:end] without the blanks and tabs around it."""
    i: cython.Py_ssize_t = start
    n: cython.Py_ssize_t = end
    while i < n and (text[i] == " " or text[i] == "\t"):
        i += 1
    while n > i and (text[n - 1] == " " or text[n - 1] == "\t"):
        n -= 1
    return text[i:n]


def end_of_quoted(text: str, start: Int) -> Int:
    """text[start] is a quotation mark: the place after the one that closes it, -1 when there is none. quoted-string, §25.1."""
    n: cython.Py_ssize_t = len(text)
    i = start + 1
    c: cython.int
    while i < n:
        c = ord(text[i])
        if c == 0x22:
            return i + 1
        i += 2 if c == 0x5C else 1
    return -1


def unquoted(text: str) -> str:
    """A quoted string's text: without its marks, each quoted pair the character it stands for. Other text as it is."""
    n: cython.Py_ssize_t = len(text)
    i: cython.Py_ssize_t
    if n < 2 or text[0] != '"':
        return text
    if "\\" not in text:
        return text[1 : n - 1]
    out: list[str] = []
    i = 1
    while i < n - 1:
        if text[i] == "\\" and i + 1 < n - 1:
            i += 1
        out.append(text[i])
        i += 1
    return "".join(out)


def quoted(text: str) -> str:
    """As a quoted string."""
    if "\\" in text or '"' in text:
        text = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'


def pieces(text: str, separator: str, header: str) -> list[str]:
    """text at each separator (a character) that is neither in a quoted string nor between < and >. Not stripped.

    SipParseError 400: a quoted string or a < has no end.
    """
    if '"' not in text and "<" not in text:
        return text.split(separator)
    out: list[str] = []
    n: cython.Py_ssize_t = len(text)
    start: cython.Py_ssize_t = 0
    i: cython.Py_ssize_t = 0
    c: cython.int
    at: cython.int = ord(separator)
    while i < n:
        c = ord(text[i])
        if c == at:
            out.append(text[start:i])
            start = i + 1
        elif c == 0x22:
            i = end_of_quoted(text, i)
            if i < 0:
                raise SipParseError(400, "quoted string without end", header)
            continue
        elif c == 0x3C:
            i = text.find(">", i)
            if i < 0:
                raise SipParseError(400, "< without >", header)
        i += 1
    out.append(text[start:])
    return out


def number(text: str, limit: Int) -> Int:
    """Digits as a number of 0 to limit (at most 2**63), -1 for anything else."""
    value = 0
    most: cython.longlong = limit
    c: cython.int
    n: cython.Py_ssize_t = len(text)
    i: cython.Py_ssize_t
    if n == 0:
        return -1
    for i in range(n):
        c = ord(text[i]) - 0x30
        if c < 0 or c > 9:
            return -1
        if value > (most - c) // 10:
            return -1
        value = value * 10 + c
    return value


def is_ipv6(text: str) -> Flag:
    """IPv6address of RFC 3986 §3.2.2: no zone, no brackets."""
    table: cython.p_uchar = _TABLE
    n: cython.Py_ssize_t = len(text)
    i: cython.Py_ssize_t = 0
    start: cython.Py_ssize_t
    groups: cython.int = 0
    c: cython.int
    short: bool = False  # "::" has been seen
    if n > 45:
        return False
    while i < n:
        if text[i] == ":":
            if i + 1 >= n or text[i + 1] != ":":
                return False
            if short:
                return False
            short = True
            i += 2
            if i == n:
                break
        start = i
        while i < n:
            c = ord(text[i])
            if c >= 128 or not table[c] & HEX:
                break
            i += 1
        if i < n and text[i] == ".":
            groups += 2
            if not _is_ipv4(text[start:]):
                return False
            i = n
            break
        if i == start or i - start > 4:
            return False
        groups += 1
        if i < n:
            if text[i] != ":" or i + 1 == n:
                return False
            if text[i + 1] != ":":
                i += 1
    return groups == 8 or (short and groups < 8)


def _is_ipv4(text: str) -> Flag:
    """Four numbers of 0 to 255 without zeros in front."""
    parts = text.split(".")
    if len(parts) != 4:
        return False
    well = [len(part) < 4 and number(part, 255) >= 0 and (len(part) == 1 or not part.startswith("0")) for part in parts]
    return all(well)


def lines_end_well(octets: bytes) -> Flag:
    """Whether each CR is followed by LF and each LF follows CR."""
    data: cython.p_uchar = octets
    n: cython.Py_ssize_t = len(octets)
    i: cython.Py_ssize_t = 0
    while i < n:
        if data[i] <= 0x0D:
            if data[i] == 0x0A:
                return False
            if data[i] == 0x0D:
                i += 1
                if i >= n or data[i] != 0x0A:
                    return False
        i += 1
    return True


if not cython.compiled:  # else the C form in chars.pxd

    def find(text: str, char: str, start: int, end: int) -> int:
        """text.find(char, start, end) of one character; the place of the first, or -1."""
        return text.find(char, start, end)

    def find_octets(octets: bytes, wanted: bytes, start: int) -> int:
        """octets.find(wanted, start)."""
        return octets.find(wanted, start)
