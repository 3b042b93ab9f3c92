"""IVR: flows as data, their interpreter, prompts.

model.py        nodes and flows, immutable
loader.py       flowconfig.xml -> Flow, errors with line and reason
checks.py       checks on a flow as a whole: targets, loops, children never taken
messages.py     what the loader says, English and Chinese
library.py      the flows of a directory: versions and reload
service.py      library and interpreter as call control wants them
interpreter.py  one caller's walk through a flow
variables.py    variables of the call, the flow and the site
expressions.py  @variables and functions
session.py      what a flow may ask of the call it serves (implemented by xunhu.call)
speak.py        numbers, money and digit strings to prompt files, Chinese and English
prompts.py      the prompt folders; making prompts of text tables
tts.py          text to speech: its interface, and espeak-ng behind it
show.py         a flow as a tree for people, and as JSON
"""
