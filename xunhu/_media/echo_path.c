/* The echo path of a line by least squares. See include/xunhu/echo_path.h. */
#include <errno.h>
#include <math.h>
#include <string.h>
#include "xunhu/echo_path.h"

/* Of the power sent, added to it at all frequencies: what was sent 40 dB weaker than the mean (beyond the telephone band)
 * explains nothing. */
#define FLOOR 1e-4

size_t xh_echo_path_work(size_t n, size_t count)
{
    return 6 * count + 2 * n;
}

/* out[k] <- sum of x[i] y[i + k], eight i at a time for all k: vectors without another order of sums. */
static void correlate(const double *x, const double *y, size_t n, double *restrict out, size_t count)
{
    memset(out, 0, count * sizeof *out);
    size_t whole = n < count + 7 ? 0 : (n - count - 7) / 8 * 8;
    for (size_t i = 0; i < whole; i += 8) {
        const double *v = x + i, *w = y + i;
        for (size_t k = 0; k < count; k++)
            out[k] += v[0] * w[k] + v[1] * w[k + 1] + v[2] * w[k + 2] + v[3] * w[k + 3] + v[4] * w[k + 4] + v[5] * w[k + 5] +
                      v[6] * w[k + 6] + v[7] * w[k + 7];
    }
    for (size_t i = whole; i < n; i++)
        for (size_t k = 0; k < count && i + k < n; k++)
            out[k] += x[i] * y[i + k];
}

/* Levinson: sum over j of r[|i - j|] h[j] = p[i]. a, b: count doubles each. */
static void solve(const double *r, const double *p, double *h, size_t count, double *a, double *b)
{
    double error = r[0];
    a[0] = 1.0;
    h[0] = p[0] / error;
    for (size_t m = 1; m < count; m++) {
        double reflection = 0.0, wrong = p[m];
        for (size_t i = 0; i < m; i++) {
            reflection += a[i] * r[m - i];
            wrong -= h[i] * r[m - i];
        }
        reflection /= -error;
        a[m] = 0.0;
        memcpy(b, a, (m + 1) * sizeof *a);
        for (size_t i = 0; i <= m; i++)
            a[i] = b[i] + reflection * b[m - i];
        error *= 1.0 - reflection * reflection;
        double step = wrong / error;
        h[m] = 0.0;
        for (size_t i = 0; i <= m; i++)
            h[i] += step * a[m - i];
    }
}

int xh_echo_path_estimate(const int16_t *sent, const int16_t *received, size_t n, double *taps, size_t count, double *work)
{
    if (count == 0 || count > XH_ECHO_PATH_TAPS || n < count)
        return -EINVAL;
    double *x = work, *y = x + n, *r = y + n, *p = r + count, *a = p + count, *b = a + count;
    double mean[2] = {0.0, 0.0};
    for (size_t i = 0; i < n; i++) {
        mean[0] += sent[i];
        mean[1] += received[i];
    }
    for (size_t i = 0; i < n; i++) {
        x[i] = sent[i] - mean[0] / (double)n;
        y[i] = received[i] - mean[1] / (double)n;
    }
    correlate(x, x, n, r, count);
    if (!(r[0] > 0.0))
        return -ENODATA;
    r[0] *= 1.0 + FLOOR;
    correlate(x, y, n, p, count);
    solve(r, p, taps, count, a, b);
    return 0;
}

void xh_echo_path_residual(const int16_t *sent, const int16_t *received, size_t n, const double *taps, size_t count,
                           int16_t *residual)
{
    for (size_t i = 0; i < n; i++) {
        double echo = 0.0;
        size_t most = i + 1 < count ? i + 1 : count;
        for (size_t k = 0; k < most; k++)
            echo += taps[k] * sent[i - k];
        double rest = received[i] - echo;
        residual[i] = rest > 32767.0 ? INT16_MAX : rest < -32768.0 ? INT16_MIN : (int16_t)lrint(rest);
    }
}
