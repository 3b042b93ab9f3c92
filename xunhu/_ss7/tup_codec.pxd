# C signatures of the functions of tup_codec.py; the code is there.
cimport cython

from xunhu._ss7.circuit_primitives cimport Number
from xunhu._ss7.tup_messages cimport CircuitGroup, GeneralForward, Indicators, InitialAddress, Plain, SubsequentAddress, Unsuccessful

cdef int _ZERO, _NINE, _A, _F
cdef list _PAIR, _ONE, _OCTET

@cython.locals(end=cython.Py_ssize_t, i=cython.Py_ssize_t)
cpdef str read_digits(bytes octets, Py_ssize_t at, int count)
@cython.locals(code=cython.int, low=cython.int)
cpdef bytes write_digits(str digits)
@cython.locals(first=cython.int)
cdef Number _read_line(bytes octets, Py_ssize_t at, bint restricted)
cdef int _line_octets(Number number) except -1
@cython.locals(first=cython.int)
cdef bytes _write_line(Number number, bint restricted)
@cython.locals(whole=str, digits=str)
cpdef Number line_number(Number number)
@cython.locals(category=cython.int, indicators=cython.int, count=cython.int, digits=str, st=cython.bint, present=cython.int, size=cython.int, calling=Number, original=Number)
cpdef InitialAddress read_initial(bytes octets, Py_ssize_t at, int heading)
@cython.locals(digits=str, st=cython.bint)
cpdef SubsequentAddress read_subsequent(bytes octets, Py_ssize_t at, int heading)
cdef Py_ssize_t _trunk_octets(bytes octets, Py_ssize_t at, int point_octets) except -1
@cython.locals(indicators=cython.int, calling=Number, original=Number)
cpdef GeneralForward read_forward(bytes octets, Py_ssize_t at, int heading, int point_octets)
cpdef CircuitGroup read_group(bytes octets, Py_ssize_t at, int heading, bint with_status)
cpdef bytes write_initial(int heading, int category, int indicators, str signals, int present, bytes others, Number calling, Number original)
cpdef bytes write_subsequent(int heading, str signals)
cpdef bytes write_forward(int indicators, GeneralForward message)
