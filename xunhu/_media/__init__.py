"""The media plane: C engine and kernels, each with a thin Cython module.

engine.pyx       Engine (in this process) and EngineClient (of the process xunhu-media); engine.pyi is the contract
service.py       the process xunhu-media, and spawn_media() which starts it
g711_py.pyx      G.711 both laws
dtmf_py.pyx      DTMF receiver bank
tones_py.pyx     tone generators and the call progress receiver; tone_countries.py has the tones, tone_rows.py what the receiver needs of them
r2mf_py.pyx      MFC/R2 receiver bank and sender
fax_tones_py.pyx fax and modem tones
fsk_py.pyx       FSK modems, caller id on the line
tone_catalogue.py  test sounds by name
files_py.pyx     players and recorders
engine_*.c       the engine: ports, crosspoints, one tick (engine_private.h says which file holds what)
"""
