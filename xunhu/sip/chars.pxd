# C functions of chars.py; the code is there.
cimport cython

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
cpdef bint lines_end_well(bytes octets)
