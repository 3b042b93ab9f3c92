#include "span_private.h"
#include <errno.h>
struct xh_span *xh_ces_new(const struct xh_ces_params *p, int *err)
{
    *err = EPROTONOSUPPORT;
    return NULL;
}
