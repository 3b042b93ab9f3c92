/* The echo path of a line, measured from a recording of both of its directions: the impulse response by which what was sent
 * explains best, in the sense of least squares, what was received. For tools, not for the tick: it takes a second of CPU for a
 * minute of sound.
 *
 * How: autocorrelation of what was sent and its cross-correlation with what was received, over all of the recording, give
 * normal equations of Toeplitz form, solved by Levinson's recursion. What the near end says itself is noise to this and
 * averages out. Samples: int16, 8 kHz. */
#ifndef XUNHU_ECHO_PATH_H
#define XUNHU_ECHO_PATH_H
#include <stddef.h>
#include <stdint.h>

#define XH_ECHO_PATH_TAPS 8192          /* at most: 1,024 ms */

/* Doubles of memory that xh_echo_path_estimate needs beside the taps: 6 * count + 2 * n. */
size_t xh_echo_path_work(size_t n, size_t count);
/* taps[0..count-1] <- impulse response; taps[k]: what comes back k samples later. 0; -EINVAL: count is 0 or too large, or n <
 * count; -ENODATA: nothing was sent. */
int xh_echo_path_estimate(const int16_t *sent, const int16_t *received, size_t n, double *taps, size_t count, double *work);
/* residual[i] <- received[i] less the echo by these taps, cut to int16. */
void xh_echo_path_residual(const int16_t *sent, const int16_t *received, size_t n, const double *taps, size_t count,
                           int16_t *residual);
#endif
