"""SIP, RFC 3261 and what it has grown, sans-IO.

message.py       messages: parse, typed views, encode; requests and responses; framing on a stream; in message_*.py
headers.py       values of headers: NameAddr, Via, parameters
uri.py           SIP URIs
sdp.py           session descriptions, RFC 8866
digest.py        digest authentication, RFC 7616 and 8760
names.py         methods, statuses, headers, as tables
chars.py         classes of characters
errors.py        SipParseError
"""
