"""A running switch registers its trunk with kamailio: down before, up then, taken away at its end."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from registrar_process import running
from sip_site import TRUNK, SipSite
from switch_site import until
from test_sip_register_kamailio import CONFIG

pytestmark = pytest.mark.interop


async def test_a_trunk_registers_and_is_up_only_then(tmp_path: Path) -> None:
    site = SipSite(tmp_path, options=", register: yes, user: '4008001', secret: carrier-secret")
    await site.start()
    try:
        await until(lambda: site.ask("sip-trunks")[0]["registration"] not in ("", "stopped"), "it has asked")
        assert not site.ask("sip-trunks")[0]["up"]
        config = CONFIG.replace("127.0.0.1:{port}", TRUNK + ":{port}")
        (tmp_path / "kamailio.cfg").write_text(config.format(transport="udp", port=site.peer, tcp="disable_tcp=yes"))
        options = ["-DD", "-E", "-m", "32", "-M", "4", "-w", tmp_path, "-Y", tmp_path]
        with running("kamailio", "-f", tmp_path / "kamailio.cfg", *options) as server:
            await until(lambda: site.ask("sip-trunks")[0]["registration"] == "registered", "registered", 40.0)
            assert site.ask("sip-trunks")[0]["up"]
            assert any("SAVED 4008001 expires 600" in line for line in server.lines)
            await site.strike(signal.SIGTERM)
            await until(lambda: any("SAVED 4008001 expires 0" in line for line in server.lines), "taken away")
    finally:
        site.clean()
