"""E1 lines: the drivers behind include/xunhu/span.h and HDLC framing, all in C.

hdlc        Receiver, Transmitter: HDLC over a timeslot's octets
span        Span: one E1 of the drivers loop (two spans back to back), ces (RFC 5086 over UDP), dahdi (/dev/dahdi)
dahdi_conf  system.conf for dahdi_cfg from the trunks of the configuration

In service the engine (xunhu/_media) calls the C itself; these modules are for tests, load tools and far ends.
"""
