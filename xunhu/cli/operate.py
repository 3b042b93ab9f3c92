"""`xunhu status`, `spans`, `calls`, `hangup`: a word with the running xunhu."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from xunhu.cli.common import request
from xunhu.cli.output import OK, USAGE, CommandError, print_json, print_table, state_word
from xunhu.text import tr


def seconds(value: float) -> str:
    """3725 -> 1:02:05."""
    whole = int(value)
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02}"
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"


def status(arguments: Namespace) -> int:
    answer: dict[str, Any] = request(arguments, "status")
    if arguments.json:
        print_json(answer)
        return OK
    media = answer["media"]
    print(f"xunhu {answer['version']}  {tr('up', '运行')} {seconds(answer['uptime_s'])}  pid {answer['pid']}")
    load, ports, late = f"{media['load_permille'] / 10:.1f} %", media["ports_open"], media["late_ticks"]
    pid = answer["media_pid"] or "-"
    print(
        tr(
            f"media engine: load {load}, ports open {ports}, late ticks {late}, pid {pid}",
            f"媒体引擎：负载 {load}，打开端口 {ports}，迟到节拍 {late}，pid {pid}",
        )
    )
    now, total = answer["calls"], answer["calls_total"]
    print(tr(f"calls: {now} now, {total} since start", f"呼叫：当前 {now}，启动以来 {total}"))
    print_table(
        [
            tr("trunk", "中继"),
            tr("state", "状态"),
            tr("busy", "占用"),
            tr("idle", "空闲"),
            tr("blocked", "闭塞"),
            tr("alarms", "告警"),
        ],
        [
            (
                t["name"],
                state_word("up" if t["up"] else "down"),
                t["busy"],
                t["idle"],
                t["blocked"],
                " ".join(t["alarms"]),
            )
            for t in answer["trunks"]
        ],
    )
    for alarm in answer["alarms"]:
        print(f"! {alarm}")
    return OK


def spans(arguments: Namespace) -> int:
    answer: list[dict[str, Any]] = request(arguments, "spans")
    if arguments.json:
        print_json(answer)
        return OK
    print_table(
        [
            tr("trunk", "中继"),
            tr("driver", "驱动"),
            tr("line", "线路"),
            tr("signalling", "信令"),
            tr("link", "链路"),
            tr("alarms", "告警"),
            tr("lost", "丢失"),
            tr("late", "迟到"),
            tr("slips", "滑帧"),
            tr("underruns", "欠载"),
        ],
        [
            (
                s["name"],
                s["driver"],
                s["line"],
                s["signalling"],
                state_word(s["link"]),
                " ".join(s["alarms"]) or state_word("ok"),
                s["lost"],
                s["late"],
                s["slips"],
                s["underruns"],
            )
            for s in answer
        ],
    )
    if arguments.circuits:
        for span in answer:
            if span["circuits"]:
                print(f"\n{span['name']}")
                print_table(
                    [tr("circuit", "电路"), tr("state", "状态")],
                    [(name, state_word(state)) for name, state in span["circuits"].items()],
                )
    return OK


def calls(arguments: Namespace) -> int:
    answer: list[dict[str, Any]] = request(arguments, "calls")
    if arguments.json:
        print_json(answer)
        return OK
    print_table(
        [
            tr("call", "呼叫"),
            tr("state", "状态"),
            tr("for", "时长"),
            tr("calling", "主叫"),
            tr("called", "被叫"),
            tr("where", "去向"),
            tr("legs", "通话方"),
        ],
        [
            (
                c["call"],
                state_word(c["state"]),
                seconds(c["seconds"]),
                c["calling"],
                c["called"],
                c["where"],
                " ".join(c["legs"]),
            )
            for c in answer
        ],
        empty=tr("no call is up", "当前没有呼叫"),
    )
    return OK


def hangup(arguments: Namespace) -> int:
    if not 1 <= arguments.cause <= 127:
        raise CommandError(tr("a Q.850 cause is 1 to 127", "Q.850 原因值为 1 到 127"), "", USAGE)
    answer = request(arguments, "hangup", call=arguments.call, cause=arguments.cause)
    if arguments.json:
        print_json(answer)
    elif not answer:
        print(tr("no call is up", "当前没有呼叫"))
    else:
        for call in answer:
            print(tr(f"released {call}", f"已挂断 {call}"))
    return OK
