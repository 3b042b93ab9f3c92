# C functions of isup_parameters_numbers.py; the code is there, and for those that are inline the same in Python.
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize

from xunhu._ss7.circuit_primitives cimport Number

cdef extern from "Python.h":
    str PyUnicode_DecodeASCII(const char *s, Py_ssize_t size, const char *errors)
    Py_ssize_t PyUnicode_GET_LENGTH(object text)
    unsigned int PyUnicode_READ_CHAR(object text, Py_ssize_t index)

cpdef str signals_of(bytes content, int start, bint odd, int cause)
cpdef bytes packed(str signals)
cpdef str without_st(str signals, int cause)
cpdef bytes encode_number(Number number_, int indicators, bint st)
cdef bytes _octets(int first, int second, str digits, bint st)
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


cdef inline str text_of(bytes content, int start, int count):
    cdef char buffer[512]  # content is a parameter: 255 octets at most
    cdef const unsigned char *octets = <const unsigned char *>PyBytes_AS_STRING(content) + start
    cdef int k, half
    if count > 512:
        count = 512
    for k in range(count):
        half = octets[k >> 1] >> 4 if k & 1 else octets[k >> 1] & 15
        buffer[k] = <char>(48 + half if half < 10 else 55 + half)
    return PyUnicode_DecodeASCII(buffer, count, NULL)


cdef inline bytes octets_of(int first, int second, str digits, bint st):
    cdef char buffer[260]
    cdef Py_ssize_t heads = 1 if second < 0 else 2
    cdef Py_ssize_t n = PyUnicode_GET_LENGTH(digits)
    cdef Py_ssize_t total = n + st
    cdef Py_ssize_t k, at
    cdef int half
    cdef unsigned int letter
    if total > 500:
        return None
    buffer[0] = <char>first
    buffer[1] = <char>second
    for k in range(total):
        letter = PyUnicode_READ_CHAR(digits, k) if k < n else 70
        if 48 <= letter <= 57:
            half = letter - 48
        elif 65 <= letter <= 70:
            half = letter - 55
        elif 97 <= letter <= 102:
            half = letter - 87
        else:
            return None
        at = heads + (k >> 1)
        if k & 1:
            buffer[at] |= <char>(half << 4)
        else:
            buffer[at] = <char>half
    if total & 1:
        buffer[0] |= <char>0x80
    return PyBytes_FromStringAndSize(buffer, heads + ((total + 1) >> 1))
