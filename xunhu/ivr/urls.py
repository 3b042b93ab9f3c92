"""Prompts that come from web servers: what may stand in a flow, and which hosts are allowed.

The media engine fetches them (include/xunhu/fetch.h) and looks at the host once more, of redirects too; here it is found out before a caller is on the
line. Variables may stand behind the host: `http://prompts.example.com/queue-@place.wav`; what they hold is escaped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote, urlsplit

_VARIABLE = re.compile(r"@@|@\{?(global\.)?\w+\}?")
MAX_URL = 2000


class UrlError(ValueError):
    """Why it is no URL of a prompt; in English and Chinese."""

    def __init__(self, why: str, why_zh: str) -> None:
        super().__init__(why)
        self.why_zh = why_zh


def is_url(text: str) -> bool:
    return text[:8].lower().startswith(("http://", "https://"))


def host_of(text: str) -> str:
    """The host, in small letters. UrlError."""
    scheme, _, rest = text.partition("://")
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    if len(text) > MAX_URL:
        raise UrlError(f"it has more than {MAX_URL} characters", f"超过 {MAX_URL} 个字符")
    if re.search(r"[\s\\\x00-\x1f\x7f]", text):
        raise UrlError("it has blanks or other signs that must be escaped (%20)", "含有空格等需要转义的字符（%20）")
    if "@" in authority:
        raise UrlError("no name, password or variable may stand in or before the host", "主机之前或之中不能有用户名、密码或变量")
    try:
        parts = urlsplit(f"{scheme}://{authority}/")
        host, _ = parts.hostname or "", parts.port
    except ValueError as error:
        raise UrlError(str(error), "主机或端口不正确") from None
    if not re.fullmatch(r"[a-z0-9._-]+|[0-9a-f:.]+", host):
        raise UrlError("it has no host, or one with strange letters", "没有主机，或主机名含非法字符")
    return host


def check(text: str) -> str:
    """Of a URL in a flow, variables and all: its host. UrlError."""
    return host_of(_VARIABLE.sub(lambda found: found.group() if found.start() < _path_at(text) else "x", text))


def _path_at(text: str) -> int:
    """Where the host ends."""
    begin = text.find("://") + 3
    return min((at for sign in "/?#" if (at := text.find(sign, begin)) >= 0), default=len(text))


def allowed(host: str, hosts: Sequence[str]) -> bool:
    """hosts: names, *.x is every host below x, * every host."""
    bare = host.strip("[]")
    return any(
        rule == "*" or bare == rule.strip("[]") or (rule.startswith("*.") and bare.endswith(rule[1:]) and len(bare) > len(rule) - 1)
        for rule in hosts
    )


class Escaped(Mapping[str, str]):
    """Variables as they may stand in a URL."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables

    def __getitem__(self, name: str) -> str:
        return quote(self._variables[name], safe="")

    def __iter__(self) -> Iterator[str]:
        return iter(self._variables)

    def __len__(self) -> int:
        return len(self._variables)
