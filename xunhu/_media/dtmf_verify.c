/* The exact look at a DTMF candidate, once a digit: over the newest 25 ms, is this one steady pair within the limits of
 * ITU-T Q.24? It measures what the filter bank cannot: the true frequencies (from how the phase moves between three
 * overlapping parts), the levels at those frequencies, and what is left over when the pair is taken away. */
#include <math.h>
#include "dtmf_bank.h"

const float xh_dtmf_tone_hz[TONES] = {697, 770, 852, 941, 1209, 1336, 1477, 1633};

#define SEGMENTS 3
#define STEP ((PROOF - SEGMENT) / (SEGMENTS - 1))
#define STEADY 4.0f             /* power of the parts, strongest over weakest: 6 dB */
#define DRIFT_HZ 3.0f           /* between two proofs of one covered pair */
#define CHANGE 1.2f             /* amplitude, 1.6 dB, likewise */
#define STRONG_AT_LEAST 178.0f  /* stronger tone -42.1 dBm0 */
#define WEAK_AT_LEAST 101.0f    /* weaker tone -47 dBm0 */
#define FORWARD_MAX 3.0f        /* amplitudes, high over low: 9.5 dB */
#define REVERSE_MAX 3.8f        /* low over high: 11.6 dB */

/* Three grades. A clean pair (nothing else above -13 dB of the whole, which covers harmonics of speech too) may be as far
 * off as Q.24 lets it be. Beside noise, a voice, a dial tone or an echoed prompt the pair must be as exact as real senders
 * are, and the caller sees to it that it was switched on (noisy) or stays so (covered): now and then a vowel is one
 * without the other. */
static const struct {
    enum dtmf_grade grade;
    float residue, offset_part, offset_hz;
} grades[] = {
    {DTMF_CLEAN, 0.050f, 0.015f, 5.5f},         /* 1.5 % + 2 Hz, and 3.5 Hz for what noise does to the estimate */
    {DTMF_NOISY, 0.15f, 0.009f, 3.0f},
    {DTMF_COVERED, 0.30f, 0.008f, 0.0f},
};

void xh_dtmf_tables_init(struct dtmf_tables *t)
{
    for (int k = 0; k < TONES; k++) {
        double w = 2.0 * M_PI * (double)xh_dtmf_tone_hz[k] / 8000.0;
        for (int i = 0; i < HOP / 2; i++) {
            t->cosine[i][k] = (float)cos(w * (i + 0.5));
            t->sine[i][k] = (float)sin(w * (i + 0.5));
        }
        for (int i = 0; i < PROOF; i++) {
            t->proof_cos[k][i] = (float)cos(w * i);
            t->proof_sin[k][i] = (float)sin(w * i);
        }
        for (int h = 0; h < PHASE_PERIOD; h++) {
            double middle = h * HOP + (HOP - 1) / 2.0;
            t->rotate_re[h][k] = (float)cos(w * middle);
            t->rotate_im[h][k] = (float)-sin(w * middle);
        }
    }
    double sum = 0.0;
    for (int i = 0; i < PROOF; i++) {
        t->hann[i] = (float)(0.5 - 0.5 * cos(2.0 * M_PI * (i + 0.5) / PROOF));
        sum += (double)t->hann[i];
    }
    for (int i = 0; i < SEGMENT; i++)
        t->hann_segment[i] = (float)(0.5 - 0.5 * cos(2.0 * M_PI * (i + 0.5) / SEGMENT));
    t->hann_sum = (float)sum;
}

/* One tone brought to 0 Hz: its mean frequency offset in rad a sample, or NAN when it is not one steady tone. */
static float offset_of(const struct dtmf_tables *t, const float *re, const float *im)
{
    float cr[SEGMENTS] = {0}, ci[SEGMENTS] = {0}, least = INFINITY, most = 0.0f;
    for (int s = 0; s < SEGMENTS; s++) {
        for (int i = 0; i < SEGMENT; i++) {
            cr[s] += re[s * STEP + i] * t->hann_segment[i];
            ci[s] += im[s * STEP + i] * t->hann_segment[i];
        }
        float p = cr[s] * cr[s] + ci[s] * ci[s];
        least = fminf(least, p);
        most = fmaxf(most, p);
    }
    if (!(most <= least * STEADY))
        return NAN;
    float xr = 0.0f, xi = 0.0f;
    for (int s = 1; s < SEGMENTS; s++) {
        xr += cr[s] * cr[s - 1] + ci[s] * ci[s - 1];
        xi += ci[s] * cr[s - 1] - cr[s] * ci[s - 1];
    }
    return atan2f(xi, xr) / (float)STEP;
}

/* Amplitude at the offset, Hann weighted over all of it. */
static float amplitude_of(const struct dtmf_tables *t, const float *re, const float *im, float offset)
{
    float c = 1.0f, s = 0.0f, tc = cosf(offset), ts = -sinf(offset), ar = 0.0f, ai = 0.0f;
    for (int i = 0; i < PROOF; i++) {
        ar += t->hann[i] * (re[i] * c - im[i] * s);
        ai += t->hann[i] * (re[i] * s + im[i] * c);
        float next = c * tc - s * ts;
        s = c * ts + s * tc;
        c = next;
    }
    return 2.0f * sqrtf(ar * ar + ai * ai) / t->hann_sum;
}

/* Energy, Hann weighted, without what a constant adds. */
static float energy_of(const struct dtmf_tables *t, const int16_t *x)
{
    float energy = 0.0f, sum = 0.0f;
    for (int i = 0; i < PROOF; i++) {
        energy += t->hann[i] * (float)x[i] * (float)x[i];
        sum += t->hann[i] * (float)x[i];
    }
    return energy - sum * sum / t->hann_sum;
}

static bool within(float offset, unsigned tone, unsigned row)   /* false for NAN */
{
    return fabsf(offset) <= xh_dtmf_tone_hz[tone] * grades[row].offset_part + grades[row].offset_hz;
}

enum dtmf_grade xh_dtmf_prove(const struct dtmf_tables *t, const int16_t x[PROOF], unsigned code, struct dtmf_proof *proof)
{
    const unsigned tone[2] = {code >> 2, 4 + (code & 3)};
    float re[PROOF], im[PROOF];
    for (int k = 0; k < 2; k++) {
        for (int i = 0; i < PROOF; i++) {
            re[i] = (float)x[i] * t->proof_cos[tone[k]][i];
            im[i] = -(float)x[i] * t->proof_sin[tone[k]][i];
        }
        float offset = offset_of(t, re, im);
        proof->offset[k] = offset * (float)(8000.0 / (2.0 * M_PI));
        if (!within(proof->offset[k], tone[k], 0))
            return isnan(proof->offset[k]) ? DTMF_NO : DTMF_OFF;
        proof->level[k] = amplitude_of(t, re, im, offset);
    }
    float low = proof->level[0], high = proof->level[1];
    if (fmaxf(low, high) < STRONG_AT_LEAST || fminf(low, high) < WEAK_AT_LEAST || high > low * FORWARD_MAX ||
        low > high * REVERSE_MAX)
        return DTMF_NO;
    float energy = energy_of(t, x);
    proof->residue = 1.0f - (low * low + high * high) * 0.5f * t->hann_sum / fmaxf(energy, 1.0f);
    for (unsigned i = 0; i < sizeof grades / sizeof *grades; i++)
        if (proof->residue <= grades[i].residue && within(proof->offset[0], tone[0], i) && within(proof->offset[1], tone[1], i))
            return grades[i].grade;
    return DTMF_NO;
}

bool xh_dtmf_agree(const struct dtmf_proof *a, const struct dtmf_proof *b)
{
    for (int k = 0; k < 2; k++)
        if (fabsf(a->offset[k] - b->offset[k]) > DRIFT_HZ || a->level[k] > b->level[k] * CHANGE ||
            b->level[k] > a->level[k] * CHANGE)
            return false;
    return true;
}
