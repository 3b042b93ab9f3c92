"""`sip:` and the secrets of extensions in xunhu.yaml: what is accepted, and that every fault names line, value and remedy."""

from pathlib import Path

import pytest

from xunhu.config import Config, ConfigError, inspect, load
from xunhu.config.sip import SipListen, SipTrunkLine
from xunhu.text import set_language

INI = "[System]\nLaw = A\n[Trunk0]\nDriver = loop\nPeer = Trunk1\nSide = user\n[Trunk1]\nDriver = loop\nPeer = Trunk0\nSide = network\n"
YAML = """\
trunk_groups:
  carrier: {trunks: [Trunk0, carrier1]}
  branches: {trunks: [Branch]}
extensions:
  "8001": {secret: "xZ3kq0Tt1v", lines: 2, codecs: [ulaw], display: Li Lei}
  "8002": {secret: "p4ssW0rd-x"}
  "9???": {trunk_group: branches}
routes:
  - {called: "8???", trunk_group: phones, extension: "{called}"}
sip:
  listen: ["udp:127.0.0.1:5070", "tcp:[::1]", tls]
  domain: pbx.example.cn
  certificate: tls.pem
  inside: [10.0.0.0/8, 192.168.1.1]
  codecs: [alaw, ulaw]
  dtmf: info
  digest: [sha-256, md5]
  rtp: {address: 127.0.0.1, ports: 20000, silence_seconds: 30}
  phones: {calls: 40, nat: no}
  register: {shortest: 30, longest: 600}
  trunks:
    carrier1: {host: sip.example.cn, register: yes, user: "0755", secret: abc, session_timer: 1800, prack: require, codecs: [g729]}
    Branch: {host: "2001:db8::1", transport: tls, from: [192.0.2.0/28, "2001:db8::/64"], calls: 4, options: 0, redirect: follow}
"""


@pytest.fixture(autouse=True)
def english() -> None:
    set_language("en")


def put(folder: Path, yaml: str = YAML) -> Path:
    (folder / "Tce1-32.ini").write_text(INI)
    (folder / "xunhu.yaml").write_text(yaml)
    (folder / "tls.pem").write_text("")
    return folder


def read(folder: Path, yaml: str = YAML) -> Config:
    return load(put(folder, yaml))


def test_everything_that_may_stand_there(tmp_path: Path) -> None:
    config = read(tmp_path)
    sip = config.site.sip
    assert sip is not None
    assert sip.listen == (
        SipListen("udp", "127.0.0.1", 5070),
        SipListen("tcp", "::1", 5060),
        SipListen("tls", "0.0.0.0", 5061),
    )
    assert str(sip.listen[1]) == "tcp:[::1]:5060"
    assert (sip.domain, sip.realm, sip.certificate) == ("pbx.example.cn", "pbx.example.cn", tmp_path / "tls.pem")
    assert sip.digest == ("sha-256", "md5")
    assert [str(network) for network in sip.inside] == ["10.0.0.0/8", "192.168.1.1/32"]
    assert (sip.rtp.address, sip.rtp.ports, sip.rtp.silence_s) == ("127.0.0.1", 20_000, 30)
    assert (sip.phone_calls, sip.phone_nat, sip.register_min_s, sip.register_max_s) == (40, False, 30, 600)
    carrier, branch = sip.trunks
    assert (carrier.name, carrier.register, carrier.user, carrier.secret, carrier.prack) == ("carrier1", True, "0755", "abc", "require")
    assert (carrier.media.codecs, carrier.media.dtmf) == (("g729",), "info")
    assert (branch.transport, branch.calls, branch.options_s, branch.redirect) == ("tls", 4, 0, "follow")
    assert [str(network) for network in branch.sources] == ["192.0.2.0/28", "2001:db8::/64"]
    assert branch.media.codecs == ("alaw", "ulaw")
    assert "abc" not in repr(carrier), "no secret in what is printed"

    phone = sip.phones["8001"]
    assert (phone.secret, phone.media.codecs, phone.media.dtmf, phone.display) == ("xZ3kq0Tt1v", ("ulaw",), "info", "Li Lei")
    assert "xZ3" not in repr(phone)
    calls = config.site.calls
    assert (calls.extensions["8001"].trunk_group, calls.extensions["8001"].lines) == ("phones", 2)
    assert calls.groups["phones"].trunks == ("phones",)
    assert calls.groups["carrier"].trunks == ("Trunk0", "carrier1")
    assert calls.routes[0].trunk_group == "phones"


def test_without_the_section_there_is_no_sip(tmp_path: Path) -> None:
    config = read(tmp_path, "trunk_groups:\n  c: {trunks: [Trunk0]}\n")
    assert config.site.sip is None


def test_an_empty_section_listens_at_the_usual_ports(tmp_path: Path) -> None:
    config = read(tmp_path, "sip: {}\n")
    assert config.site.sip is not None
    assert [str(listen) for listen in config.site.sip.listen] == ["udp:0.0.0.0:5060", "tcp:0.0.0.0:5060"]
    assert config.site.sip.trunks == ()
    assert SipTrunkLine("a", "b").prack == "yes"


@pytest.mark.parametrize(
    ("line", "text", "remedy"),
    [
        ("sip: {listen: ['udp:x:1']}", "sip.listen[0]: 'udp:x:1' is no place to listen at", "udp:0.0.0.0:5060"),
        ("sip: {listen: ['sctp:0.0.0.0']}", "is no place to listen at", "tls"),
        ("sip: {listen: ['udp:0.0.0.0:70000']}", "is no place to listen at", "5060"),
        ("sip: {listen: [tls]}", "tls without a certificate", "certificate: FILE.pem"),
        ("sip: {certificate: missing.pem}", "there is no file", "put it there"),
        ("sip: {domian: a}", "unknown key 'domian'", "did you mean domain?"),
        ("sip: {codecs: [mp3]}", "'mp3' is not known", "alaw"),
        ("sip: {codecs: []}", "no codec", "codecs: [alaw, ulaw]"),
        ("sip: {digest: [sha-1]}", "'sha-1' is not known", "md5"),
        ("sip: {rtp: {ports: 16385}}", "16385 is odd", "even port"),
        ("sip: {rtp: {ports: 80}}", "'80' is not right", "1024"),
        ("sip: {rtp: {address: here}}", "'here' is no address", "192.0.2.1"),
        ("sip: {inside: [10.0.0.0/99]}", "'10.0.0.0/99' is no network", "192.0.2.0/24"),
        ("sip: {phones: {session_timer: 30}}", "30 s is too short", "90 at least"),
        ("sip: {register: {shortest: 700, longest: 600}}", "shortest is longer than longest", "the other way"),
        ("sip: {trunks: {Trunk7: {host: a}}}", "'Trunk7' is no name for a SIP trunk", "not Trunk"),
        ("sip: {trunks: {phones: {host: a}}}", "'phones' is no name for a SIP trunk", "letters"),
        ("sip: {trunks: {a: {host: h}, A: {host: h}}}", "A stands twice", "rename one"),
        ("sip: {trunks: {a: {calls: 3}}}", "no host", "host: sip.example.cn"),
        ("sip: {trunks: {a: {host: 'sip:x@y'}}}", "'sip:x@y' is no host", "a name or an address"),
        ("sip: {trunks: {a: {host: h, register: yes, user: u}}}", "register without user and secret", "write both"),
        ("sip: {trunks: {a: {host: h, from: [somewhere]}}}", "'somewhere' is no network", "192.0.2.1"),
        ("sip: {trunks: {a: {host: h, calls: 0}}}", "'0' is not right", "1 to 2000"),
        ("sip: {}\nextensions: {'8001': {secret: '8001'}}", "the secret is easily guessed", "openssl"),
        ("sip: {}\nextensions: {'8001': {secret: 'aaaaaaaaaa'}}", "the secret is easily guessed", "8 signs"),
        ("sip: {}\nextensions: {'8???': {secret: 'xZ3kq0Tt1v'}}", "'8???' cannot register: it is a pattern", "each number"),
        ("sip: {}\nextensions: {'8001': {lines: 1}}", "an extension has a trunk_group, or a secret", "secret: ..."),
        ("extensions: {'8001': {secret: 'xZ3kq0Tt1v'}}", "a secret, but there is no section sip", "sip: {}"),
        (
            "sip: {}\ntrunk_groups: {phones: {trunks: [Trunk0]}}\nextensions: {'8001': {secret: 'xZ3kq0Tt1v'}}",
            "the trunk group phones is that of extensions with a secret",
            "another name",
        ),
    ],
)
def test_faults_say_what_and_what_to_do(tmp_path: Path, line: str, text: str, remedy: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, line + "\n")
    (problem,) = [p for p in caught.value.problems if p.fatal]
    assert text in problem.what
    assert remedy in problem.remedy
    assert problem.line >= 1
    set_language("zh")
    (again,) = [p for p in inspect(put(tmp_path, line + "\n"))[1] if p.fatal]
    assert again.what != problem.what, "said in Chinese, too"


def test_the_sample_is_right_when_its_comments_are_taken_away(tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "conf" / "xunhu.yaml").read_text()
    lines = text.splitlines()
    begin = lines.index("#sip:")
    end = next(n for n in range(begin, len(lines)) if not lines[n].startswith("#"))
    more = "\n".join(line[1:] for line in lines[begin:end])
    config = read(tmp_path, "trunk_groups:\n  c: {trunks: [Trunk0, carrier1]}\n" + more + "\n")
    assert config.site.sip is not None
    assert [trunk.name for trunk in config.site.sip.trunks] == ["carrier1", "branch"]


def test_sip_alone_needs_no_line(tmp_path: Path) -> None:
    folder = put(tmp_path, 'extensions: {"8001": {secret: "xZ3kq0Tt1v"}}\nsip: {domain: pbx.example.cn}\n')
    (folder / "Tce1-32.ini").write_text("[System]\nLaw = A\n")
    config = load(folder)
    assert config.lines.trunks == ()
    assert config.site.sip is not None
    (folder / "xunhu.yaml").write_text("data: data\n")
    with pytest.raises(ConfigError, match=r"Tce1-32.ini: no \[Trunk0\]: there is no line; add a section a span, or sip: to xunhu.yaml"):
        load(folder)
