"""Signalling System No.7, sans-IO: octets and `now` in; octets, timers and primitives out.

mtp2*.py     signalling link, Q.703            mtp3*.py   signalling network, Q.704 and Q.707
isup*.py     ISDN user part, Q.761 to Q.764    tup*.py    telephone user part, Q.721 to Q.724 and GF 001-9001
mtp_primitives.py   between levels 2, 3 and 4  circuit_primitives.py   between a user part and its owner
node.py      links, networks and user parts of one node, and what is carried between them
"""
