"""@variables and functions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xunhu.ivr.expressions import FUNCTIONS, ExpressionError, check, evaluate, expand, references, split_list

VARIABLES = {"a": "12", "b": "3", "name": "Li", "global.n": "7", "time": "10:30:00"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("@a", "12"),
        ("x@{a}y@b.", "x12y3."),
        ("您好@name先生", "您好Li先生"),
        ("@global.n", "7"),
        ("@@a a@@b", "@a a@b"),
        ("@gone!", "!"),
        ("mail@", "mail@"),
        ("add(@a,@b)", "15"),
        ("add(@gone,1)", "1"),
        ("add(0.1,0.2)", "0.3"),
        ("sub(1,1.0)", "0"),
        ("mul(100,10)", "1000"),
        ("div(10,4)", "2.5"),
        ("round(2.345,2)", "2.35"),
        ("round(2.5,0)", "3"),
        ("len(@a)", "2"),
        ("left(@time,5)", "10:30"),
        ("right(@time,2)", "00"),
        ("right(@time,0)", ""),
        ("mid(@time,3,2)", "30"),
        ("eq(@a,12.0)", "1"),
        ("eq(@name,li)", "0"),
        ("less(9,10)", "1"),
        ("less(b9,b10)", "0"),
        ("between(@time,09:00,18:00)", "1"),
        ("between(23:00,22:00,06:00)", "1"),
        ("between(05:59,22:00,06:00)", "1"),
        ("between(06:00,22:00,06:00)", "0"),
        ("between(12:00,22:00,06:00)", "0"),
        ("if(eq(@a,12),left(@name,1),no)", "L"),
        ("if(@gone,x,y)", "y"),
        (r"if(1,a\,b\(c\),y)", "a,b(c)"),
        ("unknown(1,2)", "unknown(1,2)"),
    ],
)
def test_value(text: str, value: str) -> None:
    check(text)
    assert evaluate(text, VARIABLES) == value


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("add(1)", "takes 2 argument"),
        ("add(1,2", "bracket missing"),
        ("add(1,2)x", "follows the call"),
        ("left(ab,len(1,2))", "len.. takes 1"),
        ("len(" * 20 + "x" + ")" * 20, "in one another"),
    ],
)
def test_malformed(text: str, why: str) -> None:
    with pytest.raises(ExpressionError, match=why):
        check(text)


@pytest.mark.parametrize(
    "text", ["add(x,1)", "div(1,0)", "left(ab,-1)", "left(ab,99999)", "left(ab,1.5)", "add(1e99,1)", "add(nan,1)", "mul(1e27,1e27)"]
)
def test_values_that_cannot_be(text: str) -> None:
    check(text)
    try:
        value = evaluate(text, {})
    except ExpressionError:
        return
    assert len(value) <= 1000  # a product may be large, never unbounded


def test_unknown_names_are_told() -> None:
    unknown: list[str] = []
    assert expand("@x-@{y}-@@z", {}, unknown) == "--@z"
    assert unknown == ["x", "y"]
    assert references("@x @{global.y} @@z") == ["x", "global.y"]


def test_values_are_bounded() -> None:
    long = {"x": "y" * 1000}
    assert len(expand("@x@x@x", long)) == 1000


def test_split_list() -> None:
    assert split_list(r" a, b\,c ,,d\e ") == ["a", "b,c", r"d\e"]
    assert split_list("a=1; b=2;", ";") == ["a=1", "b=2"]
    assert split_list("") == []


@given(st.lists(st.sampled_from([*"()\\,@{}.;0123456789ab ", *FUNCTIONS]), max_size=80).map("".join))
def test_only_expression_errors(text: str) -> None:
    try:
        check(text)
        value = evaluate(text, {"a": "5"})
    except ExpressionError:
        return
    assert len(value) <= 1000
