"""The tables of names: what they must hold among themselves, and beside sipmessage's."""

from __future__ import annotations

import sipmessage.message

from xunhu.sip.message import parse, request
from xunhu.sip.names import CODED, COMMA_LISTS, HEADER_ROWS, HEADERS, METHODS, REASONS, canonical


def test_rows_are_whole() -> None:
    names = [row.name for row in HEADER_ROWS]
    compact = [row.compact for row in HEADER_ROWS if row.compact]
    assert len(set(names)) == len(names)
    assert len(set(compact)) == len(compact)
    assert all(len(form) == 1 and form.islower() for form in compact)
    assert all(row.often in ("1", "n", "r") and row.source.startswith(("RFC ", "draft-")) for row in HEADER_ROWS)


def test_codes_fit_a_word_and_are_of_what_stands_once() -> None:
    assert CODED < 32
    assert [row.name for row in HEADER_ROWS[:7]] == [
        "Via",
        "From",
        "To",
        "Call-ID",
        "CSeq",
        "Content-Length",
        "Max-Forwards",
    ]
    assert all(row.often == "1" for row in HEADER_ROWS[1:CODED])
    assert {HEADERS[row.name][1] for row in HEADER_ROWS[CODED:]} == {0}


def test_compact_forms_are_the_registry_s() -> None:
    theirs = sipmessage.message.COMPACT_FORMS
    assert {row.compact: row.name for row in HEADER_ROWS if row.compact} == theirs


def test_any_spelling() -> None:
    for row in HEADER_ROWS:
        for spelling in (row.name, row.name.lower(), row.name.upper(), row.name.swapcase()):
            assert canonical(spelling) == row.name
    assert canonical("X-Else") == "X-Else"
    for row in HEADER_ROWS[CODED:]:
        made = request(
            "OPTIONS",
            "sip:x",
            [("v", "SIP/2.0/UDP a"), ("f", "<sip:a@b>"), ("t", "<sip:a@b>"), ("i", "1"), ("cseq", "1 OPTIONS")],
        )
        made.add(row.name.swapcase(), "1, 2")
        read = parse(made.encode())
        assert read.get(row.name) == "1, 2"
        assert read.items(row.name) == (["1", "2"] if row.name in COMMA_LISTS else ["1, 2"])


def test_methods_and_statuses() -> None:
    assert len(set(METHODS)) == len(METHODS)
    assert all(100 <= status < 700 and reason for status, reason in REASONS.items())
