"""Checks on a flow as a whole: targets, what can be reached, loops that never wait, variables, prompts."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Sequence

from xunhu.ivr import expressions, speak, urls
from xunhu.ivr.messages import Finding, finding
from xunhu.ivr.model import (
    ANSWER_VARIABLES,
    CALLER_GONE,
    GLOBAL_PREFIX,
    OK,
    REMOVED,
    ROOM_ENDED,
    SYSTEM_VARIABLES,
    TYPE_RESULTS,
    WALK_VARIABLES,
    WRONG_PIN,
    Agent,
    Background,
    Conference,
    Flow,
    Jump,
    Node,
    Play,
    Record,
    Set,
    Voicemail,
)
from xunhu.ivr.prompts import PromptStore, unplayable


def check(flow: Flow, prompts: PromptStore | None, languages: Sequence[str]) -> list[Finding]:
    """Everything that is wrong or doubtful in the flow as a whole."""
    out: list[Finding] = []
    nodes = [node for _, node in flow.walk()]
    for node in nodes:
        out += _children(flow, node)
        out += _ends(flow, node)
    out += _targets(flow, nodes)
    out += _loops(flow, nodes)
    out += _gone(flow, nodes)
    out += _variables(flow, nodes)
    if prompts is not None:
        out += _prompts(flow, nodes, prompts, languages)
    return out


def _children(flow: Flow, node: Node) -> Iterator[Finding]:
    possible = TYPE_RESULTS.get(node.type)
    if possible is None:
        return  # the type itself is wrong, which has been said
    before: list[Node] = []
    for child in node.children:
        if not possible:
            yield finding(flow.path, child.line, "never-child", type=node.type)
            continue
        never = sorted(child.results - possible)
        if never:
            right = ", ".join(sorted(possible))
            yield finding(flow.path, child.line, "never-result", type=node.type, result=", ".join(never), right=right)
        if OK in child.results and child.keys:
            yield from _keys_possible(flow, node, child)
        yield from _covered(flow, child, before)
        before.append(child)


def _keys_possible(flow: Flow, node: Node, child: Node) -> Iterator[Finding]:
    shown = ", ".join(sorted(child.keys))
    spec = node.spec
    if isinstance(spec, Set) and not spec.branch:
        yield finding(flow.path, child.line, "key-no-input", keys=shown)
    if not isinstance(spec, Play):
        if isinstance(spec, Agent | Voicemail | Conference | Record | Background):
            yield finding(flow.path, child.line, "key-no-input", keys=shown)
        return
    if not spec.digits:
        yield finding(flow.path, child.line, "key-no-input", keys=shown)
        return
    accepted = set(spec.valid) | set(spec.first_end)
    if len(spec.end) == 1:
        accepted |= set(spec.end)
    impossible = sorted(k for k in child.keys if k not in spec.first_end and not set(k) <= accepted)
    if impossible:
        yield finding(flow.path, child.line, "key-never", keys=", ".join(impossible))


def _covered(flow: Flow, child: Node, before: Sequence[Node]) -> Iterator[Finding]:
    """`before` are the elder siblings: is anything left for this one?"""
    left = {(r, k) for r in child.results for k in (child.keys if r == OK and child.keys else {""})}
    for other in before:
        taken = {(r, k) for r, k in left if r in other.results and (r != OK or not other.keys or k in other.keys)}
        if taken and taken == left:
            yield finding(flow.path, child.line, "never-after", other=other.code, line2=other.line)
            return
        if taken:
            keys = ", ".join(sorted(k or r for r, k in taken))
            yield finding(flow.path, child.line, "overlap", keys=keys, other=other.code, line2=other.line)
        left -= taken


def _ends(flow: Flow, node: Node) -> Iterator[Finding]:
    if isinstance(node.spec, Play) and node.spec.digits and not any(OK in child.results for child in node.children):
        yield finding(flow.path, node.line, "dead-end")
    if isinstance(node.spec, Set) and not node.children:
        yield finding(flow.path, node.line, "set-ends")


def _targets(flow: Flow, nodes: Sequence[Node]) -> Iterator[Finding]:
    lost = False
    for node in nodes:
        if isinstance(node.spec, Jump) and node.spec.goto and node.spec.goto not in flow.nodes:
            lost = True
            close = difflib.get_close_matches(node.spec.goto, list(flow.nodes), 1, 0.5)
            suggestion = f"did you mean {close[0]!r}?" if close else "write the code of a node of this flow"
            suggestion_zh = f"是否应为 {close[0]!r}?" if close else "填写本流程中的节点编号"
            yield finding(
                flow.path, node.line, "no-target", value=node.spec.goto[:80], suggestion=suggestion, suggestion_zh=suggestion_zh
            )
    if lost:
        return  # what seems unreached may be what was meant
    reached: set[str] = set()
    stack = [flow.start]
    while stack:
        node = stack.pop()
        if node.code in reached:
            continue
        reached.add(node.code)
        stack.extend(node.children)
        if isinstance(node.spec, Jump) and node.spec.goto in flow.nodes:
            stack.append(flow.nodes[node.spec.goto])
    for node in flow.roots[1:]:  # anything else is below one of these
        if node.code not in reached:
            yield finding(flow.path, node.line, "unreached", value=node.code)


#: results that take time
_SLOW = {OK, "0001", "0002", CALLER_GONE, "0005", "0007", ROOM_ENDED, REMOVED, WRONG_PIN}


def _hasty(flow: Flow, node: Node) -> list[Node]:
    """Where a walk may go from this node without having waited or played anything."""
    if isinstance(node.spec, Jump):
        target = flow.nodes.get(node.spec.goto)
        return [target] if target is not None else []
    if isinstance(node.spec, Set | Record | Background):
        return list(node.children)
    return [child for child in node.children if child.results - _SLOW]


def _loops(flow: Flow, nodes: Sequence[Node]) -> Iterator[Finding]:
    """Cycles over the hasty ways, each told once."""
    state: dict[str, int] = {}  # 1 on the way, 2 done
    for start in nodes:
        if start.code in state:
            continue
        state[start.code] = 1
        path, ways = [start], [iter(_hasty(flow, start))]
        while path:
            step = next(ways[-1], None)
            if step is None:
                state[path.pop().code] = 2
                ways.pop()
            elif step.code not in state:
                state[step.code] = 1
                path.append(step)
                ways.append(iter(_hasty(flow, step)))
            elif state[step.code] == 1:
                cycle = path[next(i for i, node in enumerate(path) if node.code == step.code) :]
                yield _loop(flow, cycle)


def _loop(flow: Flow, cycle: Sequence[Node]) -> Finding:
    """An error when there is no way out of it: jumps, and sets with one child that is always taken."""
    bound = all(
        isinstance(node.spec, Jump) or (isinstance(node.spec, Set) and len(node.children) == 1 and not node.children[0].keys)
        for node in cycle
    )
    shown = " -> ".join(node.code for node in (*cycle[:10], cycle[0]))
    return finding(flow.path, cycle[0].line, "loop" if bound else "busy-loop", path=shown)


def _gone(flow: Flow, nodes: Sequence[Node]) -> Iterator[Finding]:
    stack = [child for node in nodes for child in node.children if child.results == {CALLER_GONE}]
    while stack:
        node = stack.pop()
        if node.type in ("play", "agent", "voicemail", "conference", "record", "background"):
            yield finding(flow.path, node.line, "gone")
        else:
            stack.extend(node.children)


def _texts(node: Node) -> Iterator[str]:
    """Everything in a node that may hold @variables."""
    spec = node.spec
    if isinstance(spec, Play | Background):
        yield from (item.text for item in spec.files)
    elif isinstance(spec, Agent):
        yield from (*spec.extensions, *spec.groups, spec.music)
    elif isinstance(spec, Voicemail):
        yield spec.box
    elif isinstance(spec, Conference):
        yield from (spec.room, spec.pin, spec.to)
    elif isinstance(spec, Set):
        yield from (value for _, value in spec.values)
        yield spec.branch


def _variables(flow: Flow, nodes: Sequence[Node]) -> Iterator[Finding]:
    known = {*SYSTEM_VARIABLES, *WALK_VARIABLES, *ANSWER_VARIABLES}
    for node in nodes:
        if isinstance(node.spec, Play) and node.spec.store:
            known.add(node.spec.store)
        elif isinstance(node.spec, Set):
            known.update(name for name, _ in node.spec.values)
    told = set()
    for node in nodes:
        for name in (name for text in _texts(node) for name in expressions.references(text)):
            if name in known or name in told or name.startswith(GLOBAL_PREFIX):
                continue
            told.add(name)
            close = difflib.get_close_matches(name, sorted(known), 1, 0.6)
            suggestion = f"did you mean {close[0]!r}?" if close else "set it in a set node or with store"
            suggestion_zh = f"是否应为 {close[0]!r}?" if close else "用 set 节点或 store 设置"
            yield finding(flow.path, node.line, "unset", value=name, suggestion=suggestion, suggestion_zh=suggestion_zh)


def unknown_rooms(flow: Flow, rooms: Collection[str]) -> Iterator[Finding]:
    """Conferences that a flow enters and the configuration has not. rooms: numbers of those that it has."""
    for _, node in flow.walk():
        spec = node.spec
        if not isinstance(spec, Conference) or spec.create or expressions.references(spec.room):
            continue
        room = spec.room.replace("@@", "@")
        if room in rooms:
            continue
        close = difflib.get_close_matches(room, sorted(rooms), 1, 0.6)
        remedy = f"did you mean {close[0]!r}?" if close else f'add a section [Conference0] with Number = {room} to Tce1-32.ini, or write create="yes"'
        remedy_zh = f"是否应为 {close[0]!r}?" if close else f'在 Tce1-32.ini 中添加 Number = {room} 的 [Conference0] 小节，或写 create="yes"'
        yield finding(flow.path, node.line, "no-room", value=room, remedy=remedy, remedy_zh=remedy_zh)


def prompt_names(node: Node) -> list[str]:
    """Prompts a node names outright (without variables)."""
    spec = node.spec
    names: list[str] = []
    if isinstance(spec, Play | Background):
        names = [item.text for item in spec.files if item.kind == "file"]
    elif isinstance(spec, Agent) and spec.music and not urls.is_url(spec.music):
        names = [spec.music]
    return [name for name in names if not expressions.references(name)]


def _hosts(flow: Flow, nodes: Sequence[Node], prompts: PromptStore) -> Iterator[Finding]:
    """Hosts that prompts may not come from; what is no URL at all has been said."""
    if prompts.hosts is None:
        return
    for node in nodes:
        for text in _texts(node):
            if not urls.is_url(text):
                continue
            try:
                host = urls.check(text)
            except urls.UrlError:  # told with its line when the flow was read
                continue
            if not urls.allowed(host, prompts.hosts):
                yield finding(flow.path, node.line, "url-host", host=host, hosts=", ".join(prompts.hosts) or "-")


def _prompts(flow: Flow, nodes: Sequence[Node], prompts: PromptStore, languages: Sequence[str]) -> Iterator[Finding]:
    yield from _hosts(flow, nodes, prompts)
    wanted: dict[str, int] = {}
    kinds: set[str] = set()
    for node in nodes:
        for name in prompt_names(node):
            wanted.setdefault(name, node.line)
        if isinstance(node.spec, Play):
            kinds.update(item.kind for item in node.spec.files)
    aloud = kinds & {"PS", "PD", "PY"}
    spoken = {language: set(speak.stems(language)) if aloud else set() for language in languages}
    for stem in sorted(set().union(*spoken.values())):
        wanted.setdefault(stem, 0)
    missing: dict[str, list[str]] = {}
    for name, line in wanted.items():
        for language in languages:
            path = prompts.find(name, language, fall_back=False)
            if not path and (line or name in spoken[language]):
                missing.setdefault(name, []).append(language)
            elif path and (faults := unplayable(path)):
                yield finding(flow.path, line, "bad-prompt", value=name, path=path, why=faults[0], why_zh=faults[1])
    for name, lacking in missing.items():
        paths = ", ".join(f"{lang}/{name}.wav" for lang in lacking)
        yield finding(flow.path, wanted[name], "no-prompt", value=name, languages=", ".join(lacking), paths=paths)
