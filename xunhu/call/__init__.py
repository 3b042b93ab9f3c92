"""Call control: calls, legs, trunks, routing.

trunk.py         what call control asks of a signalling system, and hears from it (contract)
pri_trunk.py     that for ISDN PRI: engine link, Q.921, Q.931
media.py         the media engine as objects whose end can be awaited
control.py       `CallControl`: all calls, and what may be asked of them
call.py leg.py   one call and its parties
flow_session.py  what a flow may do with its call (xunhu/ivr/session.py)
recording.py     the recording of a call
rooms.py         conference rooms; with it room.py and room_*.py
routing.py       which rule a number follows     hunting.py   which circuit is taken
recovery.py      taking over the calls that were up when control was restarted
settings.py causes.py tones.py errors.py log.py
"""
