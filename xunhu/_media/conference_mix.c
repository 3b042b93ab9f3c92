/* The kernels of conference.h, plain and for AVX2, the same bit for bit.
 *
 * The sum is made in strips that stay in registers while all parties are added: 80 samples, a tick of 10 ms, are ten registers of
 * eight sums. Every sample is read once from the first-level cache (128 parties are 20 KiB) and widened on the way. */
#include "xunhu/conference.h"

#if defined(__x86_64__)
#include <immintrin.h>
#define AVX2 __attribute__((target("avx2")))
#endif

static inline int32_t limit(int32_t v)
{
    v = v > INT16_MAX ? INT16_MAX : v;
    return v < INT16_MIN ? INT16_MIN : v;
}

/* The gain at sample i of n, Q12. */
static inline int gain_at(int from, int to, size_t i, size_t n)
{
    return from + (to - from) * (int)(i + 1) / (int)n;
}

static inline int16_t scaled(int16_t x, int gain)
{
    return (int16_t)limit((x * gain + 2048) >> 12);
}

static void scale_plain(int16_t *restrict out, const int16_t *restrict in, int from, int to, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = scaled(in[i], gain_at(from, to, i, n));
}

static void put_sum(int16_t *low, int16_t *rest, size_t i, int32_t sum)
{
    low[i] = (int16_t)limit(sum);
    rest[i] = (int16_t)limit(sum - low[i]);
}

static void sum_plain(int16_t *low, int16_t *rest, const int16_t *const *in, size_t parties, size_t n)
{
    int32_t sum[XH_CONFERENCE_BLOCK] = {0};
    for (size_t p = 0; p < parties; p++)
        for (size_t i = 0; i < n; i++)
            sum[i] += in[p][i];
    for (size_t i = 0; i < n; i++)
        put_sum(low, rest, i, sum[i]);
}

static inline int16_t without(int16_t low, int16_t rest, int16_t own)
{
    return (int16_t)limit(limit(low - own) + rest);
}

static void minus_plain(int16_t *restrict out, const int16_t *restrict low, const int16_t *restrict rest,
                        const int16_t *restrict own, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = without(low[i], rest[i], own[i]);
}

static uint32_t energy_plain(const int16_t *in, size_t n)
{
    uint32_t sum = 0;
    for (size_t i = 0; i + 1 < n; i += 2)
        sum += ((uint32_t)(in[i] * in[i]) + (uint32_t)(in[i + 1] * in[i + 1])) >> 6;
    return n % 2 ? sum + ((uint32_t)(in[n - 1] * in[n - 1]) >> 6) : sum;
}

static const struct xh_conference_kernels PLAIN = {scale_plain, sum_plain, minus_plain, energy_plain};

#if defined(__x86_64__)

static inline AVX2 __m256i load(const int16_t *p)
{
    return _mm256_loadu_si256((const __m256i *)(const void *)p);
}

static inline AVX2 void store(int16_t *p, __m256i v)
{
    _mm256_storeu_si256((__m256i *)(void *)p, v);
}

/* Eight samples as 32 bits. */
static inline AVX2 __m256i wide(const int16_t *p)
{
    return _mm256_cvtepi16_epi32(_mm_loadu_si128((const __m128i *)(const void *)p));
}

/* Sixteen values of 32 bits, limited, in their order. */
static inline AVX2 __m256i narrow(__m256i a, __m256i b)
{
    return _mm256_permute4x64_epi64(_mm256_packs_epi32(a, b), 0xD8);
}

static AVX2 void scale_avx2(int16_t *restrict out, const int16_t *restrict in, int from, int to, size_t n)
{
    size_t i = 0;
    if (from == to) {
        __m256i gain = _mm256_set1_epi32(from), half = _mm256_set1_epi32(2048);
        for (; i + 16 <= n; i += 16) {
            __m256i a = _mm256_add_epi32(_mm256_mullo_epi32(wide(in + i), gain), half);
            __m256i b = _mm256_add_epi32(_mm256_mullo_epi32(wide(in + i + 8), gain), half);
            store(out + i, narrow(_mm256_srai_epi32(a, 12), _mm256_srai_epi32(b, 12)));
        }
    }
    for (; i < n; i++)
        out[i] = scaled(in[i], gain_at(from, to, i, n));
}

/* 8 * `registers` samples of all parties; the constant makes the loops over registers disappear. */
static inline __attribute__((always_inline)) AVX2 void strip(int16_t *low, int16_t *rest, const int16_t *const *in, size_t parties,
                                                             size_t at, int registers)
{
    __m256i sum[10];
    for (int r = 0; r < registers; r++)
        sum[r] = _mm256_setzero_si256();
    for (size_t p = 0; p < parties; p++) {
        const int16_t *row = in[p] + at;
        for (int r = 0; r < registers; r++)
            sum[r] = _mm256_add_epi32(sum[r], wide(row + 8 * r));
    }
    for (int r = 0; r < registers; r += 2) {
        __m256i limited = narrow(sum[r], sum[r + 1]);
        __m256i a = _mm256_cvtepi16_epi32(_mm256_castsi256_si128(limited));
        __m256i b = _mm256_cvtepi16_epi32(_mm256_extracti128_si256(limited, 1));
        store(low + at + 8 * r, limited);
        store(rest + at + 8 * r, narrow(_mm256_sub_epi32(sum[r], a), _mm256_sub_epi32(sum[r + 1], b)));
    }
}

static AVX2 void sum_avx2(int16_t *low, int16_t *rest, const int16_t *const *in, size_t parties, size_t n)
{
    size_t i = 0;
    for (; i + 80 <= n; i += 80)
        strip(low, rest, in, parties, i, 10);
    for (; i + 16 <= n; i += 16)
        strip(low, rest, in, parties, i, 2);
    for (; i < n; i++) {
        int32_t sum = 0;
        for (size_t p = 0; p < parties; p++)
            sum += in[p][i];
        put_sum(low, rest, i, sum);
    }
}

static AVX2 void minus_avx2(int16_t *restrict out, const int16_t *restrict low, const int16_t *restrict rest,
                            const int16_t *restrict own, size_t n)
{
    size_t i = 0;
    for (; i + 16 <= n; i += 16)
        store(out + i, _mm256_adds_epi16(_mm256_subs_epi16(load(low + i), load(own + i)), load(rest + i)));
    for (; i < n; i++)
        out[i] = without(low[i], rest[i], own[i]);
}

static AVX2 uint32_t energy_avx2(const int16_t *in, size_t n)
{
    __m256i sum = _mm256_setzero_si256();
    size_t i = 0;
    for (; i + 16 <= n; i += 16) {
        __m256i x = load(in + i);
        sum = _mm256_add_epi32(sum, _mm256_srli_epi32(_mm256_madd_epi16(x, x), 6));
    }
    __m128i four = _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
    four = _mm_add_epi32(four, _mm_shuffle_epi32(four, 0x4E));
    four = _mm_add_epi32(four, _mm_shuffle_epi32(four, 0xB1));
    return (uint32_t)_mm_cvtsi128_si32(four) + energy_plain(in + i, n - i);
}

static const struct xh_conference_kernels WIDE = {scale_avx2, sum_avx2, minus_avx2, energy_avx2};
#endif

void xh_conference_kernels(struct xh_conference_kernels *k, int plain)
{
    *k = PLAIN;
#if defined(__x86_64__)
    if (!plain && __builtin_cpu_supports("avx2"))
        *k = WIDE;
#endif
}
