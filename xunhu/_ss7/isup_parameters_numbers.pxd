# C functions of isup_parameters_numbers.py; the code is there.

from xunhu._ss7.circuit_primitives cimport Number

cpdef str signals_of(bytes content, int start, bint odd, int cause)
cpdef bytes packed(str signals)
cpdef str without_st(str signals, int cause)
cdef _checked(Number number_)
cpdef bytes encode_number(Number number_, int indicators, bint st)
cpdef bytes encode_called_party_number(Number number_, bint complete=*)
cpdef tuple decode_called_party_number(bytes content)
cpdef bytes encode_subsequent_number(str digits, bint complete=*)
cpdef tuple decode_subsequent_number(bytes content)
cdef Number _decode(bytes content, int start, int form)
cpdef bytes encode_calling_party_number(Number number_)
cpdef Number decode_calling_party_number(bytes content)


cdef inline Number number(
    str digits, int nature, int plan, int presentation, int screening, int inn, bint incomplete
):
    cdef Number out = Number.__new__(Number)
    out.digits = digits
    out.nature = nature
    out.plan = plan
    out.presentation = presentation
    out.screening = screening
    out.inn = inn
    out.incomplete = incomplete
    return out
