"""ITU-T G.711 (11/88), A-law and u-law, blocks of any length.

Octets are as on the line (A-law with its even bits inverted). Samples are 16-bit linear, one dimension, contiguous: an
`array("h")` or a NumPy array of int16. ValueError for another element type.
"""

from array import array

from typing_extensions import Buffer

def alaw_decode(octets: Buffer) -> array[int]: ...
def ulaw_decode(octets: Buffer) -> array[int]: ...
def alaw_encode(samples: Buffer) -> bytes: ...
def ulaw_encode(samples: Buffer) -> bytes: ...
