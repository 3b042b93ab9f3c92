"""`xunhu sip ...`: trunks, telephones, calls and bans of SIP (xunhu/service/sip_requests.py answers)."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from xunhu.cli.common import request
from xunhu.cli.operate import seconds
from xunhu.cli.output import FOUND, OK, print_json, print_table, state_word
from xunhu.text import tr

Row = dict[str, Any]


def _trunk_rows(rows: list[Row]) -> None:
    print_table(
        [
            tr("trunk", "中继"),
            tr("host", "主机"),
            tr("by", "传输"),
            tr("state", "状态"),
            tr("registration", "注册"),
            tr("OPTIONS", "OPTIONS"),
            tr("calls", "呼叫"),
            tr("addresses", "地址"),
        ],
        [
            (
                row["name"],
                row["host"],
                row["transport"],
                state_word("up" if row["up"] else "down"),
                state_word(row["registration"]),
                row["status"] or "",
                f"{row['calls']}/{row['circuits']}",
                " ".join(row["addresses"]),
            )
            for row in rows
        ],
        empty=tr("no SIP trunk", "没有 SIP 中继"),
        fold=7,
    )


def status(arguments: Namespace) -> int:
    answer: Row = request(arguments, "sip-status")
    if arguments.json:
        print_json(answer)
        return OK
    places = "  ".join(answer["listening"])
    print(tr(f"listening: {places}", f"监听：{places}"))
    numbers = (answer["registered"], answer["phones"], answer["calls"], answer["bans"])
    print(
        tr(
            "telephones: {} of {} registered; calls: {}; banned addresses: {}",
            "话机：已注册 {} / {}；呼叫：{}；封禁地址：{}",
        ).format(*numbers)
    )
    _trunk_rows(answer["trunks"])
    return OK


def trunks(arguments: Namespace) -> int:
    """Exit status 1 when one is down."""
    answer: list[Row] = request(arguments, "sip-trunks")
    if arguments.json:
        print_json(answer)
    else:
        _trunk_rows(answer)
    return OK if all(row["up"] for row in answer) else FOUND


def phones(arguments: Namespace) -> int:
    answer: list[Row] = request(arguments, "sip-phones")
    if arguments.free:
        answer = [row for row in answer if not row["contacts"]]
    if arguments.json:
        print_json(answer)
        return OK
    rows: list[tuple[object, ...]] = []
    for row in answer:
        if not row["contacts"]:
            rows.append((row["extension"], row["display"], "", "", "", ""))
        for contact in row["contacts"]:
            rows.append(
                (
                    row["extension"],
                    row["display"],
                    contact["uri"],
                    contact["source"],
                    seconds(contact["expires_s"]),
                    contact["agent"],
                )
            )
    print_table(
        [
            tr("extension", "分机"),
            tr("name", "名称"),
            tr("contact", "联系地址"),
            tr("from", "来自"),
            tr("expires in", "剩余"),
            tr("telephone", "话机"),
        ],
        rows,
        empty=tr("no extension has a secret", "没有带 secret 的分机"),
        fold=5,
    )
    return OK


def calls(arguments: Namespace) -> int:
    answer: list[Row] = request(arguments, "sip-calls")
    if arguments.json:
        print_json(answer)
        return OK
    print_table(
        [
            tr("call", "呼叫"),
            tr("leg", "侧"),
            tr("circuit", "电路"),
            tr("with", "对端"),
            tr("state", "状态"),
            tr("codec", "编码"),
            tr("voice to", "媒体地址"),
            tr("lost %", "丢包 %"),
            tr("jitter ms", "抖动 ms"),
            tr("delay ms", "时延 ms"),
            "MOS",
        ],
        [
            (
                row["call"],
                row["leg"],
                row["circuit"],
                row["peer"],
                state_word(row["state"]),
                row["codec"],
                row["remote"],
                *(_number(row[name], digits) for name, digits in (("lost_percent", 1), ("jitter_ms", 1), ("delay_ms", 0), ("mos", 2))),
            )
            for row in answer
        ],
        empty=tr("no SIP call is up", "没有 SIP 呼叫"),
    )
    return OK


def _number(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:.{digits}f}"


def bans(arguments: Namespace) -> int:
    answer: list[Row] = request(arguments, "sip-bans")
    if arguments.json:
        print_json(answer)
        return OK
    print_table(
        [tr("address", "地址"), tr("failures", "失败次数"), tr("ends in", "剩余"), tr("why", "原因")],
        [(row["address"], row["failures"], seconds(row["seconds"]), row["why"]) for row in answer],
        empty=tr("nobody is banned", "没有封禁的地址"),
    )
    return OK


def unban(arguments: Namespace) -> int:
    answer: Row = request(arguments, "sip-unban", address=arguments.address)
    if arguments.json:
        print_json(answer)
    else:
        print(tr(f"{answer['address']} is answered again", f"{answer['address']} 已解除封禁"))
    return OK
