/* G.726 at 16, 24, 32 and 40 kbit/s, see codec.h and codec_g726_kernel.h. Input and output are linear: the recommendation's decoder without
 * the synchronous adjustment, which only serves A-law and u-law tandems. */
#include <errno.h>
#include <string.h>

#ifdef __x86_64__
#include <immintrin.h>
#endif

#include "xunhu/codec.h"

/* Tables of G.726: Q of the decision levels (QUAN), DQLN (RECONST), W << 5 (FUNCTW), F (FUNCTF << 9); by code, which has the sign on top. */
#define LEVELS_END 0x7FFF       /* what follows the last level: above all logarithms */
struct g726_rate {
    int16_t level[16];
    int16_t dqln[32];
    int32_t wi[32];
    int16_t fi[32];
    int levels;
};
static const struct g726_rate RATES[4] = {
    {
        {261, LEVELS_END, LEVELS_END, LEVELS_END, LEVELS_END, LEVELS_END, LEVELS_END, LEVELS_END,
         LEVELS_END, LEVELS_END, LEVELS_END, LEVELS_END, LEVELS_END, LEVELS_END, LEVELS_END, LEVELS_END},
        {116, 365, 365, 116}, {-704, 14048, 14048, -704}, {0, 0xE00, 0xE00, 0}, 1,
    },
    {
        {8, 218, 331, LEVELS_END, LEVELS_END, LEVELS_END, LEVELS_END, LEVELS_END,
         LEVELS_END, LEVELS_END, LEVELS_END, LEVELS_END, LEVELS_END, LEVELS_END, LEVELS_END, LEVELS_END},
        {-2048, 135, 273, 373, 373, 273, 135, -2048}, {-128, 960, 4384, 18624, 18624, 4384, 960, -128},
        {0, 0x200, 0x400, 0xE00, 0xE00, 0x400, 0x200, 0}, 3,
    },
    {
        {-124, 80, 178, 246, 300, 349, 400, LEVELS_END,
         LEVELS_END, LEVELS_END, LEVELS_END, LEVELS_END, LEVELS_END, LEVELS_END, LEVELS_END, LEVELS_END},
        {-2048, 4, 135, 213, 273, 323, 373, 425, 425, 373, 323, 273, 213, 135, 4, -2048},
        {-384, 576, 1312, 2048, 3584, 6336, 11360, 35904, 35904, 11360, 6336, 3584, 2048, 1312, 576, -384},
        {0, 0, 0, 0x200, 0x200, 0x200, 0x600, 0xE00, 0xE00, 0x600, 0x200, 0x200, 0x200, 0, 0, 0}, 7,
    },
    {
        {-122, -16, 68, 139, 198, 250, 298, 339, 378, 413, 445, 475, 502, 528, 553, LEVELS_END},
        {-2048, -66, 28, 104, 169, 224, 274, 318, 358, 395, 429, 459, 488, 514, 539, 566,
         566, 539, 514, 488, 459, 429, 395, 358, 318, 274, 224, 169, 104, 28, -66, -2048},
        {448, 448, 768, 1248, 1280, 1312, 1856, 3200, 4512, 5728, 7008, 8960, 11456, 14080, 16928, 22272,
         22272, 16928, 14080, 11456, 8960, 7008, 5728, 4512, 3200, 1856, 1312, 1280, 1248, 768, 448, 448},
        {0, 0, 0, 0, 0, 0x200, 0x200, 0x200, 0x200, 0x200, 0x400, 0x600, 0x800, 0xA00, 0xC00, 0xC00,
         0xC00, 0xC00, 0xA00, 0x800, 0x600, 0x400, 0x200, 0x200, 0x200, 0x200, 0x200, 0, 0, 0, 0, 0}, 15,
    },
};

static inline int g726_length(int v)    /* how many bits v has */
{
    return 32 - __builtin_clz((unsigned)v | 1) - (v == 0);
}

/* FLOATA, FLOATB */
static inline int g726_float(int mag, int negative)
{
    int length = g726_length(mag);
    int v = mag ? (length << 6) + ((mag << 6) >> length) : 32;
    return negative ? v - 0x400 : v;
}

/* MIX: the scale factor between the slow and the fast one. */
static inline int g726_mix(const struct xh_g726 *s)
{
    if (s->ap >= 256)
        return s->yu;
    int y = s->yl >> 6, apart = s->yu - y, al = s->ap >> 2;
    return y + (apart > 0 ? (apart * al) >> 6 : (apart * al + 63) >> 6);
}

/* LOG, SUBTB */
static inline int g726_log(int d, int y)
{
    int mag = (d < 0 ? -d : d) & 0x7FFF, exponent = g726_length(mag >> 1);
    return (exponent << 7) + ((mag << 7 >> exponent) & 127) - (y >> 2);
}

/* QUAN: i levels are at or below the logarithm. */
static inline int g726_code(const struct g726_rate *rate, int bits, int d, int i)
{
    if (d < 0)
        return 2 * rate->levels + 1 - i;
    return i == 0 && bits > 2 ? 2 * rate->levels + 1 : i;      /* all zeros is never sent but at 16 kbit/s */
}

/* TRANS: a partial band signal has ended. */
static inline int g726_transition(const struct xh_g726 *s, int mag)
{
    int whole = s->yl >> 15, frac = s->yl >> 10 & 31;
    int threshold = whole > 9 ? 31 << 10 : (32 + frac) << whole;
    return s->td && mag > (threshold + (threshold >> 1)) >> 1;
}

/* FILTD, LIMB, FILTE. */
static inline void g726_step(struct xh_g726 *s, int y, int wi)
{
    int yu = y + ((wi - y) >> 5);
    s->yu = yu < 544 ? 544 : yu > 5120 ? 5120 : yu;
    s->yl += s->yu + (-s->yl >> 6);
}

/* UPA2, LIMC, UPA1, LIMD. */
static inline void g726_upa(const struct xh_g726 *s, int dqsez, int pk, int *a1, int *a2)
{
    int p1 = *a1, p2 = *a2 - (*a2 >> 7), same = pk == s->pk0;
    if (dqsez) {
        int fa1 = same ? -p1 : p1;
        p2 += fa1 < -8191 ? -256 : fa1 > 8191 ? 255 : fa1 >> 5;
        p2 += pk == s->pk1 ? 128 : -128;
        p2 = p2 > 12288 ? 12288 : p2 < -12288 ? -12288 : p2;
    }
    p1 -= p1 >> 8;
    if (dqsez)
        p1 += same ? 192 : -192;
    int most = 15360 - p2;
    *a1 = p1 > most ? most : p1 < -most ? -most : p1;
    *a2 = p2;
}

/* TONE, FILTA, FILTB, SUBTC, FILTC, TRIGA. */
static inline void g726_speed(struct xh_g726 *s, int y, int fi, int reset, int a2)
{
    s->td = !reset && a2 < -11776;
    s->dms += (fi - s->dms) >> 5;
    s->dml += ((fi << 2) - s->dml) >> 7;
    int apart = (s->dms << 2) - s->dml;
    if (reset)
        s->ap = 256;
    else if (y < 1536 || s->td || (apart < 0 ? -apart : apart) >= s->dml >> 3)
        s->ap += (512 - s->ap) >> 4;
    else
        s->ap += -s->ap >> 4;
}

#define NAME(what) plain_##what
#define TARGET
#include "codec_g726_kernel.h"
#undef NAME
#undef TARGET
#ifdef __x86_64__
#define NAME(what) avx2_##what
#define TARGET __attribute__((target("avx2")))
#define G726_AVX2
#include "codec_g726_kernel.h"
#else
#define avx2_decode plain_decode
#define avx2_encode plain_encode
#endif

static int plain_wanted;

void xh_g726_plain(int on)
{
    plain_wanted = on;
}

static int vectors(void)
{
#ifdef __x86_64__
    return !__atomic_load_n(&plain_wanted, __ATOMIC_RELAXED) && __builtin_cpu_supports("avx2");
#else
    return 0;
#endif
}

/* Values that G.726 Table 20 gives for reset. */
int xh_g726_init(struct xh_g726 *s, int bits, int high_first)
{
    if (bits < 2 || bits > 5)
        return -EINVAL;
    memset(s, 0, sizeof *s);
    s->yl = 34816;
    s->yu = 544;
    for (int i = 0; i < 8; i++)
        s->signal[i] = 32;
    s->bits = bits;
    s->high_first = high_first != 0;
    return 0;
}

int xh_g726_block_frames(int bits)
{
    return bits & 1 ? 8 : 8 / bits;
}

int xh_g726_block_octets(int bits)
{
    return xh_g726_block_frames(bits) * bits / 8;
}

#define PIECE 128               /* codes unpacked at a time, whole blocks of each rate */

static void unpack(const struct xh_g726 *s, uint8_t *codes, const uint8_t *in, int blocks)
{
    int bits = s->bits, frames = xh_g726_block_frames(bits), octets = xh_g726_block_octets(bits);
    for (int b = 0; b < blocks; b++) {
        uint64_t all = 0;
        for (int i = 0; i < octets; i++)
            all |= (uint64_t)*in++ << 8 * (s->high_first ? octets - 1 - i : i);
        for (int i = 0; i < frames; i++)
            *codes++ = (uint8_t)(all >> bits * (s->high_first ? frames - 1 - i : i) & ((1u << bits) - 1));
    }
}

static void pack(const struct xh_g726 *s, uint8_t *out, const uint8_t *codes, int blocks)
{
    int bits = s->bits, frames = xh_g726_block_frames(bits), octets = xh_g726_block_octets(bits);
    for (int b = 0; b < blocks; b++) {
        uint64_t all = 0;
        for (int i = 0; i < frames; i++)
            all |= (uint64_t)*codes++ << bits * (s->high_first ? frames - 1 - i : i);
        for (int i = 0; i < octets; i++)
            *out++ = (uint8_t)(all >> 8 * (s->high_first ? octets - 1 - i : i));
    }
}

void xh_g726_decode(struct xh_g726 *s, int16_t *out, const uint8_t *in, size_t blocks)
{
    uint8_t codes[PIECE];
    int frames = xh_g726_block_frames(s->bits), octets = xh_g726_block_octets(s->bits), avx2 = vectors();
    while (blocks) {
        int part = blocks < (size_t)(PIECE / frames) ? (int)blocks : PIECE / frames;
        unpack(s, codes, in, part);
        if (avx2)
            avx2_decode(s, out, codes, part * frames);
        else
            plain_decode(s, out, codes, part * frames);
        in += part * octets;
        out += part * frames;
        blocks -= (size_t)part;
    }
}

void xh_g726_encode(struct xh_g726 *s, uint8_t *out, const int16_t *in, size_t blocks)
{
    uint8_t codes[PIECE];
    int frames = xh_g726_block_frames(s->bits), octets = xh_g726_block_octets(s->bits), avx2 = vectors();
    while (blocks) {
        int part = blocks < (size_t)(PIECE / frames) ? (int)blocks : PIECE / frames;
        if (avx2)
            avx2_encode(s, codes, in, part * frames);
        else
            plain_encode(s, codes, in, part * frames);
        pack(s, out, codes, part);
        in += part * frames;
        out += part * octets;
        blocks -= (size_t)part;
    }
}
