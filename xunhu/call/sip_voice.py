"""`SipVoice`: the RTP line of a SIP call and the session description that goes with it (xunhu/sip/offer_answer.py).

It is there before the leg is: the port stands in the first offer or answer. Whatever is agreed later, early media, a re-INVITE, a hold, is given to the line at once.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields

import orjson

from xunhu.call.media_rtp import RtpLine
from xunhu.config.sip import SipMedia
from xunhu.sip import sdp
from xunhu.sip.errors import SipParseError
from xunhu.sip.offer_answer import (
    CODECS,
    SUITES,
    Agreed,
    Capability,
    Local,
    NotAcceptableError,
    make_answer,
    make_offer,
    read_answer,
)

#: octets of key and salt together, RFC 4568 §6.2 and RFC 7714 §14.2
_KEY_OCTETS = {"AES_CM_128_HMAC_SHA1_32": 30, "AES_CM_128_HMAC_SHA1_80": 30, "AEAD_AES_128_GCM": 28, "AEAD_AES_256_GCM": 44}
_KEPT = tuple(field.name for field in fields(Agreed) if field.name != "crypto")  # what a ledger may know


@dataclass(frozen=True, slots=True)
class Wish:
    """What the configuration says of the voice of a peer. dtmf: auto | rfc4733 | info | inband."""

    capability: Capability
    dtmf: str = "auto"

    @classmethod
    def of(cls, media: SipMedia) -> Wish:
        events = media.dtmf in ("auto", "rfc4733")
        return cls(Capability(media.codecs, events, ptime_ms=media.ptime_ms, srtp=media.srtp), media.dtmf)


class SipVoice:
    """See the module's text. address: what the other side is told; nat: its packets may come from elsewhere than it says. random: for keys and the number of the session."""

    def __init__(
        self,
        line: RtpLine,
        address: str,
        wish: Wish,
        *,
        nat: bool = False,
        random: Callable[[int], bytes] = os.urandom,
        session: int = 0,
    ) -> None:
        self.line = line
        self.wish = wish
        self.agreed: Agreed | None = None
        self.nat = nat
        self._address = address
        self._session = session or int.from_bytes(random(4)) or 1
        self._version = self._session
        self._said = b""  # the last description of ours, with its version
        self._offer = b""  # one that has not been answered
        self._keys: dict[str, str] = {}
        if wish.capability.srtp in ("sdes", "offer"):
            self._keys = {suite: base64.b64encode(random(_KEY_OCTETS[suite])).decode() for suite in SUITES}

    def close(self) -> None:
        self.line.close()

    @property
    def held(self) -> bool:
        """The other side does not listen."""
        return self.agreed is not None and self.agreed.held

    @property
    def events(self) -> bool:
        """Whether keys go and come as RFC 4733."""
        return self.agreed is not None and self.agreed.events is not None

    @property
    def pending_offer(self) -> bytes:
        """Ours that has no final answer yet."""
        return self._offer

    def _local(self, version: int) -> Local:
        fingerprint = self.line.dtls_fingerprint if self.wish.capability.srtp == "dtls" else ""
        return Local(self._address, self.line.udp_port, self._session, version, self._keys, fingerprint)

    def _say(self, make: Callable[[Local], bytes]) -> bytes:
        """A description of ours; its version is a new one when anything in it is (RFC 3264 §8)."""
        said = make(self._local(self._version))
        if self._said and said != self._said:
            said = make(self._local(self._version + 1))
            self._version += 1
        self._said = said
        return said

    def offer(self, direction: str = "sendrecv") -> bytes:
        """An offer of ours; the answer goes to `take_answer`."""
        self._offer = self._say(
            lambda local: make_offer(self.wish.capability, local, direction=direction, before=self.agreed)
        )
        return self._offer

    def drop_offer(self) -> None:
        """It was refused: what was agreed before holds."""
        self._offer = b""

    def answer(self, body: bytes) -> bytes:
        """The answer to an offer; the line follows it. NotAcceptableError: nothing has changed."""
        offer = _parsed(body)
        agreed: Agreed | None = None

        def make(local: Local) -> bytes:
            nonlocal agreed
            said, agreed = make_answer(offer, self.wish.capability, local)
            return said

        said = self._say(make)
        assert agreed is not None
        self._apply(agreed)
        return said

    def take_answer(self, body: bytes) -> None:
        """The answer to our offer. It may come more than once: with each early dialog, and with the final one. NotAcceptableError."""
        if self._offer:
            self._apply(read_answer(_parsed(body), self._offer, self.wish.capability, self._local(self._version)))

    def settled(self) -> None:
        """The offer has had its final answer."""
        self._offer = b""

    def _apply(self, agreed: Agreed) -> None:
        before, self.agreed = self.agreed, agreed
        if before is not None and before == agreed:
            return
        self._detect()
        if agreed.port:
            crypto = agreed.crypto
            self.line.set_remote(
                agreed.host,
                agreed.port,
                codec=CODECS[agreed.codec].encoding,
                payload_type=agreed.payload_type,
                receive={number: CODECS[name].encoding for number, name in agreed.receive.items()},
                dtmf_pt=agreed.events,
                dtmf_receive_pt=agreed.events_receive,
                cn_pt=agreed.noise,
                ptime_ms=agreed.ptime_ms,
                rtcp_mux=agreed.rtcp_mux,
                rtcp_port=agreed.rtcp_port,
                nat=self.nat,
                mode=1 if "octet-align=1" in agreed.fmtp.replace(" ", "") else 0,
                srtp=None if crypto is None else (crypto.suite, crypto.ours, crypto.theirs),
                dtls=(agreed.setup, agreed.fingerprint) if agreed.fingerprint else None,
            )
        self.line.hold(agreed.direction)

    # -- over a restart of control -----------------------------------------------------------------------------------

    @property
    def restore_data(self) -> dict[str, int | str | bool]:
        """Without keys of SRTP, which have no business in a ledger: the engine has them, and the next offer brings new ones."""
        if self.agreed is None:
            return {}
        agreed = {name: getattr(self.agreed, name) for name in _KEPT}
        return {
            "address": self._address,
            "session": self._session,
            "version": self._version,
            "agreed": orjson.dumps(agreed, option=orjson.OPT_NON_STR_KEYS).decode(),
        }

    @classmethod
    def restored(cls, line: RtpLine, wish: Wish, data: Mapping[str, int | str | bool]) -> SipVoice:
        """The line goes on as it was set. KeyError, ValueError, TypeError: not what `restore_data` has said."""
        voice = cls(line, str(data["address"]), wish, session=int(data["session"]))
        voice._version = int(data["version"]) + 1  # whatever is said next is something new to the other side
        agreed = orjson.loads(str(data["agreed"]))
        agreed["receive"] = {int(number): name for number, name in agreed["receive"].items()}
        agreed["layout"] = tuple(tuple(row) for row in agreed["layout"])
        voice.agreed = Agreed(**agreed)
        voice._detect()
        return voice

    def _detect(self) -> None:
        """Without events a key can come in the voice; where INFO is wanted it does not."""
        assert self.agreed is not None
        self.line.inband_dtmf = self.agreed.events is None and self.wish.dtmf != "info"


def _parsed(body: bytes) -> sdp.Session:
    try:
        return sdp.parse(body)
    except SipParseError as error:
        raise NotAcceptableError("399 session description not understood") from error
