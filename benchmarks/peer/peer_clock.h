/* What a peer's program measures with: CPU time of its thread, and the order of its rounds. */
#ifndef PEER_CLOCK_H
#define PEER_CLOCK_H
#include <time.h>

static inline double now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* For qsort of doubles, smallest first. */
static inline int smaller(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}
#endif
