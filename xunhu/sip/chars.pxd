# C functions of chars.py; the code is there.
cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE

cdef extern from "Python.h":
    Py_ssize_t PyUnicode_FindChar(object text, Py_UCS4 char, Py_ssize_t start, Py_ssize_t end, int direction)

cdef extern from "string.h":
    void *memmem(const void *where, size_t octets, const void *what, size_t length)

cdef bytes _TABLE

cpdef bint only(str text, Py_ssize_t start, Py_ssize_t end, int mask)
@cython.locals(i=Py_ssize_t)
cpdef Py_ssize_t after(str text, Py_ssize_t start, int mask)
@cython.locals(i=Py_ssize_t)
cpdef Py_ssize_t after_blanks(str text, Py_ssize_t start)
cpdef str stripped(str text, Py_ssize_t start, Py_ssize_t end)
@cython.locals(i=Py_ssize_t)
cpdef Py_ssize_t end_of_quoted(str text, Py_ssize_t start)
cpdef str unquoted(str text)
cpdef str quoted(str text)
cpdef list pieces(str text, str separator, str header)
@cython.locals(value="long long")
cpdef long long number(str text, long long limit)
cpdef bint is_ipv6(str text)
cdef bint _is_ipv4(str text)
cpdef bint lines_end_well(bytes octets)


cdef inline Py_ssize_t find(str text, Py_UCS4 char, Py_ssize_t start, Py_ssize_t end):
    return PyUnicode_FindChar(text, char, start, end, 1)


cdef inline Py_ssize_t find_octets(bytes octets, bytes wanted, Py_ssize_t start):
    cdef const char *at = PyBytes_AS_STRING(octets)
    cdef const char *found
    if start >= PyBytes_GET_SIZE(octets):
        return -1
    found = <const char *>memmem(
        at + start, <size_t>(PyBytes_GET_SIZE(octets) - start), PyBytes_AS_STRING(wanted), <size_t>PyBytes_GET_SIZE(wanted)
    )
    return -1 if found is NULL else found - at
