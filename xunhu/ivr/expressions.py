r"""@variables and the few functions of `set`.

template    text with @name, @global.name or @{name}; @@ is one @. Names are ASCII letters, digits and _, so that a name ends where
            Chinese text begins.
expression  NAME(ARGUMENT, ...) with NAME out of FUNCTIONS, nested at will; anything else is a template. In arguments a comma or
            a bracket that is meant itself is written \, \( \).

Numbers are decimal and exact (28 digits). An unknown variable is empty text, and told to the caller of `expand`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_UP, Decimal, DecimalException

MAX_VALUE = 1000  # characters in one variable
MAX_DEPTH = 16  # functions in functions

NAME = re.compile(r"(?:global\.)?[A-Za-z_][A-Za-z0-9_]*")
_REFERENCE = re.compile(r"@(?:@|\{((?:global\.)?[A-Za-z_][A-Za-z0-9_]*)\}|((?:global\.)?[A-Za-z_][A-Za-z0-9_]*))")
_CALL = re.compile(r"\s*([a-z]+)\(")


class ExpressionError(ValueError):
    """The expression is malformed, or a function got something it cannot work with."""


def references(text: str) -> list[str]:
    """Names of the variables a template or expression uses."""
    return [m.group(1) or m.group(2) for m in _REFERENCE.finditer(text) if m.group() != "@@"]


def expand(text: str, variables: Mapping[str, str], unknown: list[str] | None = None) -> str:
    """Replace references; names without a value are appended to `unknown`. At most MAX_VALUE characters come back."""

    def value(match: re.Match[str]) -> str:
        if match.group() == "@@":
            return "@"
        name = match.group(1) or match.group(2)
        found = variables.get(name)
        if found is None and unknown is not None:
            unknown.append(name)
        return found or ""

    return _REFERENCE.sub(value, text)[:MAX_VALUE]


def split_list(text: str, separator: str = ",") -> list[str]:
    r"""Split at separators; \ before a separator keeps it. Entries are stripped, empty ones left out."""
    out, current, i = [], [], 0
    while i < len(text):
        if text[i] == "\\" and i + 1 < len(text) and text[i + 1] == separator:
            current.append(separator)
            i += 2
            continue
        if text[i] == separator:
            out.append("".join(current).strip())
            current = []
        else:
            current.append(text[i])
        i += 1
    out.append("".join(current).strip())
    return [entry for entry in out if entry]


def _number(text: str) -> Decimal:
    try:
        value = Decimal(text.strip() or "0")
    except DecimalException:
        raise ExpressionError(f"not a number: {text!r}") from None
    if not value.is_finite() or abs(value.adjusted()) > 27:
        raise ExpressionError(f"number out of range: {text!r}")
    return value


def _plain(value: Decimal) -> str:
    text = format(value, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


def _count(text: str) -> int:
    value = _number(text)
    if value != value.to_integral_value() or not 0 <= value <= MAX_VALUE:
        raise ExpressionError(f"not a count from 0 to {MAX_VALUE}: {text!r}")
    return int(value)


def _div(a: str, b: str) -> str:
    divisor = _number(b)
    if divisor == 0:
        raise ExpressionError("division by zero")
    return _plain(_number(a) / divisor)


def _comparable(a: str, b: str) -> tuple[Decimal, Decimal] | tuple[str, str]:
    """As numbers when both are, else as text (09:00 < 18:00 works as text)."""
    try:
        return _number(a), _number(b)
    except ExpressionError:
        return a, b


def _less(a: str, b: str) -> bool:
    x, y = _comparable(a, b)
    return bool(x < y)  # type: ignore[operator]


def _between(x: str, low: str, high: str) -> str:
    """1 when low <= x < high. A span past midnight (22:00 to 06:00) is meant when high < low."""
    from_low, under_high = not _less(x, low), _less(x, high)
    inside = (from_low or under_high) if _less(high, low) else (from_low and under_high)
    return "1" if inside else "0"


# name -> (number of arguments, function, what it does in English, in Chinese)
FUNCTIONS: Mapping[str, tuple[int, Callable[..., str], str, str]] = {
    "len": (1, lambda x: str(len(x)), "number of characters", "字符数"),
    "left": (2, lambda x, n: x[: _count(n)], "first n characters", "左边 n 个字符"),
    "right": (2, lambda x, n: x[-_count(n) :] if _count(n) else "", "last n characters", "右边 n 个字符"),
    "mid": (3, lambda x, a, n: x[_count(a) : _count(a) + _count(n)], "n characters from position a (0 is the first)", "从位置 a 起 n 个字符(0 为首位)"),
    "add": (2, lambda a, b: _plain(_number(a) + _number(b)), "a + b", "a + b"),
    "sub": (2, lambda a, b: _plain(_number(a) - _number(b)), "a - b", "a - b"),
    "mul": (2, lambda a, b: _plain(_number(a) * _number(b)), "a x b", "a × b"),
    "div": (2, _div, "a : b", "a ÷ b"),
    "round": (
        2,
        lambda a, n: _plain(_number(a).quantize(Decimal(1).scaleb(-min(_count(n), 10)), rounding=ROUND_HALF_UP)),
        "a with n decimals, half up",
        "四舍五入到 n 位小数",
    ),
    "eq": (2, lambda a, b: "1" if _comparable(a, b)[0] == _comparable(a, b)[1] else "0", "1 when equal, else 0", "相等为 1,否则 0"),
    "less": (2, lambda a, b: "1" if _less(a, b) else "0", "1 when a < b, else 0", "a < b 为 1,否则 0"),
    "between": (3, _between, "1 when low <= x < high, else 0", "low <= x < high 为 1,否则 0"),
    "if": (3, lambda c, a, b: a if c not in ("", "0") else b, "a when c is neither empty nor 0, else b", "c 非空且非 0 时为 a,否则 b"),
}


def _split_arguments(text: str, start: int) -> tuple[list[str], int]:
    """Arguments of the call whose bracket opens just before `start`; and the index after its closing bracket."""
    arguments, depth, begin, i = [], 0, start, start
    while i < len(text):
        c = text[i]
        if c == "\\":
            i += 2
            continue
        if c == "(":
            depth += 1
        elif c == ")":
            if depth == 0:
                arguments.append(text[begin:i])
                return arguments, i + 1
            depth -= 1
        elif c == "," and depth == 0:
            arguments.append(text[begin:i])
            begin = i + 1
        i += 1
    raise ExpressionError("closing bracket missing")


def _call_of(text: str) -> tuple[str, list[str]] | None:
    """(function, arguments) when the whole text is a call of a known function."""
    match = _CALL.match(text)
    if not match or match.group(1) not in FUNCTIONS:
        return None
    arguments, after = _split_arguments(text, match.end())
    if text[after:].strip():
        raise ExpressionError(f"something follows the call of {match.group(1)}(): {text[after:].strip()!r}")
    wanted = FUNCTIONS[match.group(1)][0]
    if len(arguments) != wanted:
        raise ExpressionError(f"{match.group(1)}() takes {wanted} argument(s), not {len(arguments)}")
    return match.group(1), arguments


def check(text: str, depth: int = 0) -> None:
    """Raise ExpressionError when the text is a malformed expression."""
    if depth > MAX_DEPTH:
        raise ExpressionError(f"more than {MAX_DEPTH} functions in one another")
    call = _call_of(text)
    for argument in call[1] if call else ():
        check(argument, depth + 1)


def evaluate(text: str, variables: Mapping[str, str], unknown: list[str] | None = None, depth: int = 0) -> str:
    """The value of an expression. Raises ExpressionError."""
    if depth > MAX_DEPTH:
        raise ExpressionError(f"more than {MAX_DEPTH} functions in one another")
    call = _call_of(text)
    if call is None:
        plain = text.strip() if depth else text
        return expand(re.sub(r"\\([,()\\;])", r"\1", plain), variables, unknown)
    values = [evaluate(argument, variables, unknown, depth + 1) for argument in call[1]]
    try:
        return FUNCTIONS[call[0]][1](*values)[:MAX_VALUE]
    except DecimalException as error:
        raise ExpressionError(f"{call[0]}(): number out of range") from error
