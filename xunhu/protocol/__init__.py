"""What every protocol stack stands on, whichever line it serves.

errors.py       whose fault: LocalError, RemoteError
timers.py       tables of timers and parameters, and values from configuration within their ranges
timer_queue.py  running timers, earliest first
caller_id.py    caller id messages, FSK and DTMF
"""
