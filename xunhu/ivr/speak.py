"""Numbers, money and strings to lists of prompt names, Chinese and English.

spell   sign by sign      123.80  一二三点八零               one two three point eight zero
number  as a number       123.80  一百二十三点八             one hundred and twenty three point eight
money   yuan, jiao, fen   123.85  一百二十三元八角五分       one hundred and twenty three yuan eight jiao five fen

Chinese: zeros inside are read once (一千零二, 一万零一十), 十 alone opens a number (十二) and is 一十 inside (一百一十), 两 stands before 千, 万,
亿 and the units of money when the figure there is 2 alone (两千, 两万, 两元), 二 before 十 and 百 and everywhere else. English: British
"and" (one hundred and five, one thousand and five). Money is rounded to fen, half up; parts that are nothing are left out.

The names are those of the prompt tables conf/voice/zh.txt and en.txt (`stems`). Numbers reach to 16 figures before the point and 10
behind it, strings to 200 signs; what is longer, or cannot be read, raises SpeakError.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_UP, Decimal

LANGUAGES = ("zh", "en")
MAX_SIGNS = 200
MAX_FIGURES = 16
MAX_DECIMALS = 10

_SIGNS: Mapping[str, str] = {
    **{str(n): f"n{n}" for n in range(10)},
    **{chr(c): f"letter-{chr(c).lower()}" for c in range(ord("A"), ord("Z") + 1)},
    **{chr(c): f"letter-{chr(c)}" for c in range(ord("a"), ord("z") + 1)},
    "*": "star",
    "#": "hash",
    ".": "point",
    "-": "dash",
    "+": "plus",
    "/": "slash",
    ":": "colon",
    "_": "underscore",
    "@": "at",
    "%": "percent",
}
_NUMBER = re.compile(r"([+-]?)(\d{1,40})?(?:\.(\d{1,40})?)?", re.ASCII)
_WIDE = {0xFF01 + i: 0x21 + i for i in range(94)}  # full-width forms, as a Chinese keyboard or database gives them


class SpeakError(ValueError):
    """This text cannot be read in the way asked for."""


def normalise(text: str) -> str:
    """Full-width signs to ASCII; white space away."""
    return "".join(text.translate(_WIDE).split())


def spell(text: str, language: str) -> list[str]:
    """Sign by sign: digits, letters, * # . - + / : _ @ %. White space is passed over."""
    _check_language(language)
    signs = normalise(text)
    if len(signs) > MAX_SIGNS:
        raise SpeakError(f"{len(signs)} signs to read; {MAX_SIGNS} are the most")
    bad = next((c for c in signs if c not in _SIGNS), None)
    if bad is not None:
        raise SpeakError(f"no prompt for the sign {bad!r}")
    return [_SIGNS[c] for c in signs]


def parse_number(text: str) -> Decimal:
    """A plain decimal number: sign, figures, point; groups of three may be set off by commas. Raises SpeakError."""
    plain = normalise(text)
    if "," in plain:
        if not re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?", plain, re.ASCII):
            raise SpeakError(f"not a number: {text[:60]!r}")
        plain = plain.replace(",", "")
    match = _NUMBER.fullmatch(plain)
    if not match or not (match.group(2) or match.group(3)):
        raise SpeakError(f"not a number: {text[:60]!r}")
    whole = (match.group(2) or "").lstrip("0")
    decimals = (match.group(3) or "").rstrip("0")
    if len(whole) > MAX_FIGURES or len(decimals) > MAX_DECIMALS:
        raise SpeakError(f"number too long: {MAX_FIGURES} figures before the point and {MAX_DECIMALS} behind it are the most")
    value = Decimal(f"{whole or '0'}.{decimals or '0'}")
    return -value if match.group(1) == "-" and value else value


def number(text: str, language: str) -> list[str]:
    """As a number: 123.80 and 123.8 are read alike."""
    _check_language(language)
    value = parse_number(text)
    whole, _, decimals = format(abs(value), "f").partition(".")
    out = ["minus"] if value < 0 else []
    out += _WHOLE[language](int(whole), False)
    decimals = decimals.rstrip("0")
    if decimals:
        out += ["point", *(f"n{d}" for d in decimals)]
    return out


def money(text: str, language: str) -> list[str]:
    """Yuan, jiao and fen."""
    _check_language(language)
    value = parse_number(text)
    total = int((abs(value) * 100).quantize(Decimal(1), rounding=ROUND_HALF_UP))
    if total >= 10 ** (MAX_FIGURES + 2):
        raise SpeakError(f"amount too large: {MAX_FIGURES} figures before the point are the most")
    yuan, jiao, fen = total // 100, total // 10 % 10, total % 10
    whole = _WHOLE[language]
    out = ["minus"] if value < 0 and total else []
    if yuan or not total:
        out += [*whole(yuan, True), "yuan"]
    if jiao:
        out += [*whole(jiao, True), "jiao"]
    if fen:
        if language == "zh" and yuan and not jiao:
            out.append("n0")
        out += [*whole(fen, True), "fen"]
    return out


def _chinese(n: int, counting: bool) -> list[str]:
    """counting: a measure word follows, so that 2 alone is 两."""
    if n == 2 and counting:
        return ["liang"]
    return _chinese_part(n, first=True)


def _chinese_part(n: int, *, first: bool) -> list[str]:
    """first: nothing of the number has been read before."""
    if n < 10:
        return [f"n{n}"]
    if n < 20:
        ten = ["n10"] if first else ["n1", "n10"]
        return ten + ([f"n{n % 10}"] if n % 10 else [])
    units = ((10**8, "yi"), (10**4, "wan"), (1000, "qian"), (100, "bai"), (10, "n10"))
    unit, name = next(row for row in units if n >= row[0])
    high, low = divmod(n, unit)
    two = high == 2 and unit >= 1000
    out = [*(["liang"] if two else _chinese_part(high, first=first)), name]
    if low:
        if low < unit // 10:
            out.append("n0")
        out += _chinese_part(low, first=False)
    return out


def _english(n: int, counting: bool) -> list[str]:
    if n == 0:
        return ["n0"]
    out: list[str] = []
    scales = ((10**15, "quadrillion"), (10**12, "trillion"), (10**9, "billion"), (10**6, "million"), (10**3, "thousand"))
    for scale, name in scales:
        if n >= scale:
            out += [*_english_hundreds(n // scale), name]
            n %= scale
    if n:
        if out and n < 100:
            out.append("and")
        out += _english_hundreds(n)
    return out


def _english_hundreds(n: int) -> list[str]:
    out = [f"n{n // 100}", "hundred"] if n >= 100 else []
    n %= 100
    if out and n:
        out.append("and")
    if n >= 20:
        out.append(f"n{n // 10 * 10}")
        n %= 10
    return out + ([f"n{n}"] if n else [])


_WHOLE: Mapping[str, Callable[[int, bool], list[str]]] = {"zh": _chinese, "en": _english}


def _check_language(language: str) -> None:
    if language not in _WHOLE:
        raise SpeakError(f"numbers are read in {' and '.join(LANGUAGES)}, not in {language!r}")


def stems(language: str) -> list[str]:
    """Every prompt name that `spell`, `number` and `money` can give in this language."""
    _check_language(language)
    names = [*dict.fromkeys(_SIGNS.values()), "minus", "yuan", "jiao", "fen", "n10"]
    if language == "zh":
        return [*names, "bai", "qian", "wan", "yi", "liang"]
    names += [f"n{n}" for n in (*range(11, 20), *range(20, 100, 10))]
    return [*names, "hundred", "thousand", "million", "billion", "trillion", "quadrillion", "and"]
