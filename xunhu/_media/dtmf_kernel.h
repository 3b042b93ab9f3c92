/* The filter kernel of the DTMF receiver, over LANES channels at once; included by dtmf_plain.c and dtmf_avx2.c, which
 * differ only in the instruction set they are compiled for. No fused multiply-add is allowed in either, so both give the
 * same bits.
 *
 * A hop of 20 samples is turned into eight complex amplitudes, one a tone, with the phase counted from its middle: then
 * the cosine part needs only sums of samples mirrored about the middle and the sine part only differences, half the
 * multiplications. Turned by the tone's phase at the middle of the hop (one number for all channels) the amplitudes of
 * neighbouring hops add up coherently, so that a window is the sum of its last four hops. */
#ifndef XUNHU_DTMF_KERNEL_H
#define XUNHU_DTMF_KERNEL_H
#include <string.h>
#include "dtmf_bank.h"
#include "tone_lanes.h"

/* Window scale: a sine of amplitude A has power (40 A)^2 and energy 40 A^2. */
#define WEAKEST (1600.0f * 51.0f * 51.0f)       /* weaker tone >= -53 dBm0; the exact limit is the proof's */
#define FORWARD 14.1f                           /* high over low, 11.5 dB: 1 dB is lost to a frequency off by 1.5 % */
#define REVERSE 22.4f                           /* low over high, 13.5 dB */
#define PURE (40.0f * 0.60f)                    /* share of the energy at onset */
#define HELD (40.0f * 0.35f)                    /* share of the energy while a digit lasts */

XH_TARGET static inline void take(struct dtmf_group *g, const int16_t *const *p, size_t at, unsigned fill, size_t n)
{
    if (n == HOP) {
        lanes_turn(p, at, g->x[0]);
        lanes_turn(p, at + 8, g->x[8]);
        lanes_turn(p, at + HOP - 8, g->x[HOP - 8]);
        return;
    }
    for (int lane = 0; lane < LANES; lane++)
        for (size_t i = 0; i < n; i++)
            g->x[fill + i][lane] = p[lane][at + i];
}

/* Four tones from `tone` on: amplitudes of the full hop into slot. */
XH_TARGET static inline void amplitudes(const struct dtmf_tables *t, struct dtmf_group *g, unsigned slot, unsigned phase,
                                        unsigned tone, unsigned o)
{
    vf re[4] = {0}, im[4] = {0};
    for (int i = 0; i < HOP / 2; i++) {
        vf s = LOAD(&g->x[HOP / 2 + i][o]) + LOAD(&g->x[HOP / 2 - 1 - i][o]);
        vf d = LOAD(&g->x[HOP / 2 - 1 - i][o]) - LOAD(&g->x[HOP / 2 + i][o]);
        for (int k = 0; k < 4; k++) {
            re[k] += s * t->cosine[i][tone + k];
            im[k] += d * t->sine[i][tone + k];
        }
    }
    for (int k = 0; k < 4; k++) {
        float c = t->rotate_re[phase][tone + (unsigned)k], w = t->rotate_im[phase][tone + (unsigned)k];
        STORE(&g->re[slot][tone + (unsigned)k][o], re[k] * c - im[k] * w);
        STORE(&g->im[slot][tone + (unsigned)k][o], re[k] * w + im[k] * c);
    }
}

XH_TARGET static inline void energies(struct dtmf_group *g, unsigned slot, unsigned o)
{
    vf energy = {0}, sum = {0};
    for (int i = 0; i < HOP; i++) {
        vf x = LOAD(&g->x[i][o]);
        energy += x * x;
        sum += x;
    }
    STORE(&g->energy[slot][o], energy);
    STORE(&g->sum[slot][o], sum);
}

/* The strongest of four tones: its power and index over the window. */
XH_TARGET static inline void strongest(const struct dtmf_group *g, unsigned tone, unsigned o, vf *power, vi *index)
{
    for (int k = 0; k < 4; k++) {
        vf re = {0}, im = {0};
        for (int s = 0; s < SLOTS; s++) {
            re += LOAD(&g->re[s][tone + (unsigned)k][o]);
            im += LOAD(&g->im[s][tone + (unsigned)k][o]);
        }
        vf p = re * re + im * im;
        vi better = p > *power;
        *power = PICK(better, p, *power);
        *index = PICKI(better, (vi){0} + k, *index);
    }
}

XH_TARGET static inline void judge(const struct dtmf_group *g, struct dtmf_window *out, unsigned o)
{
    vf low = {0}, high = {0}, energy = {0}, sum = {0};
    vi low_index = {0}, high_index = {0};
    strongest(g, 0, o, &low, &low_index);
    strongest(g, 4, o, &high, &high_index);
    for (int s = 0; s < SLOTS; s++) {
        energy += LOAD(&g->energy[s][o]);
        sum += LOAD(&g->sum[s][o]);
    }
    energy -= sum * sum * (1.0f / (SLOTS * HOP));       /* what a constant adds is no sound */
    vf weak = MIN(low, high), both = low + high;
    vi pair = (weak >= WEAKEST) & (high <= low * FORWARD) & (low <= high * REVERSE) & (both >= energy * HELD);
    vi pure = pair & (both >= energy * PURE);
    vi code = PICKI(pair, low_index * 4 + high_index, (vi){0} - 1);
    STORE(out->strong + o, MAX(low, high));
    memcpy(out->code + o, &code, sizeof code);
    memcpy(out->pure + o, &pure, sizeof pure);
    uint64_t words[XH_WIDE / 2];
    memcpy(words, &pure, sizeof words);
    for (int i = 0; i < XH_WIDE / 2; i++)
        out->any |= words[i];
}

XH_TARGET static inline unsigned feed(const struct dtmf_tables *t, const struct dtmf_block *block, struct dtmf_group *g,
                                      const int16_t *const samples[LANES], struct dtmf_window *out)
{
    unsigned fill = block->fill, slot = block->slot, phase = block->phase, done = 0;
    for (size_t at = 0; at < block->n;) {
        size_t n = block->n - at < HOP - fill ? block->n - at : HOP - fill;
        take(g, samples, at, fill, n);
        at += n;
        fill += (unsigned)n;
        if (fill < HOP)
            break;
        fill = 0;
        out[done].any = 0;
        for (unsigned o = 0; o < LANES; o += XH_WIDE) {
            amplitudes(t, g, slot, phase, 0, o);
            amplitudes(t, g, slot, phase, 4, o);
            energies(g, slot, o);
            judge(g, &out[done], o);
        }
        done++;
        slot = (slot + 1) % SLOTS;
        phase = (phase + 1) % PHASE_PERIOD;
    }
    return done;
}
#endif
