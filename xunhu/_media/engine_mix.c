/* Kernels of the tick: mixing, saturation, level meters.  Plain C written so that the compiler makes SIMD of it; built
 * once for any x86-64 (or other machine) and once for AVX2, chosen when the engine is made.
 *
 * Range: a product is at most 32768 * 32767 / 4096 < 2^18, and a port can hear at most XH_INPUTS_MAX = 2^13 others, so
 * the 32-bit sum cannot overflow. */
#include "engine_private.h"

#include <math.h>

#define ALWAYS static inline __attribute__((always_inline))

ALWAYS int32_t clamp16(int32_t v)
{
    v = v > 32767 ? 32767 : v;
    return v < -32768 ? -32768 : v;
}

ALWAYS void body_mix_set(int32_t *restrict acc, const int16_t *restrict in, int gain, size_t n)
{
    for (size_t i = 0; i < n; i++)
        acc[i] = (in[i] * gain + 2048) >> 12;
}

ALWAYS void body_mix_add(int32_t *restrict acc, const int16_t *restrict in, int gain, size_t n)
{
    for (size_t i = 0; i < n; i++)
        acc[i] += (in[i] * gain + 2048) >> 12;
}

ALWAYS void body_mix_out(int16_t *restrict out, const int32_t *restrict acc, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = (int16_t)clamp16(acc[i]);
}

ALWAYS void body_mix_two(int16_t *restrict out, const int16_t *restrict a, const int16_t *restrict b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = (int16_t)clamp16(a[i] + b[i]);
}

ALWAYS uint32_t body_peak(const int16_t *in, size_t n)
{
    int32_t peak = 0;
    for (size_t i = 0; i < n; i++) {
        int32_t v = in[i] < 0 ? -in[i] : in[i];
        peak = v > peak ? v : peak;
    }
    return (uint32_t)peak;
}

ALWAYS void body_meter(struct xh_meter *m, const int16_t *in, size_t n)
{
    uint64_t squares = 0;
    for (size_t i = 0; i < n; i++)
        squares += (uint32_t)(in[i] * in[i]);
    uint32_t peak = body_peak(in, n);
    m->squares += squares;
    m->peak = peak > m->peak ? peak : m->peak;
}

#define VARIANT(suffix, attribute)                                                                          \
    attribute static void mix_set_##suffix(int32_t *acc, const int16_t *in, int gain, size_t n)             \
    { body_mix_set(acc, in, gain, n); }                                                                     \
    attribute static void mix_add_##suffix(int32_t *acc, const int16_t *in, int gain, size_t n)             \
    { body_mix_add(acc, in, gain, n); }                                                                     \
    attribute static void mix_out_##suffix(int16_t *out, const int32_t *acc, size_t n)                      \
    { body_mix_out(out, acc, n); }                                                                          \
    attribute static void mix_two_##suffix(int16_t *out, const int16_t *a, const int16_t *b, size_t n)      \
    { body_mix_two(out, a, b, n); }                                                                         \
    attribute static void meter_##suffix(struct xh_meter *m, const int16_t *in, size_t n)                   \
    { body_meter(m, in, n); }                                                                               \
    static const struct xh_kernels kernels_##suffix = {                                                     \
        mix_set_##suffix, mix_add_##suffix, mix_out_##suffix, mix_two_##suffix, meter_##suffix, \
    };

VARIANT(plain, )
#if defined(__x86_64__)
VARIANT(avx2, __attribute__((target("avx2"))))
#endif

void xh_kernels_init(struct xh_kernels *k)
{
    *k = kernels_plain;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2"))
        *k = kernels_avx2;
#endif
}

/* A sine of 0 dBm0 has a peak of 22779 (tones.h); silence is told as -99 dBm0. */
static int16_t dbm0x10(double ratio)
{
    if (ratio <= 0.0)
        return -990;
    double db = 200.0 * log10(ratio);
    return (int16_t)lrint(db < -990.0 ? -990.0 : db);
}

int16_t xh_meter_rms_dbm0x10(const struct xh_meter *m, uint64_t samples)
{
    return dbm0x10(samples ? sqrt((double)m->squares / (double)samples) * M_SQRT2 / 22779.0 : 0.0);
}

int16_t xh_meter_peak_dbm0x10(const struct xh_meter *m)
{
    return dbm0x10(m->peak / 22779.0);
}
