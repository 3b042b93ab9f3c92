/* ITU-T G.711 (11/88): A-law (Tables 1a, 1b) and u-law (Tables 2a, 2b) on blocks.
 *
 * Both laws are one small floating-point format: a segment (exponent) and four bits of step.  On the 16-bit scale an
 * A-law magnitude is |x| / 16 and its code e * 16 + (m >> e) with e counted from m >> 5; a u-law magnitude is |x| / 4 + 33
 * and its code e * 16 + (m >> (e + 1)) - 16 with e counted from m >> 6.  So no tables of values are needed: eight or
 * sixteen samples go through at once, the exponent found by a byte shuffle, the shift done by a multiplication.
 * Negative samples are taken as their ones' complement, so that a value exactly on a decision value goes to the
 * interval nearer zero, the mirror image of what the positive side does within the half-open intervals of the tables.
 */
#include "xunhu/g711.h"

#if defined(__x86_64__)
#include <immintrin.h>
#define HAVE_AVX2_PATH 1
#else
#define HAVE_AVX2_PATH 0
#endif

#define ALAW_INVERT 0x55u       /* G.711 Table 1a, note 2: the even bits of a character signal are inverted */
#define ULAW_CLIP 8158          /* G.711 Table 2a: virtual decision value 8159 */
#define ULAW_BIAS 33

static inline uint8_t alaw_octet(int16_t x)
{
    int sign = x >> 15;         /* 0 or -1 */
    unsigned m = (unsigned)(x ^ sign) >> 4;
    unsigned e = 27u - (unsigned)__builtin_clz(m | 31u);
    return (uint8_t)(((e << 4) + (m >> e)) ^ (sign ? ALAW_INVERT : ALAW_INVERT | 0x80u));
}

static inline uint8_t ulaw_octet(int16_t x)
{
    int sign = x >> 15;
    unsigned m = (unsigned)(x ^ sign) >> 2;
    unsigned e;
    m = (m > ULAW_CLIP ? ULAW_CLIP : m) + ULAW_BIAS;
    e = 26u - (unsigned)__builtin_clz(m | 63u);
    return (uint8_t)(((e << 4) + (m >> (e + 1)) - 16u) ^ (sign ? 0x7Fu : 0xFFu));
}

static inline int16_t alaw_linear(uint8_t octet)
{
    unsigned c = octet ^ ALAW_INVERT, e = (c >> 4) & 7u;
    int v = (int)((((c & 15u) << 1) + (e ? 33u : 1u)) << (e ? e + 2u : 3u));
    return (int16_t)(c & 0x80u ? v : -v);
}

static inline int16_t ulaw_linear(uint8_t octet)
{
    unsigned c = octet ^ 0xFFu;
    int v = (int)(((((c & 15u) << 1) + 33u) << ((c >> 4) & 7u)) - 33u) * 4;
    return (int16_t)(c & 0x80u ? -v : v);
}

#if HAVE_AVX2_PATH
#define AVX2 __attribute__((target("avx2")))

static inline AVX2 __m256i bytes16(int a, int b, int c, int d, int e, int f, int g, int h,
                                   int i, int j, int k, int l, int m, int n, int o, int p)
{
    __m128i v = _mm_setr_epi8((char)a, (char)b, (char)c, (char)d, (char)e, (char)f, (char)g, (char)h,
                              (char)i, (char)j, (char)k, (char)l, (char)m, (char)n, (char)o, (char)p);
    return _mm256_broadcastsi128_si256(v);
}

/* Number of bits of h (0..127) in each 16-bit lane. */
static inline AVX2 __m256i bit_count(__m256i h)
{
    __m256i low = bytes16(0, 1, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4);
    __m256i high = bytes16(0, 5, 6, 6, 7, 7, 7, 7, 8, 8, 8, 8, 8, 8, 8, 8);
    __m256i nibble = _mm256_set1_epi16(15);
    return _mm256_max_epi16(_mm256_shuffle_epi8(low, _mm256_and_si256(h, nibble)),
                            _mm256_shuffle_epi8(high, _mm256_srli_epi16(h, 4)));
}

/* (2 m) >> (e + 1) for e 0..7: a multiplication by 2^(15 - e), upper half. */
static inline AVX2 __m256i shift_down(__m256i twice_m, __m256i e)
{
    __m256i power = bytes16(-128, 64, 32, 16, 8, 4, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0);
    return _mm256_mulhi_epu16(twice_m, _mm256_slli_epi16(_mm256_shuffle_epi8(power, e), 8));
}

/* v << e for e 0..7 */
static inline AVX2 __m256i shift_up(__m256i v, __m256i e)
{
    __m256i power = bytes16(1, 2, 4, 8, 16, 32, 64, -128, 0, 0, 0, 0, 0, 0, 0, 0);
    __m256i low = _mm256_set1_epi16(255);
    return _mm256_mullo_epi16(v, _mm256_and_si256(_mm256_shuffle_epi8(power, e), low));
}

static inline AVX2 __m256i alaw_lanes(__m256i x)
{
    __m256i sign = _mm256_srai_epi16(x, 15);
    __m256i m = _mm256_srli_epi16(_mm256_xor_si256(x, sign), 4);
    __m256i e = bit_count(_mm256_srli_epi16(m, 5));
    __m256i code = _mm256_add_epi16(_mm256_slli_epi16(e, 4), shift_down(_mm256_slli_epi16(m, 1), e));
    __m256i flip = _mm256_xor_si256(_mm256_set1_epi16(0xD5), _mm256_and_si256(sign, _mm256_set1_epi16(0x80)));
    return _mm256_xor_si256(code, flip);
}

static inline AVX2 __m256i ulaw_lanes(__m256i x)
{
    __m256i sign = _mm256_srai_epi16(x, 15);
    __m256i m = _mm256_srli_epi16(_mm256_xor_si256(x, sign), 2);
    m = _mm256_add_epi16(_mm256_min_epi16(m, _mm256_set1_epi16(ULAW_CLIP)), _mm256_set1_epi16(ULAW_BIAS));
    __m256i e = bit_count(_mm256_srli_epi16(m, 6));
    __m256i code = _mm256_add_epi16(_mm256_slli_epi16(e, 4), shift_down(m, e));
    __m256i flip = _mm256_xor_si256(_mm256_set1_epi16(0xFF), _mm256_and_si256(sign, _mm256_set1_epi16(0x80)));
    return _mm256_xor_si256(_mm256_sub_epi16(code, _mm256_set1_epi16(16)), flip);
}

static inline AVX2 void store_octets(uint8_t *out, __m256i a, __m256i b)
{
    __m256i packed = _mm256_permute4x64_epi64(_mm256_packus_epi16(a, b), 0xD8);
    _mm256_storeu_si256((__m256i *)(void *)out, packed);
}

static inline AVX2 __m256i load(const int16_t *in)
{
    return _mm256_loadu_si256((const __m256i *)(const void *)in);
}

static inline AVX2 void store_half(uint8_t *out, __m256i a)
{
    __m256i packed = _mm256_permute4x64_epi64(_mm256_packus_epi16(a, a), 0xD8);
    _mm_storeu_si128((__m128i *)(void *)out, _mm256_castsi256_si128(packed));
}

/* Each returns how many samples it did; the caller does the rest. The last sixteen may be done twice: blocks of a tick are
 * seldom a multiple of 32. */
static AVX2 size_t alaw_encode_avx2(uint8_t *out, const int16_t *in, size_t n)
{
    size_t i = 0;
    for (; n - i >= 32; i += 32)
        store_octets(out + i, alaw_lanes(load(in + i)), alaw_lanes(load(in + i + 16)));
    for (; n >= 16 && i < n; i = i + 16 < n ? i + 16 : n) {
        size_t at = n - i < 16 ? n - 16 : i;
        store_half(out + at, alaw_lanes(load(in + at)));
    }
    return i;
}

static AVX2 size_t ulaw_encode_avx2(uint8_t *out, const int16_t *in, size_t n)
{
    size_t i = 0;
    for (; n - i >= 32; i += 32)
        store_octets(out + i, ulaw_lanes(load(in + i)), ulaw_lanes(load(in + i + 16)));
    for (; n >= 16 && i < n; i = i + 16 < n ? i + 16 : n) {
        size_t at = n - i < 16 ? n - 16 : i;
        store_half(out + at, ulaw_lanes(load(in + at)));
    }
    return i;
}

/* Lane by lane -v where negative is all ones. */
static inline AVX2 __m256i with_sign(__m256i v, __m256i negative)
{
    return _mm256_sub_epi16(_mm256_xor_si256(v, negative), negative);
}

static AVX2 size_t alaw_decode_avx2(int16_t *out, const uint8_t *in, size_t n)
{
    __m256i zero = _mm256_setzero_si256(), one = _mm256_set1_epi16(1);
    size_t i = 0;
    for (; n - i >= 16; i += 16) {
        __m256i c = _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)(const void *)(in + i)));
        c = _mm256_xor_si256(c, _mm256_set1_epi16(ALAW_INVERT));
        __m256i e = _mm256_and_si256(_mm256_srli_epi16(c, 4), _mm256_set1_epi16(7));
        __m256i low = _mm256_slli_epi16(_mm256_and_si256(c, _mm256_set1_epi16(15)), 1);
        __m256i normal = _mm256_and_si256(_mm256_cmpgt_epi16(e, zero), _mm256_set1_epi16(32));
        __m256i m = _mm256_slli_epi16(_mm256_or_si256(_mm256_or_si256(low, one), normal), 3);
        __m256i v = shift_up(m, _mm256_subs_epu16(e, one));
        __m256i negative = _mm256_cmpgt_epi16(_mm256_set1_epi16(0x80), c);
        _mm256_storeu_si256((__m256i *)(void *)(out + i), with_sign(v, negative));
    }
    return i;
}

static AVX2 size_t ulaw_decode_avx2(int16_t *out, const uint8_t *in, size_t n)
{
    size_t i = 0;
    for (; n - i >= 16; i += 16) {
        __m256i c = _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)(const void *)(in + i)));
        c = _mm256_xor_si256(c, _mm256_set1_epi16(0xFF));
        __m256i e = _mm256_and_si256(_mm256_srli_epi16(c, 4), _mm256_set1_epi16(7));
        __m256i m = _mm256_slli_epi16(_mm256_and_si256(c, _mm256_set1_epi16(15)), 3);
        m = _mm256_add_epi16(m, _mm256_set1_epi16(4 * ULAW_BIAS));
        __m256i v = _mm256_sub_epi16(shift_up(m, e), _mm256_set1_epi16(4 * ULAW_BIAS));
        __m256i negative = _mm256_cmpgt_epi16(c, _mm256_set1_epi16(0x7F));
        _mm256_storeu_si256((__m256i *)(void *)(out + i), with_sign(v, negative));
    }
    return i;
}
#define WIDE(path) (__builtin_cpu_supports("avx2") ? (path) : 0)
#else
#define WIDE(path) 0
#endif

void xh_alaw_encode(uint8_t *out, const int16_t *in, size_t n)
{
    for (size_t i = WIDE(alaw_encode_avx2(out, in, n)); i < n; i++)
        out[i] = alaw_octet(in[i]);
}

void xh_ulaw_encode(uint8_t *out, const int16_t *in, size_t n)
{
    for (size_t i = WIDE(ulaw_encode_avx2(out, in, n)); i < n; i++)
        out[i] = ulaw_octet(in[i]);
}

void xh_alaw_decode(int16_t *out, const uint8_t *in, size_t n)
{
    for (size_t i = WIDE(alaw_decode_avx2(out, in, n)); i < n; i++)
        out[i] = alaw_linear(in[i]);
}

void xh_ulaw_decode(int16_t *out, const uint8_t *in, size_t n)
{
    for (size_t i = WIDE(ulaw_decode_avx2(out, in, n)); i < n; i++)
        out[i] = ulaw_linear(in[i]);
}
