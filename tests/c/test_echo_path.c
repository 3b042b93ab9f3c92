// sources: xunhu/_media/echo_path.c
/* The measurement of an echo path under the sanitizers: a known path, the shortest and longest, the loudest sounds. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include "xunhu/echo_path.h"

#define CHECK(what) do { if (!(what)) { printf("line %d: %s\n", __LINE__, #what); return 1; } } while (0)

static int known(size_t n, size_t count)
{
    int16_t *x = calloc(n, sizeof *x), *y = calloc(n, sizeof *y), *left = calloc(n, sizeof *left);
    double *taps = calloc(count, sizeof *taps), *work = calloc(xh_echo_path_work(n, count), sizeof *work);
    CHECK(x && y && left && taps && work);
    unsigned seed = 1;
    for (size_t i = 0; i < n; i++)
        x[i] = (int16_t)((seed = seed * 1103515245u + 12345u) >> 17);
    size_t late = count - 1;
    for (size_t i = late; i < n; i++)
        y[i] = (int16_t)(x[i - late] / 4);
    int status = xh_echo_path_estimate(x, y, n, taps, count, work);
    double found = taps[late];
    xh_echo_path_residual(x, y, n, taps, count, left);
    free(x), free(y), free(left), free(taps), free(work);
    CHECK(status == 0);
    CHECK(n < 4 * count || fabs(found - 0.25) < 0.05);
    return 0;
}

static int refused(void)
{
    int16_t x[64] = {0};
    double taps[64], work[6 * 64 + 2 * 64];
    CHECK(xh_echo_path_estimate(x, x, 64, taps, 0, work) == -EINVAL);
    CHECK(xh_echo_path_estimate(x, x, 64, taps, 65, work) == -EINVAL);
    CHECK(xh_echo_path_estimate(x, x, 64, taps, 64, work) == -ENODATA);
    for (int i = 0; i < 64; i++)
        x[i] = i & 1 ? INT16_MAX : INT16_MIN;
    CHECK(xh_echo_path_estimate(x, x, 64, taps, 64, work) == 0);
    for (int i = 0; i < 64; i++)
        taps[i] = i & 1 ? 1e9 : -1e9;
    int16_t left[64];
    xh_echo_path_residual(x, x, 64, taps, 64, left);
    return 0;
}

int main(void)
{
    return known(4000, 1) || known(4000, 100) || known(500, 500) || known(507, 500) || known(508, 500) || known(530, 500) ||
           known(20000, 1024) || refused();
}
