"""SIP, RFC 3261 and what it has grown, sans-IO.

message.py       messages: parse, typed views, encode; requests and responses; framing on a stream; in message_*.py
headers.py       values of headers: NameAddr, Via, parameters
uri.py           SIP URIs
sdp.py           session descriptions, RFC 8866
digest.py        digest authentication, RFC 7616 and 8760
transaction.py   transactions and the queue of timers; transaction_tables.py, timers.py
dialog.py        dialogs; session*.py: INVITE sessions, by subject; subscription.py: SUBSCRIBE and NOTIFY; outgoing.py: challenges
user_agent.py    the user agent; address.py: addresses, peers, settings; events.py: what its owner is told
names.py         methods, statuses, headers, as tables
chars.py         classes of characters
errors.py        SipParseError
"""
