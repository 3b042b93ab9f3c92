/* Power spectra of real sound, N = 256 or 1,024. Not for other users than the tone receivers. */
#ifndef XUNHU_SPECTRUM_H
#define XUNHU_SPECTRUM_H
#include <stddef.h>
#include <stdint.h>

#define XH_SPECTRUM_MAX 1024
/* x: n samples, already weighted; destroyed. power: n / 2 values |X_k|^2 of k = 0 .. n/2-1, bin k at k * 8000 / n Hz. */
void xh_spectrum(float *x, size_t n, float *power);
/* The n samples of a ring (size: a power of two) before the one numbered `end`, modulo 2^32. */
void xh_newest(int16_t *out, size_t n, const int16_t *ring, size_t size, uint32_t end);
/* Hann weight of sample i of n (i + 1/2, periodic), n a divisor of 1,024 or any. */
float xh_hann(size_t i, size_t n);
/* The strongest bin of first..last and the two on each side of it: their sum, and they are zero in `power` afterwards. *bin: which. */
float xh_take_band(float *power, int first, int last, int *bin);
/* Frequency of the peak at bin k of a Hann weighted spectrum, `hz` a bin. */
float xh_peak_hz(const float *power, int k, float hz);
extern const float xh_turn_cos[XH_SPECTRUM_MAX], xh_turn_sin[XH_SPECTRUM_MAX];   /* of 2 pi i / 1,024 */
extern const float xh_hann_256[256];
#endif
