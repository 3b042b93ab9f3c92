"""How programs talk to a running xunhu.

local.py    the socket beside the ledger, for the command line: one JSON line asks, one answers
"""
