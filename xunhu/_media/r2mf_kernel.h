/* The filter kernel of the MFC/R2 receiver, over LANES channels at once; included by r2mf_plain.c and r2mf_avx2.c, which
 * differ only in the instruction set they are compiled for.
 *
 * Each 5 ms, of the newest 20 ms under a Hann window: the amplitudes at the six frequencies. The phase is counted from the
 * middle of the window, so the cosine part needs only sums of samples mirrored about it and the sine part only differences. */
#ifndef XUNHU_R2MF_KERNEL_H
#define XUNHU_R2MF_KERNEL_H
#include "r2mf_bank.h"

/* Window scale: a sine of amplitude A has power (40 A)^2 (Hann sums to 80) and energy 40 A^2. */
#define WEAKEST (1600.0f * 262.0f * 262.0f)     /* weaker tone >= -38.8 dBm0; the exact limit is the proof's */
#define THIRD 8.0f                              /* the third strongest 9 dB below the weaker one */
#define TWIST 10.0f                             /* 10 dB */

/* x: the window's samples, from the oldest. */
XH_TARGET static inline void judge(const struct r2_tables *t, const float (*x)[LANES], struct r2_window *out, unsigned o)
{
    vf re[R2_TONES] = {0}, im[R2_TONES] = {0};
    for (int i = 0; i < R2_WINDOW / 2; i++) {
        vf late = LOAD(&x[R2_WINDOW / 2 + i][o]), early = LOAD(&x[R2_WINDOW / 2 - 1 - i][o]);
        vf s = late + early, d = early - late;
        for (int k = 0; k < R2_TONES; k++) {
            re[k] += s * t->cosine[i][k];
            im[k] += d * t->sine[i][k];
        }
    }
    vf strong = {0}, weak = {0}, third = {0};
    vi first = {0}, second = {0};
    for (int k = 0; k < R2_TONES; k++) {
        vf p = re[k] * re[k] + im[k] * im[k];
        STORE(&out->power[k][o], p);
        vi over = p > strong, between = p > weak;
        third = MAX(third, MIN(p, weak));
        second = PICKI(over, first, PICKI(between, (vi){0} + k, second));
        weak = PICK(over, strong, MAX(weak, p));
        first = PICKI(over, (vi){0} + k, first);
        strong = MAX(strong, p);
    }
    vi two = (weak >= WEAKEST) & (strong <= weak * TWIST) & (third * THIRD <= weak);
    vi swapped = first > second;
    vi pair = PICKI(swapped, second * 8 + first, first * 8 + second);
    pair = PICKI(two, pair, (vi){0} - 1);
    memcpy(out->pair + o, &pair, sizeof pair);
    uint64_t words[XH_WIDE / 2];
    memcpy(words, &two, sizeof words);
    for (int i = 0; i < XH_WIDE / 2; i++)
        out->any |= words[i];
}

XH_TARGET static inline bool feed(const struct r2_tables *t, const struct r2_part *part, struct r2_group *g,
                                  const int16_t *const samples[LANES], struct r2_window *out)
{
    uint32_t at = part->at, end = (uint32_t)((at + part->n) % R2_RING);
    lanes_take(samples, part->from, g->x[at], part->n);
    memcpy(g->x[at + R2_RING], g->x[at], part->n * sizeof g->x[0]);
    if (end % R2_HOP)
        return false;
    out->any = 0;
    for (unsigned o = 0; o < LANES; o += XH_WIDE)
        judge(t, (const float (*)[LANES])g->x[end + R2_HOP], out, o);
    return true;
}
#endif
