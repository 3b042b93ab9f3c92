"""`xunhu flow check|show|reload`."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Collection
from pathlib import Path
from typing import Any

from xunhu.cli.common import configuration, request
from xunhu.cli.output import FOUND, OK, CommandError, console, print_json
from xunhu.ivr.checks import unknown_rooms
from xunhu.ivr.loader import FlowError, load_flow
from xunhu.ivr.messages import Finding
from xunhu.ivr.prompts import PromptStore
from xunhu.ivr.show import as_json, render
from xunhu.service.prompt_roots import prompt_store
from xunhu.text import language, tr


def find_in(files: list[Path], prompts: PromptStore, rooms: Collection[str]) -> tuple[list[Finding], set[str]]:
    """What there is to say of flow files, errors and warnings; the names of the flows that can be loaded. rooms: numbers of the conferences."""
    found: list[Finding] = []
    names: dict[str, Path] = {}
    for path in files:
        try:
            flow, warnings = load_flow(path, prompts=prompts)
        except FlowError as error:
            found.extend(error.findings)
            continue
        found.extend((*warnings, *unknown_rooms(flow, rooms)))
        other = names.setdefault(flow.name, path)
        if other != path:
            raise CommandError(
                tr(f"{path} and {other} both are the flow '{flow.name}'", f"{path} 与 {other} 都是流程 '{flow.name}'"),
                tr("give one another name", "请改其中一个的名字"),
            )
    return found, set(names)


def flow_files(folder: Path) -> list[Path]:
    return sorted(p for p in folder.glob("*.xml") if not p.name.startswith("."))


def check(arguments: Namespace) -> int:
    config = configuration(arguments)
    files = list(arguments.files) or flow_files(config.site.flows)
    if not files:
        raise CommandError(
            tr(f"{config.site.flows}: there is no flow (*.xml)", f"{config.site.flows}：没有流程（*.xml）"),
            tr("copy conf/flows/flowconfig.xml there", "请复制 conf/flows/flowconfig.xml"),
        )
    found, _ = find_in(files, prompt_store(config), config.site.calls.rooms)
    errors = sum(f.severity == "error" for f in found)
    if arguments.json:
        print_json({"files": [str(f) for f in files], "findings": [f.as_json() for f in found]})
    else:
        show_findings(found)
        warnings = len(found) - errors
        print(
            tr(
                f"flow files: {len(files)}, errors: {errors}, warnings: {warnings}",
                f"流程文件 {len(files)} 个，错误 {errors} 个，警告 {warnings} 个",
            )
        )
    return FOUND if errors else OK


def show_findings(found: list[Finding]) -> None:
    from rich.markup import escape

    out = console()
    for finding in found:
        colour = "red" if finding.severity == "error" else "yellow"
        out.print(f"[{colour}]{escape(finding.render(language()))}[/]", soft_wrap=True)


def show(arguments: Namespace) -> int:
    config = configuration(arguments)
    store = prompt_store(config)
    for path in flow_files(config.site.flows):
        try:
            flow, _ = load_flow(path, prompts=store)
        except FlowError:
            continue  # `flow check` is what speaks of faults; another file may be the flow that is asked for
        if flow.name == arguments.name:
            if arguments.json:
                print_json(as_json(flow))
            else:
                print(render(flow, language()))
            return OK
    raise CommandError(
        tr(f"there is no flow '{arguments.name}' that can be loaded", f"没有可加载的流程 '{arguments.name}'"),
        tr("`xunhu flow check` says what is wrong", "`xunhu flow check` 说明原因"),
    )


def reload(arguments: Namespace) -> int:
    answer: list[dict[str, Any]] = request(arguments, "flow-reload")
    if arguments.json:
        print_json(answer)
    else:
        words = {
            "loaded": tr("loaded", "已加载"),
            "unchanged": tr("as it was", "未变"),
            "refused": tr("refused, the old one stays", "被拒绝，保留旧版本"),
            "removed": tr("removed", "已移除"),
        }
        for outcome in answer:
            print(
                tr(f"{outcome['file']}: ", f"{outcome['file']}：")
                + f"{words[outcome['status']]} {outcome['version']}".rstrip()
            )
            for line in outcome["findings"]:
                print(f"  {line}")
    return FOUND if any(outcome["status"] == "refused" for outcome in answer) else OK
