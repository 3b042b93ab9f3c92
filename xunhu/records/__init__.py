"""Records derived from the ledger.

cdr.py     one row a call, finished with its last event
"""
