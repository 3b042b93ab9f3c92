"""Reads the section `sip:` and the secrets of `extensions:` in xunhu.yaml."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any, TypeVar

from xunhu.config.sip import (
    CODECS,
    DIGESTS,
    DTMF,
    PHONES,
    PRACK,
    REDIRECT,
    SRTP,
    TRANSPORTS,
    Network,
    SipListen,
    SipMedia,
    SipPhone,
    SipRtp,
    SipSite,
    SipTrunkLine,
)
from xunhu.config.tree import Tree

_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,31}")
_NUMBER = re.compile(r"[0-9*#A-D+]{1,32}")
_SHORTEST_SECRET = 8
_PTIMES = ("10", "20", "30", "40", "60")
_MEDIA_KEYS = ("codecs", "dtmf", "ptime", "srtp")
_MOST_TRUNKS = 200

_T = TypeVar("_T")
Readers = dict[str, tuple[str, Callable[[Tree], Any]]]


def _changed(base: _T, fields: dict[str, Tree], readers: Readers) -> _T:
    """`base` with what stands in the file. readers: key -> (field, reader)."""
    found = {attribute: read(fields[key]) for key, (attribute, read) in readers.items() if key in fields}
    return replace(base, **found)  # type: ignore[type-var]


def read_sip(tree: Tree, base: Path) -> SipSite:
    """base: where relative paths begin."""
    site = SipSite()
    fields = tree.fields(
        "listen", "domain", "advertise", "inside", "certificate", "key", "client_ca", "rtp", *_MEDIA_KEYS,
        "trunks", "phones", "register", "digest", "scanners",
    )  # fmt: skip
    site = _changed(
        site,
        fields,
        {
            "domain": ("domain", _host),
            "advertise": ("advertise", _address),
            "inside": ("inside", _networks),
            "certificate": ("certificate", lambda t: _file(t, base)),
            "key": ("key", lambda t: _file(t, base)),
            "client_ca": ("client_ca", lambda t: _file(t, base)),
            "rtp": ("rtp", _rtp),
            "digest": ("digest", _digest),
            "scanners": ("scanners", lambda t: tuple(item.text().lower() for item in t.items())),
        },
    )
    site = replace(site, media=_media(fields, site.media))
    if "listen" in fields:
        site = replace(site, listen=tuple(found for item in fields["listen"].items() if (found := _listen(item))))
    if "phones" in fields:
        site = _phones(fields["phones"], site)
    if "register" in fields:
        site = _register(fields["register"], site)
    if "trunks" in fields:
        site = replace(site, trunks=_trunks(fields["trunks"], site))
    _check_tls(tree, fields, site)
    return site


def _check_tls(tree: Tree, fields: dict[str, Tree], site: SipSite) -> None:
    if any(listen.transport == "tls" for listen in site.listen) and site.certificate is None and "certificate" not in fields:
        fields.get("listen", tree).wrong(
            "tls without a certificate",
            "tls 没有证书",
            "write certificate: FILE.pem (and key: FILE.pem where the key is in a file of its own)",
            "请写 certificate: 文件.pem（私钥另存时再写 key: 文件.pem）",
        )


def _rtp(tree: Tree) -> SipRtp:
    return _changed(
        SipRtp(),
        tree.fields("address", "advertise", "ports", "silence_seconds"),
        {
            "address": ("address", _address),
            "advertise": ("advertise", _address),
            "ports": ("ports", _first_port),
            "silence_seconds": ("silence_s", lambda t: t.number(0, 3600, 0)),
        },
    )


def _first_port(tree: Tree) -> int:
    port = tree.number(1024, 61_438, 16_384)
    if port % 2:
        tree.wrong(f"{port} is odd", f"{port} 是奇数", "RTP has the even port, RTCP the next one", "RTP 用偶数端口，RTCP 用其后一个")
    return port


def _media(fields: dict[str, Tree], base: SipMedia) -> SipMedia:
    return _changed(
        base,
        fields,
        {
            "codecs": ("codecs", _codecs),
            "dtmf": ("dtmf", lambda t: t.choice(DTMF, "auto")),
            "ptime": ("ptime_ms", lambda t: int(t.choice(_PTIMES, "20"))),
            "srtp": ("srtp", lambda t: t.choice(SRTP, "no")),
        },
    )


def _codecs(tree: Tree) -> tuple[str, ...]:
    names = [item.choice(CODECS, "alaw") for item in tree.items()]
    if not names:
        tree.wrong("no codec", "没有编码", "write codecs: [alaw, ulaw]", "请写 codecs: [alaw, ulaw]")
    return tuple(dict.fromkeys(names)) or ("alaw", "ulaw")


def _digest(tree: Tree) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(item.choice(DIGESTS, "md5") for item in tree.items()))
    if not names:
        tree.wrong("no digest", "没有摘要算法", "write digest: [md5] or [sha-256, md5]", "请写 digest: [md5] 或 [sha-256, md5]")
    return names or ("md5",)


def _phones(tree: Tree, site: SipSite) -> SipSite:
    """What holds for all telephones."""
    return _changed(
        site,
        tree.fields("calls", "nat", "session_timer"),
        {
            "calls": ("phone_calls", lambda t: t.number(1, 2000, 300)),
            "nat": ("phone_nat", lambda t: t.flag(True)),
            "session_timer": ("session_timer", _session_timer),
        },
    )


def _register(tree: Tree, site: SipSite) -> SipSite:
    fields = tree.fields("shortest", "longest")
    site = _changed(
        site,
        fields,
        {
            "shortest": ("register_min_s", lambda t: t.number(10, 86_400, 60)),
            "longest": ("register_max_s", lambda t: t.number(60, 86_400, 3600)),
        },
    )
    if site.register_min_s > site.register_max_s:
        tree.wrong("shortest is longer than longest", "shortest 大于 longest", "write them the other way round", "请对调")
    return site


def _session_timer(tree: Tree) -> int:
    seconds = tree.number(0, 86_400, 1800)
    if 0 < seconds < 90:
        tree.wrong(
            f"{seconds} s is too short", f"{seconds} 秒太短", "90 at least, or 0 for none (RFC 4028 §4)", "至少 90，或 0 表示不用（RFC 4028 §4）"
        )
        return 1800
    return seconds


# -- trunks ------------------------------------------------------------------------------------------------------------

_TRUNK_KEYS = (
    "host", "port", "transport", "proxy", "register", "user", "auth_user", "secret", "domain", "expires", "calls", "from", *_MEDIA_KEYS,
    "session_timer", "prack", "options", "asserted", "redirect", "nat", "number",
)  # fmt: skip


def _trunks(tree: Tree, site: SipSite) -> tuple[SipTrunkLine, ...]:
    out: list[SipTrunkLine] = []
    for name, trunk in tree.pairs():
        if not _NAME.fullmatch(name) or name.lower() == PHONES or name.lower().startswith("trunk"):
            trunk.wrong(
                f"'{name}' is no name for a SIP trunk",
                f"'{name}' 不能作为 SIP 中继名",
                f"letters, digits, - and _, beginning with a letter; not Trunk... and not {PHONES}",
                f"字母、数字、- 和 _，以字母开头；不能是 Trunk... 和 {PHONES}",
            )
        elif any(name.lower() == other.name.lower() for other in out):
            trunk.wrong(f"{name} stands twice", f"{name} 重复", "rename one", "请改名")
        elif len(out) >= _MOST_TRUNKS:
            trunk.wrong(f"more than {_MOST_TRUNKS} trunks", f"中继超过 {_MOST_TRUNKS} 个", "remove some", "请删除一些")
        else:
            found = _trunk(name, trunk, site)
            if found is not None:
                out.append(found)
    return tuple(out)


def _trunk(name: str, tree: Tree, site: SipSite) -> SipTrunkLine | None:
    fields = tree.fields(*_TRUNK_KEYS)
    if "host" not in fields:
        tree.wrong("no host", "没有 host", "write host: sip.example.cn", "请写 host: sip.example.cn")
        return None
    trunk = _changed(
        SipTrunkLine(name, _host(fields["host"]), line=tree.line, media=_media(fields, site.media)),
        fields,
        {
            "port": ("port", lambda t: t.number(1, 65_535, 5060)),
            "transport": ("transport", lambda t: t.choice(tuple(TRANSPORTS), "udp")),
            "proxy": ("proxy", _host),
            "register": ("register", lambda t: t.flag(False)),
            "user": ("user", _user),
            "auth_user": ("auth_user", _user),
            "secret": ("secret", lambda t: t.text()),
            "domain": ("domain", _host),
            "expires": ("expires_s", lambda t: t.number(60, 86_400, 600)),
            "calls": ("calls", lambda t: t.number(1, 2000, 30)),
            "from": ("sources", _networks),
            "session_timer": ("session_timer", _session_timer),
            "prack": ("prack", lambda t: t.choice(PRACK, "yes")),
            "options": ("options_s", lambda t: t.number(0, 3600, 60)),
            "asserted": ("asserted", lambda t: t.flag(True)),
            "redirect": ("redirect", lambda t: t.choice(REDIRECT, "refuse")),
            "nat": ("nat", lambda t: t.flag(False)),
            "number": ("number", _digits),
        },
    )
    if trunk.register and not (trunk.user and trunk.secret):
        fields["register"].wrong(
            "register without user and secret", "register 缺少 user 和 secret", "write both, as the carrier gave them", "请按运营商提供的写上"
        )
    return trunk


# -- telephones --------------------------------------------------------------------------------------------------------

PHONE_KEYS = ("secret", "contacts", "codecs", "dtmf", "ptime", "srtp", "display")


def read_phone(number: str, fields: dict[str, Tree], media: SipMedia) -> SipPhone | None:
    """An extension that registers; what is wrong is said. fields: those of the extension."""
    secret = fields["secret"].text()
    if not _NUMBER.fullmatch(number):
        fields["secret"].wrong(
            f"'{number}' cannot register: it is a pattern", f"'{number}' 不能注册：它是模式", "write each number with its secret", "请逐个写出号码和密码"
        )
        return None
    if len(secret) < _SHORTEST_SECRET or secret == number or secret == secret[:1] * len(secret):
        fields["secret"].wrong(
            "the secret is easily guessed",
            "密码容易被猜中",
            f"{_SHORTEST_SECRET} signs at least, for instance from: openssl rand -base64 12",
            f"至少 {_SHORTEST_SECRET} 个字符，例如用 openssl rand -base64 12 生成",
        )
        return None
    phone = SipPhone(number, secret, media=_media(fields, media))
    return _changed(
        phone,
        fields,
        {"contacts": ("contacts", lambda t: t.number(1, 10, 4)), "display": ("display", lambda t: t.text()[:64])},
    )


# -- single values -----------------------------------------------------------------------------------------------------


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _address(tree: Tree) -> str:
    text = tree.text().strip("[]")
    if not _is_address(text):
        tree.wrong(f"'{text}' is no address", f"'{text}' 不是地址", "write 192.0.2.1 or 2001:db8::1", "请写 192.0.2.1 或 2001:db8::1")
    return text


def _host(tree: Tree) -> str:
    text = tree.text().strip("[]")
    if not _is_address(text) and not _HOST.fullmatch(text):
        tree.wrong(
            f"'{text}' is no host", f"'{text}' 不是主机名", "a name or an address; the port stands in `port`", "主机名或地址；端口写在 port 中"
        )
    return text


def _user(tree: Tree) -> str:
    text = tree.text()
    if not re.fullmatch(r"[^\s\"<>@:;]{1,128}", text):
        tree.wrong(f"'{text}' is no user", f"'{text}' 不是用户名", "without blanks, @ and :", "不含空格、@ 和 :")
    return text


def _digits(tree: Tree) -> str:
    text = tree.text()
    if not _NUMBER.fullmatch(text):
        tree.wrong(f"'{text}' is no number", f"'{text}' 不是号码", "digits", "数字")
    return text


def _networks(tree: Tree) -> tuple[Network, ...]:
    out: list[Network] = []
    for item in tree.items():
        text = item.text().strip("[]")
        try:
            out.append(ip_network(text, strict=False))
        except ValueError:
            item.wrong(f"'{text}' is no network", f"'{text}' 不是网段", "write 192.0.2.1 or 192.0.2.0/24", "请写 192.0.2.1 或 192.0.2.0/24")
    return tuple(out)


def _file(tree: Tree, base: Path) -> Path:
    path = base / tree.text()
    if not path.is_file():
        tree.wrong(f"there is no file {path}", f"没有文件 {path}", "put it there", "请放置该文件")
    return path


def _listen(tree: Tree) -> SipListen | None:
    """ "udp:0.0.0.0:5060", "tls:[::]", "tcp"."""
    text = tree.text()
    transport, _, place = text.partition(":")
    found = re.fullmatch(r"(?:\[([0-9A-Fa-f:.]+)\]|([0-9.]+))?(?::([0-9]{1,5}))?", place)
    host = (found[1] or found[2] or "0.0.0.0") if found else ""
    port = int((found[3] if found else "") or TRANSPORTS.get(transport, 0))
    if transport not in TRANSPORTS or found is None or not _is_address(host) or not 1 <= port <= 65_535:
        tree.wrong(
            f"'{text}' is no place to listen at",
            f"'{text}' 不是监听地址",
            "write udp:0.0.0.0:5060, tcp:192.0.2.1:5060 or tls:[::]:5061",
            "请写 udp:0.0.0.0:5060、tcp:192.0.2.1:5060 或 tls:[::]:5061",
        )
        return None
    return SipListen(transport, host, port)


def trunk_names(site: SipSite | None) -> Iterable[str]:
    """What a trunk group may name beside the trunks of Tce1-32.ini."""
    return () if site is None else tuple(trunk.name for trunk in site.trunks)


__all__ = ["PHONE_KEYS", "read_phone", "read_sip", "trunk_names"]
