"""What the loader has to say, English and Chinese: key -> (severity, text, remedy, 文字, 办法), filled in by str.format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

ERROR = "error"
WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found in a flow file. line 0: the file as a whole. `text_zh`, `remedy_zh`: the same in Chinese."""

    file: str
    line: int
    severity: str
    code: str
    text: str
    remedy: str
    text_zh: str
    remedy_zh: str

    def render(self, language: str = "en") -> str:
        """FILE:LINE: error: text; remedy: ..."""
        where = f"{self.file}:{self.line}" if self.line else self.file
        if language == "zh":
            kind = "错误" if self.severity == ERROR else "警告"
            return f"{where}: {kind}: {self.text_zh}" + (f";办法: {self.remedy_zh}" if self.remedy_zh else "")
        return f"{where}: {self.severity}: {self.text}" + (f"; remedy: {self.remedy}" if self.remedy else "")

    def as_json(self) -> dict[str, str | int]:
        return {name: getattr(self, name) for name in self.__slots__}


class FlowError(Exception):
    """The flow is refused; `findings` holds at least one error."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        super().__init__("\n".join(f.render() for f in findings if f.severity == ERROR))
        self.findings = findings


_TEXTS: Mapping[str, tuple[str, str, str, str, str]] = {
    "unreadable": (ERROR, "cannot be read: {why}", "", "无法读取: {why}", ""),
    "too-large": (ERROR, "{size} bytes; {limit} are the most", "split the flow", "共 {size} 字节,上限 {limit}", "请拆分流程"),
    "doctype": (
        ERROR, "has a DOCTYPE, which is not allowed", "remove the DOCTYPE and write out its entities",
        "含有 DOCTYPE,不允许使用", "删除 DOCTYPE,并把实体直接写出",
    ),
    "xml": (ERROR, "is not well-formed XML: {why}", "correct the XML at this place", "XML 格式有误: {why}", "请改正该处 XML"),
    "too-deep": (
        ERROR, "nodes are nested more than {limit} deep", "use jump instead of nesting",
        "节点嵌套超过 {limit} 层", "用 jump 代替嵌套",
    ),
    "too-many": (ERROR, "more than {limit} nodes", "split the flow", "节点超过 {limit} 个", "请拆分流程"),
    "root": (ERROR, "the outermost element is <{tag}>", "begin with <flow>", "最外层元素是 <{tag}>", "应以 <flow> 开始"),
    "empty": (ERROR, "the flow has no node", "write a <node> into <flow>", "流程中没有节点", "在 <flow> 中写入 <node>"),
    "element": (ERROR, "<{tag}> is not known here", "write <node>", "此处不认识 <{tag}>", "应写 <node>"),
    "text": (ERROR, "text between nodes: {text}", "put it into an attribute or a comment", "节点之间有文字: {text}", "写入属性或注释"),
    "attribute": (
        ERROR, "attribute {name!r} is not known for {type}", "{suggestion}",
        "{type} 没有属性 {name!r}", "{suggestion_zh}",
    ),
    "long-value": (
        ERROR, "{name} is {size} characters long; {limit} are the most", "shorten it",
        "{name} 有 {size} 个字符,上限 {limit}", "请缩短",
    ),
    "missing": (ERROR, "{type} needs the attribute {name!r}", "add {name}=\"...\"", "{type} 缺少属性 {name!r}", "添加 {name}=\"...\""),
    "type": (ERROR, "type {value!r} is not known", "{suggestion}", "类型 {value!r} 不存在", "{suggestion_zh}"),
    "code": (
        ERROR, "code {value!r} is not right", "use up to 64 letters, digits, _ - and points",
        "编号 {value!r} 不合规则", "使用不超过 64 个字母、数字、_、- 或点",
    ),
    "duplicate": (ERROR, "code {value!r} is used already in line {other}", "give each node its own code",
                  "编号 {value!r} 已在第 {other} 行使用", "每个节点使用不同的编号"),
    "name": (ERROR, "{value!r} cannot be the name of a flow", "use letters, digits, _ and -", "{value!r} 不能作流程名", "使用字母、数字、_ 和 -"),
    "language": (ERROR, "language {value!r} is not known", "one of {right}", "语言 {value!r} 不存在", "可用: {right}"),
    "result": (ERROR, "result {value!r} is not known", "one of {right}", "结果码 {value!r} 不存在", "可用: {right}"),
    "never-result": (
        ERROR, "never taken: a {type} node does not result in {result}", "a {type} node gives {right}",
        "永远不会执行: {type} 节点不会产生结果 {result}", "{type} 节点的结果为 {right}",
    ),
    "never-child": (
        ERROR, "never taken: {type} has no children", "remove the node or move it up",
        "永远不会执行: {type} 节点不能有子节点", "删除该节点或上移一层",
    ),
    "never-after": (
        ERROR, "never taken: node {other!r} in line {line2} takes all of its results and keys before", "change result or key",
        "永远不会执行: 第 {line2} 行的节点 {other!r} 已占用其全部结果与按键", "修改 result 或 key",
    ),
    "overlap": (
        WARNING, "keys {keys} go to node {other!r} in line {line2} before", "remove them here",
        "按键 {keys} 已由第 {line2} 行的节点 {other!r} 处理", "在此处删除",
    ),
    "key-never": (
        ERROR, "never taken: the parent does not accept the key(s) {keys}", "add them to valid, end or firstend of the parent",
        "永远不会执行: 上级节点不接受按键 {keys}", "在上级节点的 valid、end 或 firstend 中加入",
    ),
    "key-no-input": (
        ERROR, "never taken: the parent takes no key, so {keys} cannot be pressed", "give the parent digits=\"1\" or remove key",
        "永远不会执行: 上级节点不收键,不会有按键 {keys}", "给上级节点加 digits=\"1\" 或去掉 key",
    ),
    "key-result": (WARNING, "key has no meaning without result 0000", "remove key", "结果不含 0000 时 key 无意义", "去掉 key"),
    "number": (
        ERROR, "{name}={value!r} is not a number from {low} to {high}", "write a number from {low} to {high}",
        "{name}={value!r} 不是 {low} 到 {high} 之间的数", "填写 {low} 到 {high} 之间的数",
    ),
    "digits": (
        ERROR, "digits={value!r} is neither a number nor a range such as 4-8, up to 64", "write digits=\"8\" or digits=\"4-8\"",
        "digits={value!r} 不是数字或范围(如 4-8,最大 64)", "写 digits=\"8\" 或 digits=\"4-8\"",
    ),
    "yes-no": (ERROR, "{name}={value!r} is neither yes nor no", "write yes or no", "{name}={value!r} 应为 yes 或 no", "写 yes 或 no"),
    "keys": (
        ERROR, "{name}={value!r} holds {bad!r}, which is no key", "use 0-9 * # A-D, none or all",
        "{name}={value!r} 中的 {bad!r} 不是按键", "使用 0-9 * # A-D、none 或 all",
    ),
    "variable": (
        ERROR, "{value!r} cannot be the name of a variable", "begin with a letter; then letters, digits, _",
        "{value!r} 不能作变量名", "以字母开头,后接字母、数字或 _",
    ),
    "read-only": (ERROR, "the variable {value!r} is set by the system", "take another name", "变量 {value!r} 由系统设置", "换一个名字"),
    "unset": (
        WARNING, "nothing in this flow sets the variable {value!r}", "{suggestion}",
        "流程中没有设置变量 {value!r}", "{suggestion_zh}",
    ),
    "file-item": (ERROR, "{value!r} is neither a prompt name nor a @variable", "{why}", "{value!r} 既不是语音名也不是 @变量", "{why_zh}"),
    "unreadable-number": (
        ERROR, "{value!r} cannot be read aloud: {why}", "correct it or use a @variable", "{value!r} 无法读出: {why}", "改正或使用 @变量",
    ),
    "no-prompt": (
        WARNING, "prompt {value!r} is missing in {languages}", "record {paths} or add it to the text table",
        "语音 {value!r} 缺少 {languages}", "录制 {paths} 或加入文本表",
    ),
    "bad-prompt": (
        WARNING, "prompt {value!r} cannot be played: {path}: {why}", "look at it: xunhu media probe {path}",
        "语音 {value!r} 无法播放: {path}: {why_zh}", "请检查: xunhu media probe {path}",
    ),
    "expression": (ERROR, "expression {value!r}: {why}", "see docs/flows.md, functions", "表达式 {value!r} 有误: {why}", "参见 docs/flows.zh-CN.md 函数"),
    "pair": (ERROR, "{value!r} is not name=value", "write values=\"name=value; name=value\"", "{value!r} 不是 名称=值", "写 values=\"名称=值; 名称=值\""),
    "no-target": (ERROR, "goto {value!r}: there is no such node", "{suggestion}", "goto {value!r}: 没有这个节点", "{suggestion_zh}"),
    "unreached": (WARNING, "nothing leads to node {value!r}", "jump to it or remove it", "没有路径到达节点 {value!r}", "用 jump 跳入或删除"),
    "no-way": (
        ERROR, "an agent node needs extensions or groups", "add extensions=\"8001,8002\"",
        "agent 节点需要 extensions 或 groups", "添加 extensions=\"8001,8002\"",
    ),
    "extension": (ERROR, "{value!r} is not an extension", "use digits, * # or a @variable", "{value!r} 不是分机号", "使用数字、*、# 或 @变量"),
    "room": (
        ERROR, "{value!r} is not the number of a conference", "use digits, letters, _ - or a @variable",
        "{value!r} 不是会议号", "使用数字、字母、_ - 或 @变量",
    ),
    "role": (ERROR, "role {value!r} is unknown; right are: {right}", "{suggestion}", "未知的角色 {value!r}，可用: {right}", "{suggestion_zh}"),
    "pin": (ERROR, "{value!r} is not a PIN", "use up to 16 digits or a @variable", "{value!r} 不是密码", "使用最多 16 位数字或 @变量"),
    "party": (
        ERROR, "{value!r} is not the number of a party of a conference", "use digits or a @variable",
        "{value!r} 不是会议成员号", "使用数字或 @变量",
    ),
    "to": (
        WARNING, "to has no meaning with role {role!r}", "write role=\"whisper\" or remove to",
        "角色为 {role!r} 时 to 无意义", "写 role=\"whisper\" 或去掉 to",
    ),
    "no-room": (
        WARNING, "there is no conference {value!r} in the configuration", "{remedy}",
        "配置中没有会议 {value!r}", "{remedy_zh}",
    ),
    "dead-end": (
        WARNING, "nothing follows the keys asked for here", "add a node with result 0000, or remove digits",
        "收键之后没有后续节点", "添加 result 0000 的子节点或去掉 digits",
    ),
    "set-ends": (WARNING, "nothing follows this set node; the call ends here", "add a node below it", "set 节点之后没有节点,呼叫到此结束", "在其下添加节点"),
    "loop": (
        ERROR, "endless loop without waiting: {path}", "put a play or hangup node into the loop",
        "不等待的死循环: {path}", "在循环中加入 play 或 hangup 节点",
    ),
    "busy-loop": (
        WARNING, "may go round without waiting: {path}", "put a play node into the loop",
        "可能不等待地循环: {path}", "在循环中加入 play 节点",
    ),
    "gone": (
        WARNING, "the caller is gone here; only set, jump and hangup have an effect", "remove this node",
        "此处主叫已挂机,只有 set、jump、hangup 有效", "删除该节点",
    ),
    "same-name": (
        ERROR, "the flow name {value!r} is that of {other} too", "rename the file or give <flow> another name",
        "流程名 {value!r} 与 {other} 重复", "改文件名或 <flow> 的 name",
    ),
    "control": (
        ERROR, "control {value!r}: {why}", "write KEY:WHAT with commas between; WHAT is one of {names}",
        "control {value!r}: {why_zh}", "写成 键:动作,以逗号分隔;动作为 {names} 之一",
    ),
    "record": (ERROR, "do={value!r} is nothing to be done with a recording", "{suggestion}", "do={value!r} 不是录音动作", "{suggestion_zh}"),
    "url": (ERROR, "{value!r} is no URL of a prompt: {why}", "write http://HOST/PATH.wav", "{value!r} 不是语音 URL: {why_zh}", "写成 http://主机/路径.wav"),
    "url-host": (
        ERROR, "no prompt may come from the host {host!r}", "add it to Hosts in [Http] of Tce1-32.ini (allowed now: {hosts})",
        "不允许从主机 {host!r} 取语音", "请在 Tce1-32.ini 的 [Http] 中加入 Hosts (现允许: {hosts})",
    ),
    "digits-end": (
        WARNING, "end keys {keys} are in valid as well; they end the input", "remove them from valid",
        "结束键 {keys} 同时在 valid 中,按下即结束", "从 valid 中去掉",
    ),
}


def finding(file: str, line: int, code: str, **values: object) -> Finding:
    severity, text, remedy, text_zh, remedy_zh = _TEXTS[code]
    filled = (part.format(**values) for part in (text, remedy, text_zh, remedy_zh))
    return Finding(file, line, severity, code, *filled)
