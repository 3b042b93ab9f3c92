# C layout of the classes of timer_queue.py; the code is there.
cimport cython

cdef class TimerQueue:
    cdef dict _running
    cdef list _heap
    cpdef long long deadline(self)
    @cython.locals(key=cython.longlong)
    cpdef start(self, long long owner, long long name, long long at)
    cpdef stop(self, long long owner, long long name)
    cpdef bint runs(self, long long owner, long long name)
    cpdef expired(self, long long now)
