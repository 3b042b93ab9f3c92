# C function of q921_frames.py; the code is there.
cimport cython

cdef int _E_RR, _E_RNR, _E_REJ, _RR, _RNR, _REJ, _INVALID
cdef int _I, _ERROR_L, _ERROR_M, _ERROR_N, _ERROR_O, _E_UI, _E_FRMR, _E_XID, _FRMR_OCTETS

@cython.locals(size=cython.int, control=cython.int, kind=cython.int)
cpdef int fields(bytes frame, int n201) except? -2
