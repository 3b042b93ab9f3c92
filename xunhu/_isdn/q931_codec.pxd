# C functions of q931_codec.py; the code is there.

from xunhu._isdn.q931_ie cimport encode_element

cpdef encode_octets(message_type, reference, flag, elements, reference_octets, discriminator)
