/* Vectors of eight for the echo canceller's kernel, and numbers of half precision; XH_HALF: with the instructions for them. */
#ifndef XUNHU_ECHO_VECTOR_H
#define XUNHU_ECHO_VECTOR_H
#include "fft160.h"
#ifdef XH_HALF
#include <immintrin.h>
#endif

typedef uint16_t v8u __attribute__((vector_size(16), may_alias));

INLINE float sum8(v8 v)
{
    v8 a = v + __builtin_shufflevector(v, v, 4, 5, 6, 7, 0, 1, 2, 3);
    a += __builtin_shufflevector(a, a, 2, 3, 0, 1, 6, 7, 4, 5);
    return a[0] + a[1];
}

INLINE v8 pick8(v8i mask, v8 a, v8 b)
{
    return (v8)((mask & (v8i)a) | (~mask & (v8i)b));
}

INLINE v8 max8(v8 a, v8 b)
{
    return pick8(a > b, a, b);
}

INLINE v8 min8(v8 a, v8 b)
{
    return pick8(a < b, a, b);
}

INLINE float energy80(const float *x)
{
    v8 s = {0};
    for (int i = 0; i < 80; i += 8)
        s += LOAD8(x + i) * LOAD8(x + i);
    return sum8(s);
}

INLINE v8 load_half(const uint16_t *p)
{
#ifdef XH_HALF
    return (v8)_mm256_cvtph_ps(_mm_load_si128((const __m128i *)p));
#else
    v8i h = __builtin_convertvector(*(const v8u *)p, v8i);
    v8 magnitude = (v8)((h & 0x7fff) << 13) * 0x1p112f;
    return (v8)((v8i)magnitude | (h & 0x8000) << 16);
#endif
}

/* to the nearest, ties to even; beyond the range the largest */
INLINE void store_half(uint16_t *p, v8 x)
{
    x = max8(min8(x, SPLAT(65504)), SPLAT(-65504));
#ifdef XH_HALF
    _mm_store_si128((__m128i *)p, _mm256_cvtps_ph((__m256)x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
#else
    v8i bits = (v8i)((v8)((v8i)x & 0x7fffffff) * 0x1p-112f);
    v8i half = (bits + 0xfff + (bits >> 13 & 1)) >> 13;
    *(v8u *)p = __builtin_convertvector(half | ((v8i)x >> 16 & 0x8000), v8u);
#endif
}

/* The mean over three neighbouring bins of 80 values in the order of fft160: of a bin in vector v the neighbours are in the
 * vectors 9 - v and 10 - v, lanes in reverse; at the ends a bin is its own neighbour. */
INLINE void neighbours(const float *from, float *to)
{
    for (int v = 0; v < 10; v++) {
        v8 a = LOAD8(from + 8 * (9 - v)), b = LOAD8(from + 8 * ((10 - v) % 10));
        a = __builtin_shufflevector(a, a, 7, 6, 5, 4, 3, 2, 1, 0);
        b = v ? __builtin_shufflevector(b, b, 7, 6, 5, 4, 3, 2, 1, 0) : __builtin_shufflevector(b, b, 0, 1, 3, 2, 7, 6, 5, 4);
        STORE8(to + 8 * v, 0.25f * (a + b) + 0.5f * LOAD8(from + 8 * v));
    }
}
#endif
