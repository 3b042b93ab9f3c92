"""`xunhu check` and `xunhu dahdi-conf`."""

from __future__ import annotations

import sys
from argparse import Namespace

from xunhu._e1.dahdi_conf import DahdiTrunk, system_conf
from xunhu.cli.common import configuration
from xunhu.cli.flows import find_in, flow_files, show_findings
from xunhu.cli.output import FOUND, OK, CommandError, console, print_json
from xunhu.config import Config, Lines, Problem, TrunkLine, inspect
from xunhu.config.problems import Problems
from xunhu.config.ss7 import WHOLE_TRUNK
from xunhu.ivr.messages import Finding
from xunhu.service.prompt_roots import music_file, prompt_store
from xunhu.text import tr


def _routes_to_flows(config: Config, names: set[str]) -> list[Problem]:
    """Routes whose flow does not exist. Patterns in a flow's name can only be known when the call comes."""
    problems = Problems(config.folder / "xunhu.yaml")
    for route in config.site.calls.routes:
        if route.flow and "{" not in route.flow and route.flow not in names:
            problems.add(
                route.line,
                tr(
                    f"route for {route.called}: there is no flow '{route.flow}'",
                    f"路由 {route.called}：没有流程 '{route.flow}'",
                ),
                tr(f"there are: {', '.join(sorted(names)) or '-'}", f"可用的有：{', '.join(sorted(names)) or '-'}"),
                value=route.flow,
            )
    return problems.found


def _music(config: Config) -> list[Problem]:
    problems = Problems(config.folder / "xunhu.yaml")
    name = config.site.calls.music
    if name and not music_file(config):
        problems.add(
            0,
            tr(f"calls.music: there is no prompt and no file '{name}'", f"calls.music：没有语音或文件 '{name}'"),
            tr("name a prompt of the voices folder, or a WAV file", "请指定语音目录中的名称或 WAV 文件"),
            value=name,
        )
    return problems.found


def check(arguments: Namespace) -> int:
    if not arguments.conf.is_dir():
        configuration(arguments)
    config, problems = inspect(arguments.conf)
    findings: list[Finding] = []
    files = flow_files(config.site.flows)
    if not any(p.fatal for p in problems):
        findings, names = find_in(files, prompt_store(config), config.site.calls.rooms)
        if not any(f.severity == "error" for f in findings):
            problems = problems + _routes_to_flows(config, names)
    if not any(p.fatal for p in problems):
        problems = problems + _music(config)
    bad = any(p.fatal for p in problems) or any(f.severity == "error" for f in findings)
    if arguments.json:
        rows = [p.as_dict() for p in problems]
        print_json({"ok": not bad, "problems": rows, "flows": [f.as_json() for f in findings]})
        return FOUND if bad else OK
    _show(problems)
    show_findings(findings)
    if not bad:
        sip = config.site.sip
        trunks = [t.name for t in config.lines.trunks] + ([t.name for t in sip.trunks] if sip else [])
        phones = len(sip.phones) if sip else 0
        what = [", ".join(trunks)] if trunks else []
        what += [tr(f"{phones} telephone{'s' if phones != 1 else ''}", f"{phones} 部话机")] if phones else []
        what += [tr(f"{len(files)} flow file{'s' if len(files) != 1 else ''}", f"{len(files)} 个流程文件")]
        listed = tr("; ", "；").join(what)
        print(tr(f"{arguments.conf} is in order: {listed}", f"{arguments.conf} 正确：{listed}"))
    return FOUND if bad else OK


def _show(problems: list[Problem]) -> None:
    from rich.markup import escape

    out = console()
    for problem in problems:
        colour = "red" if problem.fatal else "yellow"
        out.print(f"[{colour}]{escape(str(problem))}[/]", soft_wrap=True)


def _dahdi_trunk(trunk: TrunkLine, lines: Lines) -> DahdiTrunk:
    links = () if lines.ss7 is None else lines.ss7.links_of(trunk.number)
    return DahdiTrunk(
        number=trunk.number,
        span=trunk.span,
        framing=",".join(trunk.framing),
        sync=trunk.sync,
        signalling=trunk.signalling,
        skip=trunk.skip,
        law=lines.law,
        links=[link.timeslot for link in links if link.timeslot] if trunk.signalling == "SS7" else None,
        bundle=WHOLE_TRUNK if any(link.rate == "2M" for link in links) else (),
    )


def dahdi_conf(arguments: Namespace) -> int:
    config = configuration(arguments)
    trunks = [_dahdi_trunk(t, config.lines) for t in config.lines.trunks if t.driver == "dahdi"]
    if not trunks:
        raise CommandError(
            tr("no trunk of Tce1-32.ini has Driver = dahdi", "Tce1-32.ini 中没有 Driver = dahdi 的中继"),
            tr("cards of another kind need no system.conf", "其他线路不需要 system.conf"),
        )
    text = system_conf(trunks)
    if arguments.json:
        print_json({"system.conf": text})
    else:
        sys.stdout.write(text)
    return OK
