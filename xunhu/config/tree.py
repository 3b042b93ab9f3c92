"""YAML with the line of every value: PyYAML's node tree, read by type. A fault is added to the problems and gives
the default."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml

from xunhu.config.problems import Problems
from xunhu.text import tr

_DEEPEST = 20


class Tree:
    """One value of the file."""

    def __init__(self, node: yaml.Node, problems: Problems, path: str = "") -> None:
        self._node = node
        self._problems = problems
        self.path = path

    @property
    def line(self) -> int:
        return int(self._node.start_mark.line) + 1

    def wrong(self, what_en: str, what_zh: str, remedy_en: str, remedy_zh: str) -> None:
        value = self._node.value if isinstance(self._node, yaml.ScalarNode) else ""
        where = f"{self.path}: " if self.path else ""
        self._problems.add(self.line, where + tr(what_en, what_zh), tr(remedy_en, remedy_zh), value=value)

    def text(self, default: str = "") -> str:
        """A string; numbers and dates are taken as they are written."""
        if isinstance(self._node, yaml.ScalarNode):
            return str(self._node.value)
        self.wrong("a single value is wanted", "应为单个值", "write one value", "请写一个值")
        return default

    def choice(self, names: tuple[str, ...], default: str) -> str:
        value = self.text(default)
        if value in names:
            return value
        listed = ", ".join(names)
        self.wrong(f"'{value}' is not known", f"'{value}' 未知", f"one of {listed}", f"应为其中之一：{listed}")
        return default

    def number(self, low: int, high: int, default: int) -> int:
        value = self.text(str(default))
        if re.fullmatch(r"[0-9]{1,9}", value) and low <= int(value) <= high:
            return int(value)
        self.wrong(
            f"'{value}' is not right",
            f"'{value}' 不正确",
            f"a whole number from {low} to {high}",
            f"应为 {low} 到 {high} 的整数",
        )
        return default

    def flag(self, default: bool) -> bool:
        value = self.text("").lower()
        if value in ("yes", "true", "on"):
            return True
        if value in ("no", "false", "off"):
            return False
        self.wrong(f"'{value}' is not right", f"'{value}' 不正确", "yes or no", "应为 yes 或 no")
        return default

    def items(self) -> Iterator[Tree]:
        """Of a list; a single value counts as a list of one."""
        if isinstance(self._node, yaml.SequenceNode):
            for n, child in enumerate(self._node.value):
                yield Tree(child, self._problems, f"{self.path}[{n}]")
        elif isinstance(self._node, yaml.ScalarNode):
            yield self
        else:
            self.wrong("a list is wanted", "应为列表", "write [a, b] or lines with -", "请写 [a, b] 或以 - 开头的行")

    def pairs(self) -> Iterator[tuple[str, Tree]]:
        """Of a mapping, in order; doubled keys are refused."""
        if not isinstance(self._node, yaml.MappingNode):
            self.wrong("a mapping is wanted", "应为映射", "write key: value", "请写 键: 值")
            return
        seen: dict[str, int] = {}
        for key_node, child in self._node.value:
            key = key_node.value if isinstance(key_node, yaml.ScalarNode) else "?"
            tree = Tree(child, self._problems, f"{self.path}.{key}" if self.path else key)
            line = key_node.start_mark.line + 1
            if key in seen:
                self._problems.add(
                    line,
                    tr(f"{key} stands already in line {seen[key]}", f"{key} 已在第 {seen[key]} 行出现"),
                    tr("remove one of the two", "请删除其中一个"),
                    value=key,
                )
                continue
            seen[key] = line
            yield key, tree

    def fields(self, *known: str) -> dict[str, Tree]:
        """Of a mapping whose keys are fixed; unknown ones are refused with a guess."""
        out: dict[str, Tree] = {}
        for key, tree in self.pairs():
            if key in known:
                out[key] = tree
            else:
                self._problems.unknown(tree.line, "key", "键", key, list(known))
        return out


def _line(mark: Any) -> int:
    return 0 if mark is None else int(mark.line) + 1


def parse(text: str, problems: Problems) -> Tree | None:
    """None: empty or not YAML (said in problems). Anchors are refused: nobody needs them here, and they can explode."""
    try:
        depth = 0
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            if isinstance(event, yaml.AliasEvent):
                problems.add(
                    _line(event.start_mark),
                    tr("anchors and aliases (* and &) are not used here", "此处不使用锚点和别名（* 和 &）"),
                    tr('quote a value that begins with *: "*"', '以 * 开头的值请加引号："*"'),
                )
                return None
            opens = isinstance(event, yaml.CollectionStartEvent)
            depth += opens - isinstance(event, yaml.CollectionEndEvent)
            if depth > _DEEPEST:
                problems.add(
                    _line(event.start_mark),
                    tr("is nested too deep", "嵌套过深"),
                    tr("is this the right file?", "文件是否正确？"),
                )
                return None
        node: Any = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problems.add(
            _line(mark),
            tr(f"is not YAML: {error.problem}", f"不是 YAML：{error.problem}"),
            tr("look at the indentation and the colons", "请检查缩进和冒号"),
        )
        return None
    except yaml.YAMLError as error:
        problems.add(
            0,
            tr(f"is not YAML: {error}", f"不是 YAML：{error}"),
            tr("save it as plain UTF-8 text", "请另存为 UTF-8 文本"),
        )
        return None
    if node is None:
        problems.add(
            0, tr("is empty", "是空的"), tr("copy conf/xunhu.yaml from the samples", "请复制示例 conf/xunhu.yaml")
        )
        return None
    return Tree(node, problems)
