"""`SipService`: SIP of a running switch, made from the configuration: sockets, user agent, trunks, telephones.

    SipNet -> UserAgent -> SipShell -> trunks -> call control
                              |-> FrontDesk: registrations, secrets, bans, lamps (sip_lamps.py)
                              |-> Registrations: ours with carriers

What people ask of it: sip_desk.py.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable
from ipaddress import ip_network
from pathlib import Path

from xunhu import __version__
from xunhu.call.control import CallControl
from xunhu.call.media import MediaPlane
from xunhu.call.media_rtp import RtpPlace
from xunhu.call.sip_branch import Target
from xunhu.call.sip_features import SipFeatures
from xunhu.call.sip_peer import PeerTrunk, host_text
from xunhu.call.sip_phones import PhonesTrunk
from xunhu.call.sip_shell import SipShell
from xunhu.call.sip_trunk import SipTrunk
from xunhu.call.sip_voice import Wish
from xunhu.config.sip import PHONES, SipSite, SipTrunkLine
from xunhu.net.front_desk import FrontDesk
from xunhu.net.registrations import Registrations, RegistrationSettings
from xunhu.net.settings import SCANNERS, Bind, Network, TlsSettings
from xunhu.net.sip_net import SipNet
from xunhu.service.sip_lamps import Lamps
from xunhu.sip.address import Credentials, Tokens, UaPeer, UaSettings
from xunhu.sip.registration import StateChanged
from xunhu.sip.uri import SipUri
from xunhu.sip.user_agent import UserAgent
from xunhu.vclock import Clock

ANY4, ANY6 = "0.0.0.0", "::"  # noqa: RUF100


def peer_of(line: SipTrunkLine) -> UaPeer:
    """What the user agent has to know of a trunk."""
    credentials = Credentials(line.auth_user or line.user, line.secret) if line.secret else None
    return UaPeer(
        line.name, nat=line.nat, prack=line.prack, session_timer=line.session_timer, credentials=credentials
    )


def registration_of(line: SipTrunkLine) -> RegistrationSettings:
    """What a trunk that registers asks for."""
    params = {} if line.transport == "udp" else {"transport": line.transport}
    domain = line.domain or line.host
    proxy = SipUri.parse(f"sip:{host_text(line.proxy)}").replace(params=params) if line.proxy else None
    return RegistrationSettings(
        line.name,
        SipUri("sip", "", domain if line.proxy else line.host, None if line.proxy else line.port or None, params),
        SipUri("sip", line.user, domain),
        Credentials(line.auth_user or line.user, line.secret) if line.secret else None,
        proxy,
        expires_s=line.expires_s,
    )


class SipService:
    """See the module's text. folder: where registrations and bans are kept; alarm(severity, text): for the operator."""

    def __init__(
        self,
        site: SipSite,
        folder: Path,
        media: MediaPlane,
        clock: Clock,
        control: CallControl,
        alarm: Callable[[str, str], None],
    ) -> None:
        self.site = site
        self.clock = clock
        self.control = control
        self._alarm = alarm
        rtp, scanners = site.rtp, (*SCANNERS, *site.scanners)
        v6 = ":" in rtp.address
        media.rtp_place = RtpPlace(
            address4=rtp.address if rtp.address and not v6 else ANY4,
            address6=rtp.address if v6 else ANY6,
            first_port=rtp.ports,
            silence_s=float(rtp.silence_s),
        )
        self.net = SipNet(
            media.loop,
            clock,
            [Bind(listen.transport, listen.host, listen.port) for listen in site.listen],
            tls=TlsSettings(site.certificate, site.key, site.client_ca),
            advertise=site.advertise,
            inside=site.inside,
            peers=self._sources(),
            scanners=scanners,
        )
        self.desk = FrontDesk(
            self.net,
            clock,
            {number: phone.secret for number, phone in site.phones.items()},
            realm=site.realm,
            folder=folder,
            random=os.urandom,
            min_s=site.register_min_s,
            max_s=site.register_max_s,
            contacts=max((phone.contacts for phone in site.phones.values()), default=1),
            algorithms=tuple(name.upper() for name in site.digest),
            peer=self._is_peer,
            scanners=scanners,
            on_alarm=alarm,
        )
        self.shell = SipShell(
            media, clock, domain=site.domain, rtp=rtp, authenticate=self.desk.authenticate, requests=self.desk.requests
        )
        settings = UaSettings(user_agent=f"xunhu/{__version__}")
        self.ua = UserAgent(settings, Tokens(os.urandom), self.net.local_for, admit=self.shell.admit)
        self.net.ua = self.ua
        self.net.on_events = self.shell.turn
        self.registrations: Registrations | None = None
        self.desk.calls_of = Lamps(self).calls_of
        self.shell.join(self.ua, self.net, SipFeatures(control, self.shell.find), self._phone)
        for index, line in enumerate(site.trunks):
            trunk = PeerTrunk(line, index, Wish.of(line.media), peer_of(line), self.shell, clock, control)
            trunk.on_places = self._places_changed
            self.shell.trunks[line.name] = trunk
        if site.phones:
            wishes = {number: Wish.of(phone.media) for number, phone in site.phones.items()}
            self.shell.trunks[PHONES] = PhonesTrunk(
                len(site.trunks),
                site.phone_calls,
                wishes,
                self._targets,
                UaPeer(PHONES, nat=site.phone_nat),
                self.shell,
                clock,
                control,
            )

    @property
    def trunks(self) -> list[SipTrunk]:
        return list(self.shell.trunks.values())

    def _phone(self, extension: str) -> UaPeer:
        return UaPeer(f"{PHONES}/{extension}", nat=self.site.phone_nat, session_timer=self.site.session_timer)

    def _targets(self, extension: str) -> list[Target]:
        """Where the telephones of an extension are: at the place that their registration came from."""
        return [
            Target(str(binding.contact), (binding.place,), binding.flow, tuple(binding.path))
            for binding in self.desk.contacts(extension)
        ]

    # -- who is trusted --------------------------------------------------------------------------------------------

    def _sources(self) -> list[Network]:
        return [network for line in self.site.trunks for network in line.sources]

    def _is_peer(self, host: str) -> bool:
        return any(trunk.owns(host) for trunk in self.shell.peers)

    def _places_changed(self) -> None:
        """A trunk has other addresses: they are not limited as strangers are."""
        places = {ip_network(place.host) for trunk in self.shell.peers for place in trunk.places}
        self.net.set_peers([*self._sources(), *places])

    # -- life ------------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """OSError: an address is taken, a certificate cannot be read."""
        self.desk.open(self.shell.loop)
        try:
            await self.net.start()
        except ssl.SSLError as error:
            raise OSError(f"certificate {self.site.certificate}: {error}") from error
        for trunk in self.trunks:
            if isinstance(trunk, PeerTrunk):
                trunk.start()
            trunk.look("listening")
        self.registrations = Registrations(self.net, self.ua, self.clock, Tokens(os.urandom))
        self.shell.on_response = self.registrations.heard
        self.net.on_peer_lost = self.registrations.flow_lost
        for trunk in self.shell.peers:
            if trunk.line.register:
                self.registrations.add(registration_of(trunk.line), self._registration_told(trunk))

    @staticmethod
    def _registration_told(trunk: PeerTrunk) -> Callable[[StateChanged], None]:
        return lambda changed: trunk.registration_changed(changed.registered, changed.text)

    async def close(self) -> None:
        """What has to be said still goes out."""
        if self.registrations is not None:
            await self.registrations.close(1.0)
        self.shell.close()
        for trunk in self.trunks:
            trunk.close()
        await self.net.close()
        self.desk.close()
