"""The `xunhu` command, a file a subject.

main.py        arguments, dispatch
output.py      tables, JSON, colours, errors, exit codes
configure.py   check, dahdi-conf
serve.py       run
demo.py        demo
operate.py     status, spans, calls, hangup
records.py     cdr
flows.py       flow check, show, reload
tracing.py     trace
"""
