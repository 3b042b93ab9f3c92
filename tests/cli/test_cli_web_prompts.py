"""`xunhu flow check` and `xunhu check` of flows whose prompts come from a web server: the host must be in [Http]."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
FLOW = '<flow name="web" language="en">\n<node code="a" type="play" files="http://prompts.example.com/@called.wav"><node code="b" type="hangup"/></node>\n</flow>\n'


def xunhu(*words: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "xunhu.cli.main", *words]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


def test_a_host_is_refused_with_the_key_and_taken_once_it_stands_there(tmp_path: Path) -> None:
    conf = tmp_path / "conf"
    shutil.copytree(ROOT / "conf", conf)
    (conf / "flows" / "web.xml").write_text(FLOW)
    refused = xunhu("flow", "check", str(conf / "flows" / "web.xml"), "--conf", str(conf), "--json")
    assert refused.returncode == 1
    assert "web.xml" in refused.stdout
    assert '"line": 2' in refused.stdout
    assert "Hosts in [Http] of Tce1-32.ini" in json.dumps(json.loads(refused.stdout))
    assert "Tce1-32.ini 的 [Http]" in xunhu("--lang", "zh", "check", "--conf", str(conf)).stdout
    ini = conf / "Tce1-32.ini"
    ini.write_text(ini.read_text() + "\n[Http]\nHosts = *.example.com\n")
    fine = xunhu("flow", "check", str(conf / "flows" / "web.xml"), "--conf", str(conf))
    assert (fine.returncode, fine.stderr) == (0, "")
    ini.write_text(ini.read_text().replace("*.example.com", "http://prompts.example.com/"))
    wrong = xunhu("check", "--conf", str(conf))
    assert wrong.returncode == 1
    assert "without http:// and port" in wrong.stdout
