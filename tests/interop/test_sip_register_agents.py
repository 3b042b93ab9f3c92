"""User agents from elsewhere register with us over UDP, TCP and TLS: baresip and linphone."""

from __future__ import annotations

from pathlib import Path

import pytest
from registrar_process import Registrar, registrar, running

pytestmark = pytest.mark.interop

BARESIP = """poll_method epoll
sip_listen 127.0.0.1:0
sip_cafile {ca}
call_max_calls 4
audio_player aufile,/dev/null
audio_source aufile,/dev/null
audio_alert aufile,/dev/null
module_path /usr/lib/baresip/modules
module g711.so
module_tmp account.so
module_app menu.so
net_interface 127.0.0.1
"""


def test_baresip(tmp_path: Path) -> None:
    """Three accounts in one process; all are taken away again when it ends."""
    with registrar(tmp_path / "data") as server:
        folder = tmp_path / "baresip"
        folder.mkdir()
        (folder / "config").write_text(BARESIP.format(ca=tmp_path / "data" / "ca.pem"))
        accounts = [
            f"<sip:{user}@localhost:{server.ports[transport]};transport={transport}>;auth_user={user};auth_pass=secret-{user};regint=120\n"
            for user, transport in ACCOUNTS
        ]
        (folder / "accounts").write_text("".join(accounts))
        (folder / "contacts").write_text("")
        with running("baresip", "-f", folder):
            for user, transport in ACCOUNTS:
                line = server.told("registered", user, transport)
                assert "baresip" in line
        for user, transport in ACCOUNTS:
            server.told("removed", user, transport)


ACCOUNTS = (("8101", "udp"), ("8102", "tcp"), ("8103", "tls"))

LINPHONE = """[sip]
sip_port=-1
sip_tcp_port=-1
sip_tls_port=-1
root_ca={ca}
verify_server_certs=1
verify_server_cn=1
guess_hostname=1
default_proxy=0

[net]
mtu=1300

[auth_info_0]
username={user}
userid={user}
passwd=secret-{user}
realm="xunhu"

[proxy_0]
reg_proxy=<sip:127.0.0.1:{port};transport={transport}>
reg_identity=sip:{user}@127.0.0.1
reg_expires=120
reg_sendregister=1
publish=0

[sound]
playback_dev_id=ANULL: Null Filter
capture_dev_id=ANULL: Null Filter
"""


@pytest.mark.parametrize(("user", "transport"), [("8201", "udp"), ("8202", "tcp"), ("8203", "tls")])
def test_linphone(user: str, transport: str, tmp_path: Path) -> None:
    with registrar(tmp_path / "data") as server:
        line = _linphone(server, tmp_path, user, transport)
        assert user in line


def _linphone(server: Registrar, folder: Path, user: str, transport: str) -> str:
    (folder / "linphonerc").write_text(
        LINPHONE.format(ca=folder / "data" / "ca.pem", user=user, port=server.ports[transport], transport=transport)
    )
    with running("linphonec", "-c", folder / "linphonerc", "-b", folder / "linphonerc", cwd=folder) as phone:
        line = server.told("registered", user, transport)
        phone.say("quit")
        server.told("removed", user, transport)
        return line
