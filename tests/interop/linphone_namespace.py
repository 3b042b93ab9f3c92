"""Linphone registers with our registrar, both in a network namespace of their own: where a machine has a route but cannot reach the internet,
linphone takes itself to be offline and does nothing. Run by `unshare -n`; prints what the registrar has said.

    python linphone_namespace.py FOLDER TRANSPORT USER
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from registrar_process import Process, registrar

CONFIG = """[sip]
sip_port=-1
sip_tcp_port=-1
sip_tls_port=-1
root_ca={ca}
verify_server_certs=1
verify_server_cn=0
"""


def main() -> None:
    folder, transport, user = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    (folder / ".local/share/linphone").mkdir(parents=True)
    with registrar(folder / "data") as server:
        (folder / "rc").write_text(CONFIG.format(ca=folder / "data" / "ca.pem"))  # it looks for names in certificates, not for addresses
        phone = Process("linphone-daemon", "--config", folder / "rc", env={**os.environ, "HOME": str(folder)})
        try:
            proxy = f"<sip:127.0.0.1:{server.ports[transport]};transport={transport}>"
            phone.say(f"register sip:{user}@127.0.0.1 {proxy} secret-{user} {user} xunhu")
            print(server.told("registered", user, transport), flush=True)
            phone.say("quit")
        finally:
            phone.close()


if __name__ == "__main__":
    main()
