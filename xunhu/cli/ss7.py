"""`xunhu ss7 ...`: links, routes and circuits of signalling system No.7, shown and commanded (xunhu/service/ss7_requests.py answers)."""

from __future__ import annotations

import re
from argparse import Namespace
from collections.abc import Mapping
from typing import Any

from xunhu.cli.common import request
from xunhu.cli.operate import seconds
from xunhu.cli.output import OK, print_json, print_table, state_word
from xunhu.text import tr

Row = dict[str, Any]


def words(state: str) -> str:
    """"unavailable: deactivated, blocked" in the language of the output."""
    head, colon, rest = state.lower().replace("_", " ").partition(": ")
    if not colon:
        return state_word(head)
    return f"{state_word(head)}{tr(': ', '：')}" + tr(", ", "、").join(state_word(word) for word in rest.split(", "))


def _counted(states: Mapping[str, int]) -> str:
    """"idle 28 busy 2"."""
    return "  ".join(f"{words(state)} {count}" for state, count in sorted(states.items(), key=lambda item: -item[1]))


def status(arguments: Namespace) -> int:
    answer: Row = request(arguments, "ss7-status")
    if arguments.json:
        print_json(answer)
        return OK
    print_table(
        [tr("point", "信令点"), tr("code", "编码"), tr("network", "网络"), tr("bits", "位数"), tr("state", "状态")],
        [(p["name"], p["code"], state_word(p["network"]), p["bits"], words(p["state"])) for p in answer["points"]],
    )
    print()
    print_table(
        [
            tr("linkset", "链路组"),
            tr("own", "本局"),
            tr("adjacent", "对端"),
            tr("state", "状态"),
            tr("links", "链路"),
            tr("carrying", "承载业务"),
        ],
        [
            (s["name"], s["point"], s["adjacent"], words(s["state"]), len(s["links"]), len(s["available"]))
            for s in answer["linksets"]
        ],
        empty=tr("no linkset", "没有链路组"),
    )
    if answer["trunks"]:
        print()
        print_table(
            [tr("trunk", "中继"), tr("towards", "目的地"), tr("variant", "变体"), tr("circuits", "电路")],
            [(t["name"], t["dpc"], t["variant"], _counted(t["states"])) for t in answer["trunks"]],
            fold=3,
        )
    if answer["alarms"]:
        print()
    for alarm in answer["alarms"]:
        print(f"! {alarm['subject']}: {alarm['text']}")
    return OK


def link_state(row: Row) -> str:
    """State, what level 2 does where that says more, who has inhibited it, congestion."""
    text = words(re.sub(r", inhibited|: inhibited$|(?<=: )inhibited, ", "", row["state"]))  # by whom is said below
    level2 = row["level2"].lower().replace("_", " ")
    if level2 != "in service":
        text += f" ({words(level2)})"
    names = [tr("here", "本端") if row["inhibited"][0] else "", tr("there", "对端") if row["inhibited"][1] else ""]
    if any(names):
        text += tr(", inhibited ", "，阻断：") + "+".join(name for name in names if name)
    if row["congestion"]:
        text += tr(f", congestion {row['congestion']}", f"，拥塞 {row['congestion']} 级")
    return text


def place(row: Row) -> str:
    return f"{row['trunk']}/{row['timeslot']}" if row["timeslot"] else str(row["trunk"])


def links(arguments: Namespace) -> int:
    answer: list[Row] = request(arguments, "ss7-links")
    if arguments.json:
        print_json(answer)
        return OK
    print_table(
        [
            tr("link", "链路"),
            tr("line", "线路"),
            tr("kind", "类型"),
            tr("state", "状态"),
            tr("failed", "故障"),
            tr("since", "历时"),
            tr("MSU in", "收"),
            tr("MSU out", "发"),
        ],
        [
            (
                row["name"],
                place(row),
                row["rate"] + ("" if row["correction"] == "basic" else f" {row['correction']}"),
                link_state(row),
                row["failures"],
                seconds(row["since_s"]),
                row["msu_rx"],
                row["msu_tx"],
            )
            for row in answer
        ],
        empty=tr("no link", "没有链路"),
        fold=3,
    )
    return OK


def routes(arguments: Namespace) -> int:
    answer: list[Row] = request(arguments, "ss7-routes")
    if arguments.json:
        print_json(answer)
        return OK
    print_table(
        [
            tr("from", "本局"),
            tr("destination", "目的地"),
            tr("state", "状态"),
            tr("now by", "当前经由"),
            tr("linksets (priority)", "链路组（优先级）"),
        ],
        [
            (
                row["point"],
                row["dpc"],
                words(row["state"]),
                " + ".join(row["current"]),
                ", ".join(_by(linkset) for linkset in row["linksets"]),
            )
            for row in answer
        ],
        empty=tr("no route", "没有路由"),
        fold=4,
    )
    return OK


def _by(linkset: Row) -> str:
    """LinkSet0 (1), and what the adjacent point says of the destination where it is not reached."""
    status = "" if linkset["status"] == "allowed" else f" {state_word(linkset['status'])}"
    return f"{linkset['name']} ({linkset['priority']}){status}"


def circuits(arguments: Namespace) -> int:
    wanted = arguments.circuits or None
    answer: list[Row] = request(arguments, "ss7-circuits", circuits=wanted)
    if arguments.state:
        answer = [row for row in answer if arguments.state in (row["state"], state_word(row["state"]))]
    if arguments.json:
        print_json(answer)
        return OK
    print_table(
        [
            tr("circuit", "电路"),
            tr("destination", "目的地"),
            "CIC",
            tr("variant", "变体"),
            tr("state", "状态"),
            tr("call", "呼叫"),
        ],
        [
            (row["circuit"], row["dpc"], row["cic"], row["variant"], state_word(row["state"]), _call(row["call"]))
            for row in answer
        ],
        empty=tr("no such circuit", "没有这样的电路"),
    )
    return OK


def _call(state: str) -> str:
    """State of the call on a circuit, "" where there is none."""
    text = state.lower().replace("_", " ")
    return "" if text == "idle" else text


def counters(arguments: Namespace) -> int:
    """Those that are not 0, unless all are asked for."""
    from xunhu._ss7.mtp2_measurements import LINK_MEASUREMENTS

    answer: dict[str, dict[str, dict[str, int]]] = request(arguments, "ss7-counters")
    if arguments.json:
        print_json(answer)
        return OK
    known = {row.name: row for row in LINK_MEASUREMENTS}
    rows: list[tuple[object, ...]] = []
    for group in answer.values():
        for name, values in group.items():
            for counter, value in values.items():
                if not value and not arguments.all:
                    continue
                row = known.get(counter)
                meaning = row.meaning if row else counter.replace("_", " ")
                rows.append((name, row.number if row else "", value, row.unit if row else "", meaning))
    print_table(
        [tr("of", "对象"), "Q.752", tr("value", "数值"), tr("unit", "单位"), tr("what", "含义")],
        rows,
        empty=tr("all counters are 0", "全部计数为 0"),
        fold=4,
    )
    return OK


# -- commands --------------------------------------------------------------------------------------------------------

_ASKED = {
    "activate": ("is being activated", "正在激活"),
    "deactivate": ("is being deactivated", "正在去激活"),
    "restart": ("is being restarted", "正在重新启动"),
    "inhibit": ("is to be inhibited; the far end may refuse", "已请求阻断；对端可能拒绝"),
    "uninhibit": ("is to be uninhibited", "已请求解除阻断"),
    "add": ("has been added", "已添加"),
    "remove": ("is being removed: its traffic goes to other links first", "正在删除：先把业务转移到其他链路"),
    "block": ("to be blocked", "请求闭塞"),
    "unblock": ("to be unblocked", "请求解闭"),
    "reset": ("to be reset", "请求复原"),
    "continuity": ("to be checked for continuity", "请求导通检验"),
}


def link(arguments: Namespace) -> int:
    verb = arguments.verb
    more: dict[str, Any] = {}
    if verb == "restart":
        more["emergency"] = arguments.emergency
    elif verb == "add":
        more = {"place": arguments.place, "rate": arguments.rate, "correction": "PCR" if arguments.pcr else "basic"}
    answer: Row = request(arguments, "ss7-link", verb=verb, link=arguments.link, **more)
    if arguments.json:
        print_json(answer)
        return OK
    print(f"{answer['name']} {tr(*_ASKED[verb])}")
    row = answer["link"]
    if row is not None:
        print(tr(f"now: {link_state(row)}", f"当前：{link_state(row)}"))
        print(tr("`xunhu ss7 links` shows what becomes of it", "`xunhu ss7 links` 显示结果"))
    return OK


def circuit(arguments: Namespace) -> int:
    verb = arguments.verb
    hardware = getattr(arguments, "hardware", False)
    answer: Row = request(arguments, "ss7-circuit", verb=verb, circuits=arguments.circuits, hardware=hardware)
    if arguments.json:
        print_json(answer)
        return OK
    names: list[str] = answer["circuits"]
    shown = names[0] if len(names) == 1 else f"{names[0]} .. {names[-1]}"
    count = len(names)
    print(tr(f"{count} circuit{'s' if count != 1 else ''} {_ASKED[verb][0]}: {shown}", f"{count} 条电路{_ASKED[verb][1]}：{shown}"))
    print(tr("`xunhu ss7 circuits` shows what becomes of it", "`xunhu ss7 circuits` 显示结果"))
    return OK
