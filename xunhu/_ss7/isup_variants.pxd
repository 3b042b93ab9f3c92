# C layout of the classes of isup_variants.py; the code is there.

cdef class Layout:
    cdef readonly int type
    cdef readonly object row
    cdef readonly bytes fixed_codes
    cdef readonly bytes fixed_at
    cdef readonly bytes fixed_sizes
    cdef readonly bytes variable_codes
    cdef readonly int pointers_at
    cdef readonly int head
    cdef readonly bint optional
    cdef readonly bint raw
    cdef readonly bytes roles
    cdef readonly int complete
    cdef readonly bytes blank

cdef class Variant:
    cdef readonly str name
    cdef readonly str edition
    cdef readonly list layouts
    cdef readonly object messages
    cdef readonly object parameters
    cdef readonly object timers
    cdef readonly object categories
    cdef readonly object range_maximum
    cdef readonly int affected_maximum
    cdef readonly int hop_counter
    cdef readonly bint cqm
    cdef readonly bint ucic
    cdef readonly bint cvr
    cdef readonly bint confusion
    cdef readonly bint user_part_test
    cdef readonly bint segmentation
    cdef readonly bint information_request
    cdef readonly bint loop_back
    cdef readonly bint overload
    cdef readonly bint compatibility
    cdef readonly bint metering
    cdef readonly int point_code_octets
