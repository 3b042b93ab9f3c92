"""Reading aloud, judged by things that work otherwise: the Chinese by a parser that reads it back, the English by num2words."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from num2words import num2words

from xunhu.ivr import speak

HANZI = {
    **{f"n{i}": c for i, c in enumerate("零一二三四五六七八九十")},
    "bai": "百", "qian": "千", "wan": "万", "yi": "亿", "liang": "两", "point": "点", "minus": "负", "yuan": "元", "jiao": "角", "fen": "分",
}
FIGURES = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"两": 2}


def hanzi(stems: list[str]) -> str:
    return "".join(HANZI[stem] for stem in stems)


def read_back(text: str) -> int:
    """The value of a Chinese numeral, by its grammar: highest unit first, left part times it plus right part."""
    for unit, value in (("亿", 10**8), ("万", 10**4), ("千", 1000), ("百", 100), ("十", 10)):
        if unit in text:
            left, right = text.rsplit(unit, 1) if unit == "亿" else text.split(unit, 1)
            return (read_back(left) if left else 1) * value + (read_back(right.lstrip("零")) if right else 0)
    return FIGURES[text]


@pytest.mark.parametrize(
    ("text", "reading"),
    [
        ("0", "零"), ("2", "二"), ("10", "十"), ("12", "十二"), ("20", "二十"), ("22", "二十二"), ("100", "一百"), ("102", "一百零二"),
        ("110", "一百一十"), ("200", "二百"), ("222", "二百二十二"), ("1002", "一千零二"), ("1012", "一千零一十二"), ("2000", "两千"),
        ("10000", "一万"), ("10010", "一万零一十"), ("12000", "一万两千"), ("20000", "两万"), ("100000", "十万"), ("110000", "十一万"),
        ("120000", "十二万"), ("1000010", "一百万零一十"), ("2222222", "二百二十二万两千二百二十二"), ("100000000", "一亿"), ("200000000", "两亿"),
        ("1000000000", "十亿"), ("100010000", "一亿零一万"), ("100100000", "一亿零一十万"), ("1000000000000", "一万亿"),
        ("10000000000000000", None), ("-5", "负五"), ("123.80", "一百二十三点八"), ("0.05", "零点零五"), (".5", "零点五"), ("-0", "零"),
        ("007", "七"), ("1,234,567", "一百二十三万四千五百六十七"), ("2.", "二"),
    ],
)  # fmt: skip
def test_chinese_number(text: str, reading: str | None) -> None:
    if reading is None:
        with pytest.raises(speak.SpeakError):
            speak.number(text, "zh")
    else:
        assert hanzi(speak.number(text, "zh")) == reading


@given(st.integers(0, 10**16 - 1) | st.integers(0, 100000) | st.sampled_from([10**k * m for k in range(15) for m in range(1, 40)]))
def test_chinese_number_reads_back(n: int) -> None:
    reading = hanzi(speak.number(str(n), "zh"))
    assert read_back(reading) == n
    assert "零零" not in reading
    assert n == 0 or not reading.endswith("零")
    assert re.search("两(?![千万亿])", reading) is None  # 两 before the large units only
    assert re.search("(?<![十百零千万亿])二[千万亿]", reading) is None  # and always there, when the figure is alone
    assert re.search("[百千万亿零]十", reading) is None  # inside a number 十 has its 一
    assert not reading.startswith("一十")


@given(st.integers(-(10**16) + 1, 10**16 - 1) | st.integers(-3000, 3000))
def test_english_number_is_that_of_num2words(n: int) -> None:
    names = {f"n{k}": num2words(k) for k in (*range(20), *range(20, 100, 10))}
    heard = " ".join(names.get(stem, stem) for stem in speak.number(str(n), "en"))
    assert heard == num2words(n).replace(",", "").replace("-", " ")


@given(st.sampled_from(["zh", "en"]), st.integers(0, 10**8), st.text("0123456789", min_size=1, max_size=10))
def test_decimals_are_read_figure_by_figure(language: str, whole: int, decimals: str) -> None:
    heard = speak.number(f"{whole}.{decimals}", language)
    figures = decimals.rstrip("0")
    tail = ["point", *(f"n{d}" for d in figures)] if figures else []
    assert heard == speak.number(str(whole), language) + tail


@pytest.mark.parametrize(
    ("text", "zh", "en"),
    [
        ("123.80", "一百二十三元八角", "one hundred and twenty three yuan eight jiao"),
        ("0", "零元", "zero yuan"),
        ("0.05", "五分", "five fen"),
        ("10.05", "十元零五分", "ten yuan five fen"),
        ("2.22", "两元两角两分", "two yuan two jiao two fen"),
        ("-1.5", "负一元五角", "minus one yuan five jiao"),
        ("-0.001", "零元", "zero yuan"),
        ("0.005", "一分", "one fen"),
        ("12.994", "十二元九角九分", "twelve yuan nine jiao nine fen"),
        ("12.995", "十三元", "thirteen yuan"),
        ("20000", "两万元", "twenty thousand yuan"),
    ],
)
def test_money(text: str, zh: str, en: str) -> None:
    assert hanzi(speak.money(text, "zh")) == zh
    names = {f"n{k}": num2words(k) for k in (*range(20), *range(20, 100, 10))}
    assert " ".join(names.get(stem, stem) for stem in speak.money(text, "en")) == en


@given(st.decimals(-(10**9), 10**9, places=4))
def test_money_adds_up(amount: Decimal) -> None:
    parts = re.fullmatch("(负)?(?:(.+)元)?(?:(.)角)?零?(?:(.)分)?", hanzi(speak.money(f"{amount:f}", "zh")))
    assert parts is not None
    yuan = read_back(parts[2]) if parts[2] else 0
    fen = yuan * 100 + 10 * FIGURES[parts[3] or "零"] + FIGURES[parts[4] or "零"]
    expected = (amount * 100).quantize(Decimal(1), rounding=ROUND_HALF_UP)
    assert (-fen if parts[1] else fen) == expected


def test_spell() -> None:
    assert hanzi(speak.spell("123.80", "zh")) == "一二三点八零"
    assert speak.spell(" A-b #*１２", "en") == ["letter-a", "dash", "letter-b", "hash", "star", "n1", "n2"]
    assert speak.spell("", "en") == []
    with pytest.raises(speak.SpeakError, match="no prompt for the sign '元'"):
        speak.spell("12元", "zh")
    assert len(speak.spell("1" * 200, "zh")) == 200
    with pytest.raises(speak.SpeakError, match="201 signs"):
        speak.spell("1" * 201, "zh")


@pytest.mark.parametrize("text", ["", "-", ".", "1.2.3", "1e5", "abc", "--1", "1,2", "٣", "12345678901234567", "0.12345678901", "9" * 5000, "nan"])
def test_no_number(text: str) -> None:
    with pytest.raises(speak.SpeakError):
        speak.number(text, "zh")
    with pytest.raises(speak.SpeakError):
        speak.money(text, "en")


def test_unknown_language() -> None:
    with pytest.raises(speak.SpeakError, match="zh and en"):
        speak.number("1", "fr")


@given(st.text(max_size=60), st.sampled_from(["zh", "en"]))
def test_whatever_comes_is_read_or_refused(text: str, language: str) -> None:
    known = set(speak.stems(language))
    for read in (speak.spell, speak.number, speak.money):
        try:
            stems = read(text, language)
        except speak.SpeakError:
            continue
        assert set(stems) <= known


@given(st.integers(0, 10**16 - 1), st.sampled_from(["zh", "en"]))
def test_every_prompt_needed_is_listed(n: int, language: str) -> None:
    assert set(speak.number(f"-{n}.5", language)) | set(speak.money(str(n // 100), language)) <= set(speak.stems(language))
