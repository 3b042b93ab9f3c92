"""ISDN primary rate access, sans-IO.

q921.py          LAPD data link, ITU-T Q.921 (09/97), point to point, modulo 128; its frames, table and primitives
                 are in q921_frames.py, q921_table.py, q921_primitives.py
q931_codec.py    messages and information elements, ITU-T Q.931 (05/98), as tables
q931.py          call control procedures, user and network side
primitives.py    what Q.931 and its owner say to each other
variants.py      NET5 (ETS 300 102-1) and TR 41459, as tables
timers.py        timers and parameters, as tables
trace.py         frames as text and as pcap
errors.py        whose fault an error is
"""
