/* G.726's adaptive quantiser and predictor, compiled twice by codec_g726.c: with G726_AVX2, all eight products of the predictor (FMULT)
 * and all leaks (UPB) at once; without, in plain C. The same bits either way.
 *
 * Names of blocks and signals: G.726 (12/90) §4.2. Signals that the recommendation gives in sign and magnitude (DQ) are here two's
 * complement with the sign of a zero kept apart, for SIGPK and UPB look at it. */

struct NAME(state) {
    struct xh_g726 *s;
    const struct g726_rate *rate;
#ifdef G726_AVX2
    __m256i w, f;
#endif
};

/* FMULT and ACCUM: products in the recommendation's float of 6 bits of mantissa, summed modulo 2^16. */
static inline TARGET void NAME(predict)(const struct NAME(state) *k, int *se, int *sez)
{
#ifdef G726_AVX2
    __m256i an = _mm256_srai_epi32(k->w, 2), f = k->f;
    __m256i mag = _mm256_and_si256(_mm256_abs_epi32(an), _mm256_set1_epi32(0x1FFF));
    __m256i bits = _mm256_castps_si256(_mm256_cvtepi32_ps(mag));       /* its exponent and mantissa are what FMULT wants */
    __m256i length = _mm256_max_epi32(_mm256_sub_epi32(_mm256_srli_epi32(bits, 23), _mm256_set1_epi32(126)), _mm256_setzero_si256());
    __m256i mant = _mm256_or_si256(_mm256_and_si256(_mm256_srli_epi32(bits, 18), _mm256_set1_epi32(31)), _mm256_set1_epi32(32));
    __m256i product = _mm256_mullo_epi16(mant, _mm256_and_si256(f, _mm256_set1_epi32(63)));
    __m256i m = _mm256_srli_epi32(_mm256_add_epi32(product, _mm256_set1_epi32(48)), 4);
    __m256i exponent = _mm256_and_si256(_mm256_srli_epi32(f, 6), _mm256_set1_epi32(15));
    __m256i e = _mm256_sub_epi32(_mm256_add_epi32(length, exponent), _mm256_set1_epi32(19));
    __m256i up = _mm256_and_si256(_mm256_sllv_epi32(m, e), _mm256_set1_epi32(0x7FFF));    /* a count below 0 or above 31 gives 0 */
    __m256i down = _mm256_srlv_epi32(m, _mm256_sub_epi32(_mm256_setzero_si256(), e));
    __m256i sign = _mm256_srai_epi32(_mm256_xor_si256(an, f), 31);
    __m256i w = _mm256_sub_epi32(_mm256_xor_si256(_mm256_or_si256(up, down), sign), sign);
    __m128i low = _mm256_castsi256_si128(w), high = _mm256_extracti128_si256(w, 1);         /* B1..B4; B5 B6 A1 A2 */
    __m128i zero = _mm_add_epi32(low, _mm_move_epi64(high));
    __m128i pair = _mm_hadd_epi32(zero, high);          /* two halves of the zeros' sum; B5 + B6, A1 + A2 */
    int64_t halves = _mm_cvtsi128_si64(pair);
    int zeros = (int32_t)halves + (int32_t)(halves >> 32), poles = _mm_extract_epi32(pair, 3);
#else
    int zeros = 0, poles = 0;
    for (int i = 0; i < 8; i++) {
        int an = k->s->weight[i] >> 2, f = k->s->signal[i], mag = (an < 0 ? -an : an) & 0x1FFF;
        int length = mag ? 32 - __builtin_clz((unsigned)mag) : 0;
        int mant = mag ? (mag << 6) >> length : 32;
        int m = (mant * (f & 63) + 48) >> 4, e = length + (f >> 6 & 15) - 19;
        int w = e >= 0 ? (m << e) & 0x7FFF : m >> -e;
        w = (an ^ f) < 0 ? -w : w;
        if (i < 6)
            zeros += w;
        else
            poles += w;
    }
#endif
    *sez = (int16_t)zeros >> 1;
    *se = (int16_t)(zeros + poles) >> 1;
}

/* UPB, UPA1, LIMD, UPA2, LIMC, TRIGB, and the delays of DQ and SR. */
static inline TARGET void NAME(adapt)(struct NAME(state) *k, int reset, int a1, int a2, int dq, int dq_negative, int sr)
{
    int dq_float = g726_float(dq < 0 ? -dq : dq, dq_negative), sr_float = g726_float(sr < 0 ? -sr : sr, sr < 0);
#ifdef G726_AVX2
    __m256i w = _mm256_setzero_si256();
    if (!reset) {
        w = _mm256_sub_epi32(k->w, _mm256_srai_epi32(k->w, 8 + (k->s->bits == 5)));
        if (dq) {
            __m256i sign = _mm256_srai_epi32(_mm256_xor_si256(k->f, _mm256_set1_epi32(-dq_negative)), 31);
            w = _mm256_add_epi32(w, _mm256_sub_epi32(_mm256_xor_si256(_mm256_set1_epi32(128), sign), sign));
        }
        w = _mm256_blend_epi32(w, _mm256_setr_epi32(0, 0, 0, 0, 0, 0, a1, a2), 0xC0);
    }
    k->w = w;
    __m256i f = _mm256_permutevar8x32_epi32(k->f, _mm256_setr_epi32(0, 0, 1, 2, 3, 4, 6, 6));
    k->f = _mm256_blend_epi32(f, _mm256_setr_epi32(dq_float, 0, 0, 0, 0, 0, sr_float, 0), 0x41);
#else
    int32_t *w = k->s->weight, *f = k->s->signal;
    for (int i = 0; i < 6; i++) {
        w[i] -= w[i] >> (8 + (k->s->bits == 5));
        if (dq)
            w[i] += (f[i] < 0) == dq_negative ? 128 : -128;
    }
    w[6] = a1;
    w[7] = a2;
    if (reset)
        memset(w, 0, sizeof k->s->weight);
    memmove(f + 1, f, 5 * sizeof *f);
    f[7] = f[6];
    f[0] = dq_float;
    f[6] = sr_float;
#endif
}

static inline TARGET void NAME(poles)(const struct NAME(state) *k, int *a1, int *a2)
{
#ifdef G726_AVX2
    __m128i high = _mm256_extracti128_si256(k->w, 1);
    *a1 = _mm_extract_epi32(high, 2);
    *a2 = _mm_extract_epi32(high, 3);
#else
    *a1 = k->s->weight[6];
    *a2 = k->s->weight[7];
#endif
}

/* What both directions do with a code: reconstruct, and adapt all. Returns the reconstructed signal, 16 bits with 14 in the upper ones. */
static inline TARGET int NAME(follow)(struct NAME(state) *k, int code, int y, int se, int sez)
{
    struct xh_g726 *s = k->s;
    int negative = code >> (s->bits - 1) & 1, dql = k->rate->dqln[code] + (y >> 2);
    int mag = dql < 0 ? 0 : ((128 + (dql & 127)) << 7) >> (14 - (dql >> 7 & 15));          /* ANTILOG */
    int dq = negative ? -mag : mag, sr = (int16_t)(se + dq), dqsez = (int16_t)(dq + sez);
    int a1, a2, pk = dqsez < 0, reset = g726_transition(s, mag);
    NAME(poles)(k, &a1, &a2);
    g726_step(s, y, k->rate->wi[code]);
    g726_upa(s, dqsez, pk, &a1, &a2);
    if (reset)
        a1 = a2 = 0;
    NAME(adapt)(k, reset, a1, a2, dq, negative, sr);
    s->pk1 = s->pk0;
    s->pk0 = pk;
    g726_speed(s, y, k->rate->fi[code], reset, a2);
    return sr > 8191 ? 32767 : sr < -8192 ? -32768 : sr * 4;
}

/* How many levels of decision are at or below dln. */
static inline TARGET int NAME(levels)(const struct g726_rate *rate, int dln)
{
#ifdef G726_AVX2
    __m256i above = _mm256_cmpgt_epi16(_mm256_loadu_si256((const __m256i *)rate->level), _mm256_set1_epi16((int16_t)dln));
    return __builtin_ctz((unsigned)_mm256_movemask_epi8(above)) >> 1;      /* the levels rise */
#else
    int i = 0;
    while (dln >= rate->level[i])
        i++;
    return i;
#endif
}

static inline TARGET void NAME(begin)(struct NAME(state) *k, struct xh_g726 *s)
{
    k->s = s;
    k->rate = &RATES[s->bits - 2];
#ifdef G726_AVX2
    k->w = _mm256_loadu_si256((const __m256i *)s->weight);
    k->f = _mm256_loadu_si256((const __m256i *)s->signal);
#endif
}

static inline TARGET void NAME(end)(struct NAME(state) *k)
{
#ifdef G726_AVX2
    _mm256_storeu_si256((__m256i *)k->s->weight, k->w);
    _mm256_storeu_si256((__m256i *)k->s->signal, k->f);
#else
    (void)k;                    /* weights and signals are in the state already */
#endif
}

static TARGET void NAME(decode)(struct xh_g726 *s, int16_t *out, const uint8_t *codes, int n)
{
    struct NAME(state) k;
    NAME(begin)(&k, s);
    for (int i = 0; i < n; i++) {
        int se, sez;
        NAME(predict)(&k, &se, &sez);
        out[i] = (int16_t)NAME(follow)(&k, codes[i], g726_mix(s), se, sez);
    }
    NAME(end)(&k);
}

static TARGET void NAME(encode)(struct xh_g726 *s, uint8_t *codes, const int16_t *in, int n)
{
    struct NAME(state) k;
    NAME(begin)(&k, s);
    for (int i = 0; i < n; i++) {
        int se, sez, y = g726_mix(s);
        NAME(predict)(&k, &se, &sez);
        int d = (in[i] >> 2) - se, code = g726_code(k.rate, s->bits, d, NAME(levels)(k.rate, g726_log(d, y)));
        codes[i] = (uint8_t)code;
        NAME(follow)(&k, code, y, se, sez);
    }
    NAME(end)(&k);
}
