"""Who calls, who is called, who has redirected: headers of SIP into `Party` and back.

RFC 3261 (To, From, Request-URI), RFC 3966 (tel), RFC 3323 and 3325 (Privacy, P-Asserted-Identity), RFC 5806 (Diversion), RFC 7044 (History-Info).

Of a trusted peer P-Asserted-Identity counts before From, and Privacy says what may be shown. A number in the global form (+86...) is of type
international, without its +; E1 has the type in a field of its own.
"""

from __future__ import annotations

import re

from xunhu.call.trunk import CallRequest, Party
from xunhu.sip.message import NameAddr, SipMessage, SipParseError
from xunhu.sip.uri import SipUri

_VISUAL = re.compile(r"[\s().-]")
_PRIVATE = {"id", "user", "header", "full", "critical"}
_ANONYMOUS = ("anonymous", "restricted", "unavailable", "unknown")
_ANONYMOUS_URI = "sip:anonymous@anonymous.invalid"
_DIALLED = re.compile(r"[0-9*#A-Da-d]{1,32}")


def digits_of(user: str) -> str:
    """The number in the user part of a SIP URI, or in a tel URI: without parameters (`;phone-context=`), and signs that are there for the eye only."""
    number = user.partition(";")[0]
    plain = _VISUAL.sub("", number)
    return plain if plain.lstrip("+") and _DIALLED.fullmatch(plain.lstrip("+")) else number


def uri_user(uri: SipUri | str) -> str:
    """Of sip:, sips: and tel: URIs."""
    if isinstance(uri, SipUri):
        return uri.user or ""
    scheme, _, rest = uri.partition(":")
    return rest if scheme.lower() == "tel" else ""


def party_of(address: NameAddr, presentation: str, screening: str) -> Party | None:
    """None: there is no number in it."""
    user = uri_user(address.uri)
    if not user or user.lower() in _ANONYMOUS:
        return None
    number = digits_of(user)
    if number.startswith("+"):
        return Party(number[1:], "international", presentation, screening)
    return Party(number, "unknown", presentation, screening)


def called_party(message: SipMessage) -> Party:
    """Of an INVITE: the Request-URI."""
    uri = SipUri.parse(message.uri) if message.uri.lower().startswith(("sip:", "sips:")) else message.uri
    number = digits_of(uri_user(uri))
    return Party(number[1:], "international") if number.startswith("+") else Party(number)


def _addresses(message: SipMessage, name: str) -> list[NameAddr]:
    """Those of a header that can be read."""
    found: list[NameAddr] = []
    for text in message.items(name):
        try:
            found.append(NameAddr.parse(text))
        except SipParseError:
            continue
    return found


def _private(message: SipMessage) -> bool:
    words = {word.strip().lower() for value in message.all("Privacy") for word in value.split(";")}
    return bool(words & _PRIVATE) and "none" not in words


def calling_party(message: SipMessage, *, trusted: bool) -> Party | None:
    """trusted: what the peer asserts is believed."""
    shown = "restricted" if _private(message) else "allowed"
    if trusted:
        for address in _addresses(message, "P-Asserted-Identity"):
            party = party_of(address, shown, "network")
            if party is not None:
                return party
    sender = message.from_
    party = party_of(sender, shown, "user")
    if party is None and (shown == "restricted" or uri_user(sender.uri).lower() == "anonymous"):
        return Party("", "unknown", "restricted", "user")
    return party


def redirecting_party(message: SipMessage) -> Party | None:
    """Who has redirected the call to us, the last one: the first Diversion, else the entry of History-Info before the last."""
    for address in _addresses(message, "Diversion"):
        shown = "restricted" if address.params.get("privacy", "off").strip('"').lower() not in ("off", "") else "allowed"
        return party_of(address, shown, "passed")
    history = _addresses(message, "History-Info")
    if len(history) >= 2:
        uri = history[-2].uri
        private = isinstance(uri, SipUri) and "privacy" in {name.lower() for name in uri.headers}
        return party_of(history[-2], "restricted" if private else "allowed", "passed")
    return None


# -- what we send --------------------------------------------------------------------------------------------------------


def number_text(party: Party) -> str:
    return f"+{party.digits}" if party.type == "international" and not party.digits.startswith("+") else party.digits


def _quoted(text: str) -> str:
    return '"' + re.sub(r'["\\]', lambda sign: "\\" + sign[0], "".join(c for c in text if c.isprintable())) + '" '


def from_header(request: CallRequest, user: str, domain: str) -> str:
    """The From of a call of ours, without its tag. user: what stands there for a caller who has no number."""
    calling = request.calling
    if calling is not None and calling.presentation == "restricted":
        return f'"Anonymous" <{_ANONYMOUS_URI}>'
    number = number_text(calling) if calling is not None and calling.digits else user
    display = _quoted(request.display) if request.display else ""
    return f"{display}<sip:{number}@{domain}>" if number else f"{display}<sip:{domain}>"


def identity_headers(request: CallRequest, domain: str, *, trusted: bool) -> list[tuple[str, str]]:
    """P-Asserted-Identity (to trusted peers only), Privacy, Diversion."""
    headers: list[tuple[str, str]] = []
    calling = request.calling
    if calling is not None and calling.digits:
        if trusted:
            headers.append(("P-Asserted-Identity", f"<sip:{number_text(calling)}@{domain}>"))
        if calling.presentation == "restricted":
            headers.append(("Privacy", "id"))
    redirecting = request.redirecting
    if redirecting is not None and redirecting.digits and trusted:
        private = ";privacy=full" if redirecting.presentation == "restricted" else ""
        headers.append(("Diversion", f"<sip:{number_text(redirecting)}@{domain}>;reason=unknown{private}"))
    return headers
