"""Both files: what is accepted, and that every fault names file, line, value and remedy."""

from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from xunhu.config import ConfigError, inspect, load
from xunhu.config.lines import load_lines
from xunhu.text import set_language

SAMPLES = Path(__file__).parents[2] / "conf"

INI = """\
[System]
Law = A
[Trunk0]
Driver = dahdi
Span = 1
Framing = CCS,HDB3,CRC4 ; comment
Side = user
[Trunk1]
Driver = ces
Local = 127.0.0.1:40000
Remote = 127.0.0.1:40001
Side = network
T309 = 30
[SkipTS]
Trunk0 = 1,16
"""
YAML = """\
data: d
trunk_groups:
  carrier: {trunks: [Trunk0], hunting: odd}
  pbx: {trunks: [Trunk1]}
extensions:
  "8001": {trunk_group: pbx}
routes:
  - {called: "4006000998", flow: main, times: ["mon-fri 09:00-18:00", "sat"]}
  - {called: "8???", extension: "{called}"}
recording: {calls: all}
agent_groups: {sales: ["8001"]}
calls: {max: 60, tones: itu, timezone: Asia/Shanghai}
"""


@pytest.fixture(autouse=True)
def english() -> None:
    set_language("en")


def put(folder: Path, ini: str = INI, yaml: str = YAML) -> Path:
    (folder / "Tce1-32.ini").write_text(ini)
    (folder / "xunhu.yaml").write_text(yaml)
    return folder


def test_the_samples_are_right() -> None:
    config, problems = inspect(SAMPLES)
    assert [str(p) for p in problems] == []
    assert [t.name for t in config.lines.trunks] == ["Trunk0", "Trunk1", "Trunk2", "Trunk3"]
    assert config.lines.trunks[0].peer == 2


def test_what_is_read(tmp_path: Path) -> None:
    config = load(put(tmp_path))
    first, second = config.lines.trunks
    assert (first.driver, first.span, first.framing) == ("dahdi", 1, ("CCS", "HDB3", "CRC4"))
    assert (first.skip, first.d_channel, len(first.voice)) == ((1, 16), 16, 29)
    assert (second.local, second.frames, second.jitter_ms, second.rtp) == ("127.0.0.1:40000", 40, 20, False)
    assert second.timers_ms == {"T309": 30_000}
    calls = config.site.calls
    assert calls.groups["carrier"].hunting == "odd"
    assert calls.extensions["8001"].trunk_group == "pbx"
    assert calls.routes[0].flow == "main"
    monday, sunday = datetime(2026, 11, 23, 9, 0), datetime(2026, 11, 22, 9, 0)
    assert [any(w.holds(d) for w in calls.routes[0].times) for d in (monday, sunday)] == [True, False]
    assert config.site.data == tmp_path.resolve() / "d"
    assert calls.recording == "all"
    assert config.site.agent_groups == {"sales": ("8001",)}
    assert (calls.max_calls, calls.tones, str(calls.timezone)) == (60, "itu", "Asia/Shanghai")


@pytest.mark.parametrize("peer", ["", "Peer = Trunk0\n"])
def test_a_refused_trunk_does_not_accuse_the_other_end_of_its_loop(tmp_path: Path, peer: str) -> None:
    four = "".join(f"[Trunk{n}]\nDriver = loop\nSide = {'user' if n % 2 else 'network'}\n{peer * (n == 1)}" for n in range(4))
    folder = put(tmp_path, ini=four, yaml="trunk_groups: {a: {trunks: [Trunk0, Trunk1, Trunk2, Trunk3]}}\n")
    assert [str(p) for p in inspect(folder)[1]] == []
    (folder / "Tce1-32.ini").write_text(four.replace("Side = network", "Side = middle", 1))
    _, problems = inspect(folder)
    assert [(p.line, p.value) for p in problems] == [(3, "middle")], problems


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("Law = A", "Law = B", 2, ["Law = B", "A, U"]),
        ("Law = A", "TickMs = 15", 2, ["TickMs = 15", "5, 10 or 20"]),
        ("Law = A", "Lwa = A", 2, ["unknown key 'Lwa'", "did you mean Law?"]),
        ("Span = 1\n", "", 3, ["[Trunk0] has no Span"]),
        ("Span = 1", "Span = x", 5, ["Span = x", "1 to 128"]),
        ("Span = 1", "Span = 1\nSpan = 2", 6, ["set already in line 5"]),
        ("Span = 1", "Frames = 40\nSpan = 1", 5, ["Frames has no meaning with Driver = dahdi"]),
        ("Driver = ces", "Driver = cse", 9, ["Driver = cse", "dahdi, ces, loop"]),
        ("Driver = ces\n", "", 8, ["has no Driver"]),
        ("CCS,HDB3,CRC4", "CCS,AMI,HDB3", 6, ["HDB3 or AMI"]),
        ("127.0.0.1:40000", "localhost:40000", 10, ["address:port"]),
        ("127.0.0.1:40001", "127.0.0.1:99999", 11, ["address:port"]),
        ("T309 = 30", "T309 = 2", 13, ["T309 = 2 is out of range", "from 6 s to 90 s"]),
        ("T309 = 30", "T399 = 2", 13, ["unknown timer 'T399'"]),
        ("Trunk0 = 1,16", "Trunk0 = 1,32", 15, ["1 to 31"]),
        ("Trunk0 = 1,16", "Trunk0 = none", 15, ["needs a D channel"]),
        ("Trunk0 = 1,16", "Trunk7 = 16", 15, ["Trunk7 is not a section"]),
        ("[SkipTS]", "[Skip", 14, ["no section"]),
        ("[Trunk1]", "[Trunk0]", 8, ["stands already in line 3"]),
        ("[Trunk1]", "[Trnk1]", 8, ["unknown section 'Trnk1'"]),
        ("Driver = ces", "Driver = loop", 8, ["Local has no meaning", "this one is alone"]),
        ("Side = network", "Signalling = R2", 12, ["R2 is not in this version"]),
        ("[System]", "Law = A\n[System]", 1, ["before the first section"]),
    ],
)
def test_every_fault_of_the_ini_has_its_line(tmp_path: Path, old: str, new: str, line: int, words: list[str]) -> None:
    assert old in INI
    _, problems = load_lines(put(tmp_path, ini=INI.replace(old, new, 1)) / "Tce1-32.ini")
    text = "\n".join(str(p) for p in problems.found)
    assert any(p.line == line and p.fatal for p in problems.found), text
    for word in words:
        assert word in text


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("data: d", "dta: d", 1, ["unknown key 'dta'", "did you mean data?"]),
        ("[Trunk0]", "[Trunk5]", 3, ["'Trunk5' is no trunk", "there are: Trunk0, Trunk1"]),
        ("odd", "random", 3, ["'random' is not known", "least-used"]),
        ('"8001": {trunk_group: pbx}', '"8001": {trunk_group: pbv}', 6, ["no trunk group 'pbv'"]),
        ("flow: main", "flow: main, refuse: 1", 8, ["exactly one"]),
        ('called: "8???"', 'called: "8x"', 9, ["'8x' is no number pattern"]),
        ("mon-fri 09:00", "mon-fri 29:00", 8, ["is no time"]),
        ("mon-fri", "mon-fry", 8, ["is no time"]),
        ("calls: all", "calls: some", 10, ["none, all, route"]),
        ("calls: all", "calls: all, format: vox", 10, ["'vox' is not known", "wav-alaw, wav-ulaw, wav, wav-ima"]),
        ("data: d", "data: &a d\nflows: *a", 2, ["anchors and aliases"]),
        ("data: d", "data: d\ndata: e", 2, ["stands already in line 1"]),
        ("routes:", "routes: [", 8, ["is not YAML"]),
        ('["8001"]', '["8005"]', 11, ["no extension '8005'"]),
        ("Asia/Shanghai", "Mars/Olympus", 12, ["is no time zone"]),
        ('extension: "{called}"', 'extension: "9999"', 9, ["no extension '9999'"]),
    ],
)
def test_every_fault_of_the_yaml_has_its_line(tmp_path: Path, old: str, new: str, line: int, words: list[str]) -> None:
    assert old in YAML
    _, problems = inspect(put(tmp_path, yaml=YAML.replace(old, new, 1)))
    text = "\n".join(str(p) for p in problems)
    assert any(p.line == line and p.fatal and p.file.name == "xunhu.yaml" for p in problems), text
    for word in words:
        assert word in text


def test_concealment_is_of_lines_over_packets(tmp_path: Path) -> None:
    assert [t.conceal for t in load(put(tmp_path)).lines.trunks] == [True, True]
    off = INI.replace("Driver = ces", "Driver = ces\nConceal = no")
    assert [t.conceal for t in load(put(tmp_path, off)).lines.trunks] == [True, False]
    _, problems = inspect(put(tmp_path, INI.replace("Span = 1", "Span = 1\nConceal = yes")))
    assert any("Conceal has no meaning with Driver = dahdi" in str(problem) for problem in problems)


def test_echo_cancellers_and_threads(tmp_path: Path) -> None:
    config = load(put(tmp_path))
    assert [(t.echo_ms, t.echo_nlp) for t in config.lines.trunks] == [(0, True), (0, True)]
    assert config.lines.threads == 1
    ini = INI.replace("Law = A", "Law = A\nThreads = 2").replace("Span = 1", "Span = 1\nEchoCancel = 64\nEchoNlp = no")
    config = load(put(tmp_path, ini))
    assert [(t.echo_ms, t.echo_nlp) for t in config.lines.trunks] == [(64, False), (0, True)]
    assert config.lines.threads == 2


def test_levels_of_a_trunk(tmp_path: Path) -> None:
    trunk = load(put(tmp_path)).lines.trunks[0]
    assert trunk.rx.mode == trunk.tx.mode == "off"
    ini = INI.replace("Span = 1", "Span = 1\nRxGain = +2.5\nTxAgc = -16")
    trunk = load(put(tmp_path, ini)).lines.trunks[0]
    assert (trunk.rx.mode, trunk.rx.gain_db) == ("fixed", 2.5)
    assert (trunk.tx.mode, trunk.tx.target_dbm0) == ("agc", -16)
    ini = INI.replace("Span = 1", "Span = 1\nRxGain = 0\nTxAgc = off\nTxGain = -3")
    trunk = load(put(tmp_path, ini)).lines.trunks[0]
    assert (trunk.rx.mode, trunk.tx.mode, trunk.tx.gain_db) == ("off", "fixed", -3)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("RxGain = 31", ("31", "-30 to 30")),
        ("TxGain = 3 dB", ("3 dB", "-30 to 30")),
        ("RxGain = nan", ("nan", "-30 to 30")),
        ("RxAgc = -41", ("-41", "-40 to -3")),
        ("TxAgc = 0", ("-40 to -3", "off")),
        ("TxAgc = yes", ("yes", "-40 to -3")),
        ("RxGain = 2\nRxAgc = -18", ("RxGain and RxAgc", "remove one")),
        ("TxAgc = -18\nTxGain = -1.5", ("TxGain and TxAgc", "remove one")),
    ],
)
def test_no_such_level(tmp_path: Path, given: str, words: tuple[str, ...]) -> None:
    _, problems = inspect(put(tmp_path, INI.replace("Span = 1", f"Span = 1\n{given}")))
    (problem,) = problems
    assert f"Tce1-32.ini:{6 if not given.startswith('TxAgc = -18') else 7}" in str(problem)
    for word in words:
        assert word in str(problem)


@pytest.mark.parametrize("value", ["7", "129", "-1", "yes", "64 ms", "٣٢"])
def test_no_such_tail(tmp_path: Path, value: str) -> None:
    _, problems = inspect(put(tmp_path, INI.replace("Span = 1", f"Span = 1\nEchoCancel = {value}")))
    (problem,) = problems
    assert "Tce1-32.ini:6" in str(problem)
    assert "8 to 128" in str(problem)
    assert value in str(problem)


def test_recording_by_route(tmp_path: Path) -> None:
    text = YAML.replace("calls: all", "calls: by route").replace("flow: main,", "flow: main, record: yes,")
    calls = load(put(tmp_path, yaml=text)).site.calls
    assert calls.recording == "route"
    assert [route.record for route in calls.routes] == [True, False]


def test_recording_format(tmp_path: Path) -> None:
    calls = load(put(tmp_path)).site.calls
    assert (calls.recording_format, calls.recorded_as.name) == ("", "wav-alaw")
    for name, suffix in (("mp3", ".mp3"), ("wav-ima", ".wav"), ("au-ulaw", ".au")):
        calls = load(put(tmp_path, yaml=YAML.replace("calls: all", f"calls: all, format: {name}"))).site.calls
        assert (calls.recorded_as.name, calls.recorded_as.suffix) == (name, suffix)


def test_recording_limits(tmp_path: Path) -> None:
    text = YAML.replace("calls: all", "calls: all, preroll_seconds: 5, longest_seconds: 3600, silence_seconds: 60, beep_seconds: 15")
    calls = load(put(tmp_path, yaml=text)).site.calls
    assert (calls.recording_preroll_s, calls.recording_longest_s) == (5.0, 3600.0)
    assert (calls.recording_silence_s, calls.recording_beep_s) == (60.0, 15.0)
    _, problems = inspect(put(tmp_path, yaml=YAML.replace("calls: all", "calls: all, preroll_seconds: 500")))
    assert "0 to 120" in str(problems[0])


def test_background_sounds(tmp_path: Path) -> None:
    calls = load(put(tmp_path)).site.calls
    assert (calls.background_gain_db, calls.background_duck_db) == (-18.0, 12.0)
    calls = load(put(tmp_path, yaml=YAML + "\nbackground: {softer: 24, duck: 0}\n")).site.calls
    assert (calls.background_gain_db, calls.background_duck_db) == (-24.0, 0.0)
    _, problems = inspect(put(tmp_path, yaml=YAML + "\nbackground: {duck: 99}\n"))
    assert "0 to 60" in str(problems[0])


def test_countries_of_trunks(tmp_path: Path) -> None:
    trunk = load(put(tmp_path)).lines.trunks[0]
    assert (trunk.country, trunk.hear_tones) == ("china", False)
    for name, country in (("uk", "uk"), ("CN", "china"), ("hong-kong", "hong-kong"), ("US", "usa")):
        text = INI.replace("Span = 1", f"Span = 1\nCountry = {name}\nHearTones = yes")
        trunk = load(put(tmp_path, text)).lines.trunks[0]
        assert (trunk.country, trunk.hear_tones) == (country, True)
    _, problems = inspect(put(tmp_path, INI.replace("Span = 1", "Span = 1\nCountry = atlantis")))
    assert "Tce1-32.ini:6" in str(problems[0])
    assert "china, itu" in str(problems[0])


def test_prompts_from_web_servers(tmp_path: Path) -> None:
    assert load(put(tmp_path)).lines.http.hosts == ()
    text = INI + "[Http]\nHosts = prompts.example.com, *.media.example.com, 127.0.0.1\nConnectMs = 500\nFreshSeconds = 0\nFileMiB = 8\n"
    http = load(put(tmp_path, text)).lines.http
    assert http.hosts == ("prompts.example.com", "*.media.example.com", "127.0.0.1")
    assert (http.limits()["connect_ms"], http.limits()["fresh_ms"], http.limits()["file_octets"]) == (500, 0, 8 << 20)
    assert load(put(tmp_path, INI + "[Http]\nHosts = none\n")).lines.http.hosts == ()
    for line, remedy in (
        ("Hosts = http://prompts.example.com", "without http://"),
        ("Hosts = a b", "commas"),
        ("Host = a", "did you mean Hosts"),
        ("StallSeconds = 0", "from 1 to 60"),
        ("CacheMiB = 16", "raise CacheMiB"),
    ):
        _, problems = inspect(put(tmp_path, INI + f"[Http]\n{line}\n"))
        assert remedy in str(problems[0]), problems
        assert "Tce1-32.ini:" in str(problems[0])


def test_all_faults_at_once_and_in_chinese(tmp_path: Path) -> None:
    set_language("zh")
    broken = INI.replace("Law = A", "Law = B").replace("Span = 1", "Span = 0")
    with pytest.raises(ConfigError) as caught:
        load(put(tmp_path, ini=broken, yaml=YAML.replace("odd", "x")))
    text = str(caught.value)
    assert text.count("\n") == 2
    assert "不正确" in text
    assert "Tce1-32.ini:2" in text


def test_missing_files_say_what_to_do(tmp_path: Path) -> None:
    _, problems = inspect(tmp_path)
    assert {p.file.name for p in problems} == {"Tce1-32.ini", "xunhu.yaml"}
    assert all("--conf" in p.remedy for p in problems)


def test_files_of_windows_editors_in_china(tmp_path: Path) -> None:
    put(tmp_path)
    (tmp_path / "Tce1-32.ini").write_bytes(INI.replace("comment", "线路").replace("\n", "\r\n").encode("gb18030"))
    (tmp_path / "xunhu.yaml").write_bytes(b"\xef\xbb\xbf" + YAML.encode())
    assert load(tmp_path).lines.trunks[0].span == 1


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_damaged_files_never_raise(tmp_path: Path, data: st.DataObject) -> None:
    ini, yaml = bytearray(INI.encode()), bytearray(YAML.encode())
    for octets in (ini, yaml):
        for _ in range(data.draw(st.integers(0, 6))):
            at = data.draw(st.integers(0, len(octets) - 1))
            octets[at : at + data.draw(st.integers(0, 9))] = data.draw(st.binary(max_size=6))
            octets += b" "
    (tmp_path / "Tce1-32.ini").write_bytes(ini)
    (tmp_path / "xunhu.yaml").write_bytes(yaml)
    _, problems = inspect(tmp_path)
    assert all(p.what for p in problems)
