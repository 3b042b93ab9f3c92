/* Call progress tone receiver, see tones.h: China (GB/T 3380, 450 Hz) and ITU-T E.180/Q.35 (425 Hz), SIT.
 *
 * How: blocks of 20 ms are told apart by where their energy lies. A block is tone when two thirds of its energy stand in one
 * narrow band: 400..475 Hz (cadence tones), 950, 1400 or 1800 Hz (howler, special information tone). Bursts and gaps
 * are timed to a few ms, because the block in which a tone begins or ends has a part of its energy. The cadence names the
 * tone: two equal cycles of equal halves are busy or congestion, a second of tone and two of silence ringback, and so on.
 * Other sound between bursts is taken for line noise while it is 4 dB below the tone, and for speech, which ends the tone,
 * when 60 ms of it are louder. Speech itself has blocks that look like tone, but neither steady nor equal ones.
 *
 * Cadences overlap between countries; the borders (ms) lie between the nominal values with their +-10 %:
 *   busy 350/350 (China), 500/500 (ITU);  congestion 700/700 (China), 250/250 (ITU);  ringback 1000/4000;
 *   special dial 400/40;  call waiting 400/4000;  number unobtainable 3 x 100/100, 400/400;  dial, howler: no pause. */
#include "xunhu/tones.h"

#include <string.h>

#define BLOCK XH_PROGRESS_BLOCK
#define FLOOR 25944.0f          /* -40 dBm0 as mean square: 22779^2 / 2 * 10^-4 */
#define PURITY 0.65f
#define LOUD 0.4f               /* of the tone's energy: -4 dB */
#define LOUD_BLOCKS 3
#define STEADY 2.0f             /* 3 dB: what the energy of a tone may change from block to block, and between bursts */
#define SHORTEST_MS 60
#define DIAL_MS 1800            /* longer than any burst of ringback */
#define SILENCE_MS 2000         /* longer than the pauses of busy and congestion */
#define SHORT_CYCLE_MS 590      /* between congestion 250/250 and busy 350/350; syllables come as fast */
#define FORGET_MS 30000

enum { GAP, LOW, SIT1, SIT2, SIT3 };

typedef float lanes __attribute__((vector_size(16)));

/* 2 cos(2 pi f / 8000). Bins of 20 ms are 50 Hz wide: 412.5 462.5, one not used; 900 950 1000; 1350 1400 1450;
 * 1750 1800 1850 Hz. All are run at once, four a vector. */
static const lanes BINS[3] = {{1.895953931f, 1.869496364f, 0.0f, 1.520811931f},
                              {1.468645019f, 1.414213562f, 0.977242483f, 0.907980999f},
                              {0.837319475f, 0.390180644f, 0.312868930f, 0.235074795f}};

/* Goertzel: into each bin the mean square of the sine that fills it. */
static void bin_energies(const int16_t *x, float energy[12])
{
    lanes s1[3] = {{0}}, s2[3] = {{0}};
    for (int i = 0; i < BLOCK; i++) {
        float v = x[i];
        lanes in = {v, v, v, v};
        for (int k = 0; k < 3; k++) {
            lanes s = (in - s2[k]) + BINS[k] * s1[k];
            s2[k] = s1[k];
            s1[k] = s;
        }
    }
    for (int k = 0; k < 3; k++) {
        lanes e = (s1[k] * s1[k] + s2[k] * s2[k] - BINS[k] * s1[k] * s2[k]) * (2.0f / ((float)BLOCK * BLOCK));
        memcpy(energy + 4 * k, &e, sizeof e);
    }
}

static int classify(const int16_t *x, float energy)
{
    float bin[12];
    if (energy < FLOOR)
        return GAP;
    bin_energies(x, bin);
    if (bin[0] + bin[1] > PURITY * energy)
        return LOW;
    for (int i = 0; i < 3; i++)
        if (bin[3 + 3 * i] + bin[4 + 3 * i] + bin[5 + 3 * i] > PURITY * energy)
            return SIT1 + i;
    return GAP;
}

static float block_energy(const int16_t *x)
{
    int64_t sum = 0;
    for (int i = 0; i < BLOCK; i++)
        sum += (int32_t)x[i] * x[i];
    return (float)sum / BLOCK;
}

static uint32_t since_ms(const struct xh_progress *p, uint32_t edge)
{
    return (p->now - edge) / 8;
}

static int within(uint32_t v, uint32_t low, uint32_t high)
{
    return v >= low && v <= high;
}

static void forget(struct xh_progress *p)
{
    memset(p->on, 0, sizeof p->on);
    memset(p->off, 0, sizeof p->off);
    p->sit = 0;
    p->last_band = GAP;
}

/* Whole cycles are known, two, or three of the short ones: busy, congestion, special dial or none of them. */
static int by_cycles(const struct xh_progress *p)
{
    uint32_t newest = (uint32_t)p->on[0] + p->off[0];
    int dial = 1;
    for (int i = 0; i < 3; i++)
        dial &= within(p->on[i], 330, 470) && within(p->off[i], 15, 80);
    if (dial)
        return XH_TONE_SPECIAL_DIAL;
    for (int i = 0; i < (newest < SHORT_CYCLE_MS ? 3 : 2); i++) {
        uint32_t cycle = (uint32_t)p->on[i] + p->off[i];
        uint32_t apart = cycle > newest ? cycle - newest : newest - cycle;
        if (apart > 20 + newest / 10 || p->on[i] * 100 < 36 * cycle || p->on[i] * 100 > 64 * cycle)
            return XH_TONE_NONE;
    }
    if (within(newest, 360, SHORT_CYCLE_MS - 1) || within(newest, 1180, 1700))
        return XH_TONE_CONGESTION;
    return within(newest, SHORT_CYCLE_MS, 1179) ? XH_TONE_BUSY : XH_TONE_NONE;
}

static int is_unobtainable(const struct xh_progress *p)
{
    for (int i = 1; i < 4; i++)
        if (!within(p->on[i], 60, 150) || !within(p->off[i], 50, 150))
            return 0;
    return within(p->on[0], 320, 480);
}

/* A burst of known band and length has ended. */
static void burst_ended(struct xh_progress *p, uint32_t edge)
{
    uint32_t ms = (edge - p->edge) / 8;
    if (ms < SHORTEST_MS) {             /* a click or a vowel: the gap goes on */
        p->edge = p->gap_edge;
        p->band = GAP;
        return;
    }
    uint32_t gap = (p->edge - p->gap_edge) / 8;
    if (p->band == LOW) {
        if (p->last_band != LOW)
            forget(p);
        memmove(p->on + 1, p->on, sizeof p->on - sizeof p->on[0]);
        memmove(p->off + 1, p->off, sizeof p->off - sizeof p->off[0]);
        p->on[0] = (uint16_t)(ms > FORGET_MS ? FORGET_MS : ms);
        p->off[0] = 0;
        if (is_unobtainable(p))
            p->tone = XH_TONE_UNOBTAINABLE;
        else if (p->tone == XH_TONE_RINGBACK && !within(ms, 600, 1700))
            p->tone = XH_TONE_NONE;
    } else {
        int next = p->band == SIT1 + p->sit && (p->sit == 0 || gap <= 80) && within(ms, 220, 460);
        p->sit = (uint8_t)(next ? p->sit + 1 : 0);
    }
    p->last_band = p->band;
    p->last_level = p->level;
    p->band = GAP;
    p->edge = p->gap_edge = edge;
}

static void burst_begins(struct xh_progress *p, int band, uint32_t edge)
{
    uint32_t gap = (edge - p->gap_edge) / 8;
    p->band = (uint8_t)band;
    p->edge = edge;
    if (band != LOW || p->last_band != LOW)
        return;
    p->off[0] = (uint16_t)(gap > FORGET_MS ? FORGET_MS : gap);
}

/* The second block of a burst: it is no click, so the gap before it counts as one. */
static void gap_known(struct xh_progress *p)
{
    if (p->level > STEADY * p->last_level || p->last_level > STEADY * p->level) {
        memset(p->on, 0, sizeof p->on);         /* bursts of one tone are equally loud */
        memset(p->off, 0, sizeof p->off);
    }
    int found = by_cycles(p);
    if (found != XH_TONE_NONE)
        p->tone = (uint8_t)found;
    else if (p->tone == XH_TONE_BUSY || p->tone == XH_TONE_CONGESTION)
        p->tone = XH_TONE_NONE;
}

static void in_burst(struct xh_progress *p)
{
    uint32_t ms = since_ms(p, p->edge);
    int busy = p->tone == XH_TONE_BUSY || p->tone == XH_TONE_CONGESTION;
    if (p->band == LOW && within(ms, SHORTEST_MS, SHORTEST_MS + 19) && p->last_band == LOW)
        gap_known(p);
    if (p->band == LOW && ms >= DIAL_MS)
        p->tone = XH_TONE_DIAL;
    else if (p->band == SIT1 && ms >= DIAL_MS)
        p->tone = XH_TONE_HOWLER;
    else if (p->band == SIT3 && p->sit == 2 && (p->edge - p->gap_edge) / 8 <= 80 && within(ms, 200, 460))
        p->tone = XH_TONE_SIT;
    else if (busy && ms > 60u + p->on[0] * 3u / 2u)
        p->tone = XH_TONE_NONE;
    if (ms > FORGET_MS)
        p->edge = p->now - FORGET_MS * 8;
}

/* How long a gap may last within each tone, ms. */
static uint32_t longest_gap(const struct xh_progress *p)
{
    switch (p->tone) {
    case XH_TONE_BUSY:
    case XH_TONE_CONGESTION:
        return 60u + p->off[1] * 3u / 2u;
    case XH_TONE_RINGBACK:
        return 6500;
    case XH_TONE_CALL_WAITING:
        return 11000;
    case XH_TONE_SIT:
        return SILENCE_MS;
    case XH_TONE_UNOBTAINABLE:
        return 700;
    case XH_TONE_SPECIAL_DIAL:
        return 120;
    default:
        return 60;              /* dial, howler */
    }
}

static void in_gap(struct xh_progress *p)
{
    uint32_t ms = since_ms(p, p->edge);
    if (p->tone != XH_TONE_NONE && ms > longest_gap(p)) {
        p->tone = XH_TONE_NONE;
        forget(p);
    }
    /* One burst between long gaps. The last of many short cycles is none. */
    int alone = p->on[1] == 0 || p->off[1] >= SILENCE_MS;
    if (p->last_band == LOW && alone && ms >= SILENCE_MS && p->tone == XH_TONE_NONE) {
        if (within(p->on[0], 600, 1700))
            p->tone = XH_TONE_RINGBACK;
        else if (within(p->on[0], 270, 520))
            p->tone = XH_TONE_CALL_WAITING;
    }
    if (ms > FORGET_MS) {
        forget(p);
        p->edge = p->gap_edge = p->now - FORGET_MS * 8;
    }
}

/* The share of a block that is tone, in samples. */
static uint32_t share(float part, float whole)
{
    return part >= whole ? BLOCK : (uint32_t)(part / whole * BLOCK);
}

static void other_sound(struct xh_progress *p, float energy)
{
    p->loud++;
    if (p->band != GAP && p->loud < 2) {        /* perhaps the block in which the tone ends, perhaps a crackle */
        p->last_energy = energy;
        return;
    }
    if (p->band != GAP)
        burst_ended(p, p->now - 2 * BLOCK);
    if (p->loud >= LOUD_BLOCKS) {
        p->loud = LOUD_BLOCKS;
        p->tone = XH_TONE_NONE;
        p->level = 0;
        forget(p);
    }
}

static void one_block(struct xh_progress *p)
{
    float energy = block_energy(p->block);
    int band = classify(p->block, energy);
    uint32_t start = p->now;
    p->now += BLOCK;
    if (band == GAP && energy >= FLOOR && energy > LOUD * p->level) {
        other_sound(p, energy);
    } else if (band == GAP) {
        if (p->band != GAP)
            burst_ended(p, p->loud ? start - BLOCK + share(p->last_energy, p->level) : start + share(energy, p->level));
        p->loud = 0;
    } else {
        if (p->band != GAP && (p->band != band || energy > STEADY * p->level || p->level > STEADY * energy))
            burst_ended(p, start);
        if (p->band == GAP) {
            uint32_t before = share(p->last_energy, energy), gap = start - p->gap_edge;
            burst_begins(p, band, start - (before < gap ? before : gap));
            p->level = energy;
        }
        p->level += 0.5f * (energy - p->level);
        p->loud = 0;
    }
    if (!(p->loud && p->band != GAP))
        p->last_energy = energy;
    if (p->band != GAP)
        in_burst(p);
    else
        in_gap(p);
}

void xh_progress_init(struct xh_progress *p)
{
    memset(p, 0, sizeof *p);
}

int xh_progress_run(struct xh_progress *p, const int16_t *in, size_t n)
{
    uint8_t before = p->tone;
    while (n) {
        size_t room = BLOCK - p->fill, part = n < room ? n : room;
        memcpy(p->block + p->fill, in, part * sizeof *in);
        p->fill += (uint32_t)part;
        in += part;
        n -= part;
        if (p->fill == BLOCK) {
            p->fill = 0;
            one_block(p);
        }
    }
    return p->tone == before ? -1 : p->tone;
}
