"""The load harness (`xunhu load`): calls at a rate against a running switch, with the talk paths proved by a tone code per call.

code.py      the tone code                     heard.py     what a party has heard; right, one-way, crossed ...
plan.py      which calls, what limits          lines.py     the far end of a site's lines
far.py       engine and trunks of the far end  party.py     a caller and a called party
drive.py     calls at a rate                   own_site.py  a site of its own
probe.py     the switch from outside           tally.py     outcomes counted, held against limits
figures.py   percentiles, seconds              knee.py      the search for the highest good rate
watch.py     what all runs have in common      e1.py, sip.py  a run from beginning to end
sipp*.py     SIPp, its files and statistics    called.py    a SIPp that is called; sipp/ our scenarios
report.py    the report: JSON                  html.py, svg.py, words.py  the page
progress.py  what is shown meanwhile           own_switch.py  a switch on a site of its own
"""
