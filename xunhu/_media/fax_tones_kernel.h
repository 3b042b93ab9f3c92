/* The filter kernel of the fax tone receiver, over LANES channels at once; included by fax_tones_plain.c and
 * fax_tones_avx2.c, which differ only in the instruction set they are compiled for.
 *
 * Each 5 ms the complex amplitudes of six frequencies, and the energy. The phase is counted from the hop's middle, so the
 * cosine part needs only sums of samples mirrored about it and the sine part only differences. */
#ifndef XUNHU_FAX_TONES_KERNEL_H
#define XUNHU_FAX_TONES_KERNEL_H
#include "fax_tones_bank.h"

/* Window scale: a sine of amplitude A has power (20 A)^2 and energy 20 A^2, which is made 400 A^2 by SCALE. */
#define SCALE 20.0f
#define WEAKEST (400.0f * 128.0f * 128.0f)      /* -45 dBm0 */
#define SHARE 0.55f             /* of the energy: 3.4 dB of noise where the frequency is right */
#define KEYED 0.5f

XH_TARGET static inline void take(struct fax_group *g, const int16_t *const *p, size_t from, uint32_t at, size_t n)
{
    lanes_take(p, from, g->x[at], n);
}

XH_TARGET static inline void judge(const struct fax_tables *t, const struct fax_group *g, struct fax_window *out, unsigned o)
{
    vf re[FAX_TONES] = {0}, im[FAX_TONES] = {0}, energy = {0}, sum = {0};
    for (int i = 0; i < FAX_HOP / 2; i++) {
        vf late = LOAD(&g->x[FAX_HOP / 2 + i][o]), early = LOAD(&g->x[FAX_HOP / 2 - 1 - i][o]);
        vf s = late + early, d = early - late;
        energy += late * late + early * early;
        sum += s;
        for (int k = 0; k < FAX_TONES; k++) {
            re[k] += s * t->cosine[i][k];
            im[k] += d * t->sine[i][k];
        }
    }
    energy = (energy - sum * sum * (1.0f / FAX_HOP)) * SCALE;   /* what a constant adds is no sound */
    vf most = {0}, power[FAX_TONES];
    vi tone = (vi){0} + FAX_NO_TONE;
    for (int k = 0; k < FAX_TONES; k++)
        power[k] = re[k] * re[k] + im[k] * im[k];
    for (int k = 0; k < FAX_SINGLE; k++) {
        vi better = power[k] > most;
        most = PICK(better, power[k], most);
        tone = PICKI(better, (vi){0} + k, tone);
        STORE(&out->re[k][o], re[k]);
        STORE(&out->im[k][o], im[k]);
    }
    vi one = (most >= WEAKEST) & (most >= energy * SHARE);
    vf both = power[FAX_SINGLE] + power[FAX_SINGLE + 1];
    vi keyed = (both >= WEAKEST) & (both >= energy * KEYED);
    tone = PICKI(one, tone, (vi){0} + FAX_NO_TONE);
    STORE(out->energy + o, energy);
    memcpy(out->tone + o, &tone, sizeof tone);
    memcpy(out->keyed + o, &keyed, sizeof keyed);
    vi any = one | keyed;
    uint64_t words[XH_WIDE / 2];
    memcpy(words, &any, sizeof words);
    for (int i = 0; i < XH_WIDE / 2; i++)
        out->any |= words[i];
}

XH_TARGET static inline void judge_all(const struct fax_tables *t, const struct fax_group *g, struct fax_window *out)
{
    out->any = 0;
    for (unsigned o = 0; o < LANES; o += XH_WIDE)
        judge(t, g, out, o);
}
#endif
