# C functions of q931_ie.py; the code is there.

cpdef encode_element(bytearray out, element)
