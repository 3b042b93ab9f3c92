/* Generator of answering tones, and fax and modem tones as steps. See include/xunhu/fax_tones.h.
 *
 * V.25: 2100 Hz, its phase reversed every 450 ms; V.8: its envelope moves by 20 % as a sine of 15 Hz. Begin and end are half
 * a cosine of 2.5 ms. A reversal is done at once, as V.25 asks (180 +-10 degrees within 1 ms). */
#define _GNU_SOURCE
#include <errno.h>
#include <math.h>
#include <string.h>
#include "xunhu/fax_tones.h"
#include "xunhu/tones.h"

#define RATE 8000.0
#define RAMP 20u                /* samples */
#define PEAK_0DBM0 22779.0
#define REVERSAL 3600u          /* samples: 450 ms */
#define AM_HZ 15.0
#define AM_DEPTH 0.2

static const struct {
    float hz;
    int on_ms, off_ms;          /* 0: on for as long as is asked */
} rows[] = {
    [XH_FAX_CNG] = {1100, 500, 3000},
    [XH_FAX_1100] = {1100, 0, 0},
    [XH_FAX_ANS] = {2100, 0, 0},
    [XH_FAX_CALLING] = {1300, 600, 1700},
    [XH_FAX_BELL_ANS] = {2225, 0, 0},
};

int xh_fax_steps(struct xh_tone_step *out, enum xh_fax_tone tone, double level_dbm0, int ms)
{
    if ((unsigned)tone >= sizeof rows / sizeof *rows || rows[tone].hz == 0.0f || ms < 0)
        return -EINVAL;
    int count = rows[tone].on_ms ? 2 : 1;
    memset(out, 0, (size_t)count * sizeof *out);
    out[0].f1_hz = rows[tone].hz;
    out[0].level1_dbm0 = (float)level_dbm0;
    out[0].ms = count == 2 ? rows[tone].on_ms : ms;
    if (count == 2)
        out[1].ms = rows[tone].off_ms;
    struct xh_tonegen proof;
    int bad = xh_tonegen_init(&proof, out, (uint32_t)count, 0);
    return bad ? bad : count;
}

int xh_faxgen_init(struct xh_faxgen *g, enum xh_fax_tone tone, double level_dbm0, int ms)
{
    if (tone < XH_FAX_ANS || tone > XH_FAX_ANSAM_PR || !(level_dbm0 >= -60.0 && level_dbm0 <= 0.0) || ms < 0)
        return -EINVAL;
    memset(g, 0, sizeof *g);
    g->re = g->am_re = 1.0;
    g->cr = cos(2.0 * M_PI * 2100.0 / RATE);
    g->ci = sin(2.0 * M_PI * 2100.0 / RATE);
    g->am_cr = cos(2.0 * M_PI * AM_HZ / RATE);
    g->am_ci = sin(2.0 * M_PI * AM_HZ / RATE);
    g->amplitude = PEAK_0DBM0 * pow(10.0, level_dbm0 / 20.0);
    g->depth = tone == XH_FAX_ANSAM || tone == XH_FAX_ANSAM_PR ? AM_DEPTH : 0.0;
    g->reversal = tone == XH_FAX_ANS_PR || tone == XH_FAX_ANSAM_PR ? REVERSAL : 0;
    g->length = (uint64_t)ms * 8;
    return 0;
}

static double envelope(const struct xh_faxgen *g)
{
    double edge = 1.0;
    if (g->done < RAMP)
        edge = 0.5 - 0.5 * cos(M_PI * ((double)g->done + 1.0) / RAMP);
    if (g->length && g->length - g->done < RAMP)
        edge = fmin(edge, 0.5 - 0.5 * cos(M_PI * (double)(g->length - g->done) / RAMP));
    return g->amplitude * edge * (1.0 + g->depth * g->am_im);
}

size_t xh_faxgen_run(struct xh_faxgen *g, int16_t *out, size_t n)
{
    size_t made = 0;
    for (; made < n && (!g->length || g->done < g->length); made++) {
        double sign = g->reversal && g->done / g->reversal % 2 ? -1.0 : 1.0;
        out[made] = (int16_t)lrint(sign * envelope(g) * g->im);
        double re = g->re * g->cr - g->im * g->ci, am_re = g->am_re * g->am_cr - g->am_im * g->am_ci;
        g->im = g->re * g->ci + g->im * g->cr;
        g->am_im = g->am_re * g->am_ci + g->am_im * g->am_cr;
        g->re = re;
        g->am_re = am_re;
        g->done++;
    }
    double fix = 1.5 - 0.5 * (g->re * g->re + g->im * g->im), am_fix = 1.5 - 0.5 * (g->am_re * g->am_re + g->am_im * g->am_im);
    g->re *= fix;
    g->im *= fix;
    g->am_re *= am_fix;
    g->am_im *= am_fix;
    memset(out + made, 0, (n - made) * sizeof *out);
    return made;
}
