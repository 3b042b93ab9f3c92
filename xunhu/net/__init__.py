"""Sockets of SIP: everything of it that waits, resolves names or reads a clock.

udp_receiver   a thread that reads the UDP sockets and sheds floods (C)      sip_net.py    the asyncio shell around the user agent
stream.py      TCP and TLS connections, their limits                         resolver.py   RFC 3263 over DNS
sip_store.py   registrations and bans, crash-safe

What decides stands in xunhu/sip, without sockets: guard.py (limits and bans), authority.py, registrar.py, location.py, registration.py, notifier.py.
"""
