"""A user agent from elsewhere registers with us over UDP, TCP and TLS: baresip."""

from __future__ import annotations

from pathlib import Path

import pytest
from registrar_process import registrar, running

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
            f"<sip:{user}@127.0.0.1:{server.ports[transport]};transport={transport}>;auth_user={user};auth_pass=secret-{user};regint=120\n"
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
