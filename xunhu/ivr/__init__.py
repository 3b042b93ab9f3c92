"""IVR: flows as data, their interpreter, prompts.

model.py        nodes and flows, immutable
loader.py       flowconfig.xml -> Flow, errors with line and reason; versions and reload
interpreter.py  one caller's walk through a flow
session.py      what a flow may ask of the call it serves (implemented by xunhu.call)
speak.py        numbers, money and digit strings to prompt files, Chinese and English
prompts.py      the prompt folders; making prompts with espeak-ng; text to speech
"""
